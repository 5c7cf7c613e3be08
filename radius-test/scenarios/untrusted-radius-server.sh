# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A RADIUS server that the device must not trust gets no signature.
#
# First a server from the right CA with another name, then one with the right
# name from another CA, then one that the right CA made a client only. All
# would let everybody in.
# covers: RFC9190-2.2-server
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

# for_clients PREFIX: the right name and CA, and an extended key usage of
# clients.
for_clients() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -subj /CN=radius.example -out "$1.csr" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA "$LAB/pki/site/cert.pem" \
		-CAkey "$LAB/pki/site/key.pem" -set_serial 77 -days 2 \
		-out "$1.pem" -extfile <(printf '%s\n' \
		subjectAltName=DNS:radius.example extendedKeyUsage=clientAuth) \
		2>/dev/null
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
	for_clients "$LAB/aaa/client"
	impostor "$LAB/aaa/client"
	check "told as a client's certificate (said: $R_REASON)" test \
		"${R_REASON##*: }" = "not made for a server (extended key usage)"
	plug cam
	result "$(outcome cam)"
	authenticator_stop "$(device_port cam)"
}
