# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A device that enrols, and nginx as an EST server that does what a registrar
# must not: each label of EST is one behaviour. Both are in a network namespace
# of their own, where registrar.site.example is the loopback.

# shellcheck source=tests/e2e/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

enroll_uid=61240
registrar=registrar.site.example

enroll_init() {
	lib_init
	cp "$build/devid-enroll" "$plain/tests/e2e/kill-at" \
		"$plain/clock-fault.so" "$WORK/bin/"
	cp "$plain/devid-enroll" "$WORK/bin/plain-enroll"
	DEV=$WORK/dev WWW=$WORK/www SITE=$WORK/site
	export DEV WWW SITE
	mkdir "$SITE"
	make_site
	device_new "$DEV" "tls_client = 0, $enroll_uid" \
		"csr = 0, $enroll_uid" "manage_ldevid = 0, $enroll_uid"
	device_provision "$DEV" p256
	net_start
	server_start
}

# in_net COMMAND...: in the namespaces of the test
in_net() { nsenter --target "$(<"$WORK/net.pid")" --net --mount -- "$@"; }

net_start() {
	printf '127.0.0.1 %s devid-registrar.site.example\n' "$registrar" \
		>"$WORK/hosts"
	printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' \
		>"$WORK/resolv.conf"
	# shellcheck disable=SC2016 # of the inner shell
	spawn "$WORK/net.log" unshare --net --mount sh -c '
		ip link set lo up &&
		mount --bind "$WORK/hosts" /etc/hosts &&
		mount --bind "$WORK/resolv.conf" /etc/resolv.conf &&
		: >"$WORK/net.ready" && exec sleep infinity'
	echo "$spawned" >"$WORK/net.pid"
	wait_on "$WORK" -- test -e "$WORK/net.ready"
}

# ---- the site's certificates ----

# site_root NAME SUBJECT
site_root() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$SITE/$1.key" -out "$SITE/$1.pem" -days 30 \
		-subj "$2" -addext keyUsage=critical,keyCertSign 2>/dev/null
}

# site_issue NAME CA EXTENSIONS [OPTION...]: $SITE/NAME.pem, of NAME.csr
site_issue() {
	local name=$1 ca=$2 ext=$3

	shift 3
	printf '%b' "$ext" >"$SITE/$name.ext"
	openssl x509 -req -in "$SITE/$name.csr" -CA "$SITE/$ca.pem" \
		-CAkey "$SITE/$ca.key" -extfile "$SITE/$name.ext" \
		-out "$SITE/$name.pem" "$@" 2>/dev/null
}

# server_cert NAME CA [OPTION...]
server_cert() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$SITE/$1.key" -out "$SITE/$1.csr" -subj "/CN=$1" \
		2>/dev/null
	site_issue "$1" "$2" "subjectAltName=DNS:$registrar,DNS:devid-$registrar" \
		"${@:3}"
}

make_site() {
	site_root root "/CN=Site Root"
	site_root other "/CN=Site Root"
	server_cert server root -days 20
	server_cert stranger other -days 20
	server_cert late root -not_before 20200101000000Z \
		-not_after 20210101000000Z || late_cert
}

# `openssl x509` of 3.0 cannot say when; `openssl ca` can.
late_cert() {
	: >"$SITE/index"
	printf '%s\n' '[ca]' 'default_ca = c' '[c]' "database = $SITE/index" \
		"new_certs_dir = $SITE" "rand_serial = yes" \
		"default_md = sha256" "policy = p" '[p]' \
		'commonName = supplied' >"$SITE/ca.cnf"
	openssl ca -batch -config "$SITE/ca.cnf" -in "$SITE/late.csr" \
		-cert "$SITE/root.pem" -keyfile "$SITE/root.key" \
		-startdate 20200101000000Z -enddate 20210101000000Z \
		-extfile "$SITE/late.ext" -notext -out "$SITE/late.pem" \
		2>/dev/null
}

# ---- the server ----

