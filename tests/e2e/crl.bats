#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What becomes of certificates after they were issued: revocation, lists, OCSP,
# exports, by the commands of devid-ca and judged by openssl.

load lib
load ca
build=${build:?set in lib.bash}
public_url='' # set by ca.bash
plain=${plain?set in lib.bash}

setup_file() {
	lib_init
	export CA_EXTRA="crl_url = http://ca.test/line1.crl
delta_url = http://ca.test/line1-delta.crl
ocsp_url = http://ca.test/ocsp
issuer_url = http://ca.test/line1.cer"
	ca_init
	"$build/tests/e2e/ca-seed" "$CA/devid-ca.conf" "$CA" A1 B1
	mv "$CA" "$WORK/new-ca"
}

teardown_file() { lib_done; }

# Each test has a CA that did nothing yet, at the same place.
setup() {
	bats_require_minimum_version 1.5.0
	cp -a "$WORK/new-ca" "$CA"
	conf=$CA/devid-ca.conf
}

teardown() {
	[ ! -e "$CA/serve.pid" ] || serve_stop
	rm -rf "$CA"
}

ca() {
	local command=$1

	shift
	devid-ca "$command" --config "$conf" "$@"
}

# verify_leaf FILE: with openssl, against the list in the publish folder
verify_leaf() {
	openssl crl -inform DER -in "$CA/publish/line1.crl" -out "$CA/crl.pem"
	openssl verify -CAfile "$CA/root.pem" -untrusted "$CA/line1.pem" \
		-crl_check -CRLfile "$CA/crl.pem" "$1"
}

# serial_of FILE: as devid-ca writes it
serial_of() {
	openssl x509 -in "$1" -noout -serial | cut -d= -f2 | tr A-F a-f
}

# covers: TCG-8-certificate
@test "both certificates pass the strict profile and the chain" {
	cat "$CA/A1-idevid.pem" "$CA/line1.pem" >"$CA/chain.pem"
	devid verify --root "$CA/root.pem" --strict --serial A1 \
		--chain "$CA/chain.pem"
	openssl verify -x509_strict -CAfile "$CA/root.pem" \
		-untrusted "$CA/line1.pem" "$CA/A1-idevid.pem" "$CA/A1-iak.pem"
}

# covers: TCG-policies
@test "an IAK does not pass for a DevID" {
	cat "$CA/A1-iak.pem" "$CA/line1.pem" >"$CA/chain.pem"
	run devid verify --root "$CA/root.pem" --chain "$CA/chain.pem"
	[ "$status" -eq 1 ]
}

@test "a revoked device is refused once the list is out, another is not" {
	ca crl
	verify_leaf "$CA/A1-idevid.pem"
	run ca revoke --reason keyCompromise A1
	[ "$status" -eq 0 ]
	[[ $output == *"revoked idevid $(serial_of "$CA/A1-idevid.pem")"* ]]
	[[ $output == *"revoked iak $(serial_of "$CA/A1-iak.pem")"* ]]
	ca crl
	run verify_leaf "$CA/A1-idevid.pem"
	[ "$status" -ne 0 ]
	[[ $output == *"certificate revoked"* ]]
	run verify_leaf "$CA/A1-iak.pem"
	[ "$status" -ne 0 ]
	verify_leaf "$CA/B1-idevid.pem"
	ca audit
}

# covers: RFC5280-crl
@test "lists are signed by the CA and name what openssl expects" {
	ca revoke --reason superseded A1
	ca crl
	ca crl --delta
	openssl crl -inform DER -in "$CA/publish/line1.crl" \
		-CAfile "$CA/line1.pem" -noout -text >"$CA/full" 2>"$CA/said"
	grep -q "verify OK" "$CA/said"
	grep -A1 "X509v3 CRL Number" "$CA/full" | grep -qw 1
	grep -q "URI:http://ca.test/line1-delta.crl" "$CA/full"
	[ "$(grep -c "Superseded" "$CA/full")" = 2 ]
	openssl crl -inform DER -in "$CA/publish/line1-delta.crl" \
		-CAfile "$CA/line1.pem" -noout -text >"$CA/delta" 2>"$CA/said"
	grep -q "verify OK" "$CA/said"
	grep -A1 "Delta CRL Indicator: critical" "$CA/delta" | grep -qw 1
	grep -A1 "X509v3 CRL Number" "$CA/delta" | grep -qw 2
}

