# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The device's Ethernet address changes under a live link: attached anew.
#
# The switch has let the old address in, and the link does not go down.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

opened_for() {
	port_events "$(device_port cam)" | grep -q " event=open mac=$1 "
}

scenario() {
	local mac new=02:00:00:ff:ff:02 port

	device_ready cam listed
	mac=$(device_get cam mac)
	port=$(device_port cam)
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	check "reaches VLAN 20" test "$(reach cam)" = 20
	attach_mark cam
	device_address_set cam "$new"
	check "the port is opened for the new address" \
		port_await 15 "$port" opened_for "$new"
	check "the agent knows" agent_await 3 cam agent_is cam authorized
	measure cam
	result "$(outcome cam)" "the carrier stayed up"
	agent_stop cam
	device_address_set cam "$mac"
}
