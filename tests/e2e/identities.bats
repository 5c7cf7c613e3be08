#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A device with several identities, of several types, end to end: keys in its
# TPM, certificates of devid-ca, by files and by a station, and who believes it.

# shellcheck disable=SC2154 # of run --separate-stderr, and of lib.bash

setup_file() {
	bats_require_minimum_version 1.5.0
	load lib.bash
	load ca.bash
	lib_init
	ca_init
	CA_EXTRA="identities = 3" \
		ca_conf "sqlite:$CA/register.db" "$CA/three.conf"
	device_made "$WORK/one"
	devid provision key --config "$WORK/one/devid.conf" >/dev/null
	devid provision key --config "$WORK/one/devid.conf" --key idevid-1 \
		--alg p384 >/dev/null
}

teardown_file() {
	load lib.bash
	lib_done
}

setup() {
	load lib.bash
	load ca.bash
	conf=$CA/three.conf
	DEV=$WORK/one
	IN=$BATS_TEST_TMPDIR
}

ca() { # COMMAND ARG...
	local command=$1

	shift
	devid-ca "$command" --config "$conf" "$@"
}

on_device() { devid "$@" --config "$DEV/devid.conf"; }

# request KEY: $IN/KEY.tcgcsr
request() {
	on_device provision request --key "$1" --serial UNIT1 --model M1 \
		--out "$IN/$1.tcgcsr"
}

# answered KEY: request, challenge and answer in $IN
answered() {
	request "$1"
	ca challenge --out "$IN/$1.challenge" "$IN/$1.tcgcsr"
	on_device provision answer --key "$1" --out "$IN/$1.answer" \
		"$IN/$1.challenge"
}

# certified KEY: all of it
certified() {
	answered "$1"
	ca issue --out "$IN/$1.pem" "$IN/$1.answer"
	on_device provision install --key "$1" "$IN/$1.pem"
}

rows() { # TABLE
	sqlite3 -cmd ".timeout 5000" "$CA/register.db" \
		"select count(*) from $1"
}

# refused CAUSE COMMAND...: exit 1, one line with that cause, nothing issued.
refused() {
	local cause=$1 before

	before=$(rows device).$(rows cert)
	[[ $before =~ ^[0-9]+\.[0-9]+$ ]]
	shift
	run -1 --separate-stderr "$@"
	echo "$stderr"
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *"$cause"* ]]
	[ "$before" = "$(rows device).$(rows cert)" ]
}

# genuine KEY [ALG]: a TLS server with this identity holds its key
genuine() {
	local port

	spawn "$IN/$1.log" with_key "$DEV" openssl s_server \
		-accept 127.0.0.1:0 -www -cert "$DEV/state/$1.pem" \
		-cert_chain "$CA/line1.pem" -key "$DEV/state/$1.key"
	wait_on "$spawned" "$IN/$1.log" -- grep -q ACCEPT "$IN/$1.log"
	port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$IN/$1.log")
	run -0 devid verify --root "$CA/root.pem" --serial UNIT1 \
		"127.0.0.1:$port"
	stop_pid "$spawned"
	[[ $output == *": genuine"*"held by the peer"* ]]
	openssl x509 -in "$DEV/state/$1.pem" -noout -text |
		grep -q "Public-Key: ($2 bit)"
}

# number KEY: of its certificate, as the register writes it
number() {
	openssl x509 -in "$DEV/state/$1.pem" -noout -serial |
		sed 's/serial=//' | tr A-F a-f
}

ocsp_of() { # KEY
	openssl ocsp -issuer "$CA/line1.pem" -cert "$DEV/state/$1.pem" \
		-CAfile "$CA/root.pem" -url "$public_url/ocsp" 2>&1
}

@test "one identity alone is what a CA gives that was not told otherwise" {
	certified idevid
	conf=$CA/devid-ca.conf
	request idevid-1
	refused "UNIT1: this device has an identity of type P-256 already; one of type P-384 beside it takes identities = 2 in [ca] of devid-ca.conf" \
		ca challenge "$IN/idevid-1.tcgcsr"
}

