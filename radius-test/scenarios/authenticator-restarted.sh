# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The authenticator dies and returns: shut meanwhile, then attached again.
#
# The switch shuts the port when its authenticator is gone and, as a switch
# that starts does, drops the link before it begins anew.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	local port

	device_ready cam listed
	port=$(device_port cam)
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	proc_kill "hostapd-$port"
	check "the port was shut" port_await 3 "$port" port_is_parked "$port"
	check "reaches nothing meanwhile" test -z "$(reach cam)"
	authenticator_start "$port"
	unplug cam
	attach_mark cam
	plug cam
	check "attached again" attached cam
	measure cam
	result "$(outcome cam)"
}
