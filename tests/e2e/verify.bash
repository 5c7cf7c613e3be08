# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A CA, devices and their TLS servers for the tests of devid verify, in the
# folder of the day. The servers are noted in $SERVERS.

# shellcheck source=radius-test/lib/wait.sh
. "$BATS_TEST_DIRNAME/../../radius-test/lib/wait.sh"
await_path() { printf '%s\n' "${DEVID_BUILD%/san}/await"; }

# verify_init: for setup_file: a root, an issuer below it and its device dev, in the
# folder of the file
verify_init() {
	export DEVID_BUILD="${DEVID_BUILD:-$BATS_TEST_DIRNAME/../../build}"
	export SERVERS="$BATS_FILE_TMPDIR/servers"
	export SSL_CERT_FILE=/dev/null # as lib.bash
	: >"$SERVERS"
	cd "$BATS_FILE_TMPDIR" || return 1
	make_ca root "/CN=Verify Root"
	make_issuer issuer -not_after 99991231235959Z
	make_device dev issuer ACCC8E000001 2.23.133.11.1.2
}

# verify_here: for setup
verify_here() {
	cd "$BATS_FILE_TMPDIR" || return 1
	# shellcheck disable=SC2034 # for the tests
	devid="$DEVID_BUILD/devid"
}

make_key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out "$1.key" 2>/dev/null
}

make_ca() {
	make_key "$1"
	openssl req -x509 -new -key "$1.key" -subj "$2" -days 3650 \
		-addext keyUsage=critical,keyCertSign,cRLSign -out "$1.pem"
}

# sign CONF-FOLDER CA NAME SUBJECT NOT_AFTER: `openssl ca` sets any date
sign() {
	mkdir -p "$2.db"
	: >"$2.db/index"
	openssl req -new -key "$3.key" -subj "$4" -out "$3.csr"
	cat >"$2.db/conf" <<-CONF
		[ca]
		default_ca = own
		[own]
		database = $2.db/index
		rand_serial = yes
		new_certs_dir = $2.db
		default_md = sha256
		policy = any
		unique_subject = no
		copy_extensions = none
		[any]
		commonName = supplied
		serialNumber = optional
		[ext]
		$1
		[hw]
		type = OID:2.23.133.1.2
		serial = FORMAT:ASCII,OCT:IBM:a1:c0ffee
	CONF
	openssl ca -batch -notext -config "$2.db/conf" -cert "$2.pem" \
		-keyfile "$2.key" -extensions ext -startdate 20200101000000Z \
		-enddate "$5" -in "$3.csr" -out "$3.pem" 2>/dev/null
}

# make_issuer NAME -not_after DATE
make_issuer() {
	make_key "$1"
	sign 'basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid' root "$1" "/CN=Verify $1 CA" "$3"
}

# make_device NAME ISSUER SERIAL CAPABILITY
make_device() {
	make_key "$1"
	sign "keyUsage = critical,digitalSignature
authorityKeyIdentifier = keyid
certificatePolicies = 2.23.133.11.1.1,$4
subjectAltName = otherName:1.3.6.1.5.5.7.8.4;SEQUENCE:hw" \
		"$2" "$1" "/CN=M1/serialNumber=$3" 99991231235959Z
	cat "$1.pem" "$2.pem" >"$1-chain.pem"
	cp "$2.pem" "$1-issuer.pem"
}

# The device's certificate and public key with another private key: in SEC 1
# form the 32 octets of the private key stand behind the first 7.
make_liar() {
	openssl ec -in dev.key -outform DER -out dev.der 2>/dev/null
	openssl ec -in other.key -outform DER -out other.der 2>/dev/null
	{
		head -c 7 dev.der
		tail -c +8 other.der | head -c 32
		tail -c +40 dev.der
	} >liar.der
	openssl ec -inform DER -in liar.der -out liar.key 2>/dev/null
	cp dev.pem liar.pem
	cp dev-issuer.pem liar-issuer.pem
}

# serve NAME OPTION...: starts a server on a free port and prints the port
serve() {
	local name=$1 log
	shift
	log=$(mktemp "$BATS_FILE_TMPDIR/serve.XXXXXX")
	openssl s_server -accept 127.0.0.1:0 -cert "$name.pem" \
		-key "$name.key" -cert_chain "$name-issuer.pem" -www "$@" \
		>"$log" 2>&1 </dev/null 3>&- &
	echo $! >>"$SERVERS"
	wait_on "$log" -- grep -q '^ACCEPT .*:[0-9]*$' "$log"
	sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$log"
}

end_servers() {
	local pid

	while read -r pid; do
		kill "$pid"
	done <"$SERVERS"
}
