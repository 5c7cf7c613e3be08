#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# devid-ca inspect: each kind of file, as text and as JSON. Requests are those
# of the fuzz corpora, the EK certificate is one that swtpm_setup makes.

setup_file() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	WORK=$(mktemp -d)
	export repo WORK SSL_CERT_FILE=/dev/null # as lib.bash
	export CSR="$repo/tests/fuzz/corpus/proof/p256"
	cd "$WORK" || return 1
	"$repo/pki/lab/devid-pki" --dir pki root
	"$repo/pki/lab/devid-pki" --dir pki issuing
	"$repo/pki/lab/devid-pki" --dir pki site-ca
	key dev
	openssl req -new -key dev.key -subj /serialNumber=S1/CN=M1 -out dev.csr
	"$repo/pki/lab/devid-pki" --dir pki issue-idevid dev.csr --out chain.pem
	"$repo/pki/lab/devid-pki" --dir pki issue-iak dev.csr --out iak-chain.pem
	openssl x509 -in chain.pem -out idevid.pem
	openssl x509 -in iak-chain.pem -out iak.pem
	make_ek
}

teardown_file() {
	rm -rf "$WORK"
}

setup() {
	cd "$WORK" || return 1
}

key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out "$1.key" 2>/dev/null
}

# A TPM with an EK certificate, and its vendor in the folder roots
make_ek() {
	mkdir tpm roots
	cat >localca.conf <<-CONF
		statedir = $WORK/localca
		signingkey = $WORK/localca/signkey.pem
		issuercert = $WORK/localca/issuercert.pem
		certserial = $WORK/localca/certserial
	CONF
	: >localca.options
	cat >setup.conf <<-CONF
		create_certs_tool = /usr/bin/swtpm_localca
		create_certs_tool_config = $WORK/localca.conf
		create_certs_tool_options = $WORK/localca.options
	CONF
	swtpm_setup --tpm2 --tpmstate tpm --config setup.conf --create-ek-cert \
		--write-ek-cert-files . >setup.log 2>&1 || {
		cat setup.log
		return 1
	}
	mv ek-rsa2048.crt ek.der
	cp localca/issuercert.pem localca/swtpm-localca-rootca-cert.pem roots/
	chmod 644 roots/*
	chmod 755 roots
}

inspect() {
	"${DEVID_BUILD:-$repo/build}/devid-ca" inspect "$@"
}

# report STATUS ARGS...: runs with --json; the report is in $WORK/json, and what
# it says of each rule in $WORK/verdicts. (jq takes 30 ms to start.)
report() {
	local want=$1 status=0

	shift
	inspect --json "$@" >json || status=$?
	[ "$status" -eq "$want" ] || {
		echo "status $status"
		cat json
		return 1
	}
	# exactly these members, and words that are known
	jq -er 'if (keys == ["kind", "rules", "subject"]) and
		(.rules | length > 0) and ([.rules[] |
			keys == ["clause", "detail", "rule", "verdict"] and
			(.rule | test("^[a-z-]+$")) and
			(.verdict | IN("pass", "warn", "fail",
				"not-applicable")) and
			(.clause | length > 0)] | all)
		then .rules[] | "\(.rule) \(.verdict)" else false end' \
		json >verdicts
}

# says FILTER...: the report fulfils each: all that it gives is true, and it gives
# something
says() {
	local filter program='' wrong n=0

	for filter; do
		program+="(if [$filter] | length > 0 and all then empty
			else \$ARGS.positional[$n] end), "
		n=$((n + 1))
	done
	wrong=$(jq -r "$program empty" json --args "$@") &&
		[ -z "$wrong" ] || {
		echo "not: $wrong"
		cat json
		return 1
	}
}

# verdict RULE: of the report
verdict() { sed -n "s/^$1 //p" verdicts; }

failed() { sed -n 's/ fail$//p' verdicts | paste -sd ' '; }

# damaged OFFSET FILE: $WORK/damaged, one byte changed
damaged() {
	local byte

	cp "$2" damaged
	byte=$(od -An -tu1 -j "$1" -N 1 "$2")
	printf "\\x$(printf %x $((byte ^ 1)))" |
		dd of=damaged bs=1 seek="$1" conv=notrunc status=none
}

@test "a TCG-CSR: facts and all rules" {
	report 0 "$CSR"
	says '.kind == "tcg-csr"' \
		'.subject.serial == "ACCC8E000001" and .subject.model == "M1"' \
		'.subject.idevid.algorithm == "p256"' \
		'.subject.iak.attributes == "0x000500f2"' \
		'.subject.ek.tpm_vendor == "IBM"' \
		'.subject.certify.name == .subject.idevid.name' \
		'.rules | length == 20'
	[ "$(verdict certify-signature)" = pass ]
	[ "$(verdict ek-chain)" = not-applicable ]
}

@test "a TCG-CSR as text" {
	run inspect "$CSR"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == *"p256: tcg-csr" ]]
	[[ $output == *"serial "*"ACCC8E000001"* ]]
	[[ $output == *"  holds    certify-name "*"(TCG DevID"* ]]
	[[ $output != *REFUSED* ]]
}

@test "a TCG-CSR from standard input" {
	report 0 - <"$CSR"
	says '.kind == "tcg-csr"'
}

@test "csrContents alone, with and without the signature" {
	local contents signature

	contents=$((16#$(od -An -tx1 -j 4 -N 4 "$CSR" | tr -d ' ')))
	signature=$((16#$(od -An -tx1 -j 8 -N 4 "$CSR" | tr -d ' ')))
	tail -c +13 "$CSR" | head -c "$contents" >contents
	tail -c "$signature" "$CSR" >signature
	report 0 contents
	says '.kind == "tcg-csr-contents"'
	[ "$(verdict signature)" = not-applicable ]
	[ "$(verdict certify-signature)" = pass ]
	report 0 --signature signature contents
	[ "$(verdict signature)" = pass ]
	damaged 20 signature
	report 1 --signature damaged contents
	[ "$(failed)" = signature ]
	run inspect --signature signature "$CSR"
	[ "$status" -eq 2 ]
	[[ $output == "devid-ca: inspect: --signature: has no use here: "* ]]
}

@test "an early rule that fails does not silence later ones" {
	# a byte of the hash: hash and signature over it
	damaged $((12 + 12)) "$CSR"
	report 1 damaged
	[ "$(failed)" = "hash signature" ]
	[ "$(verdict certify-signature)" = pass ]
	says '.subject.ek.tpm_vendor == "IBM"'
	run inspect damaged
	[ "$status" -eq 1 ]
	[[ $output == *"REFUSED  hash "* ]]
}

@test "a TCG-CSR that is cut: nothing else can be judged" {
	head -c 500 "$CSR" >cut
	report 1 cut
	[ "$(failed)" = structure ]
	says '[.rules[1:][].verdict] | unique == ["not-applicable"]' \
		'.rules | length == 20'
}

@test "a TCG-CSR whose TPM vendor is not known" {
	report 1 --ek-roots roots "$CSR"
	[ "$(failed)" = ek-chain ]
	says '.rules[] | select(.rule == "ek-chain") |
		.detail | contains("unknown vendor")'
}

@test "an EK certificate up to its vendor" {
	report 0 --ek-roots roots ek.der
	says '.kind == "ek-certificate"' \
		'.subject.tpm_model == "swtpm" and .subject.key == "RSA-2048"' \
		'.subject.tpm_family == "2.0" and .subject.tpm_revision > 0'
	[ "$(verdict ek-chain)" = pass ]
	report 0 ek.der
	[ "$(verdict ek-chain)" = not-applicable ]
	run inspect ek.der
	[[ $output == *"tpm_model "*swtpm* ]]
}

# ca_conf LINE...: $WORK/ca.conf with these lines in [ek]
ca_conf() {
	printf '%s\n' "[ca]" "name = line1" "register = sqlite:$WORK/none" \
		"certificate = $WORK/none.pem" "[ek]" "$@" >ca.conf
	chmod 644 ca.conf
}

@test "the configuration of a CA: its roots, policy and quirks" {
	report 0 ek.der
	[ "$(verdict ek-policy)" = not-applicable ]
	ca_conf "roots = $WORK/roots"
	report 0 --config ca.conf ek.der
	[ "$(verdict ek-chain)" = pass ]
	[ "$(verdict ek-policy)" = pass ]
	ca_conf "roots = $WORK/roots" "models = other"
	report 1 --config ca.conf ek.der
	[ "$(failed)" = ek-policy ]
	ca_conf "manufacturers = STM"
	report 1 --config ca.conf "$CSR"
	[ "$(failed)" = ek-policy ]
	[ "$(verdict ek-chain)" = not-applicable ]
	ca_conf "manufacturers = IBM"
	report 0 --config ca.conf "$CSR"
	[ "$(verdict ek-policy)" = pass ]
}

@test "options count more than the configuration, in any order" {
	mkdir -p others
	cp pki/root/cert.pem others/root.pem
	chmod 755 others
	chmod 644 others/root.pem
	ca_conf "roots = $WORK/others"
	report 1 --config ca.conf ek.der
	[ "$(failed)" = ek-chain ]
	report 0 --ek-roots roots --config ca.conf ek.der
	report 0 --config ca.conf --ek-roots roots ek.der
	(cat ek.der && printf '\377\377\377\377') >padded
	report 1 --ek-roots roots --config ca.conf padded
	[ "$(failed)" = ek-encoding ]
	report 0 --quirks padding --ek-roots roots --config ca.conf padded
}

@test "an EK certificate with what an NV index has behind it" {
	(cat ek.der && printf '\377\377\377\377') >padded
	report 0 padded
	says '.kind == "ek-certificate" and .subject.quirks == "padding"'
	[ "$(verdict ek-encoding)" = warn ]
	report 0 --quirks padding padded
	report 1 --quirks no-eku padded
	[ "$(failed)" = ek-encoding ]
	(cat ek.der && printf 'more') >more
	report 1 more
	[ "$(failed)" = ek-encoding ]
}

@test "an IDevID certificate, PEM and DER" {
	openssl x509 -in idevid.pem -outform DER -out idevid.der
	for file in idevid.pem idevid.der; do
		report 0 "$file"
		says '.kind == "idevid-certificate" and .subject.serial == "S1"' \
			'.subject.hw_type == "2.23.133.1.2"'
		[ "$(verdict not-after)" = pass ]
		[ "$(verdict chain)" = not-applicable ]
	done
	run inspect idevid.pem
	[[ $output == *"hw_serial"* ]]
}

@test "an IAK certificate" {
	report 0 iak.pem
	says '.kind == "iak-certificate"'
	[ "$(verdict tcg-capability)" = pass ]
}

@test "a CA certificate" {
	report 0 --root pki/root/cert.pem pki/issuing/cert.pem
	says '.kind == "ca-certificate" and .subject.key == "P-256"'
	[ "$(verdict basic-constraints)" = pass ]
	[ "$(verdict chain)" = pass ]
	[ "$(verdict self-signature)" = not-applicable ]
	report 0 pki/root/cert.pem
	[ "$(verdict self-signature)" = pass ]
}

@test "a chain, up to a root and up to none" {
	cat idevid.pem pki/issuing/cert.pem >both.pem
	report 0 --root pki/root/cert.pem both.pem
	says '.kind == "chain" and .subject.leaf == "idevid-certificate"' \
		'.subject.issuers | length == 1' \
		'.subject.path | length == 2'
	[ "$(verdict chain-links)" = pass ]
	[ "$(verdict chain)" = pass ]
	report 1 --root pki/site/cert.pem both.pem
	[ "$(failed)" = chain ]
	cat idevid.pem pki/site/cert.pem >wrong.pem
	report 1 wrong.pem
	[ "$(failed)" = chain-links ]
}

@test "a bundle in another order is called so, and judged in its own" {
	cat pki/root/cert.pem pki/issuing/cert.pem idevid.pem >reversed.pem
	report 1 --root pki/root/cert.pem reversed.pem
	says '.subject.leaf == "idevid-certificate" and .subject.serial == "S1"' \
		'.rules[] | select(.rule == "chain-order") | .detail ==
			"reversed: the first is a CA'"'"'s, the end entity'"'"'s is number 3"'
	[ "$(failed)" = chain-order ]
	cat pki/issuing/cert.pem idevid.pem pki/root/cert.pem >mixed.pem
	report 1 --root pki/root/cert.pem mixed.pem
	[ "$(failed)" = chain-order ]
	says '.rules[] | select(.rule == "chain-order") | .detail |
		startswith("mixed up: ")'
	cat idevid.pem pki/issuing/cert.pem pki/root/cert.pem >straight.pem
	report 0 straight.pem
	[ "$(verdict chain-order)" = pass ]
}

# made FILE EXTENSION,... [OPTION...]: a certificate of the CA of crl_ca
made() {
	printf '%s\n' $2 >made.ext
	openssl ca -batch -config crl.conf -in dev.csr -notext -out "$1" \
		-subj /serialNumber=S9/CN=M9 -extfile made.ext "${@:3}" 2>/dev/null
}

kinds="ca-certificate|basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign
ocsp-signer|extendedKeyUsage=OCSPSigning keyUsage=critical,digitalSignature
idevid-certificate|certificatePolicies=2.23.133.11.1.1,2.23.133.11.1.2 keyUsage=critical,digitalSignature authorityKeyIdentifier=keyid
iak-certificate|certificatePolicies=2.23.133.11.1.1,2.23.133.11.1.3 keyUsage=critical,digitalSignature authorityKeyIdentifier=keyid
ek-certificate|extendedKeyUsage=2.23.133.8.1 keyUsage=critical,keyAgreement"

@test "every kind of certificate: validity and signature algorithm are judged" {
	crl_ca
	while IFS='|' read -r kind ext; do
		made good.pem "$ext" -days 2
		report "$([[ $kind == ek-* ]] && echo 1 || echo 0)" good.pem
		says ".kind == \"$kind\""
		[ "$(verdict validity)" = pass ]
		[ "$(verdict signature-strength)" = pass ]
		made past.pem "$ext" -startdate 20200101000000Z \
			-enddate 20210101000000Z
		report 1 past.pem
		says '.rules[] | select(.rule == "validity") |
			.detail == "expired on 2021-01-01 00:00:00Z"'
		made future.pem "$ext" -startdate 20900101000000Z \
			-enddate 20910101000000Z
		report 1 future.pem
		says '.rules[] | select(.rule == "validity") |
			.detail == "not valid before 2090-01-01 00:00:00Z"'
		made sha1.pem "$ext" -days 2 -md sha1
		report 1 sha1.pem
		[ "$(verdict signature-strength)" = fail ]
		says '.rules[] | select(.rule == "signature-strength") |
			.detail | contains("ecdsa-with-SHA1")'
	done <<<"$kinds"
}

@test "a CA is judged by a CA's rules, alone and above another" {
	crl_ca
	ca=basicConstraints=critical,CA:TRUE
	while IFS='|' read -r ext rule verdict; do
		made ca.pem "$ext" -days 2
		report "$([[ $verdict == fail ]] && echo 1 || echo 0)" ca.pem
		says '.kind == "ca-certificate"'
		[ "$(verdict "$rule")" = "$verdict" ] || {
			echo "$ext: $rule"
			false
		}
	done <<-END
		$ca keyUsage=critical,digitalSignature|key-usage|fail
		$ca keyUsage=keyCertSign|key-usage|warn
		$ca|key-usage|warn
		basicConstraints=CA:TRUE keyUsage=critical,keyCertSign|basic-constraints|warn
		$ca keyUsage=critical,keyCertSign|authority-key-id|warn
		$ca keyUsage=critical,keyCertSign authorityKeyIdentifier=keyid|authority-key-id|pass
	END
	openssl x509 -in ca.pem -outform DER -out ca.der
	(cat ca.der && printf more) >long.der
	report 1 long.der
	says '.kind == "ca-certificate"'
	[ "$(verdict encoding)" = fail ]
	[ -z "$(verdict subject-serial)" ]
	signed self.pem /CN=self basicConstraints=critical,CA:TRUE
	report 0 self.pem
	says '.subject.self_signed == true'
	[ "$(verdict self-signature)" = pass ]
	made late-ca.pem "$ca keyUsage=critical,keyCertSign" \
		-startdate 20200101000000Z -enddate 20210101000000Z
	cat idevid.pem late-ca.pem >late.pem
	report 1 late.pem
	says '.rules[] | select(.rule == "issuers") |
		.detail == "certificate 2: validity: expired on 2021-01-01 00:00:00Z"'
}

@test "a PKCS#10 request" {
	report 0 dev.csr
	says '.kind == "pkcs10" and .subject.key == "P-256"'
	[ "$(verdict signature)" = pass ]
	[ "$(verdict residency)" = warn ]
	openssl req -in dev.csr -outform DER -out dev.der
	damaged $(($(stat -c %s dev.der) - 1)) dev.der
	report 1 damaged
	[ "$(failed)" = signature ]
	openssl req -newkey rsa:3072 -nodes -keyout rsa.key -out rsa.csr \
		-subj /serialNumber=S1/CN=M1 2>/dev/null
	report 0 rsa.csr
	[ "$(verdict key-suite)" = warn ]
	openssl req -new -key dev.key -subj /CN=X -out nameless.csr
	report 1 nameless.csr
	[ "$(failed)" = subject-serial ]
}

@test "a request for a CA needs no serial number, and is told so" {
	openssl req -new -key dev.key -subj "/O=Acme/CN=Acme DevID 1" \
		-out ca.csr
	openssl req -new -key dev.key -subj "/CN=DevID 2" -out bc.csr \
		-addext basicConstraints=critical,CA:TRUE
	for file in ca.csr bc.csr; do
		report 0 "$file"
		says '.kind == "pkcs10"'
		[ "$(verdict subject-serial)" = warn ]
		[ "$(verdict signature)" = pass ]
	done
}

# signed FILE SUBJECT EXTENSION...: a certificate, signed by the key dev
signed() {
	local file=$1 subject=$2

	shift 2
	printf '%s\n' basicConstraints=CA:FALSE "$@" >ext
	openssl req -new -key dev.key -subj "$subject" |
		openssl x509 -req -signkey dev.key -days 2 -extfile ext \
			-out "$file" 2>/dev/null
}

@test "an OCSP signer is judged as one, not as a DevID" {
	signed ocsp.pem /CN=ocsp extendedKeyUsage=OCSPSigning \
		keyUsage=critical,digitalSignature
	report 0 ocsp.pem
	says '.kind == "ocsp-signer" and (.subject | has("model") | not)'
	[ "$(verdict validity)" = pass ]
	[ "$(verdict key-usage)" = pass ]
	[ -z "$(verdict subject-serial)" ]
	signed ocsp.pem /CN=ocsp extendedKeyUsage=OCSPSigning \
		keyUsage=critical,keyAgreement
	report 1 ocsp.pem
	[ "$(failed)" = key-usage ]
}

@test "TLS certificates are judged as any end entity's" {
	for use in serverAuth clientAuth; do
		signed tls.pem /CN=station extendedKeyUsage=$use
		report 0 tls.pem
		says '.kind == "end-entity" and (.subject | has("model") | not)'
		[ "$(verdict signature-suite)" = pass ]
		[ -z "$(verdict subject-serial)" ]
	done
	signed tls.pem /CN=station keyUsage=critical,keyCertSign
	report 1 tls.pem
	[ "$(failed)" = key-usage-no-ca ]
	openssl x509 -req -in dev.csr -signkey dev.key -days 2 -extfile \
		<(echo extendedKeyUsage=clientAuth) -out named.pem
	report 1 named.pem # a subject with serialNumber claims to be a DevID
	says '.kind == "idevid-certificate"'
	crl_ca
	openssl ca -batch -config crl.conf -in dev.csr -notext -out past.pem \
		-subj /CN=past -startdate 20200101000000Z \
		-enddate 20210101000000Z 2>/dev/null
	report 1 past.pem
	says '.kind == "end-entity"'
	[ "$(failed)" = validity ]
}

# A CA that `openssl ca` works with
crl_ca() {
	cat >crl.conf <<-CONF
		[ca]
		default_ca = x
		[x]
		database = $WORK/index.txt
		crlnumber = $WORK/crlnumber
		rand_serial = yes
		unique_subject = no
		certificate = $WORK/crl-ca.pem
		private_key = $WORK/dev.key
		new_certs_dir = $WORK
		default_md = sha256
		default_crl_days = 2
		policy = any
		x509_extensions = leaf
		crl_extensions = list
		[any]
		serialNumber = optional
		commonName = supplied
		[leaf]
		keyUsage = critical,digitalSignature
		[list]
		authorityKeyIdentifier = keyid
	CONF
	: >index.txt
	printf 'R\t%s\t%s,keyCompromise\t%s\tunknown\t/CN=x\n' \
		991231235959Z 200101000000Z 0102 >index.txt
	echo 2A >crlnumber
	signed crl-ca.pem /CN=lists subjectKeyIdentifier=hash
}

@test "a revocation list, PEM and DER, in time and late" {
	crl_ca
	openssl ca -gencrl -config crl.conf -out list.pem 2>/dev/null
	openssl crl -in list.pem -outform DER -out list.der
	for file in list.pem list.der; do
		report 0 "$file"
		says '.kind == "crl" and .subject.issuer == "CN=lists"' \
			'.subject.number == "42" and .subject.count == 1' \
			'.subject | has("this_update") and has("next_update")' \
			'[.rules[].rule] == ["encoding", "validity", "signature"]'
	done
	(cat list.der && printf more) >long.der
	report 1 long.der
	[ "$(failed)" = encoding ]
	openssl ca -gencrl -config crl.conf -out late.pem \
		-crl_lastupdate 20200101000000Z \
		-crl_nextupdate 20200201000000Z 2>/dev/null
	report 1 late.pem
	[ "$(failed)" = validity ]
	says '.rules[] | select(.rule == "validity") | .detail == "expired"'
}

@test "a challenge and an answer; the secret is not told" {
	local secret

	report 1 "$repo/tests/fuzz/corpus/challenge/p256"
	says '.kind == "challenge" and .subject.serial == "ACCC8E000001"'
	[ "$(failed)" = deadline ]
	report 0 "$repo/tests/fuzz/corpus/challenge/answer"
	says '.kind == "answer" and (.subject | keys == ["id", "ticket_bytes"])'
	secret=$(openssl asn1parse -in "$repo/tests/fuzz/corpus/challenge/answer" |
		awk -F: '/l= *32 / { print $NF }')
	[ "${#secret}" -eq 64 ]
	run grep -q "$secret" json
	[ "$status" -eq 1 ]
}

@test "what is none of these: 1 and one line" {
	: >empty
	cp dev.key private.pem
	head -c 100 /dev/zero >zeros
	for file in empty zeros private.pem nosuch; do
		run inspect "$file"
		echo "$file: $output"
		[ "$status" -eq 1 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == *"inspect: $file: "* ]]
	done
}

# A platform certificate lies beside the EK's on many machines.
@test "an attribute certificate, a key, a bundle: named, and not judged" {
	printf '\x30\x0f\x30\x07\x02\x01\x01\x30\x02\xa0\x00\x30\x00\x03\x02\x00\x00' >ac.der
	printf -- '-----BEGIN ATTRIBUTE CERTIFICATE-----\nMAA=\n-----END ATTRIBUTE CERTIFICATE-----\n' >ac.pem
	openssl crl2pkcs7 -nocrl -certfile idevid.pem -outform DER -out b.p7b
	openssl pkey -in dev.key -outform DER -out key.der
	while IFS='|' read -r file what; do
		run inspect "$file"
		[ "$status" -eq 1 ]
		[[ $output == *": the file is $what"* ]] || {
			echo "$output"
			false
		}
	done <<-END
		ac.der|an X.509 attribute certificate
		ac.pem|an X.509 attribute certificate
		b.p7b|a CMS or PKCS#7 message in DER
		key.der|a private key in DER
		dev.key|a private key in PEM
	END
}

@test "a report that cannot be written: 1, and why" {
	for form in "" --json; do
		run sh -c '"$0" inspect $1 idevid.pem >/dev/full' \
			"${DEVID_BUILD:-$repo/build}/devid-ca" "$form"
		[ "$status" -eq 1 ]
		[ "$output" = "devid-ca: inspect: standard output: No space left on device" ]
	done
}

@test "wrong calls end with 2" {
	for call in "" "--nosuch x" "a b" "--root" "--root nosuch x" \
		"--ek-roots nosuch x" "--quirks all x" "--config nosuch x" "--signature nosuch x"; do
		# shellcheck disable=SC2086
		run inspect $call
		echo "$call: $output"
		[ "$status" -eq 2 ]
		[ -n "$output" ]
	done
}

@test "--help says how" {
	run inspect --help
	[ "$status" -eq 0 ]
	[[ $output == "usage: devid-ca inspect"* ]]
}
