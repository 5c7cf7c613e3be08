#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `devid-registrar serve` from outside, by stock clients: curl, and strongSwan's
# pki. What devices get, and each thing that is refused.

load lib
load ca
load registrar
est_url=${est_url?set in registrar.bash} est_public=${est_public?the same}
plain=${plain?set in lib.bash}

setup_file() {
	lib_init
	registrar_init
	maker_new other
	idevid_new dev SN1
	idevid_new second SN2
	idevid_new gone SN3
	idevid_new stranger SN9 other
	list_maker
	idevid_new unlisted SN4
	csr_new dev /serialNumber=SN1
	csr_new second /serialNumber=SN2
	csr_new gone /serialNumber=SN3
	csr_new stranger /serialNumber=SN9
	csr_new unlisted /serialNumber=SN4
	registrar_start
	ldevid_of dev dev
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	gone "$(cat "$R/registrar.pid")" && registrar_start
	use_registrar
}

# ldevid_of DEVICE REQUEST: enrols; DEVICE-ldevid.pem and .key
ldevid_of() {
	[ "$(enrol "$1" "$2")" = 200 ]
	certs_to "$R/$1-ldevid.pem"
	cp "$R/$2.csr.key" "$R/$1-ldevid.key"
}

has_header() { grep -qix "$1"$'\r' "$R/head"; }

# rows CONDITION: of the site's list
rows() {
	sqlite3 -cmd ".timeout 5000" "$R/site.db" \
		"select count(*) from site where $1"
}

# ---- what is to work ----

# covers: RFC7030-4.1.1-open RFC8951-3.1-server
@test "cacerts: without a certificate, on one line" {
	run est "$est_url/.well-known/est/cacerts"
	[ "$output" = 200 ]
	has_header "Content-Type: application/pkcs7-mime"
	has_header "Content-Transfer-Encoding: base64"
	has_header "Content-Length: $(stat -c %s "$R/body")"
	[ "$(wc -l <"$R/body")" = 0 ]
	certs_to "$R/cacerts"
	openssl x509 -in "$R/cacerts" -outform DER | cmp - \
		<(openssl x509 -in "$R/site.pem" -outform DER)
	run est -I "$est_url/.well-known/est/cacerts"
	[ "$output" = 200 ]
}

@test "csrattrs: without a certificate, by label" {
	run est "$est_url/.well-known/est/csrattrs"
	[ "$output" = 200 ]
	has_header "Content-Type: application/csrattrs"
	base64 -d "$R/body" >"$R/attrs"
	run est "$est_url/.well-known/est/hard/csrattrs"
	[ "$output" = 200 ]
	base64 -d "$R/body" | openssl asn1parse -inform DER |
		grep -q "1.2.840.113549.1.9.16.2.59"
	run ! grep -q "1.2.840.113549.1.9.16.2.59" <(openssl asn1parse \
		-inform DER -in "$R/attrs")
	run est "$est_url/.well-known/est/none/csrattrs"
	[ "$output" = 404 ]
}

@test "simpleenroll: an LDevID, and its row of the list" {
	run enrol second second
	[ "$output" = 200 ]
	has_header "Content-Type: application/pkcs7-mime; smime-type=certs-only"
	has_header "Content-Transfer-Encoding: base64"
	certs_to "$R/new.pem"
	[ "$(grep -c BEGIN "$R/new.pem")" = 1 ]
	openssl verify -CAfile "$R/site.pem" "$R/new.pem"
	openssl x509 -in "$R/new.pem" -noout -subject | grep -q "SN2"
	cmp <(openssl x509 -in "$R/new.pem" -noout -pubkey) \
		<(openssl pkey -in "$R/second.csr.key" -pubout)
	[ "$(rows "unit = 'SN2' and kind = 'LDevID' and state = 'listed'")" = 1 ]
	cp "$R/body" "$R/before"
	# The answer was lost on its way.
	run enrol second second
	[ "$output" = 200 ]
	cmp "$R/body" "$R/before"
	[ "$(rows "unit = 'SN2' and kind = 'LDevID'")" = 1 ]
}