# covers: OWN-several-idevids
@test "a second of another type: certified, installed, verified as the first" {
	certified idevid-1
	[ "$(rows device).$(rows cert)" = 1.4 ]
	genuine idevid 256
	genuine idevid-1 384
	for key in iak iak-1; do
		openssl verify -CAfile "$CA/root.pem" -untrusted \
			"$CA/line1.pem" "$DEV/state/$key.pem"
	done
	run -0 ca list UNIT1
	[[ $output == *"idevid  p256  "*"iak     p256  "*"idevid  p384  "*"iak     p384  "* ]]
	ca list --json UNIT1 | jq -e '[.certificates[] | .role + " " + .type] ==
		["idevid p256", "iak p256", "idevid p384", "iak p384"]'
	# Each has its own again, whichever comes first.
	certified idevid-1
	certified idevid
	[ "$(rows device).$(rows cert)" = 1.4 ]
}

@test "doctor --bundle: certificates and references of each pair, as they are" {
	local dir=$BATS_TEST_TMPDIR/bundle key kind

	mkdir "$dir"
	on_device doctor --bundle "$dir/b.tar" || true # other things are found
	tar -C "$dir" -xf "$dir/b.tar"
	cd "$dir/devid-bundle"
	for key in idevid iak idevid-1 iak-1; do
		for kind in keyd file; do
			cmp "certificates/$key-$kind.pem" "$DEV/state/$key.pem"
			grep -qx "certificates/$key-$kind.pem" README.txt
		done
	done
	cmp state/idevid-reference.pem "$DEV/state/idevid.key"
	cmp state/idevid-1-reference.pem "$DEV/state/idevid-1.key"
	run ! grep -E '(idevid|iak)-[23]' README.txt # there are no such keys
}

@test "doctor: the files of each pair are looked at, with devid-keyd and without" {
	local word=ok

	for _ in 1 2; do
		on_device doctor --json >/dev/null || true
		on_device status --json >"$BATS_TEST_TMPDIR/s" || true
		jq -e --arg word $word '[.files[] | select(.key == "idevid-1" or
			.key == "iak-1") | .state] == [$word, $word, $word, $word]' \
			"$BATS_TEST_TMPDIR/s"
		jq -e '[.files[] | select(.key | test("[23]|tls|eap|ldevid"))] == []' \
			"$BATS_TEST_TMPDIR/s"
		keyd_stop "$DEV"
		word=unchecked
	done
	keyd_start "$DEV"
}

# covers: OWN-several-idevids
@test "both stand on the exported allow-list" {
	run -0 ca export --format site
	[ "$(grep -c '"unit":"UNIT1"' <<<"$output")" -eq 2 ]
	[[ $output == *"\"$(number idevid)\""* ]]
	[[ $output == *"\"$(number idevid-1)\""* ]]
	[[ $output != *"\"$(number iak-1)\""* ]]
	run -0 ca export --format csv
	[[ $output == *"UNIT1,M1,idevid,p384,live,$(number idevid-1),"* ]]
}

@test "inspect tells the type that a request asks for" {
	request idevid-1
	run -0 ca inspect "$IN/idevid-1.tcgcsr"
	[[ $output == *p384* ]]
}

@test "a second of one type: the device makes none" {
	run -1 on_device provision key --key idevid-2 --alg p384
	[[ $output == *"idevid-2: of each type there is one, and the p384 key is idevid-1"* ]]
	run -1 on_device provision request --key idevid-2 --serial UNIT1 \
		--out "$IN/idevid-2.tcgcsr"
}

# by_hand HANDLE LIKE: a P-384 key as that at the handle LIKE, but of another
# 'unique' field, at HANDLE
by_hand() {
	local tpm=swtpm:path=$DEV/tpm.sock like

	like=$(tpm2_readpublic -T "$tpm" -c "$2")
	sed -n 's/^authorization policy: //p' <<<"$like" | tr a-f A-F |
		basenc -d --base16 -i >"$IN/policy"
	tpm2_createprimary -T "$tpm" -C e -Q -g sha384 \
		-G ecc384:ecdsa-sha384:null \
		-a "$(sed -n '/^attributes:/,/raw/ s/  value: //p' <<<"$like")" \
		-L "$IN/policy" -c "$IN/key.ctx"
	tpm2_evictcontrol -T "$tpm" -C o -Q -c "$IN/key.ctx" "$1"
	tpm2_flushcontext -T "$tpm" -t
}

