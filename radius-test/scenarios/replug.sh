# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Unplugged, shut; plugged again, resumed without the TPM (TLS 1.2).
#
# FreeRADIUS 3.2.1 and 3.2.7 forget what the certificate of a resumed TLS 1.3
# session said (raddb/sites-available/devid), so with 1.3 the second attach is a full one.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# replugged VERSION COMMANDS: the numbers of the second attach.
replugged() {
	device_ready cam listed p256 "eap.tls_min=$1" "eap.tls_max=$1"
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	unplug cam
	check "the agent knows" agent_await 3 cam agent_is cam down
	attach_mark cam
	plug cam
	check "attached again" attached cam
	measure cam
	check "$2 TPM commands at TLS $1 (was: $R_TPM$R_TPM_NAMES)" \
		test "$R_TPM" = "$2"
	check "reaches VLAN 20" test "$(reach cam)" = 20
	agent_stop cam
	unplug cam
}

scenario() {
	replugged 1.3 1
	replugged 1.2 0
	check "resumed" test \
		"$(decision "$(device_get cam mac)" resumed)" = true
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	result "$(outcome cam)"
}
