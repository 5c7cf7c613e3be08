# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A genuine device on the site's list reaches the provisioning network.
#
# First without an agent: with nothing but a cable it reaches nothing. Then
# with one: no answer comes from any network before the port was authorised.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	device_ready cam listed
	plug cam
	port_await 3 "$(device_port cam)" port_saw "$(device_port cam)" carrier-up
	check "reaches nothing without 802.1X" test -z "$(reach cam)"
	unplug cam

	attach_full cam 20
	doctor_well cam
	result "$(outcome cam)"
}
