# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A manufacturer for end-to-end tests: root and issuing CA in SoftHSM tokens of
# their own, a vendor of TPMs, stations, and devid-ca's configuration. Loaded
# after lib.bash, whose lib_init goes first. Everything is below $CA.

build=${build:?set in lib.bash}
repo=${repo:?set in lib.bash}
spawned='' # set by spawn
softhsm=/usr/lib/softhsm/libsofthsm2.so
ca_pin=1234
ca_url='' public_url='' pg_uri=''

# token_new LABEL: an empty token; its PIN is in $CA/LABEL.pin
token_new() {
	softhsm2-util --init-token --free --label "$1" --so-pin 5678 \
		--pin "$ca_pin" >/dev/null
	(umask 077 && printf '%s' "$ca_pin" >"$CA/$1.pin")
}

# on_token LABEL COMMAND ARG...: a command of devid-ca for keys in a token
on_token() {
	local label=$1 command=$2

	shift 2
	devid-ca "$command" --module "$softhsm" --token "$label" \
		--pin-file "$CA/$label.pin" "$@" >/dev/null
}

# make_issuing NAME: issuing CA, OCSP signer and audit key in the token
# "issuing", certified by the root
make_issuing() {
	on_token issuing request --key "$1" --make p256 --org Acme \
		--cn "Acme $1" --out "$CA/$1.csr"
	on_token root sign-ca --key root --kind issuing --ca "$CA/root.pem" \
		--out "$CA/$1.pem" "$CA/$1.csr"
	on_token issuing request --key "$1-ocsp" --make p256 --org Acme \
		--cn "Acme $1 OCSP" --out "$CA/$1-ocsp.csr"
	on_token issuing sign-ca --key "$1" --kind ocsp --ca "$CA/$1.pem" \
		--out "$CA/$1-ocsp.pem" "$CA/$1-ocsp.csr"
	on_token issuing token-key --key "$1-audit" --make p256
}

# ca_init: both CAs, the vendor's, TLS of service and stations
ca_init() {
	export CA="$WORK/ca" SOFTHSM2_CONF="$WORK/ca/softhsm2.conf"
	mkdir -p "$CA"/{tokens,vendor,ek-roots,publish}
	cp "$build"/{devid-ca,devid-station} "$WORK/bin/"
	printf 'directories.tokendir = %s\nlog.level = ERROR\n' \
		"$CA/tokens" >"$SOFTHSM2_CONF"
	token_new root
	token_new issuing
	on_token root root-cert --key root --make p384 --org Acme \
		--cn "Acme root" --out "$CA/root.pem"
	make_issuing line1
	make_vendor
	make_tls
	station_new floor issue,revoke,read
	ca_conf "sqlite:$CA/register.db"
}

# A vendor of TPMs, and swtpm_setup's settings to be it. swtpm_localca makes a
# vendor of its own with RSA-3072 keys, which takes longer than all the rest of
# a TPM; here it finds one, with P-256 keys. (inspect.bats has one of its own
# making.)
make_vendor() {
	local v=$CA/vendor

	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$v/root.key" -out "$v/root.pem" -days 30 \
		-subj "/CN=Vendor root" \
		-addext keyUsage=critical,keyCertSign 2>/dev/null
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$v/signkey.pem" -out "$v/issuer.csr" \
		-subj "/CN=Vendor" 2>/dev/null
	openssl x509 -req -in "$v/issuer.csr" -CA "$v/root.pem" \
		-CAkey "$v/root.key" -days 30 -out "$v/issuer.pem" \
		-extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE \
			keyUsage=critical,keyCertSign \
			subjectKeyIdentifier=hash) 2>/dev/null
	cp "$v"/{issuer,root}.pem "$CA/ek-roots/"
	cat >"$v/setup.conf" <<-CONF
		create_certs_tool = /usr/bin/swtpm_localca
		create_certs_tool_config = $v/localca.conf
		create_certs_tool_options = $v/localca.options
		active_pcr_banks = sha256
	CONF
	cat >"$v/localca.conf" <<-CONF
		statedir = $v
		signingkey = $v/signkey.pem
		issuercert = $v/issuer.pem
		certserial = $v/serial
	CONF
	: >"$v/localca.options"
}