# covers: RFC7030-4.2.2-reenroll
@test "simplereenroll: by the LDevID, for a new key" {
	csr_new again /serialNumber=SN1
	run enrol dev-ldevid again "" simplereenroll
	[ "$output" = 200 ]
	certs_to "$R/new.pem"
	cmp <(openssl x509 -in "$R/new.pem" -noout -pubkey) \
		<(openssl pkey -in "$R/again.csr.key" -pubout)
}

@test "both operations, and one that the other's certificate is not for" {
	csr_new kind /serialNumber=SN1
	run enrol dev-ldevid kind
	by_rule client-kind
	run enrol dev kind "" simplereenroll
	by_rule client-kind
}

@test "TLS 1.2 as well as 1.3, and nothing older" {
	run est --tls-max 1.2 "$est_url/.well-known/est/cacerts"
	[ "$output" = 200 ]
	run est --tlsv1.3 "$est_url/.well-known/est/cacerts"
	[ "$output" = 200 ]
	run est --tls-max 1.1 "$est_url/.well-known/est/cacerts"
	[ "$output" = 000 ]
	run as_device dev --tls-max 1.2 "$est_url/.well-known/est/nonce"
	[ "$output" = 200 ]
}

@test "nonce: 32 bytes, another each time" {
	run as_device dev "$est_url/.well-known/est/nonce"
	[ "$output" = 200 ]
	has_header "Content-Type: application/est-attestation-freshness+json"
	has_header "Cache-Control: no-store"
	run -0 jq -r '"\(.nonce | length) \(.expiry)"' "$R/body"
	[ "$output" = "43 300" ]
	cp "$R/body" "$R/nonce"
	[ "$(as_device dev "$est_url/.well-known/est/nonce")" = 200 ]
	run ! cmp -s "$R/body" "$R/nonce"
}

@test "onboarding: the unit's document, else the site's" {
	local url=$est_url/.well-known/devid/onboarding

	run as_device dev-ldevid "$url"
	[ "$output" = 404 ]
	jq -n --rawfile pem "$R/tls-ca.pem" '{version: 1, site: "all",
		radius: {anchors: [$pem], names: ["radius.site.example"]}}' \
		>"$R/all.json"
	sed 's/"all"/"own"/' "$R/all.json" >"$R/own.json"
	desk document --default "$R/all.json"
	desk document SN1 "$R/own.json"
	run as_device dev-ldevid "$url"
	[ "$output" = 200 ]
	has_header "Content-Type: application/json"
	[ "$(jq -r .site "$R/body")" = own ]
	run as_device second "$url"
	[ "$output" = 200 ]
	[ "$(jq -r .site "$R/body")" = all ]
}

# covers: RFC7030-4.2.3-answers
@test "approval: 202 and when to come back, until a person has said yes" {
	csr_new slow /serialNumber=SN2
	run enrol second slow slow/
	[ "$output" = 202 ]
	has_header "Retry-After: 1"
	run enrol second slow slow/
	[ "$output" = 202 ]
	run -0 desk pending
	[[ $output == *SN2* ]]
	registrar_restart
	run enrol second slow slow/
	[ "$output" = 202 ]
	run -0 desk approve SN2
	run enrol second slow slow/
	[ "$output" = 200 ]
	certs_to "$R/new.pem"
	openssl verify -CAfile "$R/site.pem" "$R/new.pem"
}

registrar_restart() {
	serve_stop registrar
	registrar_start
}

@test "approval: a person has said no" {
	csr_new no /serialNumber=SN2
	run enrol second no slow/
	[ "$output" = 202 ]
	run -0 desk refuse SN2
	run enrol second no slow/
	by_rule approval-refused
}

# ---- strongSwan ----

