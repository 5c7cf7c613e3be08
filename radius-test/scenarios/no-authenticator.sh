# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# No authenticator on the port: said so, and nothing is sent but EAPOL.
# shellcheck disable=SC2034
EXPECTED="nothing"

scenario() {
	device_ready cam listed
	authenticator_stop "$(device_port cam)"
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "the agent says NO_AUTHENTICATOR" refused cam NO_AUTHENTICATOR
	measure cam
	check "no TPM command (was: $R_TPM$R_TPM_NAMES)" test "$R_TPM" = 0
	doctor_says cam no-authenticator
	result "$(outcome cam)"
}