# manufacture_tpm DIR [VENDOR]: a TPM's state with EKs and their certificates
manufacture_tpm() {
	local vendor=${2:-$CA/vendor}

	mkdir -p "$1"
	TMPDIR=$vendor swtpm_setup --tpm2 --tpmstate "$1" --createek \
		--create-ek-cert --config "$vendor/setup.conf" >/dev/null
}

# make_chip DIR: as the vendor, a CA below it that is in one chip only; its
# certificate is in DIR/issuer.pem
make_chip() {
	local v=$CA/vendor

	mkdir "$1"
	sed "s|$v|$1|" "$v/setup.conf" >"$1/setup.conf"
	sed "s|$v|$1|" "$v/localca.conf" >"$1/localca.conf"
	: >"$1/localca.options"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1/signkey.pem" -out "$1/issuer.csr" \
		-subj "/CN=Chip" 2>/dev/null
	openssl x509 -req -in "$1/issuer.csr" -CA "$v/issuer.pem" \
		-CAkey "$v/signkey.pem" -days 30 -out "$1/issuer.pem" \
		-extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE \
			keyUsage=critical,keyCertSign \
			subjectKeyIdentifier=hash) 2>/dev/null
}

# device_made DEV [LINE...]: as device_new, with a TPM of the vendor's
device_made() {
	manufacture_tpm "$1/tpm"
	device_new "$@"
}

make_tls() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$CA/tls-ca.key" -out "$CA/tls-ca.pem" -days 30 \
		-subj "/CN=Factory" \
		-addext keyUsage=critical,keyCertSign 2>/dev/null
	tls_cert service subjectAltName=IP:127.0.0.1,DNS:localhost
}

# tls_cert NAME EXTENSION [CA]: $CA/NAME.key and .crt below the factory's CA
tls_cert() {
	local ca=${3:-tls-ca}

	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$CA/$1.key" -out "$CA/$1.req" -subj "/CN=$1" \
		2>/dev/null
	openssl x509 -req -in "$CA/$1.req" -CA "$CA/$ca.pem" \
		-CAkey "$CA/$ca.key" -days 30 -extfile <(echo "$2") \
		-out "$CA/$1.crt" 2>/dev/null
}

