#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid verify against openssl s_server on loopback, and saved chains.

load verify

setup_file() {
	verify_init
	make_ca other "/CN=Verify Root"
	make_issuer old -not_after 20210101000000Z
	make_device iak issuer ACCC8E000001 2.23.133.11.1.3
	make_device late old ACCC8E000001 2.23.133.11.1.2
	PORT=$(serve dev) && export PORT
	make_liar
	LIAR_PORT=$(serve liar) && export LIAR_PORT
	IAK_PORT=$(serve iak) && export IAK_PORT
	OLD_TLS_PORT=$(serve dev -tls1_1 -cipher ALL@SECLEVEL=0) &&
		export OLD_TLS_PORT
}

teardown_file() {
	end_servers
}

setup() {
	verify_here
}

@test "a genuine unit: exit 0 and what was proved" {
	run "$devid" verify --root root.pem --serial ACCC8E000001 \
		127.0.0.1:"$PORT"
	[ "$status" -eq 0 ]
	[[ $output == *": genuine"* ]]
	[[ $output == *"held by the peer, proved by the TLSv1.3"* ]]
	[[ $output == *"CN=Verify issuer CA"* ]]
	[[ $output == *"0 warnings"* ]]
}

@test "another serial number: exit 1, both serials named" {
	run "$devid" verify --root root.pem --serial ACCC8E000002 \
		127.0.0.1:"$PORT"
	[ "$status" -eq 1 ]
	[[ $output == *'"ACCC8E000001", not "ACCC8E000002"'* ]]
}

@test "another root of the same name: exit 1" {
	run "$devid" verify --root other.pem 127.0.0.1:"$PORT"
	[ "$status" -eq 1 ]
	[[ $output == *"NOT GENUINE"* ]]
}

@test "the system's store does not help" {
	SSL_CERT_FILE=root.pem run "$devid" verify --root other.pem \
		127.0.0.1:"$PORT"
	[ "$status" -eq 1 ]
}

