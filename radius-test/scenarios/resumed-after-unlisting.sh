# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Taken off the list, a device resumes its TLS session: quarantine.
#
# A resumed session has no certificate in it; the policy must judge the one it
# was opened with, by the list of today.
# shellcheck disable=SC2034
EXPECTED="vlan 10"

scenario() {
	local serial
	device_ready cam listed p256 eap.tls_max=1.2
	serial=$(device_get cam serial)
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	check "reaches VLAN 20" test "$(reach cam)" = 20
	unplug cam
	agent_await 3 cam agent_is cam down
	allow_list_remove "$serial"
	attach_mark cam
	plug cam
	check "attached again" attached cam
	measure cam
	check "resumed" test \
		"$(decision "$(device_get cam mac)" resumed)" = true
	check "no TPM command (was: $R_TPM$R_TPM_NAMES)" test "$R_TPM" = 0
	result "$(outcome cam)"
	allow_list_add "$serial"
}
