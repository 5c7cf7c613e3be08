# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A RADIUS server that the device must not trust gets no signature.
#
# First a server with the right name from another CA, then one from the right
# CA with another name. Both would let everybody in.
# shellcheck disable=SC2034
EXPECTED="nothing"

# impostor CERTIFICATE_PREFIX: the port asks that server instead.
impostor() {
	local port
	port=$(device_port cam)

	authenticator_stop "$port"
	radius_configure impostor 10.10.0.3 "$1"
	radius_start impostor
	authenticator_start "$port" 10.10.0.3
	attach_mark cam
	plug cam
	check "the agent says SERVER_UNTRUSTED" refused cam SERVER_UNTRUSTED
	measure cam
	check "no TPM command (was: $R_TPM$R_TPM_NAMES)" test "$R_TPM" = 0
	doctor_says cam server-untrusted
	check "reaches nothing" test -z "$(reach cam)"
	unplug cam
	radius_stop impostor
}

scenario() {
	device_ready cam listed
	other_pki impostor-pki site-ca --org "devid lab site"
	other_pki impostor-pki radius-server radius.example \
		--out "$LAB/aaa/other-ca"
	pki radius-server web.example --out "$LAB/aaa/other-name"
	agent_start_ready cam
	impostor "$LAB/aaa/other-name"
	impostor "$LAB/aaa/other-ca"
	plug cam
	result "$(outcome cam)"
	authenticator_stop "$(device_port cam)"
}
