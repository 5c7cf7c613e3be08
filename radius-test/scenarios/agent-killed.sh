# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# devid-agent is killed while attached, and started again.
#
# Its wpa_supplicant must not outlive it, and the new agent must end with one
# wpa_supplicant, an authorised port and eyes for the cable.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

supplicants() {
	local pid n=0

	for pid in $(ip netns pids "$(ns cam)"); do
		[[ $(readlink "/proc/$pid/exe") != */wpa_supplicant ]] ||
			n=$((n + 1))
	done
	printf '%s\n' $n
}

none_left() {
	(($(supplicants) == 0))
}

scenario() {
	local old

	device_ready cam listed
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	old=$(agent_get cam .supplicant)
	proc_kill agent-cam
	check "wpa_supplicant ended with it" \
		wait_on --seconds 3 "$old" -- none_left
	attach_mark cam
	agent_start_ready cam
	check "attached again" attached cam
	check "one wpa_supplicant" test "$(supplicants)" = 1
	check "reaches VLAN 20" test "$(reach cam)" = 20
	unplug cam
	attach_mark cam
	plug cam
	check "attached after a replug" attached cam
	measure cam
	result "$(outcome cam)"
}
