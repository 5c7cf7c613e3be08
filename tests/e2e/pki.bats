#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# pki/lab/devid-pki: the profile that it issues, and what it refuses.

bats_require_minimum_version 1.5.0

load lib

setup_file() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	WORK=$(mktemp -d)
	export repo WORK SSL_CERT_FILE=/dev/null # as lib.bash
	pki root
	pki issuing
	pki site-ca
	key p256 EC ec_paramgen_curve:P-256
	key p384 EC ec_paramgen_curve:P-384
	key rsa2048 RSA rsa_keygen_bits:2048
	csr good p256 "/serialNumber=ACCC8E000001/CN=M3045 V"
	pki issue-idevid "$WORK/good.csr" --out "$WORK/good.pem"
}

teardown_file() {
	rm -rf "$WORK"
}

pki() {
	"$repo/pki/lab/devid-pki" --dir "$WORK/pki" "$@"
}

key() { # name algorithm option
	openssl genpkey -algorithm "$2" -pkeyopt "$3" -out "$WORK/$1.key" \
		2>/dev/null
}

csr() { # name key subject
	openssl req -new -utf8 -key "$WORK/$2.key" -subj "$3" \
		-out "$WORK/$1.csr"
}

text() {
	openssl x509 -in "$1" -noout -text
}

# lacks PATTERN CERT
lacks() {
	local all

	all=$(text "$2") || return 1
	if grep -q "$1" <<<"$all"; then
		echo "has $1"
		return 1
	fi
}

# refused CAUSE COMMAND...: exit 1, one line with that cause, nothing issued.
refused() {
	local cause=$1 before after
	before=$(wc -l <"$WORK/pki/inventory.tsv")
	shift
	run pki "$@"
	echo "$output"
	after=$(wc -l <"$WORK/pki/inventory.tsv")
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "devid-pki: "*": "*"$cause"* ]]
	[ "$before" = "$after" ]
}

@test "the chain verifies up to the root" {
	openssl verify -x509_strict -CAfile "$WORK/pki/root/cert.pem" \
		-untrusted "$WORK/good.pem" "$WORK/good.pem"
}

@test "root is P-384 and issuing CA P-256 with pathlen 0" {
	text "$WORK/pki/root/cert.pem" | grep -q secp384r1
	text "$WORK/pki/issuing/cert.pem" | grep -q prime256v1
	text "$WORK/pki/issuing/cert.pem" | grep -q "CA:TRUE, pathlen:0"
}

@test "an IDevID passes devid's strict profile check" {
	build=${DEVID_BUILD:-$repo/build}
	"$build/devid" verify --strict --root "$WORK/pki/root/cert.pem" \
		--serial ACCC8E000001 --chain "$WORK/good.pem"
}

# covers: RFC5280-no-end
@test "notAfter is 99991231235959Z as GeneralizedTime" {
	openssl asn1parse -in "$WORK/good.pem" |
		grep -q 'GENERALIZEDTIME *:99991231235959Z'
}

@test "subject serialNumber is a PrintableString" {
	openssl asn1parse -in "$WORK/good.pem" |
		grep -q 'PRINTABLESTRING *:ACCC8E000001'
}

@test "keyUsage is critical and there is no basicConstraints" {
	text "$WORK/good.pem" | grep -A1 'Key Usage: critical' |
		grep -qx ' *Digital Signature'
	lacks 'Basic Constraints' "$WORK/good.pem"
}

@test "SAN holds a HardwareModuleName for a TPM 2.0" {
	# otherName 1.3.6.1.5.5.7.8.4, hwType 2.23.133.1.2, OCTET STRING
	openssl asn1parse -in "$WORK/good.pem" | grep -qi \
		'A0[0-9A-F]*06082B06010505070804A0[0-9A-F]*0605678105010[2]040C414343433845303030303031'
}

@test "IDevID and IAK differ in their policy" {
	text "$WORK/good.pem" | grep -q 'Policy: 2.23.133.11.1.2'
	lacks 'Policy: 2.23.133.11.1.3' "$WORK/good.pem"
	pki issue-iak "$WORK/good.csr" --out "$WORK/iak.pem"
	text "$WORK/iak.pem" | grep -q 'Policy: 2.23.133.11.1.3'
	lacks 'Policy: 2.23.133.11.1.2' "$WORK/iak.pem"
}

