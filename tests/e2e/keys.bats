#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The operations of the DevID module (802.1AR 7.2) as people type them: each one,
# in text and in JSON; the rules about state; each error by its name.

load lib
other_uid=${other_uid:?set in lib.bash}

setup_file() {
	lib_init
	export DEV="$WORK/dev"
	device_new "$DEV"
	device_provision "$DEV" p256
	export DEVID_CONFIG=$DEV/devid.conf
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out "$WORK/own.key" 2>/dev/null
	chmod 600 "$WORK/own.key"
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	STATE=$DEV/state
	gone "$(cat "$DEV/tpm.pid")" && tpm_start "$DEV"
	gone "$(cat "$DEV/keyd.pid")" && keyd_start "$DEV"
	true
}

# Each test begins without keys of the owner.
teardown() {
	local key

	for key in $(devid key list --json | jq -r '.keys[] |
		select(.of_maker == false) | .name'); do
		devid key delete "$key" >/dev/null
	done
}

# ok TEXT COMMAND...: says TEXT, and the same in JSON
ok() {
	local text=$1

	shift
	run -0 devid "$@"
	[ "$output" = "$text" ] || { echo "$output" && return 1; }
}

# ok_json COMMAND...: done, the operation and the key are named
ok_json() {
	run -0 --separate-stderr devid "$@" --json
	jq -e --arg is "$1 $2" --arg key "$3" \
		'.done and .operation == $is and .key == $key' <<<"$output"
}

# fails ERROR COMMAND...: with that name of the standard in JSON, and with a line
# that names the key in text
fails() {
	local error=$1

	shift
	run -1 --separate-stderr devid "$@"
	[ -z "$output" ]
	# shellcheck disable=SC2154 # of run
	[[ $stderr == "devid: $3: "* ]] || { echo "$stderr" && return 1; }
	run -1 --separate-stderr devid "$@" --json
	jq -e --arg error "$error" --arg key "$3" '.done == false and
		.error == $error and .key == $key and
		(.cause | startswith($key + ": "))' <<<"$output" ||
		{ echo "$output" && return 1; }
}

# key_has NAME FILTER
key_has() {
	devid key list "$1" --json | jq -e ".keys[0] | $2" >/dev/null ||
		{ devid key list "$1" --json && return 1; }
}

# certify NAME [OUT]: a certificate below the CA for the key, in $WORK/NAME.pem
certify() {
	devid provision csr --key "$1" --serial "$1" --out "$WORK/$1.csr" &&
		issue "$WORK/$1.csr" "${2:-$WORK/$1.pem}"
}

# certified_ldevid: ldevid-0, all enabled
certified_ldevid() {
	devid key create ldevid-0 --type p256
	devid key enable ldevid-0
	certify ldevid-0
	cat "$WORK/ldevid-0.pem" "$WORK/ca.pem" >"$WORK/ldevid-0.chain"
	devid cert install ldevid-0 "$WORK/ldevid-0.chain"
	devid cert enable ldevid-0
} >/dev/null

csr_of() { devid provision csr --key "$1" --serial X --out "$WORK/x.csr"; }

# ---- the module ----

# covers: 802.1AR-7.2-init OWN-cli
@test "init: the module looks afresh, text and JSON" {
	ok initialised init
	run -0 devid init --json
	jq -e '.done and .operation == "init" and .key == null' <<<"$output"
	devid status --json | jq -e .keystore.initialized
}

# covers: 802.1AR-7.2-entropy OWN-cli
@test "entropy: of the machine, of a file, of a pipe; TPM2_StirRandom each time" {
	local before

	before=$(tpm_commands "$DEV" 0146)
	ok "entropy added" entropy
	[ "$(tpm_commands "$DEV" 0146)" -eq $((before + 1)) ]
	head -c 300 /dev/urandom >"$WORK/noise"
	run -0 devid entropy --json "$WORK/noise"
	jq -e .done <<<"$output"
	[ "$(tpm_commands "$DEV" 0146)" -eq $((before + 4)) ]
	devid entropy - <"$WORK/noise"
	[ "$(tpm_commands "$DEV" 0146)" -eq $((before + 7)) ]
	run -1 devid entropy - </dev/null
	[[ $output == *"empty"* ]]
	run -1 as_other devid entropy
	[[ $output == *"not permitted to uid $other_uid"* ]]
}

# covers: 802.1AR-7.2-enum-keys OWN-facts-module
@test "status: keys by role and number, the TPM, the suite" {
	devid key create tls-3 --type p384
	run -0 devid status --json
	jq -e '.keystore | .initialized and .manufacturer == "IBM" and
		.firmware != "" and .fips_mode == "no" and .erasure == null and
		.epoch >= 1 and .asserted.fips == null' <<<"$output"
	jq -e '.identities[] | select(.name == "tls-3") | .role == "tls" and
		.number == 3 and .suite == "ECDSA P-384/SHA-384" and
		.persistent == false and .imported == false and .enabled and
		.present and .place == "parent:0x81040000"' <<<"$output"
	run -0 devid status
	[[ $output == *"device     usable"* ]]
	[[ $output == *"IBM"*"FIPS mode: no"* ]]
	[[ $output == *"tls-3"*"p384 at parent:0x81040000"*"loaded for each use"* ]]
}

# covers: 802.1AR-7.2-err-not-initialized
@test "NotInitialized: before the TPM has answered once" {
	local dev=$WORK/none

	mkdir -p "$dev/tpm" "$dev/state"
	device_conf "$dev"
	keyd_start "$dev"
	DEVID_CONFIG=$dev/devid.conf
	fails NotInitialized key enable tls-0
	fails NotInitialized key list idevid
	run -1 devid init --json
	jq -e '.error == "NotInitialized"' < <(head -n 9 <<<"$output" | sed '/^devid:/d')
	tpm_start "$dev"
	ok initialised init
	keyd_stop "$dev"
	tpm_stop "$dev"
}

# ---- keys ----

# covers: 802.1AR-7.2-key-generate 802.1AR-7.2-err-key-exists OWN-cli
@test "key create: each type, text and JSON, with its algorithm" {
	ok "ldevid-0: made" key create ldevid-0 --type p256
	ok_json key create ldevid-1 --type p384
	ok_json key create eap-0 --type rsa2048
	[ "$(devid key list --json | jq -c '[.keys[] |
		select(.of_maker == false) | .algorithm]')" = \
		'["p256","p384","rsa2048"]' ]
	run -0 devid key list
	[[ $output == *"ldevid-0   p256 at "*"DISABLED"* ]]
	fails KeyExists key create ldevid-0 --type p256
}

# covers: OWN-p521
@test "key create: what is no type, no role or the maker's is a wrong call" {
	run -2 devid key create tls-0
	[[ $output == *"--type is p256, p384, rsa2048, rsa3072 or rsa4096"* ]]
	run -2 devid key create tls-0 --type p521
	[[ $output == *"p521: IEEE 802.1AR has no signature suite with P-521"* ]]
	run -2 devid key create idevid-1 --type p256
	[[ $output == *"idevid-1: the maker makes this key: 'devid provision key'"* ]]
	run -2 devid key create ../x --type p256
	[[ $output == *"../x: not a key's name"* ]]
	run -2 devid key create tls-0 tls-1 --type p256
	[[ $output == *"tls-1: unexpected argument"* ]]
	run -2 devid key make tls-0
	[[ $output == *"make: no such operation"* ]]
	run -2 devid key delete
	[[ $output == *"delete: needs NAME"* ]]
	run -2 devid key delete tls-0 --pin
	[[ $output == *"--pin: has no use"* ]]
	fails KeyNotFound key create server-0 --type p256
}

# covers: 802.1AR-7.2-new-key-disabled 802.1AR-7.2-sign-key-disabled
# covers: 802.1AR-7.2-key-enable 802.1AR-7.2-err-key-disabled
@test "a new LDevID key is disabled, and signs only while enabled" {
	devid key create ldevid-0 --type p256
	key_has ldevid-0 '.enabled == false'
	run -1 csr_of ldevid-0
	[[ $output == *"ldevid-0: key disabled (802.1AR 7.2)"* ]]
	fails KeyDisabled key sign ldevid-0 "$WORK/own.key"
	ok "ldevid-0: enabled" key enable ldevid-0
	csr_of ldevid-0
	ok_json key disable ldevid-0
	run -1 csr_of ldevid-0
	ok_json key enable ldevid-0
	ok "ldevid-0: disabled" key disable ldevid-0
	key_has ldevid-0 '.enabled == false'
}

# covers: 802.1AR-7.2-state-kept
@test "enable states of key and certificate outlast a restart" {
	certified_ldevid
	devid key disable idevid
	devid cert disable ldevid-0
	keyd_stop "$DEV"
	keyd_start "$DEV"
	key_has idevid '.enabled == false'
	key_has ldevid-0 '.enabled and .cert_enabled == false'
	devid key enable idevid
	devid cert enable ldevid-0
	keyd_stop "$DEV"
	keyd_start "$DEV"
	key_has idevid .enabled
	key_has ldevid-0 '.enabled and .cert_enabled'
}

# covers: 802.1AR-7.2-key-delete 802.1AR-7.2-key-delete-takes-certs
# covers: 802.1AR-7.2-err-key-not-found
@test "key delete takes certificate and chain with it" {
	certified_ldevid
	[ -e "$STATE/ldevid-0.sealed" ]
	ok "ldevid-0: deleted" key delete ldevid-0
	[ -z "$(find "$STATE" -name 'ldevid-0*')" ]
	fails KeyNotFound key list ldevid-0
	fails KeyNotFound cert list ldevid-0
	fails KeyNotFound chain list ldevid-0
	fails KeyNotFound key delete ldevid-0
	fails KeyNotFound key enable ldevid-0
	# What comes after it begins as new.
	devid key create ldevid-0 --type p256
	key_has ldevid-0 '.enabled == false and .certified == false'
	ok_json key delete ldevid-0
}

# covers: OWN-pin OWN-one-command OWN-use-no-nv OWN-cli
@test "pin, unpin: persistent place or none; one command a signature when pinned" {
	local all nv

	devid key create tls-0 --type p256 --pin
	key_has tls-0 '.persistent and .place == "0x81040140"'
	nv=$(($(tpm_commands "$DEV" 0120) + $(tpm_commands "$DEV" 0137)))
	all=$(tpm_commands "$DEV")
	run -0 keyd-client "$DEV/keyd.sock" sign p256 server13 tls-0
	[ "$(tpm_commands "$DEV")" -eq $((all + 1)) ]
	ok "tls-0: no longer persistent" key unpin tls-0
	key_has tls-0 '.persistent == false and .place == "parent:0x81040000"'
	nv=$(($(tpm_commands "$DEV" 0120) + $(tpm_commands "$DEV" 0137)))
	run -0 keyd-client "$DEV/keyd.sock" sign p256 server13 tls-0
	# Neither TPM2_EvictControl nor TPM2_NV_Write.
	[ $(($(tpm_commands "$DEV" 0120) + $(tpm_commands "$DEV" 0137))) -eq "$nv" ]
	ok "tls-0: persistent" key pin tls-0
	ok_json key pin tls-0
	ok_json key unpin tls-0
	run -1 devid key unpin idevid
	[[ $output == *"idevid: a key of the maker's is persistent, always"* ]]
}

# covers: 802.1AR-7.2-sign 802.1AR-7.2-err-suite-mismatch OWN-cli
@test "key sign: a request's bytes, to a file, a pipe and in JSON; suites" {
	local at

	devid key create tls-0 --type p256
	csr_of tls-0
	openssl req -in "$WORK/x.csr" -noout -pubkey >"$WORK/x.pub"
	at=$(openssl asn1parse -in "$WORK/x.csr" | sed -n '2s/^ *\([0-9]*\):.*/\1/p')
	openssl asn1parse -in "$WORK/x.csr" -strparse "$at" -noout -out "$WORK/x.tbs"
	devid key sign tls-0 "$WORK/x.tbs" --hash sha256 --out "$WORK/x.sig"
	openssl dgst -sha256 -verify "$WORK/x.pub" -signature "$WORK/x.sig" "$WORK/x.tbs"
	devid key sign tls-0 - <"$WORK/x.tbs" | cat >"$WORK/x.sig"
	openssl dgst -sha256 -verify "$WORK/x.pub" -signature "$WORK/x.sig" "$WORK/x.tbs"
	devid key sign tls-0 "$WORK/x.tbs" --scheme ecdsa --json |
		jq -r .signature | base64 -d >"$WORK/x.sig"
	openssl dgst -sha256 -verify "$WORK/x.pub" -signature "$WORK/x.sig" "$WORK/x.tbs"
	fails SuiteMismatch key sign tls-0 "$WORK/x.tbs" --hash sha384
	fails SuiteMismatch key sign tls-0 "$WORK/x.tbs" --scheme pss
	run -1 devid key sign tls-0 "$WORK/own.key" --out "$WORK/no.sig"
	[[ $output == *"tls-0: neither a TLS handshake nor a certification request"* ]]
	[ ! -e "$WORK/no.sig" ]
	run -2 devid key sign tls-0 "$WORK/x.tbs" --hash md5
	run -2 devid key sign tls-0 "$WORK/x.tbs" --scheme raw
}

# ---- certificates and chains ----

# covers: 802.1AR-7.2-cert-insert 802.1AR-7.2-new-cert-disabled
# covers: 802.1AR-7.2-sign-cert-disabled 802.1AR-7.2-cert-disabled-not-served
# covers: 802.1AR-7.2-cert-disabled-chain 802.1AR-7.2-cert-enable
# covers: 802.1AR-7.2-err-cert-disabled
@test "a new LDevID certificate is disabled: no signature, not served, no chain" {
	devid key create ldevid-0 --type p256
	devid key enable ldevid-0
	certify ldevid-0
	ok "ldevid-0: installed" cert install ldevid-0 "$WORK/ldevid-0.pem"
	key_has ldevid-0 '.cert_enabled == false and .certified'
	run -1 csr_of ldevid-0
	[[ $output == *"ldevid-0: certificate disabled (802.1AR 7.2)"* ]]
	fails CertDisabled key sign ldevid-0 "$WORK/own.key"
	fails CertDisabled chain install ldevid-0 "$WORK/ca.pem"
	fails CertDisabled chain delete ldevid-0
	as_other devid cert list ldevid-0 --json |
		jq -e '.certificates[0].certificate == null'
	run -1 as_other keyd-client "$DEV/keyd.sock" op 2 ldevid-0
	[[ $output == "error 28 "* ]]
	run with_key "$DEV" openssl storeutl -noout devid:ldevid-0
	[[ $output == *"certificate disabled (802.1AR 7.2)"* ]]
	ok "ldevid-0: certificate enabled" cert enable ldevid-0
	csr_of ldevid-0
	as_other devid cert list ldevid-0 --json |
		jq -e '.certificates[0].certificate.serial == "ldevid-0"'
	ok_json cert disable ldevid-0
	ok_json cert enable ldevid-0
	ok "ldevid-0: certificate disabled" cert disable ldevid-0
}

# A site's CA is not the maker's: it is told what it left out, and goes on.
# covers: 802.1AR-8.10-ldevid
@test "cert install: what an LDevID's certificate breaks of the profile is told" {
	devid key create ldevid-0 --type p256
	devid key enable ldevid-0
	certify ldevid-0
	ok "ldevid-0: installed" cert install ldevid-0 "$WORK/ldevid-0.pem"
	devid cert enable ldevid-0
	csr_of ldevid-0 >/dev/null
	echo basicConstraints=CA:true >"$WORK/ext.ca"
	openssl x509 -req -in "$WORK/ldevid-0.csr" -CA "$WORK/ca.pem" \
		-CAkey "$WORK/ca.key" -days 3 -extfile "$WORK/ext.ca" \
		-out "$WORK/as-ca.pem" 2>/dev/null
	run -0 devid cert install ldevid-0 "$WORK/as-ca.pem" --replace
	[[ $output == *"devid: cert: ldevid-0: not so: the certificate is not a CA's ("*"ldevid-0: installed"* ]]
	devid key create tls-0 --type p256 # of no profile
	certify tls-0
	ok "tls-0: installed" cert install tls-0 "$WORK/tls-0.pem"
}

# covers: 802.1AR-7.2-enum-certs 802.1AR-7.2-enum-chain OWN-cli
@test "cert list, chain list: text, JSON and PEM, of all and of one" {
	certified_ldevid
	run -0 devid cert list
	[[ $output == *"idevid"*"enabled"*"serial SN1"*"ldevid-0"*"serial ldevid-0"* ]]
	devid cert list ldevid-0 --json | jq -j '.certificates[0].certificate.pem' |
		cmp - <(openssl x509 -in "$WORK/ldevid-0.pem")
	devid cert list ldevid-0 --json | jq -e '.certificates | length == 1'
	run -0 devid chain list ldevid-0
	[[ $output == *"CN=E2E CA"*"issued by CN=E2E CA"* ]]
	devid chain list ldevid-0 --json | jq -j '.chains[0].certificates[0].pem' |
		cmp - <(openssl x509 -in "$WORK/ca.pem")
}

# covers: 802.1AR-7.2-chain-insert 802.1AR-7.2-chain-delete OWN-cli
@test "chain install, chain delete: above the certificate, which stays" {
	certified_ldevid
	ok "ldevid-0: chain deleted" chain delete ldevid-0
	devid chain list --json | jq -e '[.chains[].key] == ["idevid"]'
	key_has ldevid-0 '.certificates == 1'
	ok "ldevid-0: installed" chain install ldevid-0 "$WORK/ca.pem"
	key_has ldevid-0 '.certificates == 2'
	openssl x509 -in "$WORK/ca.pem" -outform DER | devid chain install ldevid-0 -
	ok_json chain install ldevid-0 "$WORK/ca.pem"
	ok_json chain delete ldevid-0
	run -1 devid chain install ldevid-0 "$WORK/own.key"
	[[ $output == *"$WORK/own.key: no certificate in PEM"* ]]
}

# covers: 802.1AR-7.2-cert-delete 802.1AR-7.2-cert-delete-takes-chain
# covers: 802.1AR-7.2-err-cert-not-found
@test "cert delete takes the chain; the key stays" {
	certified_ldevid
	ok "ldevid-0: certificate deleted" cert delete ldevid-0
	key_has ldevid-0 '.certified == false and .certificates == 0 and .present'
	[ ! -e "$STATE/ldevid-0.pem" ]
	fails CertNotFound cert delete ldevid-0
	fails CertNotFound cert enable ldevid-0
	fails CertNotFound chain delete ldevid-0
	devid cert install ldevid-0 "$WORK/ldevid-0.pem"
	ok_json cert delete ldevid-0
}

# covers: 802.1AR-7.2-err-cert-exists
@test "CertExists: another certificate needs --replace, and keeps its state" {
	certified_ldevid
	certify ldevid-0 "$WORK/second.pem"
	fails CertExists cert install ldevid-0 "$WORK/second.pem"
	ok_json cert install ldevid-0 "$WORK/second.pem" --replace
	key_has ldevid-0 .cert_enabled
	devid cert list ldevid-0 --json | jq -j '.certificates[0].certificate.pem' |
		cmp - <(openssl x509 -in "$WORK/second.pem")
}

# covers: 802.1AR-7.2-suite
@test "a certificate of another suite, or of another key, is refused" {
	devid key create tls-0 --type p256
	devid key create tls-1 --type p384
	certify tls-1
	fails SuiteMismatch cert install tls-0 "$WORK/tls-1.pem"
	devid key create tls-2 --type p256
	certify tls-2
	run -1 devid cert install tls-0 "$WORK/tls-2.pem" --json
	[[ $output == *'"does not match"'* ]]
	key_has tls-0 '.certified == false'
}

# ---- the maker's ----

# unchanged COMMAND...: keys and certificates of the maker are as before
unchanged() {
	local before after

	before=$(makers)
	"$@" || return 1
	after=$(makers)
	[ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after") && return 1; }
}

makers() {
	devid key list --json | jq -S '.keys[] | select(.of_maker)'
	cat "$STATE"/{idevid,iak}.{key,pem} 2>/dev/null
	tpm2_readpublic -T "swtpm:path=$DEV/tpm.sock" -c 0x81020000 2>/dev/null
}

# covers: 802.1AR-7.2-idevid-key-kept 802.1AR-7.2-idevid-cert-kept
# covers: 802.1AR-7.2-idevid-chain-kept 802.1AR-7.2-idevid-any-operation
# covers: 802.1AR-7.2-err-idevid-key-deletion
# covers: 802.1AR-7.2-err-idevid-cert-deletion
# covers: 802.1AR-7.2-err-idevid-chain-deletion
@test "root neither deletes nor replaces IDevID and IAK, by any operation" {
	local key

	certify idevid "$WORK/other.pem"
	# The same CA, certified anew.
	openssl req -x509 -key "$WORK/ca.key" -subj "/CN=E2E CA" -days 30 \
		-out "$WORK/ca-2.pem"
	for key in idevid iak; do
		unchanged fails IDevIDKeyDeletion key delete $key
		unchanged fails IDevIDCertDeletion cert delete $key
	done
	unchanged fails IDevIDChainDeletion chain delete idevid
	unchanged fails IDevIDChainDeletion chain install idevid "$WORK/ca-2.pem"
	unchanged run -0 devid chain install idevid "$WORK/ca.pem"
	unchanged fails CertExists cert install idevid "$WORK/other.pem"
	unchanged fails CertExists cert install idevid "$WORK/other.pem" --replace
	unchanged run -1 devid key import idevid "$WORK/own.key"
	unchanged run -1 devid key import iak "$WORK/own.key"
	unchanged run -1 devid key unpin idevid
	unchanged run -1 devid provision key --alg p384
	[[ $output == *"never replaced"* ]]
	unchanged run -0 devid provision key
	unchanged run -0 devid erase --yes
	unchanged run -0 devid init
}

# covers: OWN-role-import
@test "a key that was made elsewhere is never the maker's" {
	run -1 devid key import idevid-1 "$WORK/own.key"
	[[ $output == *"idevid-1: keys of this role are made in the TPM and never brought"* ]]
	run -1 devid key import iak-1 "$WORK/own.key"
	[[ $output == *"never brought"* ]]
	fails KeyNotFound key list idevid-1
}

# covers: OWN-places
@test "places: handles are settings; two at one place are refused" {
	local dev=$WORK/places

	mkdir -p "$dev/tpm" "$dev/state"
	device_conf "$dev" "parent_handle = 0x81048000" "epoch_nv = 0x01804950" \
		"[key tls-0]" "handle = 0x81048001"
	tpm_start "$dev"
	keyd_start "$dev"
	DEVID_CONFIG=$dev/devid.conf
	devid key create tls-0 --type p256 --pin
	key_has tls-0 '.place == "0x81048001"'
	devid key unpin tls-0
	key_has tls-0 '.place == "parent:0x81048000"'
	[[ $(tpm2_getcap -T "swtpm:path=$dev/tpm.sock" handles-nv-index) == *0x1804950* ]]
	keyd_stop "$dev"
	device_conf "$dev" "[key tls-0]" "handle = 0x81020001"
	run -2 devid-keyd --config "$dev/devid.conf"
	[[ $output == *"two of them at one place"* ]]
	device_conf "$dev" "[key tls-0]" "nv = 0x01c90300"
	run -2 devid-keyd --config "$dev/devid.conf"
	[[ $output == *"tls-0 keeps no certificate in NV"* ]]
	device_conf "$dev" "[key www]" "users = root"
	run -2 devid-keyd --config "$dev/devid.conf"
	[[ $output == *"'www': there is no key of that name"* ]]
	tpm_stop "$dev"
}

# ---- keys that are brought ----

# covers: 802.1AR-7.2-key-insert OWN-import-plain OWN-secret-erased
@test "key import: PKCS#8 and older forms, PEM and DER, with a certificate" {
	local form n=0

	openssl req -new -key "$WORK/own.key" -subj /CN=own -out "$WORK/own.csr"
	issue "$WORK/own.csr" "$WORK/own.pem"
	ok "eap-0: taken in" key import eap-0 "$WORK/own.key" --cert "$WORK/own.pem"
	key_has eap-0 '.imported and .certified and .certificate.model == "own"'
	cat "$WORK/own.pem" "$WORK/own.key" >"$WORK/both.pem"
	chmod 600 "$WORK/both.pem"
	# Under one name at a time.
	fails KeyExists key import eap-1 "$WORK/both.pem"
	devid key delete eap-0
	ok_json key import eap-1 "$WORK/both.pem"
	devid key delete eap-1
	openssl ec -in "$WORK/own.key" -outform DER 2>/dev/null |
		devid key import eap-2 -
	openssl ecparam -name prime256v1 -genkey 2>/dev/null | devid key import eap-3 -
	for form in PEM DER; do
		openssl genrsa -traditional 2048 2>/dev/null |
			openssl rsa -traditional -outform $form 2>/dev/null |
			devid key import tls-$n -
		n=$((n + 1))
	done
	devid key delete eap-2
	openssl pkcs8 -topk8 -nocrypt -in "$WORK/own.key" -outform DER |
		devid key import tls-2 -
	# The scalar, in no file of the state folder.
	form=$(openssl pkey -in "$WORK/own.key" -noout -text |
		awk '/^pub/ { on = 0 } on { gsub(/[ :]/, ""); printf "%s", $0 } /^priv/ { on = 1 }')
	form=${form: -64}
	[ ${#form} -eq 64 ]
	cat "$STATE"/* | od -An -v -tx1 | tr -d ' \n' >"$WORK/hex"
	run ! grep -q "$form" "$WORK/hex"
	# Nor in the memory of the service, in the file's order or a number's.
	run -1 keyd_has "$DEV" <<<"$form"
	run -1 keyd_has "$DEV" < <(fold -w 2 <<<"$form" | tac | tr -d '\n')
	fails KeyExists key import tls-2 "$WORK/own.key"
}

# No crash leaves the key in a core file, with a pipe in core_pattern neither:
# who may not be dumped is root's in /proc.
# covers: OWN-import-no-disk
@test "key import: a process that holds a private key cannot be dumped" {
	local fifo=$WORK/fifo

	mkfifo -m 600 "$fifo"
	chown "$other_uid" "$fifo"
	spawn "$WORK/import.log" setpriv --reuid "$other_uid" \
		--regid "$other_uid" --clear-groups devid key import eap-0 "$fifo"
	exec 9>"$fifo" # returns when it is open there, too
	grep -qE '^Max core file size +0 +0 ' "/proc/$spawned/limits"
	[ "$(stat -c %u "/proc/$spawned/limits")" -eq 0 ]
	exec 9>&-
	await exit "$spawned"
	grep -q "$fifo: " "$WORK/import.log"
	grep -qx MemorySwapMax=0 "$repo/idevid/keyd/devid-keyd.service.in"
	grep -qx LimitCORE=0 "$repo/idevid/keyd/devid-keyd.service.in"
}

# covers: OWN-import-weak OWN-import-cert
@test "key import: what is refused leaves nothing behind" {
	openssl pkey -in "$WORK/own.key" -aes128 -passout pass:x -out "$WORK/e8.pem"
	openssl ec -in "$WORK/own.key" -aes128 -passout pass:x -out "$WORK/e1.pem" 2>/dev/null
	openssl pkcs8 -topk8 -in "$WORK/own.key" -passout pass:x -outform DER -out "$WORK/e8.der"
	chmod 600 "$WORK"/e[18].*
	for form in e8.pem e1.pem e8.der; do
		run -1 devid key import eap-0 "$WORK/$form"
		[[ $output == *"$WORK/$form: the private key is encrypted: decrypt it first"* ]]
	done
	cp "$WORK/own.key" "$WORK/open.key"
	chmod 644 "$WORK/open.key"
	run -1 devid key import eap-0 "$WORK/open.key" --json
	[[ $output == *"everybody may read this private key (mode 0644)"* ]]
	run -1 devid key import eap-0 - < <(openssl genpkey -algorithm ed25519)
	run -1 devid key import eap-0 - < <(openssl genrsa 1024 2>/dev/null)
	[[ $output == "devid: eap-0: "* ]]
	install -m 600 "$WORK/ca.pem" "$WORK/cert.pem"
	run -1 devid key import eap-0 "$WORK/cert.pem"
	[[ $output == *"$WORK/cert.pem: no private key, in PEM or DER"* ]]
	run -1 devid key import eap-0 "$WORK/own.key" --cert "$WORK/ca.pem"
	run -1 devid key import eap-0 "$WORK/nothing"
	[[ $output == *"$WORK/nothing: No such file"* ]]
	run -2 devid key import eap-0
	[ -z "$(find "$STATE" -name 'eap-0*')" ]
	fails KeyNotFound key list eap-0
}

# ---- who may ----

# covers: OWN-role-manager OWN-role-listed
@test "other users: manage nothing, and see the listed roles alone" {
	devid key create ldevid-0 --type p256
	devid key create tls-0 --type p256
	as_other devid key list --json |
		jq -e '[.keys[].name] == ["idevid", "iak", "ldevid-0"]'
	for op in "key create eap-0 --type p256" "key enable ldevid-0" \
		"key delete ldevid-0" "key pin tls-0" "cert delete tls-0" \
		"cert enable ldevid-0" "chain delete ldevid-0" "erase --yes" \
		"init" "key import eap-0 -"; do
		# shellcheck disable=SC2086 # words
		run -1 as_other devid $op < <(cat "$WORK/own.key")
		[[ $output == *"not permitted to uid $other_uid"* ]] ||
			{ echo "$op: $output" && return 1; }
	done
	key_has ldevid-0 '.enabled == false'
}

# as_uid UID COMMAND...
as_uid() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }

# covers: OWN-role-listed
@test "a key that is not listed: service and files tell of it to its users alone" {
	local file

	devid key create tls-0 --type p256
	certify tls-0
	devid cert install tls-0 "$WORK/tls-0.pem"
	as_other cat "$STATE/idevid.key" "$STATE/idevid.pem" >/dev/null
	for file in "$STATE"/tls-0.{key,pem}; do
		run -1 as_other cat "$file"
		[[ $output == *"Permission denied"* ]]
		as_uid www-data cat "$file" >/dev/null # of tls_server
		run -1 as_uid nobody cat "$file"
	done
	run -1 as_other keyd-client "$DEV/keyd.sock" op 2 tls-0
	[[ $output == *"uid $other_uid is not among the users of this key"* ]]
	run -0 as_uid www-data keyd-client "$DEV/keyd.sock" op 2 tls-0
	# A file that everybody was let read, and other users since.
	keyd_stop "$DEV"
	mv "$STATE/tls-0.key" "$WORK/"
	install -m 644 "$WORK/tls-0.key" "$STATE/"
	device_conf "$DEV" "[key tls-0]" "users = $other_uid"
	keyd_start "$DEV"
	for file in "$STATE"/tls-0.{key,pem}; do
		as_other cat "$file" >/dev/null
		run -1 as_uid www-data cat "$file"
	done
	run -0 as_other keyd-client "$DEV/keyd.sock" op 2 tls-0
	run -1 as_uid www-data keyd-client "$DEV/keyd.sock" op 2 tls-0
	keyd_stop "$DEV"
	device_conf "$DEV"
	keyd_start "$DEV"
}

# covers: OWN-role-listed
@test "a file system without access lists: the key serves, and that is told" {
	local dev=$WORK/plain

	mkdir -p "$dev/tpm" "$dev/state"
	mount -t ramfs -o mode=755 plain "$dev/state"
	device_conf "$dev"
	tpm_start "$dev"
	keyd_start "$dev"
	DEVID_CONFIG=$dev/devid.conf
	devid key create tls-0 --type p256
	devid key list tls-0 --json | jq -e '.keys[0] | .present and (.why |
		test("others than its users may read its files: .*no access lists"))'
	run -0 keyd-client "$dev/keyd.sock" sign p256 server13 tls-0
	as_uid www-data cat "$dev/state/tls-0.key" >/dev/null
	devid key create ldevid-0 --type p256 # for everybody in any case
	devid key list ldevid-0 --json | jq -e '.keys[0].why == null'
	keyd_stop "$dev"
	umount "$dev/state"
	tpm_stop "$dev"
	DEVID_CONFIG=$DEV/devid.conf
}

@test "managers: each list manages its own roles; users of a key sign with it" {
	local dev=$WORK/users

	mkdir -p "$dev/tpm" "$dev/state"
	device_conf "$dev" "manage_keys = $other_uid" "manage_ldevid = 4711" \
		"tls_server = $other_uid, 4711" "[key tls-1]" "users = 4711"
	tpm_start "$dev"
	keyd_start "$dev"
	DEVID_CONFIG=$dev/devid.conf
	as_other devid key create tls-0 --type p256
	as_other devid key create tls-1 --type p256
	run -1 as_other devid key create ldevid-0 --type p256
	run -0 setpriv --reuid 4711 --regid 4711 --clear-groups \
		devid key create ldevid-0 --type p256
	run -1 devid key create tls-2 --type p256
	[[ $output == *"not permitted to uid 0"* ]]
	run -0 as_other keyd-client "$dev/keyd.sock" sign p256 server13 tls-0
	run -1 as_other keyd-client "$dev/keyd.sock" sign p256 server13 tls-1
	[[ $output == *"uid $other_uid is not among the users of this key"* ]]
	run -0 setpriv --reuid 4711 --regid 4711 --clear-groups \
		keyd-client "$dev/keyd.sock" sign p256 server13 tls-1
	keyd_stop "$dev"
	tpm_stop "$dev"
}

# covers: OWN-role-purpose
@test "purposes: a key signs for those of its role" {
	devid key create eap-0 --type p256
	devid key create tls-0 --type p256
	run -0 keyd-client "$DEV/keyd.sock" sign p256 client13 eap-0
	run -1 keyd-client "$DEV/keyd.sock" sign p256 server13 eap-0
	[[ $output == *"eap keys do not sign for tls-server"* ]]
	run -0 keyd-client "$DEV/keyd.sock" sign p256 server13 tls-0
	run -1 keyd-client "$DEV/keyd.sock" sign p256 client13 tls-0
	[[ $output == *"tls keys do not sign for tls-client"* ]]
}

# ---- erasure ----

# covers: OWN-erase-proof OWN-erase-blob
@test "erase: asks; the owner's keys end, copies too; complete after a TPM reset" {
	run -2 devid erase </dev/null
	[[ $output == *"--yes says that all keys of the owner are to end"* ]]
	devid key create tls-0 --type p256
	devid key create ldevid-0 --type p256 --pin
	cp -a "$STATE" "$WORK/copy"
	ok "all keys of the owner are erased; 'devid status' says when that is complete" \
		erase --yes
	devid key list --json | jq -e '[.keys[].name] == ["idevid", "iak"]'
	[ -z "$(find "$STATE" -name '*.sealed')" ]
	devid status --json | jq -e '.keystore.erasure.complete == false and
		.state == "usable"'
	run -0 devid status
	[[ $output == *"erased; complete from the next TPM reset"* ]]
	run -0 keyd-client "$DEV/keyd.sock" sign p256 client13
	keyd_stop "$DEV"
	tpm_stop "$DEV"
	tpm_start "$DEV"
	keyd_start "$DEV"
	devid status --json | jq -e '.keystore.erasure |
		.complete and .in == "this-tpm"'
	# Whoever kept the files has nothing.
	keyd_stop "$DEV"
	cp "$WORK/copy"/{tls-0,ldevid-0}.* "$STATE/"
	keyd_start "$DEV"
	key_has tls-0 '.present == false and (.why | test("eras"))'
	run -1 keyd-client "$DEV/keyd.sock" sign p256 server13 tls-0
	devid status --json | jq -e '.state == "degraded" and .because == "key-other"'
	run devid doctor --json
	jq -e '.findings[] | select(.id == "key-other" and .subject == "tls-0") |
		.evidence | test("eras")' <<<"$output" || { echo "$output" && return 1; }
	run -0 devid erase --yes --json
	jq -e '.done and .operation == "erase"' <<<"$output"
}

# ---- the MIB ----

# mib TABLE FILTER
mib() { devid status --json | jq -e ".mib.$1 | $2" >/dev/null; }

# covers: MIB-module MIB-cert MIB-fingerprint MIB-chain
@test "IEEE8021-DEVID-MIB: module, certificates and chains under their names" {
	local print pub

	certified_ldevid
	# The certificate of an IAK is none of a DevID.
	with_key "$DEV" openssl pkey -in "$STATE/iak.key" -pubout -out "$WORK/iak.pub"
	openssl x509 -req -in "$WORK/ldevid-0.csr" -CA "$WORK/ca.pem" \
		-CAkey "$WORK/ca.key" -days 30 -force_pubkey "$WORK/iak.pub" \
		-extfile "$WORK/ext" -out "$WORK/iak.pem" 2>/dev/null
	devid provision cert --key iak --force "$WORK/iak.pem"
	devid cert disable ldevid-0
	mib devIDModuleTable '.[0] | .devIDModuleSupportsLDevIDs and
		.devIDModuleGeneratesLDevIDKeys and .devIDModuleInsertsLDevIDKeys'
	print=04$(openssl x509 -in "$WORK/ldevid-0.pem" -outform DER |
		sha256sum | cut -d' ' -f1)
	pub=04$(openssl x509 -in "$WORK/ldevid-0.pem" -noout -pubkey |
		openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
	mib devIDCertTable ".[] | select(.devIDCertFingerprint == \"$print\") |
		.devIDCertPublicKeyInfoFprint == \"$pub\" and
		.devIDCertIDevID == false and .devIDCertKeyEnabled and
		.devIDCertEnabled == false"
	mib devIDCertTable '[.[].devIDCertIDevID] == [true, false]'
	devid status --json | jq -r ".mib.devIDCertTable[1].devIDCert" | base64 -d |
		cmp - <(openssl x509 -in "$WORK/ldevid-0.pem" -outform DER)
	devid status --json | jq -r ".mib.devIDChainTable[] |
		select(.devIDCertFingerprint == \"$print\" and
		.devIDChainCertIndex == 1) | .devIDChainCert" | base64 -d |
		cmp - <(openssl x509 -in "$WORK/ca.pem" -outform DER)
}

# covers: MIB-key-generation MIB-key-insertion MIB-key-deletion
# covers: MIB-cert-insertion MIB-cert-deletion
@test "IEEE8021-DEVID-MIB: each counter goes up with its operation alone" {
	keyd_stop "$DEV"
	keyd_start "$DEV"
	count() {
		devid status --json | jq -c '.mib.devIDStatisticsTable[0] |
			[.devIDStatisticKeyGenerationCount,
			.devIDStatisticKeyInsertionCount,
			.devIDStatisticKeyDeletionCount,
			.devIDStatisticCertInsertionCount,
			.devIDStatisticCertDeletionCount]'
	}
	[ "$(count)" = '[0,0,0,0,0]' ]
	devid key create tls-0 --type p256
	[ "$(count)" = '[1,0,0,0,0]' ]
	devid key import tls-1 "$WORK/own.key"
	[ "$(count)" = '[1,1,0,0,0]' ]
	certify tls-0
	devid cert install tls-0 "$WORK/tls-0.pem"
	[ "$(count)" = '[1,1,0,1,0]' ]
	devid cert delete tls-0
	[ "$(count)" = '[1,1,0,1,1]' ]
	devid key delete tls-1
	[ "$(count)" = '[1,1,1,1,1]' ]
}