@test "a second of one type, made by another tool: the CA certifies none" {
	keyd_stop "$DEV"
	by_hand 0x81020020 0x81020010
	by_hand 0x81020021 0x81020011
	keyd_start "$DEV"
	request idevid-2
	refused "UNIT1: this serial number was issued to other keys of the same TPM" \
		ca challenge "$IN/idevid-2.tcgcsr"
	keyd_stop "$DEV"
	for handle in 0x81020020 0x81020021; do
		tpm2_evictcontrol -T "swtpm:path=$DEV/tpm.sock" -C o -Q \
			-c "$handle"
	done
	keyd_start "$DEV"
}

@test "an answer to the challenge of one pair is none of the other" {
	answered idevid
	request idevid-1
	ca challenge --out "$IN/idevid-1.challenge" "$IN/idevid-1.tcgcsr"
	run -1 on_device provision answer --key idevid --out "$IN/x" \
		"$IN/idevid-1.challenge"
	[ ! -e "$IN/x" ]
	run -1 on_device provision install --key idevid-1 \
		"$DEV/state/idevid.pem"
}

@test "station: a third, by its name; its type must be said" {
	local before key

	CA_EXTRA="identities = 3" ca_conf "sqlite:$CA/register.db"
	serve_start
	run -2 station floor provision --serial UNIT1 --model M1 \
		--identity idevid-3 -- "$(reach "$DEV")"
	[[ $output == *"--identity idevid-3: --alg is missing"* ]]
	run -2 station floor provision --serial UNIT1 --identity iak-1 \
		--alg rsa2048 -- "$(reach "$DEV")"
	[[ $output == *"iak-1: no identity; they are idevid and idevid-1 to idevid-3"* ]]
	before=$(rows cert)
	run -0 station floor provision --serial UNIT1 --model M1 \
		--identity idevid-3 --alg rsa2048 -- "$(reach "$DEV")"
	[[ $output == *"UNIT1, idevid-3: certificates installed"* ]]
	[ "$(rows cert)" -eq $((before + 2)) ]
	[ -s "$CA/state-floor/UNIT1.idevid-3/certificates" ]
	genuine idevid-3 2048
	# The first takes its own way, and finds its own certificates.
	run -0 station floor provision --serial UNIT1 --model M1 -- \
		"$(reach "$DEV")"
	[ "$(rows cert)" -eq $((before + 2)) ]
	run -0 station floor show UNIT1
	[[ $output == *"idevid  rsa2048  "* ]]
	for key in idevid idevid-1 idevid-3; do
		[[ $(ocsp_of "$key") == *"Response verify OK"*": good"* ]]
	done
	serve_stop
}

# covers: OWN-several-idevids
@test "revoked: every identity is on the list, and none is admitted" {
	local key

	ca revoke --reason superseded UNIT1 >"$IN/revoked"
	[ "$(wc -l <"$IN/revoked")" -eq 6 ]
	ca crl
	ca ocsp
	serve_start
	openssl crl -inform DER -in "$CA/publish/line1.crl" -noout -text \
		>"$IN/list"
	run -0 ca export --format site
	[[ $output != *'"listed"'* ]]
	for key in idevid iak idevid-1 iak-1 idevid-3 iak-3; do
		grep -qi "Serial Number: $(number "$key")" "$IN/list"
		[[ $(ocsp_of "$key") == *"Response verify OK"*": revoked"* ]]
	done
	serve_stop
	[ "$(grep -c revoked <<<"$output")" -ge 3 ]
	ca audit --export | jq -r .line | grep '"revoke"' |
		jq -e '(.idevid | length) == 3 and (.iak | length) == 3'
	ca audit --export | jq -r .line | grep '"issue-further"' |
		jq -s -e '[.[].type] == ["p384", "rsa2048"]'
	run -0 ca audit
}