@test "certificate serial numbers have 159 bits and differ" {
	local serials
	serials=$(cut -f3 "$WORK/pki/inventory.tsv")
	grep -qvE '^[4-7][0-9a-f]{39}$' <<<"$serials" && return 1
	[ -z "$(sort <<<"$serials" | uniq -d)" ]
}

@test "--out: files are replaced, links and a user's files stay" {
	key out EC ec_paramgen_curve:P-256
	csr out out /serialNumber=OUT1
	out_rules pki issue-idevid "$WORK/out.csr"
}

@test "P-384 and RSA-2048 keys are certified" {
	csr p384 p384 /serialNumber=K384
	csr rsa rsa2048 /serialNumber=KRSA
	pki issue-idevid "$WORK/p384.csr" >"$WORK/p384.pem"
	pki issue-idevid "$WORK/rsa.csr" >"$WORK/rsa.pem"
	text "$WORK/p384.pem" | grep -q secp384r1
	text "$WORK/rsa.pem" | grep -q '2048 bit'
}

@test "the same request again gets the same certificate" {
	pki issue-idevid "$WORK/good.csr" | cmp - "$WORK/good.pem"
	[ "$(grep -c "^idevid.*ACCC8E000001" "$WORK/pki/inventory.tsv")" = 1 ]
}

@test "each command says which file it made, or kept" {
	local dir=$BATS_TEST_TMPDIR

	told() { # LINE COMMAND...
		local line=$1

		shift
		run "$repo/pki/lab/devid-pki" --dir "$dir/p" "$@"
		[ "$status" -eq 0 ]
		[ "$output" = "$line" ]
	}
	told "root CA made: $dir/p/root/cert.pem" root
	told "root CA kept: $dir/p/root/cert.pem" root
	told "issuing CA made: $dir/p/issuing/cert.pem" issuing
	told "site CA made: $dir/p/site/cert.pem" site-ca
	told "certificate of r.example made: $dir/r.pem" radius-server r.example \
		--out "$dir/r"
	told "certificate of r.example kept: $dir/r.pem" radius-server r.example \
		--out "$dir/r"
	told "idevid of ACCC8E000001 made: $dir/i.pem" issue-idevid \
		"$WORK/good.csr" --out "$dir/i.pem"
	told "idevid of ACCC8E000001 kept: $dir/i.pem" issue-idevid \
		"$WORK/good.csr" --out "$dir/i.pem"
	# Nothing but the certificate where that is what is written.
	run "$repo/pki/lab/devid-pki" --dir "$dir/p" issue-idevid "$WORK/good.csr"
	[[ $output == -----BEGIN*END*----- ]]
}

@test "root, issuing and site-ca again change nothing" {
	find "$WORK/pki" -name cert.pem -exec sha256sum {} + |
		sort >"$WORK/before"
	[ "$(wc -l <"$WORK/before")" -eq 3 ]
	pki root
	pki issuing
	pki site-ca
	find "$WORK/pki" -name cert.pem -exec sha256sum {} + |
		sort | cmp - "$WORK/before"
}

@test "other attributes and extensions of a request are not copied" {
	openssl req -new -key "$WORK/p256.key" -out "$WORK/more.csr" \
		-subj "/C=SE/O=Evil/serialNumber=MORE1/CN=X" \
		-addext basicConstraints=critical,CA:TRUE \
		-addext subjectAltName=DNS:radius.example
	csr_out=$(pki issue-idevid "$WORK/more.csr" | openssl x509 -noout -text)
	[[ $csr_out != *Evil* ]]
	[[ $csr_out != *CA:TRUE* ]]
	[[ $csr_out != *radius.example* ]]
}

@test "refused: a request that is not signed with its key" {
	openssl req -in "$WORK/good.csr" -outform DER -out "$WORK/bad.der"
	# the last byte of the signature
	printf '\x00' | dd of="$WORK/bad.der" bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s "$WORK/bad.der") - 1))
	openssl req -inform DER -in "$WORK/bad.der" -out "$WORK/bad.csr"
	refused "signature does not match" issue-idevid "$WORK/bad.csr"
}

@test "refused: no serialNumber" {
	csr none p256 /CN=X
	refused "no serialNumber" issue-idevid "$WORK/none.csr"
}

