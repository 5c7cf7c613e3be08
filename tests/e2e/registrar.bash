# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A site's registrar for end-to-end tests: its CA in a SoftHSM token, a maker's
# lab CA whose IDevIDs are software's, and clients. Loaded after lib.bash and
# ca.bash; lib_init goes first. Everything is below $R.

build=${build:?set in lib.bash}
repo=${repo:?set in lib.bash}
softhsm=${softhsm:?set in ca.bash}
spawned=${spawned-} # set by spawn
est_url='' est_public=''

# registrar_init: all of it, maker "acme" too
registrar_init() {
	export R="$WORK/registrar" CA="$WORK/registrar"
	export SOFTHSM2_CONF="$R/softhsm2.conf"
	mkdir -p "$R"/{tokens,publish}
	printf 'directories.tokendir = %s\nlog.level = ERROR\n' \
		"$R/tokens" >"$SOFTHSM2_CONF"
	maker_new acme
	make_tls
	registrar_site
}

# registrar_beside_ca: the registrar of a site that devid-ca's devices come to;
# ca_init went before, and its maker is "acme"
registrar_beside_ca() {
	export R="$CA"
	mkdir -p "$R/acme/root"
	cp "$CA/root.pem" "$R/acme/root/cert.pem"
	registrar_site
}

registrar_site() {
	cp "$build/devid-registrar" "$WORK/bin/"
	token_new site
	registrar_conf "sqlite:$R/site.db"
	devid-registrar init --name "Site devices" --config "$R/registrar.conf"
}

# maker_new NAME: a lab CA in $R/NAME
maker_new() {
	maker "$1" root --org "$1" >/dev/null
	maker "$1" issuing >/dev/null
}

maker() { # NAME ARG...
	"$repo/pki/lab/devid-pki" --dir "$R/$1" "${@:2}"
}

# registrar_conf DATABASE [NAME]: $R/NAME.conf; the kernel chooses the ports.
# REGISTRAR_EXTRA are lines behind the last section, [maker acme].
registrar_conf() {
	local name=${2:-registrar}

	cat >"$R/$name.conf" <<-CONF
		[registrar]
		instance = $name
		database = $1
		publish = $R/publish
		listen = 127.0.0.1:0
		public = 127.0.0.1:0
		certificate = $R/service.crt
		key = $R/service.key
		[ca]
		certificate = $R/site.pem
		organization = Site
		module = $softhsm
		token = site
		key = site
		pin_file = $R/site.pin
		audit_key = site-audit
		[profile default]
		residency = no
		[profile hard]
		residency = required
		days = 30
		[profile slow]
		residency = no
		approval = manual
		retry_after = 1
		[maker acme]
		roots = $R/acme/root/cert.pem
		${REGISTRAR_EXTRA:-}
	CONF
}

# registrar_start [NAME]: with $R/NAME.conf; log in $R/NAME.log, pid in
# $R/NAME.pid; uses it
registrar_start() {
	local name=${1:-registrar}

	: >"$R/$name.log"
	spawn "$R/$name.log" devid-registrar serve --config "$R/$name.conf"
	echo "$spawned" >"$R/$name.pid"
	wait_on "$spawned" "$R/$name.log" -- serve_answers "$name"
	use_registrar "$name"
}

# use_registrar [NAME]: sets $est_url and $est_public; for each test anew
use_registrar() {
	est_url=https://$(port_of "${1:-registrar}" est)
	# shellcheck disable=SC2034 # for the tests
	est_public=http://$(port_of "${1:-registrar}" public)
}

# idevid_new NAME SERIAL [MAKER]: $R/NAME.key and $R/NAME.pem, leaf and issuer
idevid_new() {
	local dir=$R/${3:-acme}

	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$R/$1.key" -out "$R/$1.idevid" \
		-subj "/serialNumber=$2" 2>/dev/null
	maker "${3:-acme}" issue-idevid "$R/$1.idevid" --out "$R/$1.leaf" \
		>/dev/null
	cat "$R/$1.leaf" "$dir/issuing/cert.pem" >"$R/$1.pem"
}

# desk COMMAND ARG...: what a person does at the registrar
desk() {
	devid-registrar "$1" --config "$R/${desk_conf:-registrar}.conf" "${@:2}"
}

# list_maker [MAKER]: all its units on the site's list
list_maker() {
	maker "${1:-acme}" allow-list >"$R/rows"
	devid-registrar list import --config "$R/${desk_conf:-registrar}.conf" \
		"$R/rows"
}

# csr_new NAME SUBJECT [ARG...]: $R/NAME.csr.key, $R/NAME.csr and its base64
csr_new() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$R/$1.csr.key" -outform DER -out "$R/$1.csr" \
		-subj "$2" "${@:3}" 2>/dev/null
	base64 -w 0 "$R/$1.csr" >"$R/$1.b64"
}

# est CURL-ARG...: prints the status; body in $R/body, head in $R/head
est() {
	curl -s -o "$R/body" -D "$R/head" -w '%{http_code}' --max-time 20 \
		--cacert "$R/tls-ca.pem" "$@"
}

# as_device NAME CURL-ARG...
as_device() {
	est --cert "$R/$1.pem" --key "$R/$1.key" "${@:2}"
}

# enrol NAME REQUEST [LABEL/] [OP]: as that device
enrol() {
	as_device "$1" -H "Content-Type: application/pkcs10" \
		--data-binary "@$R/$2.b64" \
		"$est_url/.well-known/est/${3:-}${4:-simpleenroll}"
}

# certs_to FILE: the certificates of the last answer, in PEM
certs_to() {
	base64 -d "$R/body" |
		openssl pkcs7 -inform DER -print_certs -out "$1"
}

# by_rule RULE: the last answer was 403 by it, and nothing else
by_rule() {
	[ "${output?of run}" = 403 ] || { echo "status $output" && cat "$R/body" && return 1; }
	[[ "$(<"$R/body")" == "$1: "* ]] || { cat "$R/body" && return 1; }
}