# certs_only FILE PEM...: one line of Base64
certs_only() {
	local out=$1

	shift
	cat "$@" | openssl crl2pkcs7 -nocrl -certfile /dev/stdin -outform DER |
		base64 -w0 >"$out"
}

# label NAME: a server like a good one, to be spoilt
label() {
	mkdir -p "$WWW/$1"
	cp "$WWW/cacerts" "$WWW/$1/"
}

# tls_server PORT CERTIFICATE
tls_server() {
	cat <<-CONF
		server {
			listen $1 ssl;
			ssl_certificate $SITE/$2.pem;
			ssl_certificate_key $SITE/$2.key;
			ssl_client_certificate $WORK/ca.pem;
			ssl_verify_client optional;
			include $WORK/est.conf;
		}
	CONF
}

est_conf() {
	cat <<-'CONF'
		root ROOT/www;
		types { }
		location ~ ^/\.well-known/est/(?<l>[a-z]+)/cacerts$ {
			default_type application/pkcs7-mime;
			try_files /$l/cacerts =404;
		}
		location ~ ^/\.well-known/est/(?<l>[a-z]+)/csrattrs$ {
			default_type application/csrattrs;
			try_files /$l/csrattrs =404;
		}
		location ~ ^/\.well-known/est/(?<l>[a-z]+)/nonce$ {
			default_type application/est-attestation-freshness+json;
			try_files /$l/nonce =404;
		}
		location ~ ^/\.well-known/est/(?<l>[a-z]+)/simpleenroll$ {
			if ($ssl_client_verify != SUCCESS) { return 401; }
			default_type "application/pkcs7-mime; smime-type=certs-only";
			error_page 405 =200 /issued/$l;
			try_files /$l/issued @pending;
		}
		location /issued/ {
			internal;
			default_type "application/pkcs7-mime; smime-type=certs-only";
			rewrite ^/issued/(.*)$ /$1/issued break;
		}
		location @pending {
			add_header Retry-After 30 always;
			return 202;
		}
		location ~ ^/\.well-known/devid/(?<l>[a-z]+)/onboarding$ {
			if ($ssl_client_verify != SUCCESS) { return 401; }
			default_type application/json;
			try_files /$l/onboarding =404;
		}
		location ^~ /.well-known/est/redirect/ {
			return 302 https://elsewhere.example/cacerts;
		}
		location ^~ /.well-known/est/type/cacerts {
			default_type text/html;
			try_files /cacerts =404;
		}
		location ^~ /.well-known/est/slow/cacerts {
			default_type application/pkcs7-mime;
			limit_rate 1;
			try_files /cacerts =404;
		}
		location ^~ /.well-known/est/busy/ {
			default_type text/plain;
			add_header Retry-After 120 always;
			return 503 "later\n";
		}
		location ^~ /.well-known/est/refuse/simpleenroll {
			default_type text/plain;
			return 403 "unlisted: this unit is on no list\n";
		}
		location ^~ /.well-known/est/stale/simpleenroll {
			return 409;
		}
	CONF
}

server_start() {
	mkdir "$WWW"
	certs_only "$WWW/cacerts" "$SITE/root.pem"
	label good
	label refuse
	label stale
	mkdir "$WWW/big" "$WWW/broken" "$WWW/rootless"
	head -c 10485760 /dev/zero | tr '\0' A >"$WWW/big/cacerts"
	echo 'QQ==QUJD' >"$WWW/broken/cacerts"
	certs_only "$WWW/rootless/cacerts" "$SITE/server.pem"
	est_conf | sed "s|ROOT|$WORK|" >"$WORK/est.conf"
	{
		printf '%s\n' "pid $WORK/nginx.pid;" "daemon off;" \
			"error_log $WORK/nginx.log;" "user root;" \
			"events { }" "http {" "access_log $WORK/access.log;" \
			"client_body_temp_path $WORK/nginx-body;"
		tls_server 443 server
		tls_server 444 stranger
		tls_server 445 late
		echo "server { listen 446; return 200; }"
		echo "}"
	} >"$WORK/nginx.conf"
	spawn "$WORK/nginx.out" nsenter --target "$(<"$WORK/net.pid")" --net \
		--mount -- nginx -c "$WORK/nginx.conf" -e "$WORK/nginx.log"
	wait_on "$WORK" -- test -s "$WORK/nginx.pid"
}