@test "strongSwan: pki --estca and pki --est" {
	run -0 pki --estca --url "$est_url" --cacert "$R/tls-ca.pem" \
		--caout "$R/ss-ca" --outform pem --force
	openssl x509 -in "$R"/ss-ca* -noout -subject | grep -q "Site devices"
	csr_new ss /serialNumber=SN1
	openssl x509 -in "$R/dev-ldevid.pem" -out "$R/ss.pem"
	pki --est --url "$est_url" --in "$R/ss.csr" \
		--cacert "$R/tls-ca.pem" --cacert "$R/site.pem" \
		--cert "$R/ss.pem" --key "$R/dev-ldevid.key" \
		--outform pem >"$R/ss-new.pem"
	openssl verify -CAfile "$R/site.pem" "$R/ss-new.pem"
	cmp <(openssl x509 -in "$R/ss-new.pem" -noout -pubkey) \
		<(openssl pkey -in "$R/ss.csr.key" -pubout)
}

# ---- refused, by rule ----

# covers: RFC7030-3.3.2-client
@test "refused: no certificate, another maker's, one that nobody listed" {
	local op

	for op in simpleenroll simplereenroll; do
		run est -H "Content-Type: application/pkcs10" \
			--data-binary "@$R/dev.b64" \
			"$est_url/.well-known/est/$op"
		by_rule client-certificate
	done
	run est "$est_url/.well-known/est/nonce"
	by_rule client-certificate
	run est "$est_url/.well-known/devid/onboarding"
	by_rule client-certificate
	run enrol stranger stranger
	by_rule client-unknown
	run enrol unlisted unlisted
	by_rule client-unlisted
	run as_device unlisted "$est_url/.well-known/devid/onboarding"
	by_rule client-unlisted
}

# The same names as the site's CA, and another key.
@test "refused: a maker that calls itself the site's CA" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$R/false.key" -out "$R/false.pem" -days 30 \
		-subj "/O=Site/CN=Site devices" \
		-addext keyUsage=critical,keyCertSign 2>/dev/null
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$R/liar.key" -out "$R/liar.req" \
		-subj "/O=Site/serialNumber=SN1" 2>/dev/null
	openssl x509 -req -in "$R/liar.req" -CA "$R/false.pem" \
		-CAkey "$R/false.key" -days 30 -out "$R/liar.pem" -extfile \
		<(echo keyUsage=critical,digitalSignature) 2>/dev/null
	csr_new liar /serialNumber=SN1
	run enrol liar liar "" simplereenroll
	[ "$output" = 403 ]
	[[ "$(<"$R/body")" == client-* ]]
}

@test "refused: somebody else's serial number" {
	run enrol dev second
	by_rule csr-serial-number
}

@test "refused: weak keys, CAs, extensions that nobody asked for" {
	openssl req -new -newkey rsa:1024 -nodes -keyout "$R/weak.key" \
		-outform DER -subj /serialNumber=SN1 2>/dev/null |
		base64 -w 0 >"$R/weak.b64"
	run enrol dev weak
	by_rule csr-key-type
	csr_new isca /serialNumber=SN1 -addext basicConstraints=critical,CA:TRUE
	run enrol dev isca
	by_rule csr-ca
	csr_new extra /serialNumber=SN1 -addext certificatePolicies=1.2.3.4
	run enrol dev extra
	by_rule csr-extension
	csr_new use /serialNumber=SN1 -addext extendedKeyUsage=codeSigning
	run enrol dev use
	by_rule csr-usage
	csr_new names /serialNumber=SN1 -addext subjectAltName=DNS:radius.site
	run enrol dev names
	by_rule csr-names
}

@test "refused: a request that its key did not sign, bytes behind it" {
	local hex

	hex=$(od -An -v -tx1 <"$R/dev.csr" | tr -d ' \n')
	# The last byte of the signature.
	printf '%s%02X' "${hex%??}" $((0x${hex: -2} ^ 1)) |
		tr a-f A-F | basenc --base16 -d | base64 -w 0 >"$R/bad.b64"
	run enrol dev bad
	by_rule csr-signature
	{ cat "$R/dev.csr" && echo; } | base64 -w 0 >"$R/bad.b64"
	run enrol dev bad
	by_rule csr-encoding
}

