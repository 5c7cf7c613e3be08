#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid-ca audit and devid-ca list: what auditors and operators see of the
# register. Refused requests are what writes the lines here.

setup_file() {
	load lib
	load ca
	lib_init
	ca_init
	head -c 300 /dev/zero >"$CA/bad.tcgcsr"
	refuse_one
	refuse_one
	devid-ca audit --config "$CA/devid-ca.conf" --print-key >"$CA/audit.pub"
}

teardown_file() {
	load lib
	lib_done
}

setup() {
	load lib
	load ca
	cp "$CA/register.db" "$CA/copy.db"
	ca_conf "sqlite:$CA/copy.db" "$CA/copy.conf"
}

teardown() { rm -f "$CA"/copy.db*; }

refuse_one() {
	run devid-ca challenge --config "$CA/devid-ca.conf" "$CA/bad.tcgcsr"
	[ "$status" -eq 1 ]
}

# audit ARG...: with the public key only
audit() { audit_by "$CA/audit.pub" "$@"; }

# audit_by FILE ARG...: with the public keys in FILE
audit_by() { devid-ca audit --config "$CA/copy.conf" --key "$@"; }

unhex() { perl -pe 's/\s//g; $_ = pack "H*", $_'; }

@test "audit: the log verifies, by the token and by the public key alone" {
	run devid-ca audit --config "$CA/copy.conf"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^one:2:[0-9a-f]{64}$ ]]
	[ "${lines[1]}" = "2 lines verified" ]
	run audit --pin-file /nonexistent
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = "2 lines verified" ]
}

@test "audit: export has every line, and its hashes can be computed again" {
	audit --export >"$CA/log.json"
	[ "$(jq -s length "$CA/log.json")" -eq 2 ]
	hash=$(printf 'devid-ca audit\0one' | sha256sum | cut -d' ' -f1)
	for n in 1 2; do
		jq -j "select(.seq == $n).line" "$CA/log.json" >"$CA/line"
		jq -e .event "$CA/line"
		hash=$({
			printf '%s%016x' "$hash" "$n" | unhex
			cat "$CA/line"
		} | sha256sum | cut -d' ' -f1)
		[ "$hash" = "$(jq -r "select(.seq == $n).hash" \
			"$CA/log.json")" ]
	done
	jq -r 'select(.seq == 2).signature' "$CA/log.json" | unhex \
		>"$CA/line.sig"
	echo "$hash" | unhex | openssl dgst -sha256 \
		-verify "$CA/audit.pub" -signature "$CA/line.sig"
}

@test "audit: a changed line is named" {
	sqlite3 "$CA/copy.db" "UPDATE audit SET line = '{}' WHERE seq = 2"
	run audit
	[ "$status" -eq 1 ]
	[[ $output == *"audit: one, line 2: does not follow from the line"* ]]
}

@test "audit: a log cut back to a signed line is seen by --expect only" {
	head=$(audit | head -n 1)
	audit --expect "$head"
	sqlite3 "$CA/copy.db" "DELETE FROM audit WHERE seq = 2"
	audit
	run audit --expect "$head"
	[ "$status" -eq 1 ]
	[[ $output == *"audit: one, line 2: not there"* ]]
	run audit --expect "one:1:${head##*:}"
	[ "$status" -eq 1 ]
	[[ $output == *"audit: one, line 1: another one than expected"* ]]
}

@test "audit: a file of several keys verifies what any of them signed" {
	openssl ecparam -name prime256v1 -genkey -noout -out "$CA/x.key"
	openssl ec -in "$CA/x.key" -pubout -out "$CA/x.pub" 2>/dev/null
	cat "$CA/x.pub" "$CA/audit.pub" >"$CA/both.pub"
	audit_by "$CA/both.pub"
	run audit_by "$CA/x.pub"
	[ "$status" -eq 1 ]
	[[ $output == *"the signature is not that of the key"* ]]
	{ cat "$CA/audit.pub" && sed 3d "$CA/x.pub"; } >"$CA/broken.pub"
	run audit_by "$CA/broken.pub"
	[ "$status" -eq 1 ]
	[[ $output == *"something that is no public key in PEM behind key 1" ]]
	run audit_by "$CA/x.key"
	[ "$status" -eq 1 ]
	[[ $output == *"no public key in PEM: the file is a private key in PEM" ]]
	run audit --print-key
	[ "$status" -eq 2 ]
	[[ $output == *"audit: --print-key: --key: has no use here" ]]
}

