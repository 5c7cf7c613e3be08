# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# devid-keyd is killed before the attach: named as cause, then recovered.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	device_ready cam listed
	agent_start_ready cam
	proc_kill keyd-cam
	attach_mark cam
	plug cam
	check "the agent says KEY_UNAVAILABLE" refused cam KEY_UNAVAILABLE
	doctor_says cam keyd-absent key-unavailable
	check "reaches nothing meanwhile" test -z "$(reach cam)"
	keyd_start cam
	check "attached by itself" attached cam 20
	measure cam
	result "$(outcome cam)"
}
