# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Another Ethernet address on a port that is open for one device.
#
# Who sits behind the same cable does not share what the device earned: not
# even when the hosts of all networks would answer to the other address. The
# agent is dead, or it would attach with the other address (address-changes).
# shellcheck disable=SC2034
EXPECTED="nothing"

scenario() {
	local mac
	device_ready cam listed
	mac=$(device_get cam mac)
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	check "reaches VLAN 20" test "$(reach cam)" = 20
	proc_kill agent-cam
	device_address_set cam 02:00:00:ff:ff:01
	check "the port is still open" port_is_open "$(device_port cam)" 20
	measure cam
	result "$(outcome cam)"
	device_address_set cam "$mac"
}
