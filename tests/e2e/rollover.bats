#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Chains as large as they get: a root with RSA-4096 that is replaced by another
# one, ceremonies, CA, and a device that takes what they make.

load lib
load ca
softhsm=${softhsm:?set in ca.bash}

setup_file() {
	lib_init
	ca_init
	export DEV="$WORK/dev" R="$WORK/r" I="$WORK/i" DEVID_CA="$build/devid-ca"
	token_new old
	token_new new
	token_new line
	ceremony "$R" root --name old $(on old) --org Acme --alg rsa4096 \
		--cn "Acme old root"
	ceremony "$R" root --name new $(on new) --org Acme --alg rsa4096 \
		--cn "Acme new root"
	ceremony "$R" cross-certify --name old $(on old) --new "$R/new/cert.pem"
	ceremony "$I" issuing-request line $(on line) --org Acme --alg rsa4096
	ceremony "$R" issuing-sign line --name new $(on new) \
		--request "$I/issuing/line/request.pem"
	ceremony "$I" issuing-install line $(on line) --above "$R"/old/cross-*.pem \
		--certificate "$R/new/issued/line/cert.pem" \
		--root "$R/old/cert.pem" >"$WORK/install.out"
	sed -e "s|^certificate = $CA/line1.pem|certificate = $I/issuing/line/cert.pem|" \
		-e "s|^chain = .*|chain = $I/issuing/line/chain.pem|" \
		-e 's/^token = .*/token = line/' -e 's/^key = line1$/key = line/' \
		-e "s|^pin_file = .*|pin_file = $CA/line.pin|" \
		-e 's/^audit_key = .*/audit_key = line-audit/' \
		-e '/^ocsp_/d' "$CA/devid-ca.conf" >"$CA/large.conf"
	device_made "$DEV"
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	cd "$WORK" || return 1
}

ceremony() { "$repo/pki/ceremony/devid-ceremony" --dir "$1" --yes "${@:2}"; }

# on TOKEN: the options that name it and its PIN
on() { echo "--module $softhsm --token $1 --pin-file $CA/$1.pin"; }

step() { devid provision "$1" --config "$DEV/devid.conf" "${@:2}"; }

large() { devid-ca "$1" --config "$CA/large.conf" "${@:2}"; }

@test "ceremony and CA say at the start what a TPM has no room for" {
	grep -q "^  note: .* 2048 bytes; the device's disk has the rest" install.out
	step key
	step request --serial SN1 --out SN1.tcgcsr
	run -0 --separate-stderr large challenge --out SN1.challenge SN1.tcgcsr
	[[ $stderr == *"chain.pem: the certificates above a device's have "*" bytes; a TPM takes at most 2048 of them"* ]]
	# The CA whose chain fits says nothing.
	run -0 --separate-stderr devid-ca challenge --config "$CA/devid-ca.conf" SN1.tcgcsr
	[ "$stderr" = "" ]
}

@test "RSA-4096 and a rollover: installed, what fits in the TPM, the rest on disk" {
	step answer --out SN1.answer SN1.challenge
	large issue --out SN1.pem SN1.answer
	run -0 step install SN1.pem
	[[ $output == *"certificate of idevid installed"* ]]
	[[ $output == *"of its chain of 3 the TPM has 2, the rest is on the disk only"* ]]
	run -0 devid status --config "$DEV/devid.conf"
	[[ $output == *"of its chain of 3 the TPM has 2, the rest is on the disk only"* ]]
	devid status --config "$DEV/devid.conf" --json | jq -e '.identities[] |
		select(.name == "idevid") |
		.certificates == 3 and .certificates_in_tpm == 2'
}

@test "both who trusts the old root and who trusts the new one accept the device" {
	for root in old new; do
		run -0 devid verify --root "$R/$root/cert.pem" --serial SN1 \
			--chain "$DEV/state/idevid.pem"
	done
}

@test "a chain longer than devices keep: the CA does not start issuing" {
	cat "$R"/old/cross-*.pem "$R"/old/cross-*.pem "$R"/old/cross-*.pem >long.pem
	sed "s|^chain = .*|chain = $WORK/long.pem|" "$CA/large.conf" >"$CA/long.conf"
	run -1 devid-ca challenge --config "$CA/long.conf" SN1.tcgcsr
	[[ $output == *"long.pem: 4 certificates below the root, devices keep 3" ]]
}

# times N FILE: so often, on standard output
times() {
	for ((i = 0; i < $1; i++)); do cat "$2"; done
}

# above FILE: the ceremony that installs what is there, with another chain
above() {
	run -1 ceremony "$I" issuing-install line $(on line) --above "$1" \
		--certificate "$R/new/issued/line/cert.pem" \
		--root "$R/old/cert.pem"
}

@test "more than devices read: neither ceremony nor CA starts" {
	times 12 "$R/old/cert.pem" >bytes.pem
	{ cat "$R/old/cert.pem" && head -c 60000 /dev/zero | tr '\0' '\n'; } >text.pem
	for name in bytes text; do
		sed "s|^chain = .*|chain = $WORK/$name.pem|" "$CA/large.conf" \
			>"$CA/$name.conf"
	done
	above bytes.pem
	[[ $output == *" bytes of certificates with the roots, devices read 12288"* ]]
	run -1 devid-ca challenge --config "$CA/bytes.conf" SN1.tcgcsr
	[[ $output == *"bytes.pem: "*" bytes of certificates with the roots, devices read 12288" ]]
	above text.pem
	[[ $output == *" bytes of PEM above a device's, devices read 59392"* ]]
	run -1 devid-ca challenge --config "$CA/text.conf" SN1.tcgcsr
	[[ $output == *"text.pem: "*" bytes of PEM, devices read 59392: leave out what is no certificate" ]]
}

# An EC root is small: so many are few bytes.
@test "more certificates than devices read: neither ceremony nor CA starts" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 30 -keyout small.key -out small.pem -subj "/CN=Small" \
		-addext keyUsage=critical,keyCertSign 2>/dev/null
	times 14 small.pem >many.pem
	sed "s|^chain = .*|chain = $WORK/many.pem|" "$CA/large.conf" >"$CA/many.conf"
	above many.pem
	[[ $output == *"15 certificates with the roots, devices read 14"* ]]
	run -1 devid-ca challenge --config "$CA/many.conf" SN1.tcgcsr
	[[ $output == *"many.pem: 15 certificates with the roots, devices read 14" ]]
}