@test "audit: wrong calls and other keys are refused" {
	for bad in "" one one:2 one:x:00 one:0:00 :1:00 "one:2:$(printf %063d 0)" \
		"one:2:$(printf %065d 0)"; do
		run audit --expect "$bad"
		[ "$status" -eq 2 ]
		[[ $output == *"not INSTANCE:LINE:HASH"* ]]
	done
	run audit extra
	[ "$status" -eq 2 ]
	openssl x509 -in "$CA/root.pem" -noout -pubkey >"$CA/root.pub"
	run devid-ca audit --config "$CA/copy.conf" --key "$CA/root.pub"
	[ "$status" -eq 1 ]
	[[ $output == *"one, line 1: the signature is not that of the key"* ]]
	run devid-ca audit --config "$CA/copy.conf" --key "$CA/bad.tcgcsr"
	[ "$status" -eq 1 ]
	[[ $output == *"no public key in PEM"* ]]
}

# add_devices: one revoked and one live with the serial number SN1, one SN2
add_devices() {
	sqlite3 "$CA/copy.db" "
		INSERT INTO issuer (hash) VALUES (zeroblob(32));
		INSERT INTO device SELECT value, value = 1, 1790000000,
			iif(value = 3, 'SN2', 'SN1'), 'Model 7',
			randomblob(32), zeroblob(32), 'id:53544D20', 'ST33',
			'id:00010200', 'line-1' FROM json_each('[1,2,3]');
		INSERT INTO cert SELECT NULL, id, 1, role, 1, state, created,
			state * 1790000001, state * (2 * id + role),
			state * 4, random(),
			zeroblob(32), randomblob(20), x'3000' FROM device,
			(SELECT 0 AS role UNION SELECT 1)"
}

@test "a PIN whose file is open to others is refused, and the status says PIN" {
	install -m 644 "$CA/issuing.pin" "$CA/open.pin"
	run devid-ca audit --config "$CA/copy.conf" --pin-file "$CA/open.pin"
	[ "$status" -eq 3 ]
	[[ $output == *"open.pin"*"0644"* ]]
}

@test "list: shows devices with their certificates" {
	add_devices
	run devid-ca list --config "$CA/copy.conf"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^SN' <<<"$output")" -eq 3 ]
	[ "$(grep -c '^  iak ' <<<"$output")" -eq 3 ]
	[[ $output == *"revoked 2026-09-21T14:13:21Z, superseded"* ]]
	run devid-ca list --config "$CA/copy.conf" SN2
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 5 ]
}

@test "list: JSON has an object per device, past ones too" {
	add_devices
	devid-ca list --config "$CA/copy.conf" --json SN1 >"$CA/list.json"
	[ "$(jq -r .state "$CA/list.json" | xargs)" = "revoked live" ]
	[ "$(jq -r '.certificates[].role' "$CA/list.json" | sort -u |
		xargs)" = "iak idevid" ]
	jq -se '.[0].certificates | all(.reason == "superseded")' "$CA/list.json"
}

@test "list: an empty register is empty, an unknown serial number an error" {
	run devid-ca list --config "$CA/copy.conf"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run devid-ca list --config "$CA/copy.conf" SN9
	[ "$status" -eq 1 ]
	[[ $output == *"list: SN9: no such device"* ]]
	run devid-ca list --config "$CA/copy.conf" SN1 SN2
	[ "$status" -eq 2 ]
}