# ---- the device ----

# conf LABEL [LINE...]: settings of [enroll]
conf() {
	{
		cat "$DEV/devid.conf"
		printf '%s\n' "[agent]" "provider_dir = $WORK/bin" "[enroll]" \
			"label = $1" "${@:2}"
	} >"$BATS_TEST_TMPDIR/devid.conf"
	chmod 644 "$BATS_TEST_TMPDIR/devid.conf"
}

# usual LABEL [LINE...]: the same, with registrar and root
usual() {
	conf "$1" "registrar = $registrar" "est_trust = $SITE/root.pem" "${@:2}"
}

# A folder of its user's; those above it can be entered.
staging() {
	STAGING=$WORK/staging.$BATS_TEST_NUMBER
	mkdir -m 755 "$STAGING"
	chown "$enroll_uid:$enroll_uid" "$STAGING"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" \
		"${BATS_TEST_TMPDIR%/*}"
}

as_enroll() {
	in_net setpriv --reuid "$enroll_uid" --regid "$enroll_uid" \
		--clear-groups "$@"
}

enroll() { # [OPTION...] OPERATION
	# The leak checker starts a process, which is what the filter is against.
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 as_enroll \
		devid-enroll --config \
		"$BATS_TEST_TMPDIR/devid.conf" --staging "$STAGING" \
		--key ldevid-0 "$@"
}

# told MEMBER: of the result
told() { jq -r --arg m "$1" '.[$m]' "$STAGING/result.json"; }

# fails CLASS REASON [OPTION...] OPERATION: with that, and says it the same way
fails() {
	local class=$1 reason=$2

	shift 2
	run -1 enroll "$@"
	echo "$output"
	[ "$(told result)" = failed ]
	[ "$(told class)" = "$class" ]
	[[ $(told reason) == *"$reason"* ]]
	[[ $output == *"$class: "*"$reason"* ]]
}

# issued LABEL CA [EXTENSIONS]: the answer to the request that is kept
issued() {
	openssl req -inform DER -in "$STAGING/request" -out "$SITE/ldevid.csr"
	site_issue ldevid "$2" \
		"${3-keyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\nbasicConstraints=critical,CA:FALSE}" \
		-days 10
	certs_only "$WWW/$1/issued" "$SITE/ldevid.pem"
}

# iak_certified: the maker's CA certifies the IAK as well
iak_certified() {
	keyd_stop "$DEV"
	tpm2_readpublic -Q -T "swtpm:path=$DEV/tpm.sock" -c 0x81020001 -f pem \
		-o "$DEV/iak.pub"
	keyd_start "$DEV"
	printf '%s\n' keyUsage=critical,digitalSignature \
		authorityKeyIdentifier=keyid \
		certificatePolicies=2.23.133.11.1.1,2.23.133.11.1.3 \
		>"$DEV/iak.ext"
	openssl req -new -key "$SITE/server.key" -subj /serialNumber=SN1 \
		-out "$DEV/iak.csr"
	openssl x509 -req -in "$DEV/iak.csr" -force_pubkey "$DEV/iak.pub" \
		-CA "$WORK/ca.pem" -CAkey "$WORK/ca.key" -days 30 \
		-extfile "$DEV/iak.ext" -out "$DEV/iak.pem" 2>/dev/null
	cat "$DEV/iak.pem" "$WORK/ca.pem" >"$DEV/iak-chain.pem"
	devid cert install iak "$DEV/iak-chain.pem" \
		--config "$DEV/devid.conf" >/dev/null 2>&1
}

# in_request HEX: these bytes are in the request that is kept
in_request() { hex <"$STAGING/request" | grep -qF "$1"; }