@test "a delta without a full list is refused" {
	run ca crl --delta
	[ "$status" -eq 1 ]
	[[ $output == *"no full list"* ]]
	[ ! -e "$CA/publish/line1-delta.crl" ]
}

@test "lost files are published again from the register" {
	ca crl
	cp "$CA/publish/line1.crl" "$CA/before.crl"
	rm "$CA"/publish/*
	ca publish
	cmp "$CA/before.crl" "$CA/publish/line1.crl"
	openssl x509 -inform DER -in "$CA/publish/root.cer" -noout -subject |
		grep -q "Acme root"
	openssl x509 -inform DER -in "$CA/publish/line1.cer" -noout -subject |
		grep -q "Acme line1"
	[ "$(grep -c BEGIN "$CA/publish/line1-chain.pem")" = 2 ]
}

# covers: RFC5019-large-volume
@test "OCSP answers are signed ahead, once" {
	run ca ocsp
	[ "$output" = "4 answers signed" ]
	run ca ocsp
	[ "$output" = "0 answers signed" ]
}

# ask_status FILE [OPTION...]: what openssl's client makes of the answer
ask_status() {
	local file=$1

	shift
	openssl ocsp -issuer "$CA/line1.pem" -CAfile "$CA/root.pem" \
		-verify_other "$CA/line1.pem" -url "$public_url/ocsp" \
		"$@" -cert "$file" 2>&1
}

# covers: RFC6960-ocsp
@test "openssl's OCSP client is answered: good, revoked, nonce, other hash" {
	ca ocsp
	serve_start
	run ask_status "$CA/A1-idevid.pem" -no_nonce
	[[ $output == *"Response verify OK"*": good"* ]]
	run ask_status "$CA/A1-idevid.pem" -sha256 -nonce
	[[ $output == *"Response verify OK"*": good"* ]]
	[[ $output != *"no nonce"* ]]
	ca revoke --reason keyCompromise A1
	# The service gives the same answer for up to a minute when another
	# process revoked; not with a nonce, and not to what is first asked now.
	run ask_status "$CA/A1-idevid.pem" -nonce
	[[ $output == *"Response verify OK"*": revoked"*keyCompromise* ]]
	run ask_status "$CA/A1-iak.pem" -no_nonce
	[[ $output == *"Response verify OK"*": revoked"*keyCompromise* ]]
	run ask_status "$CA/B1-idevid.pem" -no_nonce
	[[ $output == *"Response verify OK"*": good"* ]]
	run openssl ocsp -issuer "$CA/line1.pem" -CAfile "$CA/root.pem" \
		-verify_other "$CA/line1.pem" -url "$public_url/ocsp" \
		-serial 0x4142
	[[ $output == *"Response verify OK"*": unknown"* ]]
	serve_stop
}

# refused_with CAUSE: whatever needs the token
refused_with() {
	run ca crl
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$1"* ]]
}

@test "an OCSP signer that no client would believe stops the CA" {
	cp "$CA/line1-ocsp.pem" "$CA/good.pem"
	on_token root sign-ca --key root --kind ocsp --ca "$CA/root.pem" \
		--out "$CA/of-root.pem" "$CA/line1-ocsp.csr"
	cp "$CA/of-root.pem" "$CA/line1-ocsp.pem"
	refused_with "line1-ocsp.pem: not issued by this CA"
	cat "$CA/good.pem" "$CA/of-root.pem" >"$CA/line1-ocsp.pem"
	refused_with "line1-ocsp.pem: holds more than one certificate"
	cp "$CA/good.pem" "$CA/line1-ocsp.pem"
	ca crl
}

@test "a CA certificate's file with another behind it is refused" {
	cp "$CA/line1.pem" "$CA/good.pem"
	cat "$CA/root.pem" >>"$CA/line1.pem"
	refused_with "line1.pem: holds more than one certificate"
	cp "$CA/good.pem" "$CA/line1.pem"
	ca crl
}

@test "wrong calls of the commands change nothing" {
	for call in "crl A1" "crl --reason keyCompromise" "ocsp --delta" \
		"revoke A1" "revoke --reason keyCompromise" \
		"revoke --reason nonsense A1" \
		"revoke --reason certificateHold A1" "publish --delta" \
		"export" "export --format xml" "export --format csv A1" \
		"export --format csv --format json"; do
		# shellcheck disable=SC2086 # words
		run ca $call
		[ "$status" -eq 2 ] || { echo "$call: $status" && false; }
	done
	ca export --format csv >"$CA/csv"
	[ "$(grep -c ,live, "$CA/csv")" = 4 ]
}

@test "a revocation without a reason says so, in one line" {
	run ca revoke A1
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == *"revoke: --reason is missing" ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "a device that is not there cannot be revoked, nor twice" {
	run ca revoke --reason keyCompromise C1
	[ "$status" -eq 1 ]
	ca revoke --reason keyCompromise A1
	run ca revoke --reason superseded A1
	[ "$status" -eq 1 ]
	[[ $output =~ "devid-ca: register: A1: revoked already, at 20"[0-9-]*T[0-9:]*"Z for keyCompromise"$ ]]
	run ca revoke --reason lost A1
	[ "$status" -eq 2 ]
	[[ $output == *"--reason: lost: not a reason to revoke, which are unspecified, keyCompromise, "* ]]
}

@test "the site's list has the form of devid-pki, and says who is revoked" {
	local issuer

	ca revoke --reason keyCompromise A1
	issuer=$(openssl x509 -in "$CA/B1-idevid.pem" -noout -issuer \
		-nameopt compat | sed 's/^issuer=//' | tr -d '\n' |
		sha256sum | cut -d' ' -f1)
	echo mine >"$CA/devices.new"
	ca export --format site --out "$CA/devices"
	[ "$(wc -l <"$CA/devices")" = 2 ]
	grep -xF "{\"issuer\":\"$issuer\",\"certificate\":\"$(
		serial_of "$CA/B1-idevid.pem")\",\"kind\":\"IDevID\",\"unit\":\"B1\",\"model\":\"$(
		jq -r 'select(.unit == "B1") | .model' "$CA/devices")\",\"state\":\"listed\"}" "$CA/devices"
	jq -es --arg issuer "$issuer" --arg number "$(serial_of "$CA/A1-idevid.pem")" \
		'[.[] | select(.issuer == $issuer and .certificate == $number) |
		.state] == ["revoked"]' "$CA/devices"
	[ "$(<"$CA/devices.new")" = mine ]
}

@test "export --only: what it leaves out is named, with the line and why" {
	ca revoke --reason keyCompromise A1
	printf '%s\n' C1 A1 '' B1 b1 >"$CA/only"
	run --separate-stderr ca export --format site --only "$CA/only"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^{' <<<"$output")" = 2 ]
	[ "$stderr" = "devid-ca: export: $CA/only:1: \"C1\": left out: no such device in the register
devid-ca: export: $CA/only:2: \"A1\": revoked, and in the list as one to be refused
devid-ca: export: $CA/only:5: \"b1\": left out: no such device in the register" ]
	echo B1 >"$CA/only"
	run --separate-stderr ca export --format site --only "$CA/only"
	[[ $output != *A1* ]]
	[ "$stderr" = "" ]
	# As spreadsheets write it: with a mark before it, or in UTF-16.
	printf '\xef\xbb\xbfB1\r\n' >"$CA/only"
	run --separate-stderr ca export --format site --only "$CA/only"
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ $output == *'"unit":"B1"'* ]]
	printf 'B1\r\nA1\r\n' | iconv -t UTF-16 >"$CA/only"
	run -1 --separate-stderr ca export --format site --only "$CA/only"
	[ "$output" = "" ]
	[ "$stderr" = "devid-ca: export: $CA/only: has a NUL byte: it must be plain text, such as UTF-8" ]
	: >"$CA/only"
	run --separate-stderr ca export --format site --only - <"$CA/only"
	[ "$stderr" = "devid-ca: export: standard input: names no device" ]
}

@test "export --out: files are replaced, links and a user's files stay" {
	out_rules ca export --format csv
	run -1 ca export --format csv --out /dev/full
	[[ $output == *"No space left on device" ]]
}

@test "every line of the JSON export is a device, as list --json has it" {
	ca revoke --reason superseded A1
	ca export --format json | jq -es '
		length == 2 and ([.[] | select(.state == "revoked") |
			.certificates[].reason] ==
			["superseded", "superseded"])'
	cmp <(ca export --format json) <(ca list --json)
}

# a command of a machine whose clock is a month ahead
ca_ahead() {
	local command=$1

	shift
	LD_PRELOAD=$plain/clock-fault.so CLOCK_FAULT=$((30 * 86400)) \
		"$plain/devid-ca" "$command" --config "$conf" "$@"
}

health() { # STATUS
	[ "$(curl -s -o "$CA/health" -w '%{http_code}' \
		"$public_url/healthz")" = "$1" ]
}

# revoked_in_list LABEL: the list is good, and this certificate is in it
revoked_in_list() {
	verify_leaf "$CA/B1-idevid.pem" &&
		! verify_leaf "$CA/$1-idevid.pem" >"$CA/verdict" 2>&1 &&
		grep -q "certificate revoked" "$CA/verdict"
}

# not_ahead FILE: its thisUpdate is not later than now
not_ahead() {
	local since

	since=$(openssl crl -inform DER -in "$1" -noout -lastupdate)
	[ "$(date -d "${since#*=}" +%s)" -le "$(date +%s)" ]
}

@test "a clock that is far ahead needs a word from a person" {
	local command

	ca crl
	for command in crl ocsp serve; do
		run -1 ca_ahead "$command"
		[[ $output == *"clock: 30 days ahead of the newest time in the \
register"*"--accept-clock"* ]]
	done
	not_ahead "$CA/publish/line1.crl"
	# What is revoked stays revoked, whatever the time.
	ca_ahead revoke --reason keyCompromise A1
	ca crl
	revoked_in_list A1
	ca_ahead crl --accept-clock
	ca_ahead crl
	run -1 not_ahead "$CA/publish/line1.crl"
}

@test "after a clock that was ahead no revocation is lost, and it is told" {
	local command

	ca crl
	ca_ahead crl --accept-clock
	ca_ahead crl --delta
	ca_ahead ocsp
	# The right clock is as far behind, and which is right a person knows.
	for command in crl ocsp serve; do
		run -1 ca "$command"
		# 29 or 30, as some seconds went by
		[[ $output == *"days behind the newest time in the \
register"*"--accept-clock"* ]]
	done
	run -1 not_ahead "$CA/publish/line1.crl"
	serve_start serve "$conf" --accept-clock
	ask_until 30 health 503
	[ "$(cat "$CA/health")" = \
		"clock: something was made at a time still to come" ]
	ask_until 30 not_ahead "$CA/publish/line1.crl"
	ask_until 30 not_ahead "$CA/publish/line1-delta.crl"
	grep -q "clock: the register knew a later time" "$CA/serve.log"
	grep -q "revocation list: made at a time that is still to come" \
		"$CA/serve.log"
	grep -q "delta list: made at a time that is still to come" \
		"$CA/serve.log"
	grep -q "OCSP answers: made at a time that is still to come" \
		"$CA/serve.log"
	ca revoke --reason keyCompromise A1
	ask_until 30 delta_has A1
	# openssl looks at the times of the answer
	run -0 openssl ocsp -issuer "$CA/line1.pem" -cert "$CA/B1-idevid.pem" \
		-url "$public_url/ocsp" -CAfile "$CA/root.pem" -no_nonce
	[[ $output == *"B1-idevid.pem: good"* && $output != *WARNING* ]]
}

delta_has() {
	openssl crl -inform DER -in "$CA/publish/line1-delta.crl" -noout -text |
		grep -qi "$(serial_of "$CA/$1-idevid.pem")"
}
