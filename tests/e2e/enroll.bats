#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid-enroll as its own user, with a TPM of software and devid-keyd, against a
# server that does what a registrar must not.

load enroll

setup_file() {
	enroll_init
}

teardown_file() {
	lib_done
}

setup() {
	bats_require_minimum_version 1.5.0
	staging
	rm -f "$WWW"/*/issued
}

teardown() {
	rm -f "$WWW/good/csrattrs" "$WWW/good/onboarding" "$WWW/good/nonce"
	devid key delete ldevid-0 --config "$DEV/devid.conf" >/dev/null 2>&1 ||
		true
}

# wait_request: the server has not decided yet
wait_request() {
	run -3 enroll enrol
	echo "$output"
	[ -s "$STAGING/request" ]
}

# covers: RFC7030-4.2.3-pending
@test "pending, then issued: the same request, a certificate in the module" {
	local before

	usual good
	wait_request
	[ "$(told result)" = pending ]
	[ "$(told retry_after)" = 30 ]
	before=$(sha256sum "$STAGING/request")
	wait_request
	[ "$before" = "$(sha256sum "$STAGING/request")" ]
	issued good root
	run -0 enroll enrol
	echo "$output"
	[ "$(told result)" = done ]
	[ "$(told key)" = ldevid-0 ]
	[ "$(told epoch)" -ge 1 ]
	run -0 devid cert list ldevid-0 --config "$DEV/devid.conf" --json
	jq -e '.certificates[0] | .key_enabled and .cert_enabled' <<<"$output"
	# and once more: what is done is done
	run -0 enroll enrol
}

# covers: RFC7030-4.2.1-enroll RFC7030-3.2.2-label
@test "the request has the IDevID's serial number and is signed by the TPM" {
	local subject

	usual good
	wait_request
	openssl req -inform DER -in "$STAGING/request" -verify -noout
	subject=$(openssl req -inform DER -in "$STAGING/request" -noout \
		-subject -nameopt "$names")
	[[ $subject == *"serialNumber=SN1"* ]]
}

# One connection for all that is asked, and the request.
@test "an enrolment costs two signatures of the TPM, asking again costs one" {
	local before

	usual good
	before=$(tpm_commands "$DEV" 015D)
	wait_request
	[ $(($(tpm_commands "$DEV" 015D) - before)) -eq 2 ]
	wait_request
	[ $(($(tpm_commands "$DEV" 015D) - before)) -eq 3 ]
}

# covers: RFC7030-4.5-csrattrs
@test "a key of the type that csrattrs ask for; evidence without an IAK is left out" {
	usual good
	# P-384, id-aa-attestation
	printf '%s' MCEwEgYHKoZIzj0CATEHBgUrgQQAIgYLKoZIhvcNAQkQAjs= \
		>"$WWW/good/csrattrs"
	wait_request
	[[ $output == *"evidence: ldevid-0: asked for, and left out"* ]]
	openssl req -inform DER -in "$STAGING/request" -noout -text |
		grep -q secp384r1
}

@test "drop: key and request are gone, twice is no failure" {
	usual good
	wait_request
	run -0 enroll drop
	[ ! -e "$STAGING/request" ]
	run ! devid key list ldevid-0 --config "$DEV/devid.conf"
	run -0 enroll drop
	[ "$(told op)" = drop ]
}

@test "the staging folder is all that is written, and no program starts" {
	usual good
	wait_request
	[ "$(find "$STAGING" -type f -printf '%f\n' | sort | tr '\n' ' ')" = \
		"request result.json " ]
	[ "$(stat -c %a "$STAGING/request")" = 600 ]
}

# ---- whom to ask ----

@test "no registrar and no domain: NO_REGISTRAR" {
	conf good "est_trust = $SITE/root.pem"
	fails NO_REGISTRAR "DHCP gave no domain" enrol
	fails NO_REGISTRAR "no domain to look for it in" --domain bad enrol
	[ ! -e "$STAGING/request" ]
}

@test "the domain that DHCP gave leads to devid-registrar in it" {
	conf good "est_trust = $SITE/root.pem"
	fails EST_UNREACHABLE devid-registrar.nowhere.example \
		--domain nowhere.example enrol
}

@test "trust by RADIUS: no anchor, no name, another domain, the right one" {
	conf good "registrar = $registrar"
	fails NO_ANCHOR "no anchor" enrol
	fails NO_ANCHOR "no name of a RADIUS server" \
		--anchor "$SITE/root.pem" enrol
	fails EST_UNTRUSTED "not of the RADIUS server's domain" \
		--anchor "$SITE/root.pem" --server-name radius.evil.example enrol
	fails EST_UNTRUSTED "its certificate" --anchor "$SITE/other.pem" \
		--server-name radius.site.example enrol
	run -3 enroll --anchor "$SITE/root.pem" \
		--server-name radius.site.example enrol
	# in the form that OpenSSL has for an anchor with its purpose
	openssl x509 -in "$SITE/root.pem" -addtrust serverAuth -trustout \
		-out "$SITE/trusted.pem"
	run -3 enroll --anchor "$SITE/trusted.pem" \
		--server-name radius.site.example enrol
}

@test "a pinned certificate of the server is an anchor too" {
	conf good "registrar = $registrar" "est_trust = $SITE/server.pem"
	run -3 enroll enrol
}

# ---- what a server does ----

# covers: RFC7030-3.3.1-server
@test "a server of another root: EST_UNTRUSTED" {
	usual good "registrar = $registrar:444"
	conf good "registrar = $registrar:444" "est_trust = $SITE/root.pem"
	fails EST_UNTRUSTED "registrar $registrar: its certificate" enrol
	[ "$(ls "$STAGING")" = result.json ]
}

@test "a server whose certificate has ended: EST_UNTRUSTED, with the clock" {
	conf good "registrar = $registrar:445" "est_trust = $SITE/root.pem"
	fails EST_UNTRUSTED "expired (the clock here says $(date -u +%F))" enrol
}

# at_clock SECONDS COMMAND...: by a clock that is so far ahead
at_clock() {
	local preload=$WORK/bin/clock-fault.so

	as_enroll env "LD_PRELOAD=$preload" CLOCK_FAULT="$1" \
		"$WORK/bin/plain-enroll" --config \
		"$BATS_TEST_TMPDIR/devid.conf" --staging "$STAGING" \
		--key ldevid-0 "${@:2}"
}

@test "a clock in 1970 says nothing, one in 2040 that the server's certificate ended" {
	local now

	usual good
	now=$(date +%s)
	run -3 at_clock "-$now" enrol
	issued good root
	run -0 at_clock "-$now" enrol
	echo "$output"
	[ "$(told result)" = "done" ]
	devid key delete ldevid-0 --config "$DEV/devid.conf" >/dev/null
	run -1 at_clock $((2208988800 - now)) enrol
	echo "$output"
	[[ $output == *"EST_UNTRUSTED: "*"expired (the clock here says 2040-01-01)"* ]]
	# an anchor of the wrong site is none, whatever the clock says
	conf good "registrar = $registrar" "est_trust = $SITE/other.pem"
	run -1 at_clock "-$now" enrol
	[[ $output == *"EST_UNTRUSTED: "* ]]
}

@test "a server of another name: EST_UNTRUSTED" {
	conf good "registrar = 127.0.0.1" "est_trust = $SITE/root.pem"
	fails EST_UNTRUSTED "127.0.0.1" enrol
}

@test "no TLS, and nobody there" {
	conf good "registrar = $registrar:446" "est_trust = $SITE/root.pem"
	fails EST_MALFORMED "cacerts: registrar" enrol
	conf good "registrar = $registrar:447" "est_trust = $SITE/root.pem"
	fails EST_UNREACHABLE "447" enrol
}

# covers: RFC7030-3.2.1-redirect
@test "a redirect is not followed: EST_REDIRECT" {
	usual redirect
	fails EST_REDIRECT "https://elsewhere.example/cacerts" enrol
}

@test "another media type: EST_MALFORMED" {
	usual type
	fails EST_MALFORMED "Content-Type is 'text/html'" enrol
}

@test "what is no Base64: EST_MALFORMED" {
	usual broken
	fails EST_MALFORMED "cacerts: EST body: is not Base64" enrol
}

@test "10 MiB: EST_TOO_LARGE" {
	usual big
	fails EST_TOO_LARGE "more than 65536 bytes" enrol
}

@test "a byte a second: EST_TIMEOUT" {
	usual slow
	fails EST_TIMEOUT "Operation too slow" enrol
}

@test "503: EST_SERVER, and when to come again" {
	usual busy
	fails EST_SERVER "HTTP status 503: later" enrol
	[ "$(told retry_after)" = 120 ]
}

@test "403: EST_REFUSED with the rule, and a new request the next time" {
	usual refuse
	fails EST_REFUSED "403: unlisted: this unit is on no list" enrol
	[ ! -e "$STAGING/request" ]
}

@test "409 twice: EST_REFUSED" {
	usual stale
	fails EST_REFUSED "no nonce" enrol
}

@test "proxies of the environment do not count, a configured one does" {
	usual good
	https_proxy=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 \
		ALL_PROXY=http://127.0.0.1:9 run -3 enroll enrol
	usual good "proxy = http://127.0.0.1:9"
	fails EST_UNREACHABLE "cacerts" enrol
}

# ---- what a server issues ----

@test "a certificate for another key: EST_WRONG_CERT" {
	usual good
	wait_request
	certs_only "$WWW/good/issued" "$SITE/server.pem"
	fails EST_WRONG_CERT "none in the answer is for the key" enrol
	[ -s "$STAGING/request" ]
}

@test "a certificate for another device: EST_WRONG_CERT" {
	usual good
	wait_request
	openssl req -inform DER -in "$STAGING/request" -out "$SITE/ldevid.csr"
	openssl req -in "$SITE/ldevid.csr" -noout -pubkey >"$SITE/ldevid.pub"
	openssl x509 -new -force_pubkey "$SITE/ldevid.pub" -days 10 \
		-subj "/serialNumber=SN2" -CA "$SITE/root.pem" \
		-CAkey "$SITE/root.key" -out "$SITE/ldevid.pem"
	certs_only "$WWW/good/issued" "$SITE/ldevid.pem"
	fails EST_WRONG_CERT "serialNumber is not the one of this device" enrol
}

@test "a CA's certificate: EST_WRONG_CERT" {
	usual good
	wait_request
	issued good root "basicConstraints=critical,CA:TRUE"
	fails EST_WRONG_CERT "is a CA's" enrol
}

# covers: RFC7030-4.1-cacerts
@test "a chain that ends nowhere: EST_WRONG_CERT" {
	usual good
	wait_request
	issued good other
	fails EST_WRONG_CERT "no path to a root of cacerts" enrol
	cp "$WWW/rootless/cacerts" "$WWW/good/cacerts"
	issued good root
	fails EST_WRONG_CERT "no root in cacerts" enrol
	cp "$WWW/cacerts" "$WWW/good/cacerts"
}

# ---- the document ----

@test "the onboarding document: missing, malformed, hostile, good" {
	usual good
	fails DOCUMENT "no document for this device" document
	echo '{"version": 1' >"$WWW/good/onboarding"
	fails DOCUMENT "onboarding document: line" document
	head -c 70000 /dev/zero | tr '\0' ' ' >"$WWW/good/onboarding"
	fails EST_TOO_LARGE "more than 65536 bytes" document
	[ ! -e "$STAGING/site.json" ]
	jq -n --rawfile a "$SITE/root.pem" '{version: 1, site: "Plant",
		radius: {anchors: [$a], names: ["radius.site.example"]},
		values: {a: "x\u001b[2J"}}' >"$WWW/good/onboarding"
	fails DOCUMENT "values" document
	jq -n --rawfile a "$SITE/root.pem" '{version: 1, site: "Plant",
		radius: {anchors: [$a], names: ["radius.site.example"]}}' \
		>"$WWW/good/onboarding"
	run -0 enroll document
	cmp "$STAGING/site.json" "$WWW/good/onboarding"
}

# ---- this device ----

@test "a key service that is not there: KEY_UNAVAILABLE" {
	usual good
	sed -i "s|^socket = .*|socket = $WORK/nobody.sock|" \
		"$BATS_TEST_TMPDIR/devid.conf"
	fails KEY_UNAVAILABLE "identity idevid" enrol
}

@test "an identity without a certificate: KEY_UNAVAILABLE" {
	usual good
	fails KEY_UNAVAILABLE "identity ldevid-3" --identity ldevid-3 enrol
}

@test "a staging folder that others write to, and wrong calls: exit 2" {
	usual good
	chmod 775 "$STAGING"
	run -2 enroll enrol
	[[ $output == *"only this user writes to"* ]]
	chmod 755 "$STAGING"
	run -2 enroll enroll
	run -2 enroll
	run -2 enroll --identity iak enrol
	conf good "registrar = a b"
	run -2 enroll enrol
	[ "$(told class)" = LOCAL ]
}

@test "killed at any moment, the next run goes on" {
	local rest=137 calls kills=0

	usual good
	for ((calls = 800; rest == 137; calls += 160)); do
		rest=0
		as_enroll env \
			"ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" \
			"$WORK/bin/kill-at" "$calls" \
			"$WORK/bin/devid-enroll" --config \
			"$BATS_TEST_TMPDIR/devid.conf" --staging "$STAGING" \
			--key ldevid-0 enrol 2>/dev/null || rest=$?
		[ "$rest" -ne 137 ] || kills=$((kills + 1))
		# what is there is whole
		[ ! -e "$STAGING/request" ] || openssl req -inform DER -in \
			"$STAGING/request" -verify -noout
		[ ! -e "$STAGING/result.json" ] || jq -e . \
			"$STAGING/result.json" >/dev/null
	done
	echo "rest $rest kills $kills"
	[ "$rest" -eq 3 ]
	[ "$kills" -ge 3 ]
	issued good root
	run -0 enroll enrol
}

# Last, because the IAK keeps its certificate.
# covers: CSRATT-28-evidence
@test "evidence: over the server's nonce, with the certificates of the IAK" {
	local nonce=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff

	iak_certified
	usual good
	# a list with id-aa-attestation
	echo MA0GCyqGSIb3DQEJEAI7 >"$WWW/good/csrattrs"
	echo '{"nonce": "no"}' >"$WWW/good/nonce"
	fails EST_MALFORMED "nonce: no JSON with a nonce" enrol
	echo '{"nonce": "ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v8", "expiry": 300}' \
		>"$WWW/good/nonce"
	wait_request
	# the attribute, tcg-attest-tpm-certify, TPM2_Certify over the nonce
	in_request 060b2a864886f70d010910023b
	in_request 06056781051401
	in_request "0020$nonce"
	in_request "$(openssl x509 -in "$DEV/iak.pem" -outform DER | hex)"
	openssl req -inform DER -in "$STAGING/request" -verify -noout
	# a server that gives none gets evidence all the same
	run -0 enroll drop
	rm "$WWW/good/nonce"
	wait_request
	in_request 06056781051401
	run ! in_request "0020$nonce"
}