@test "refused: no evidence where residency is demanded" {
	csr_new bare /serialNumber=SN1
	run enrol dev bare hard/
	by_rule evidence-missing
}

@test "refused: a unit that was revoked, IDevID and LDevID" {
	run enrol gone gone
	[ "$output" = 200 ]
	certs_to "$R/gone-ldevid.pem"
	cp "$R/gone.csr.key" "$R/gone-ldevid.key"
	run -0 desk revoke SN3
	csr_new gone2 /serialNumber=SN3
	run enrol gone gone2
	by_rule client-revoked
	run enrol gone-ldevid gone2 "" simplereenroll
	by_rule client-revoked
	# What was issued is on the list that anybody gets.
	await_crl "$R/gone-ldevid.pem"
}

# await_crl CERT: it is on the site's revocation list
await_crl() {
	local serial

	serial=$(openssl x509 -in "$1" -noout -serial)
	export crl_serial=${serial#*=} est_public
	wait_on "$R/registrar.log" "$R/publish" -- crl_has
}

crl_has() {
	local file

	file=$(cd "$R/publish" && echo *.crl)
	curl -s --max-time 10 -o "$R/crl" "$est_public/$file" &&
		openssl crl -inform DER -in "$R/crl" -noout -text 2>/dev/null |
		grep -q "$crl_serial"
}

# ---- HTTP ----

@test "refused: wrong method, type, path; too much" {
	local url=$est_url/.well-known/est

	run as_device dev "$url/simpleenroll"
	[ "$output" = 405 ]
	has_header "Allow: POST"
	run as_device dev -X DELETE "$url/cacerts"
	[ "$output" = 405 ]
	run as_device dev -H "Content-Type: text/plain" \
		--data-binary "@$R/dev.b64" "$url/simpleenroll"
	[ "$output" = 415 ]
	run as_device dev "$url/a/b/cacerts"
	[ "$output" = 404 ]
	run enrol dev dev none/
	[ "$output" = 404 ]
	echo 'M*A=' >"$R/star.b64"
	run enrol dev star
	[ "$output" = 400 ]
	head -c 1048576 /dev/zero | tr '\0' A >"$R/big.b64"
	run enrol dev big
	[ "$output" = 413 ]
	# It serves on.
	run est "$url/cacerts"
	[ "$output" = 200 ]
}

@test "refused: a request of 40 kB that is Base64" {
	head -c 40000 /dev/zero | base64 -w 0 >"$R/zero.b64"
	run enrol dev zero
	by_rule csr-size
}

# raw TEXT: over TLS, what printf makes of it, at once; what comes back
raw() {
	# shellcheck disable=SC2059 # it is a format
	printf "$1" | timeout 20 openssl s_client -quiet -ign_eof \
		-connect "${est_url#https://}" -CAfile "$R/tls-ca.pem" \
		2>/dev/null || true # the answer says how it went
}

# is_refused STATUS TEXT: answered so, once, and the connection is at its end
is_refused() {
	run -0 raw "$2"
	[[ $output == "HTTP/1.1 $1 "* ]] || { echo "$output" && return 1; }
	[ "$(grep -c '^HTTP/1' <<<"$output")" -eq 1 ]
	grep -qi '^connection: close' <<<"$output"
}

@test "9112: a head that others read otherwise is refused, and the end" {
	local get='GET /.well-known/est/cacerts HTTP/1.1\r\n'
	local post='POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: a\r\n'

	is_refused 400 "${post}Content-Length: 4\r\nContent-Length: 44\r\n\r\nabcd"
	is_refused 400 "${post}Content-Length : 4\r\n\r\n"
	is_refused 400 "${get}Host: a\n\r\n"
	is_refused 400 "${get}\r\n"
	is_refused 411 "${post}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	is_refused 400 "${get}Host: a\r\nContent-Length: 34\r\n\r\n${get}"
}

@test "slow clients lose their connections, others do not wait" {
	local slow=() port=${est_url##*:} i

	for i in 1 2 3 4 5 6 7 8; do
		spawn "$R/slow.log" timeout 60 bash -c \
			"exec 9<>/dev/tcp/127.0.0.1/$port; printf x >&9; cat <&9"
		slow+=("$spawned")
	done
	run est "$est_url/.well-known/est/cacerts"
	[ "$output" = 200 ]
	# A handshake that does not end is ended for it.
	for i in "${slow[@]}"; do
		await exit "$i"
	done
}

@test "public: the list and nothing else" {
	run est "$est_public/healthz"
	[ "$output" = 200 ]
	run est "$est_public/.well-known/est/cacerts"
	[ "$output" = 404 ]
	run est "$est_public/site.pem"
	[ "$output" = 404 ]
}

@test "SIGHUP: another maker is admitted, in the same process" {
	local pid
	pid=$(cat "$R/registrar.pid")

	cp "$R/acme/root/cert.pem" "$R/roots.pem"
	REGISTRAR_EXTRA="[maker more]
		roots = $R/roots.pem" registrar_conf "sqlite:$R/site.db"
	registrar_restart
	list_maker other
	run enrol stranger stranger
	by_rule client-unknown
	cat "$R/other/root/cert.pem" >>"$R/roots.pem"
	kill -HUP "$(cat "$R/registrar.pid")"
	wait_on "$R/registrar.log" -- grep -q "reload: makers" "$R/registrar.log"
	run enrol stranger stranger
	[ "$output" = 200 ]
	# What cannot be read changes nothing.
	echo junk >"$R/roots.pem"
	kill -HUP "$(cat "$R/registrar.pid")"
	wait_on "$R/registrar.log" -- grep -q "reload: .*roots.pem" "$R/registrar.log"
	run enrol stranger stranger
	[ "$output" = 200 ]
	[ "$pid" != "$(cat "$R/registrar.pid")" ]
}

# Printed, not judged: SoftHSM, SQLite, and a curl for each.
@test "rate: enrolments a second, four at a time" {
	local n=40 i began ended

	for ((i = 0; i < n; i++)); do
		csr_new "rate$i" /serialNumber=SN2
	done
	export -f enrol as_device est
	export est_url
	began=$(date +%s%N)
	# shellcheck disable=SC2016 # of the inner shell
	seq 0 $((n - 1)) | xargs -P 4 -I{} bash -c \
		'enrol second rate{} >"$R/rate{}.status"'
	ended=$(date +%s%N)
	[ "$(cat "$R"/rate*.status | grep -o 200 | wc -l)" = "$n" ]
	echo "# $((n * 1000000000 / (ended - began))) enrolments a second" >&3
}

@test "a token that is lost: the end, for the service manager to start it anew" {
	local pid rest=0

	registrar_conf "sqlite:$R/site.db" pulled
	sed -i "s|module = .*|module = $plain/p11-fault.so|" "$R/pulled.conf"
	: >"$R/pulled.log"
	P11_FAULT="rv C_Sign=b3" P11_FAULT_WHEN="$R/pulled" devid-registrar \
		serve --config "$R/pulled.conf" 2>"$R/pulled.log" 3>&- &
	pid=$!
	echo "$pid" >>"$WORK/pids"
	echo "$pid" >"$R/pulled.pid"
	wait_on "$pid" "$R/pulled.log" -- serve_answers pulled
	use_registrar pulled
	csr_new lost /serialNumber=SN2
	: >"$R/pulled"
	run enrol second lost
	[ "$output" = 503 ]
	has_header "Retry-After: [0-9]*"
	wait "$pid" || rest=$?
	[ "$rest" = 1 ]
	grep -q "token or its session was lost" "$R/pulled.log"
	rm "$R/pulled"
	use_registrar
	run enrol second lost
	[ "$output" = 200 ]
}

@test "SIGTERM: what was asked is answered, and the end is well" {
	local pid
	pid=$(cat "$R/registrar.pid")

	kill -TERM "$pid"
	await exit "$pid"
	grep -q "serve: ending" "$R/registrar.log"
	run ! est "$est_url/.well-known/est/cacerts"
}