# station_new NAME ROLES [RATE]: certificate, and its section in
# $CA/stations.conf
station_new() {
	local print

	tls_cert "$1" extendedKeyUsage=clientAuth
	print=$(openssl x509 -in "$CA/$1.crt" -noout -fingerprint -sha256)
	cat >>"$CA/stations.conf" <<-CONF
		[station $1]
		fingerprint = ${print#*=}
		roles = $2
		${3:+rate = $3}
	CONF
}

# ca_conf REGISTER [FILE [INSTANCE]]: the configuration, $CA/devid-ca.conf; the
# kernel chooses the ports. CA_EXTRA are lines of [ca], SERVE_EXTRA of [serve].
ca_conf() {
	cat >"${2:-$CA/devid-ca.conf}" <<-CONF
		[ca]
		name = line1
		instance = ${3:-one}
		register = $1
		certificate = $CA/line1.pem
		chain = $CA/root.pem
		publish = $CA/publish
		challenge_key = $CA/challenge.key
		${CA_EXTRA:-}
		[token]
		module = $softhsm
		token = issuing
		key = line1
		pin_file = $CA/issuing.pin
		ocsp_key = line1-ocsp
		ocsp_certificate = $CA/line1-ocsp.pem
		audit_key = line1-audit
		[ek]
		roots = $CA/ek-roots
		[serve]
		listen = 127.0.0.1:0
		listen_public = 127.0.0.1:0
		certificate = $CA/service.crt
		key = $CA/service.key
		client_ca = $CA/tls-ca.pem
		${SERVE_EXTRA:-}
	CONF
	cat "$CA/stations.conf" >>"${2:-$CA/devid-ca.conf}"
}

# ---- the service ----

# serve_start [NAME [FILE [OPTION...]]]: `devid-ca serve`, log in $CA/NAME.log (of
# those before in NAME.log.old), pid in
# $CA/NAME.pid; uses it
serve_start() {
	local name=${1:-serve} file=${2:-$CA/devid-ca.conf}

	[ ! -e "$CA/$name.log" ] || cat "$CA/$name.log" >>"$CA/$name.log.old"
	: >"$CA/$name.log"
	spawn "$CA/$name.log" devid-ca serve --config "$file" "${@:3}"
	echo "$spawned" >"$CA/$name.pid"
	wait_on "$spawned" "$CA/$name.log" -- serve_answers "$name"
	use_service "$name"
}

# use_service [NAME]: sets $ca_url and $public_url; for each test anew
use_service() {
	ca_url=https://$(port_of "${1:-serve}" stations)
	# shellcheck disable=SC2034 # for the tests
	public_url=http://$(port_of "${1:-serve}" public)
}

# serve_answers NAME: or has ended
serve_answers() {
	gone "$(cat "$CA/$1.pid")" || grep -q "serve: ready" "$CA/$1.log"
}

port_of() { sed -n "s/.*serve: $2 on \([^ ]*\)\$/\1/p" "$CA/$1.log"; }

serve_stop() { stop_pid "$(cat "$CA/${1:-serve}.pid")"; }

# as_station NAME CURL-ARG...: prints the status; body in $CA/body, head in
# $CA/head
as_station() {
	local name=$1

	shift
	curl -s -o "$CA/body" -D "$CA/head" -w '%{http_code}' \
		--max-time 20 --cacert "$CA/tls-ca.pem" \
		--cert "$CA/$name.crt" --key "$CA/$name.key" "$@"
}

# station NAME ARG...: devid-station as that station
station() {
	local name=$1

	shift
	devid-station --ca "$ca_url" --ca-cert "$CA/tls-ca.pem" \
		--cert "$CA/$name.crt" --key "$CA/$name.key" \
		--dir "$CA/state-$name" "$@"
}

# ---- devices and files of the steps ----

# reach DEV: a program $WORK/bin/reach-NAME that runs devid on the device
reach() {
	local path
	path=$WORK/bin/reach-$(basename "$1")

	printf '#!/bin/sh\nexec devid "$@" --config "%s"\n' \
		"$1/devid.conf" >"$path"
	chmod 755 "$path"
	basename "$path"
}

# request_of DEV SERIAL OUT: keys if need be, and a request
request_of() {
	[ -e "$1/made" ] || devid provision key --config "$1/devid.conf" \
		>/dev/null
	: >"$1/made"
	devid provision request --config "$1/devid.conf" --serial "$2" \
		--model M1 --out "$3"
}

# answer_of DEV CHALLENGE OUT
answer_of() {
	devid provision answer --config "$1/devid.conf" --out "$3" "$2"
}

# edit_answer IN OUT SED: an answer whose DER, as hex, went through sed
edit_answer() {
	local hex

	{
		echo "-----BEGIN DEVID ANSWER-----"
		hex=$(openssl asn1parse -in "$1" -noout -out /dev/stdout |
			od -An -v -tx1 | tr -d ' \n' | sed "$3")
		basenc --base16 -d <<<"${hex^^}" | base64 -w 64
		echo "-----END DEVID ANSWER-----"
	} >"$2"
}

post_challenge() { # STATION FILE
	as_station "$1" -H "Content-Type: application/octet-stream" \
		--data-binary "@$2" "$ca_url/v1/challenge"
}

post_issue() { # STATION FILE
	as_station "$1" -H "Content-Type: application/x-pem-file" \
		--data-binary "@$2" "$ca_url/v1/issue"
}

# ---- PostgreSQL of the test's own, on a Unix socket ----

pg_bin=$("$repo/tests/pg-bin")

as_postgres() {
	setpriv --reuid postgres --regid postgres --clear-groups "$@"
}

pg_answers() {
	as_postgres "$pg_bin/pg_isready" -q -h "$CA/pg" -U postgres
}

# pg_start: sets $pg_uri
pg_start() {
	if [ ! -d "$CA/pg" ]; then
		install -d -o postgres -g postgres -m 700 "$CA/pg"
		as_postgres "$pg_bin/initdb" -N -A trust -U postgres \
			-E UTF8 --locale=C -D "$CA/pg/data" >/dev/null
	fi
	spawn "$CA/pg.log" setpriv --reuid postgres --regid postgres \
		--clear-groups "$pg_bin/postgres" -D "$CA/pg/data" \
		-k "$CA/pg" -c listen_addresses=
	echo "$spawned" >"$CA/pg.pid"
	wait_on "$CA/pg.log" -- pg_answers
	pg_uri="postgresql:host=$CA/pg user=postgres dbname=postgres"
	export pg_uri
}

pg_stop() {
	kill -INT "$(cat "$CA/pg.pid")"
	await exit "$(cat "$CA/pg.pid")"
}
