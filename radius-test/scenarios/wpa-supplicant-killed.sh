# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# wpa_supplicant is killed while attached: replaced and attached again.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

other_supplicant() {
	local now
	now=$(agent_get cam .supplicant)
	[[ -n $now && $now != "$1" ]] && agent_is cam authorized
}

scenario() {
	local old

	device_ready cam listed
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	old=$(agent_get cam .supplicant)
	attach_mark cam
	kill -KILL "$old"
	check "another one, authorised" agent_await 10 cam \
		other_supplicant "$old"
	measure cam
	result "$(outcome cam)"
}
