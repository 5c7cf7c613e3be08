# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The cable is pulled in the middle of the handshake, and put back.
#
# The RADIUS server is stopped in the middle of its answer, the cable pulled,
# the server continued: what it then says is about a device that is not there.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	local port before

	device_ready cam listed
	port=$(device_port cam)
	agent_start_ready cam
	proc_signal radius STOP
	attach_mark cam
	before=$(<"$LAB/devices/cam/requests.mark")
	plug cam
	check "the handshake has begun" port_await 5 "$port" \
		port_saw "$port" eap-started
	ask_until 5 requests_above "$port" "$before"
	unplug cam
	proc_signal radius CONT
	plug cam
	unplug cam
	check "shut" port_is_parked "$port"
	attach_mark cam
	plug cam
	check "attached" attached cam 20
	measure cam
	result "$(outcome cam)"
}

requests_above() {
	(($(radius_requests "$1") > $2))
}