@test "refused: two serialNumbers" {
	csr two p256 /serialNumber=A/serialNumber=B
	refused "more than one serialNumber" issue-idevid "$WORK/two.csr"
}

@test "refused: characters that are not on the list" {
	for name in 'M;1' 'M"1' "M'1" 'M$1' 'M<1' 'Mé' 'M*1'; do
		csr chars p256 "/serialNumber=CHARS1/CN=$name"
		refused "not permitted" issue-idevid "$WORK/chars.csr"
	done
}

@test "refused: a line break, a tab and a NUL in a name" {
	local hex

	# As a UTF8String in DER, put in the place of `A.B`: openssl req itself
	# cannot be made to write these.
	csr plain p256 "/serialNumber=CTRL1/CN=A.B"
	for hex in 0a 09 00; do
		openssl req -in "$WORK/plain.csr" -outform DER |
			od -An -v -tx1 | tr -d ' \n' |
			sed "s/0c03412e42/0c0341${hex}42/" >"$WORK/ctrl.hex"
		grep -q "0c0341${hex}42" "$WORK/ctrl.hex"
		sed 's/../\\x&/g' "$WORK/ctrl.hex" >"$WORK/ctrl.esc"
		printf "$(cat "$WORK/ctrl.esc")" >"$WORK/ctrl.der"
		openssl req -inform DER -in "$WORK/ctrl.der" -out "$WORK/ctrl.csr"
		# The signature is over other bytes now, which is refused first;
		# so ask the check of names alone.
		run bash -c ". '$repo/pki/lab/lib-ca.sh'; PROGRAM=devid-pki
			$(sed -n '/^csr_attribute()/,/^}/p' "$repo/pki/lab/devid-pki")
			csr_attribute x \"\$(openssl req -noout -subject \
				-in '$WORK/ctrl.csr' -nameopt \
				sep_multiline,lname,esc_ctrl,esc_msb)\" commonName"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *"not permitted"* ]]
	done
}

@test "refused: a serial number that was issued to another key" {
	key again EC ec_paramgen_curve:P-256
	csr again again "/serialNumber=ACCC8E000001/CN=M3045 V"
	refused "was issued to another key" issue-idevid "$WORK/again.csr"
}

@test "refused: a serial number that is one name with another" {
	key alike EC ec_paramgen_curve:P-256
	csr alike alike "/serialNumber=accc8e000001/CN=M3045 V"
	refused "accc8e000001 is one name with ACCC8E000001" \
		issue-idevid "$WORK/alike.csr"
	csr blanks p256 "/serialNumber=AC  1"
	refused "serialNumber has two blanks in a row" \
		issue-idevid "$WORK/blanks.csr"
}

@test "refused: P-521, RSA-1024 and RSA with another exponent" {
	key p521 EC ec_paramgen_curve:P-521
	key rsa1024 RSA rsa_keygen_bits:1024
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
		-pkeyopt rsa_keygen_pubexp:3 -out "$WORK/rsa3.key" 2>/dev/null
	for name in p521 rsa1024 rsa3; do
		csr weak $name /serialNumber=WEAK1
		refused "key is not" issue-idevid "$WORK/weak.csr"
	done
}

@test "refused: an unknown CA" {
	csr ca p256 /serialNumber=CA1
	refused "no such CA" issue-idevid "$WORK/ca.csr" --issuing nosuch
}

@test "refused: no file, no request, two requests, a large file" {
	refused "not a readable file" issue-idevid "$WORK/nosuch"
	refused "exactly one PEM block" issue-idevid /etc/passwd
	cat "$WORK/good.csr" "$WORK/good.csr" >"$WORK/double.csr"
	refused "exactly one PEM block" issue-idevid "$WORK/double.csr"
	refused "not a PEM certification request" issue-idevid "$WORK/p256.key"
	head -c 20000 /dev/zero >"$WORK/large.csr"
	refused "larger than" issue-idevid "$WORK/large.csr"
}

