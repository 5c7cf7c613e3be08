# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What touches a CA key. Everything else asks ca_sign, so that the keys can
# move into a PKCS#11 token without a change elsewhere: a CA folder names its
# key in the file `key-ref`, a path or any URI that an OpenSSL provider opens.

# WORK, a folder of this process, and PROGRAM are set by who reads this file.
: "${WORK:=}" "${PROGRAM:=}"

# Stops with one line, `what: subject: cause`.
fail() {
	printf '%s: %s: %s\n' "$PROGRAM" "$1" "$2" >&2
	exit 1
}

# usage_fail CAUSE: the call itself is wrong.
usage_fail() {
	printf '%s: %s (see --help)\n' "$PROGRAM" "$1" >&2
	exit 2
}

# Now, or an argument of --from and --until: YYYYMMDDHHMMSSZ.
check_time() {
	[[ $2 =~ ^[0-9]{14}Z$ ]] || usage_fail "$1 must be YYYYMMDDHHMMSSZ"
}

time_now() {
	TZ=UTC0 printf '%(%Y%m%d%H%M%SZ)T\n' -1
}

# time_in YEARS
time_in() {
	date -u -d "+$1 years" +%Y%m%d%H%M%SZ
}

# 159 bits, positive, of full length: inside the 64 to 160 bits that verifiers
# ask for and the 20 octets of RFC 5280 4.1.2.2.
random_serial() {
	local hex

	hex=$(od -An -v -N 20 -tx1 /dev/urandom | tr -d ' \n')
	((${#hex} == 40)) || fail /dev/urandom "no random serial number"
	printf '%x%s\n' $((0x${hex:0:2} & 0x3f | 0x40)) "${hex:2}"
}

# key_new P-256|P-384 FILE: makes a software key, kept if it is there.
key_new() {
	[[ -s $2 ]] && return
	(umask 077 && openssl genpkey -algorithm EC \
		-pkeyopt "ec_paramgen_curve:$1" | put_file 0600 "$2")
}

# ca_key_ref CA_DIR: where the key of this CA is.
ca_key_ref() {
	[[ -s $1/key-ref ]] || fail "$1" "no such CA"
	local ref
	ref=$(<"$1/key-ref")
	case $ref in
	/* | *:*) printf '%s\n' "$ref" ;;
	*) printf '%s\n' "$1/$ref" ;;
	esac
}

# ca_digest x509|req FILE: the digest that belongs to the size of its key.
ca_digest() {
	local text

	text=$(openssl "$1" -in "$2" -noout -text) || fail "$2" "cannot be read"
	# At the beginning of a line: a name may hold these words as well.
	if grep -q '^ *Public-Key: (384 bit)$' <<<"$text"; then
		echo sha384
	else
		echo sha256
	fi
}

# Escapes what `openssl -subj` gives a meaning to.
subject_escape() {
	printf '%s' "$1" | sed 's|[\\/+=,;"<>#]|\\&|g'
}

# ca_sign CA_DIR CSR SUBJECT SERIAL FROM UNTIL EXTENSIONS OUT
# The one place where a certificate is signed. EXTENSIONS is a file with the
# section [ext]. CA_DIR without a certificate signs itself (a root).
# `openssl ca` verifies the signature of the CSR once more; its own database
# goes with WORK, because the inventory is the record of what was issued.
ca_sign() {
	local dir=$1 csr=$2 subject=$3 serial=$4 from=$5 until=$6 ext=$7 out=$8
	local key work=$WORK/sign issuer digest
	key=$(ca_key_ref "$dir")
	mkdir -p -- "$work"
	if [[ -s $dir/cert.pem ]]; then
		issuer=(-cert "$dir/cert.pem")
		digest=$(ca_digest x509 "$dir/cert.pem")
	else
		issuer=(-selfsign)
		digest=$(ca_digest req "$csr")
	fi
	: >"$work/index"
	printf '%s\n' "$serial" >"$work/serial"
	cat >"$work/ca.cnf" <<-END
		[ca]
		default_ca = here
		[here]
		new_certs_dir = $work
		database = $work/index
		serial = $work/serial
		policy = named
		email_in_dn = no
		unique_subject = no
		copy_extensions = none
		string_mask = utf8only
		[named]
		organizationName = optional
		serialNumber = optional
		commonName = optional
	END
	if ! openssl ca -batch -config "$work/ca.cnf" -keyfile "$key" \
		"${issuer[@]}" -md "$digest" -in "$csr" -subj "$subject" \
		-startdate "$from" -enddate "$until" -extfile "$ext" \
		-extensions ext -notext -out "$work/cert.pem" \
		>"$work/log" 2>&1; then
		fail "$csr" "not signed by $(basename "$dir"):\
 $(grep -m1 -E 'rror|unable|not match' "$work/log" || echo unknown cause)"
	fi
	put_file 0644 "$out" <"$work/cert.pem"
}

# ca_new CA_DIR CURVE PARENT_DIR|- SUBJECT FROM UNTIL PATHLEN [CRL_URL]
# Makes a CA; one that has its certificate is left as it is.
ca_new() {
	local dir=$1 curve=$2 parent=$3 subject=$4 from=$5 until=$6 pathlen=$7
	local crl=${8:-} csr=$WORK/ca.csr ext=$WORK/ca.ext

	[[ -s $dir/cert.pem ]] && return
	mkdir -p -- "$dir"
	if [[ ! -s $dir/key-ref ]]; then
		key_new "$curve" "$dir/key.pem"
		printf 'key.pem\n' | put_file 0644 "$dir/key-ref"
	fi
	openssl req -new -key "$(ca_key_ref "$dir")" -subj /CN=x -out "$csr"
	cat >"$ext" <<-END
		[ext]
		basicConstraints = critical,CA:TRUE$pathlen
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
	END
	if [[ $parent != - ]]; then
		printf 'authorityKeyIdentifier = keyid:always\n' >>"$ext"
		crl_line "$crl" >>"$ext"
	else
		parent=$dir
	fi
	ca_sign "$parent" "$csr" "$subject" "$(random_serial)" "$from" \
		"$until" "$ext" "$dir/cert.pem"
}

# crl_line URL: the extension, or nothing.
crl_line() {
	[[ -n $1 ]] || return 0
	[[ $1 =~ ^https?://[A-Za-z0-9./_:%~-]{1,200}$ ]] ||
		usage_fail "--crl must be a plain http or https URL"
	printf 'crlDistributionPoints = URI:%s\n' "$1"
}