@test "no root: exit 2 and a line that says what to do" {
	run "$devid" verify 127.0.0.1:"$PORT"
	[ "$status" -eq 2 ]
	[[ $output == *"--root"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "wrong calls: exit 2" {
	for call in "" "--root root.pem" "--root root.pem --bogus x" \
		"--root root.pem --timeout 0 x" "--root root.pem x:0" \
		"--root root.pem x:65536" "--root root.pem [::1" \
		"--root root.pem --serial-form x y" \
		"--root none.pem x" "--root dev.pem x" \
		"--root root.pem --chain none.pem" \
		"--root root.pem --chain root.key" \
		"--root root.pem --chain dev-chain.pem x"; do
		# shellcheck disable=SC2086 # each word is an argument
		run "$devid" verify $call
		[ "$status" -eq 2 ] || { echo "$call: $status"; false; }
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "options that do not go together: exit 2, each named" {
	while IFS='|' read -r call want; do
		# shellcheck disable=SC2086 # each word is an argument
		run "$devid" verify --root root.pem $call
		echo "$call: $output"
		[ "$status" -eq 2 ]
		[ "$output" = "devid: verify: $want" ]
	done <<-END
		--serial A --serial B x|--serial: given twice
		--chain a --chain b|--chain: given twice
		--serial-form basemac x|--serial-form: without --serial no form is expected
		--chain dev-chain.pem --timeout 3|--chain: --timeout: has no use here
		https://cam:443/|https://cam:443/: a URL or a path: give the host alone, HOST[:PORT]
		fe80::1|fe80::1: a link-local address: say on which interface, as fe80::1%eth0
	END
}

# Another manufacturer may have a unit of that number.
@test "a serial number with roots of several manufacturers: exit 2" {
	run "$devid" verify --root root.pem --root other.pem \
		--serial ACCC8E000001 --chain dev-chain.pem
	[ "$status" -eq 2 ]
	[[ $output == *"--serial: with 2 --root files"* ]]
	[ "${#lines[@]}" -eq 1 ]
	run "$devid" verify --root root.pem --root other.pem \
		--chain dev-chain.pem
	[ "$status" -eq 0 ]
	cat root.pem other.pem >both.pem
	chmod 644 both.pem
	run "$devid" verify --root both.pem --serial ACCC8E000001 \
		--chain dev-chain.pem
	[ "$status" -eq 0 ]
}

@test "nobody listens: exit 3" {
	run "$devid" verify --root root.pem --timeout 2 127.0.0.1:1
	[ "$status" -eq 3 ]
	[[ $output == *"not reachable"* ]]
}

@test "several hosts: the worst counts" {
	run "$devid" verify --root root.pem 127.0.0.1:"$PORT" 127.0.0.1:1
	[ "$status" -eq 3 ]
	run "$devid" verify --root root.pem 127.0.0.1:1 127.0.0.1:"$IAK_PORT" \
		127.0.0.1:"$PORT"
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == "127.0.0.1:1: not reachable"* ]]
}

@test "an attestation key's certificate is no device identity: exit 1" {
	run "$devid" verify --root root.pem 127.0.0.1:"$IAK_PORT"
	[ "$status" -eq 1 ]
	[[ $output == *"tcg-other-key"* ]]
}

@test "a server below TLS 1.2: exit 1" {
	run "$devid" verify --root root.pem 127.0.0.1:"$OLD_TLS_PORT"
	[ "$status" -eq 1 ]
	[[ $output == *"TLS handshake failed"* ]]
}

@test "a server that would only decrypt (static RSA): exit 1" {
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
		-out rsa.key 2>/dev/null
	make_key() { [ "$1" = rsa ]; }
	make_device rsa issuer ACCC8E000001 2.23.133.11.1.2
	port=$(serve rsa -tls1_2 -cipher kRSA)
	run "$devid" verify --root root.pem 127.0.0.1:"$port"
	[ "$status" -eq 1 ]
	[[ $output == *"TLS handshake failed"* ]]
	port=$(serve rsa -tls1_2)
	run "$devid" verify --root root.pem 127.0.0.1:"$port"
	[ "$status" -eq 0 ]
	[[ $output == *"proved by the TLSv1.2"* ]]
}

@test "--json: every rule, the path, the verdict" {
	run "$devid" verify --json --root root.pem 127.0.0.1:"$PORT"
	[ "$status" -eq 0 ]
	jq -e '.genuine and .exit == 0 and (.results | length == 1)
		and (.results[0] | .status == "genuine" and .possession
			and .tls_version == "TLSv1.3"
			and .certificate.serial == "ACCC8E000001"
			and .certificate.hardware.tpm_manufacturer == "IBM"
			and .certificate.chain.path[1] == "CN=Verify Root"
			and (.certificate.rules | length == 36)
			and all(.certificate.rules[];
				.verdict == "pass" or
				.verdict == "not-applicable"))' <<<"$output"
}

@test "--json: a refusal and an absent host" {
	run "$devid" verify --json --root root.pem 127.0.0.1:"$IAK_PORT" \
		127.0.0.1:1
	[ "$status" -eq 1 ]
	jq -e '.exit == 1 and (.genuine | not)
		and .results[0].reason == "profile"
		and ([.results[0].certificate.rules[] |
			select(.verdict == "fail").rule] == ["tcg-other-key"])
		and .results[1].status == "unreachable"
		and .results[1].certificate == null' <<<"$output"
}

@test "--chain: a saved chain proves no possession" {
	run "$devid" verify --root root.pem --chain dev-chain.pem
	[ "$status" -eq 0 ]
	[[ $output == *"NOT proved"* ]]
	run "$devid" verify --root root.pem --chain dev.pem
	[ "$status" -eq 1 ]
}

@test "--chain -: from a pipe, and told as standard input" {
	run "$devid" verify --root root.pem --chain - < <(cat dev-chain.pem)
	[ "$status" -eq 0 ]
	[[ $output == "standard input: genuine"* ]]
	run "$devid" verify --root root.pem --chain - </dev/null
	[ "$status" -eq 2 ]
	[[ $output == *"standard input: no certificate in PEM: the file is "* ]]
}

@test "--chain: a bundle the other way round is called so" {
	cat root.pem issuer.pem dev.pem >reversed.pem
	run "$devid" verify --root root.pem --chain reversed.pem
	[ "$status" -eq 1 ]
	[[ $output == *"the first of the 3 certificates is a CA's; the device's own is number 3"* ]]
}

@test "--root, --chain: a file of another kind is named" {
	openssl x509 -in root.pem -outform DER -out root.der
	chmod 644 root.der
	run "$devid" verify --root root.der --chain dev-chain.pem
	[ "$status" -eq 2 ]
	[[ $output == *"no certificate in PEM: the file is a certificate in DER" ]]
	run "$devid" verify --root root.pem --chain root.key
	[ "$status" -eq 2 ]
	[[ $output == *"no certificate in PEM: the file is a private key in PEM" ]]
}

@test "a verdict that cannot be written: 1, and why" {
	run sh -c '"$0" verify --root root.pem --chain dev-chain.pem >/dev/full' \
		"$devid"
	[ "$status" -eq 1 ]
	[ "$output" = "devid: verify: standard output: No space left on device" ]
	run sh -c '"$0" verify --json --root root.pem --chain dev-chain.pem >/dev/full' \
		"$devid"
	[ "$status" -eq 1 ]
	[ "$output" = "devid: verify: standard output: No space left on device" ]
}

@test "an expired issuing CA is named" {
	run "$devid" verify --root root.pem --chain late-chain.pem
	[ "$status" -eq 1 ]
	[[ $output == *'issuing CA "CN=Verify old CA": expired on 2021-01-01'* ]]
}

@test "a peer that does not hold the key: exit 1, possession named" {
	run "$devid" verify --root root.pem 127.0.0.1:"$LIAR_PORT"
	[ "$status" -eq 1 ]
	[[ $output == *"does not hold the key"* ]]
	[[ $output == *"claims      ACCC8E000001"* ]]
}

@test "the example program checks a unit by its serial number" {
	local san=
	case $DEVID_BUILD in */san) san=1 ;; esac
	run cc -Wall -Werror -I"$BATS_TEST_DIRNAME/../../idevid/include" \
		${san:+-fsanitize=address,undefined} -o vms-check \
		"$BATS_TEST_DIRNAME/../../docs/examples/vms-check.c" \
		"$DEVID_BUILD/libdevid.so.0" -lssl -lcrypto
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	export LD_LIBRARY_PATH="$DEVID_BUILD"
	run ./vms-check root.pem 127.0.0.1:"$PORT" ACCC8E000001
	[ "$status" -eq 0 ]
	run ./vms-check root.pem 127.0.0.1:"$PORT" ACCC8E000002
	[ "$status" -eq 1 ]
}
