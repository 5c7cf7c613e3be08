# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The RADIUS server is down when the device comes, then returns.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

asked() {
	(($(radius_requests "$(device_port cam)") > $(<"$LAB/devices/cam/requests.mark")))
}

scenario() {
	device_ready cam listed
	radius_stop radius
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "the switch asks in vain" ask_until 10 asked
	check "reaches nothing meanwhile" test -z "$(reach cam)"
	radius_start radius
	check "attached by itself" attached cam 30
	measure cam
	result "$(outcome cam)"
}
