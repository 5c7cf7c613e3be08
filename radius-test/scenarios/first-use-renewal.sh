# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A server that is trusted on first use renews its certificate, and is known.
#
# First it sends its certificate alone, then its CA as well, then it gets a new
# key from that CA, then a certificate for the same key from another CA. A server
# with another key from a third CA is refused, whatever its name.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# serve PREFIX: the RADIUS server has that certificate now, the cable is plugged.
serve() {
	unplug cam
	radius_configure radius 10.10.0.2 "$1"
	radius_restart
	attach_mark cam
	plug cam
}

# known TEXT PREFIX: the device accepts it.
known() {
	serve "$2"
	check "$1: accepted" attached cam 40
	R_ISSUER=$(agent_get cam .remembered_issuer)
	R_SURVIVES=$(agent_get cam .survives)
}

# renewed NAME CA: a certificate for the key of renewed.key, and its CA's
renewed() {
	local dir=$LAB/$2/site

	openssl req -new -key "$LAB/aaa/renewed.key" -subj /CN=radius.example |
		openssl x509 -req -CA "$dir/cert.pem" -CAkey "$dir/key.pem" \
			-set_serial 99 -days 2 -extfile <(printf '%s\n' \
			subjectAltName=DNS:radius.example \
			extendedKeyUsage=serverAuth) 2>/dev/null |
		cat - "$dir/cert.pem" >"$LAB/aaa/$1.pem"
	cp "$LAB/aaa/renewed.key" "$LAB/aaa/$1.key"
}

says_survives() {
	devid cam status --config "$LAB/devices/cam/devid.conf" |
		grep -qF "accepted are $R_SURVIVES"
}

scenario() {
	local issuer name

	device_ready cam listed p256 eap.trust=first-use eap.ca= eap.server_name=
	rm -f "$LAB/devices/cam/state/server-trust.json"
	for name in other stranger; do
		other_pki "$name-pki" site-ca --org "$name"
	done
	pki radius-server radius.example --out "$LAB/aaa/renewed"
	other_pki stranger-pki radius-server radius.example \
		--out "$LAB/aaa/stranger"
	renewed same-key other-pki
	openssl x509 -in "$LAB/aaa/radius.pem" -out "$LAB/aaa/alone.pem"
	cp "$LAB/aaa/radius.key" "$LAB/aaa/alone.key"
	agent_start_ready cam

	known "without its CA" "$LAB/aaa/alone"
	check "no issuer is remembered" test -z "$R_ISSUER"
	check "and it is said (said: $R_SURVIVES)" test "$R_SURVIVES" = \
		"this key alone, because the server does not send its issuer"
	known "with its CA" "$LAB/aaa/radius"
	check "its issuer is remembered" test -n "$R_ISSUER"
	issuer=$R_ISSUER
	known "a new key from that CA" "$LAB/aaa/renewed"
	known "the same key from another CA" "$LAB/aaa/same-key"
	check "that CA is remembered" test "$R_ISSUER" != "$issuer"
	check "devid status says what is accepted" says_survives
	serve "$LAB/aaa/stranger"
	check "another server is refused" refused cam SERVER_UNTRUSTED
	known "the server again" "$LAB/aaa/same-key"
	measure cam
	result "$(outcome cam)" "survives: $R_SURVIVES"
	rm -f "$LAB/devices/cam/state/server-trust.json"
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
}