@test "wrong calls end with 2 and one line" {
	for call in nonsense issue-idevid "issue-idevid --nosuch x" \
		"radius-server a_b" "issuing --name root" "--dir" \
		"issuing --name a --name b"; do
		# shellcheck disable=SC2086
		run pki $call
		echo "$call: $output"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "RADIUS server certificate is for its name and a TLS server" {
	pki radius-server radius.example --out "$WORK/radius"
	openssl verify -purpose sslserver -verify_hostname radius.example \
		-CAfile "$WORK/pki/site/cert.pem" "$WORK/radius.pem"
	# behind it the CA, for those who trust a server on first use
	[ "$(grep -c BEGIN "$WORK/radius.pem")" = 2 ]
	[ "$(tail -n "$(wc -l <"$WORK/pki/site/cert.pem")" "$WORK/radius.pem")" \
		= "$(cat "$WORK/pki/site/cert.pem")" ]
	run openssl verify -CAfile "$WORK/pki/root/cert.pem" "$WORK/radius.pem"
	[ "$status" -ne 0 ]
}

@test "the allow-list has issuer and serial of the IDevIDs asked for" {
	local issuer serial
	csr other p256 /serialNumber=OTHER1
	pki issue-idevid "$WORK/other.csr" >/dev/null
	issuer=$(openssl x509 -in "$WORK/good.pem" -noout -issuer \
		-nameopt compat | sed 's/^issuer=//' | tr -d '\n' |
		sha256sum | cut -d' ' -f1)
	serial=$(openssl x509 -in "$WORK/good.pem" -noout -serial |
		cut -d= -f2 | tr A-F a-f)
	echo ACCC8E000001 >"$WORK/only"
	pki allow-list --only "$WORK/only" >"$WORK/list"
	[ "$(<"$WORK/list")" = "$(printf '{"issuer":"%s","certificate":"%s","kind":"IDevID","unit":"ACCC8E000001","model":"%s","state":"listed"}' \
		"$issuer" "$serial" "$(jq -r .model "$WORK/list")")" ]
	pki allow-list | grep -q OTHER1
}

@test "revoke: in each list as revoked, without its number for who did not ask" {
	csr gone p256 /serialNumber=GONE1
	pki issue-idevid "$WORK/gone.csr" >/dev/null
	refused "no IDevID was issued to such a unit" revoke GONE2
	[ "$(pki revoke GONE1)" = "revocation of GONE1 made: $WORK/pki/revoked" ]
	[ "$(pki revoke GONE1)" = "revocation of GONE1 kept: $WORK/pki/revoked" ]
	printf '%s\n' ACCC8E000001 GONE1 >"$WORK/only"
	run --separate-stderr pki allow-list --only "$WORK/only"
	[[ $output == *'"unit":"GONE1","model":"","state":"revoked"}'* ]]
	[ "$stderr" = "devid-pki: $WORK/only:2: GONE1: revoked" ]
	printf '%s\n' ACCC8E000001 NONE >"$WORK/only"
	run --separate-stderr pki allow-list --only "$WORK/only"
	[ "$(grep -c '"unit":"","model":"","state":"revoked"}' <<<"$output")" = 1 ]
	[[ $output != *GONE1* ]]
	[ "$stderr" = "devid-pki: $WORK/only:2: NONE: no such unit" ]
}

@test "ten requests at once are all recorded, each once" {
	for i in 0 1 2 3 4 5 6 7 8 9; do
		csr "many$i" p256 "/serialNumber=MANY$i"
	done
	pids=()
	for i in 0 1 2 3 4 5 6 7 8 9; do
		pki issue-idevid "$WORK/many$i.csr" --out "$WORK/many$i.pem" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	[ "$(grep -c MANY "$WORK/pki/inventory.tsv")" = 10 ]
	awk -F'\t' 'NF != 9 { exit 1 }' "$WORK/pki/inventory.tsv"
}

@test "a line that a crash cut short is dropped" {
	printf 'idevid\tdead' >>"$WORK/pki/inventory.tsv"
	csr after p256 /serialNumber=AFTER1
	pki issue-idevid "$WORK/after.csr" >/dev/null
	grep -q AFTER1 "$WORK/pki/inventory.tsv"
	awk -F'\t' 'NF != 9 { exit 1 }' "$WORK/pki/inventory.tsv"
}

@test "CA keys are readable by their owner alone" {
	find "$WORK/pki" \( -name '*.key' -o -name key.pem \) \
		-exec stat -c %a {} + >"$WORK/modes"
	[ "$(wc -l <"$WORK/modes")" -ge 3 ]
	[ "$(sort -u "$WORK/modes")" = 600 ]
}
