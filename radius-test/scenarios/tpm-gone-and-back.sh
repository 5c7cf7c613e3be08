# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The TPM disappears and returns: named as cause, then recovered.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	device_ready cam listed
	agent_start_ready cam
	proc_kill tpm-cam
	tpm_stop cam
	plug cam
	check "the agent says KEY_UNAVAILABLE" refused cam KEY_UNAVAILABLE
	doctor_says cam tpm-missing key-unavailable
	check "reaches nothing meanwhile" test -z "$(reach cam)"
	tpm_start cam
	attach_mark cam
	check "attached by itself" attached cam 40
	measure cam
	result "$(outcome cam)"
}
