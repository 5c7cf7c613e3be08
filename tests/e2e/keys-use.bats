#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Keys of all roles in unmodified programs: openssl and nginx with devid.so, TLS
# 1.2 and 1.3, several keys in a process, keys that change under a server.

load lib
spawned='' # set by lib.bash
names=${names:?set in lib.bash}

setup_file() {
	lib_init
	export DEV="$WORK/dev"
	device_new "$DEV"
	device_provision "$DEV" p256
	export DEVID_CONFIG=$DEV/devid.conf
	software_key soft ec -pkeyopt ec_paramgen_curve:P-256
	new_tls tls-0 p256
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	STATE=$DEV/state
	gone "$(cat "$DEV/keyd.pid")" && keyd_start "$DEV"
	rm -f "$WORK"/*.sock
}

# certify NAME: a certificate below the CA for the key, in $WORK/NAME.pem
certify() {
	devid provision csr --key "$1" --serial "$1" --out "$WORK/$1.csr" &&
		issue "$WORK/$1.csr" "$WORK/$1.pem"
}

# new_tls NAME TYPE [OPTION]: key and certificate
new_tls() {
	devid key create "$1" --type "$2" ${3:+"$3"} >/dev/null
	certify "$1"
	devid cert install "$1" "$WORK/$1.pem" >/dev/null
}

serve() {
	local socket=$1

	shift
	spawn "$socket.log" "$@" -unix "$socket" -www
	wait_on "$socket.log" -- listens "$socket"
}

# request SOCKET OPTIONS...: one handshake as client without the provider
request() {
	local socket=$1

	shift
	printf 'GET / HTTP/1.0\r\n\r\n' | timeout 20 openssl s_client \
		-CAfile "$WORK/ca.pem" "$@" -unix "$socket" -verify_return_error \
		-ign_eof -nameopt "$names" 2>&1
}

# as_client NAME: the server sees the certificate of that key
as_client() {
	local version

	serve "$WORK/s.sock" openssl s_server -cert "$WORK/soft.pem" \
		-key "$WORK/soft.key" -CAfile "$WORK/ca.pem" -Verify 2 \
		-verify_return_error
	for version in -tls1_2 -tls1_3; do
		run -0 with_key "$DEV" openssl s_client -unix "$WORK/s.sock" \
			-CAfile "$WORK/ca.pem" -verify_return_error \
			-nameopt "$names" -ign_eof $version \
			-cert "$STATE/$1.pem" -key "$2" \
			< <(printf 'GET / HTTP/1.0\r\n\r\n')
		[[ $output == *"Client certificate"*"$1"* ]] ||
			{ echo "$output" && return 1; }
	done
	stop_pid "$spawned"
	rm "$WORK/s.sock"
}

# ---- openssl ----

# covers: OWN-provider
@test "tls-0 serves, TLS 1.2 and 1.3, by its reference and by its name" {
	local key version

	for key in "$STATE/tls-0.key" devid:tls-0; do
		serve "$WORK/s.sock" with_key "$DEV" openssl s_server \
			-cert "$STATE/tls-0.pem" -key "$key"
		for version in -tls1_2 -tls1_3; do
			run -0 request "$WORK/s.sock" $version
			[[ $output == *"serialNumber"*tls-0*"Verify return code: 0 (ok)"* ]]
		done
		stop_pid "$spawned"
		rm "$WORK/s.sock"
	done
	grep -q "signed: tls-0: tls-server TLS 1.2" "$DEV/keyd.log"
	grep -q "signed: tls-0: tls-server TLS 1.3" "$DEV/keyd.log"
}

@test "an RSA-3072 key serves, TLS 1.2 and 1.3" {
	local version

	new_tls tls-7 rsa3072
	serve "$WORK/s.sock" with_key "$DEV" openssl s_server \
		-cert "$STATE/tls-7.pem" -key devid:tls-7
	for version in -tls1_2 -tls1_3; do
		run -0 request "$WORK/s.sock" $version
		[[ $output == *"3072 bit"*"Verify return code: 0 (ok)"* ]] ||
			{ echo "$output" && return 1; }
	done
	stop_pid "$spawned"
	devid key delete tls-7
}

@test "ldevid-0 and an imported eap-0 are clients, TLS 1.2 and 1.3" {
	devid key create ldevid-0 --type p384
	devid key enable ldevid-0
	certify ldevid-0
	devid cert install ldevid-0 "$WORK/ldevid-0.pem"
	devid cert enable ldevid-0
	as_client ldevid-0 "$STATE/ldevid-0.key"
	as_client ldevid-0 devid:ldevid-0
	software_key eap-0 rsa:2048
	chmod 600 "$WORK/eap-0.key"
	devid key import eap-0 "$WORK/eap-0.key" --cert "$WORK/eap-0.pem" --pin
	rm "$WORK/eap-0.key"
	as_client eap-0 "$STATE/eap-0.key"
	as_client eap-0 devid:eap-0
}

# covers: OWN-several-idevids OWN-choose
@test "two IDevIDs of two types in one server: chosen by what the client accepts" {
	local version

	run -0 devid provision key --key idevid-1 --alg rsa2048
	[[ $output == "idevid-1 and iak-1 (rsa2048) are in the TPM" ]]
	# Below an RSA root: such a client takes no other signature.
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/rsa-ca.key" \
		-out "$WORK/rsa-ca.pem" -days 30 -subj "/CN=RSA CA" \
		-addext keyUsage=critical,keyCertSign 2>/dev/null
	devid provision csr --key idevid-1 --serial idevid-1 --out "$WORK/i1.csr"
	openssl x509 -req -in "$WORK/i1.csr" -CA "$WORK/rsa-ca.pem" \
		-CAkey "$WORK/rsa-ca.key" -days 30 -extfile "$WORK/ext" \
		-out "$WORK/idevid-1.pem" 2>/dev/null
	devid provision cert --key idevid-1 --force "$WORK/idevid-1.pem"
	[ "$(devid key list --json | jq -c '[.keys[] | select(.role == "idevid") |
		[.name, .algorithm, .place]]')" = \
		'[["idevid","p256","0x81020000"],["idevid-1","rsa2048","0x81020010"]]' ]
	serve "$WORK/s.sock" with_key "$DEV" openssl s_server \
		-cert "$STATE/idevid.pem" -key "$STATE/idevid.key" \
		-dcert "$STATE/idevid-1.pem" -dkey "$STATE/idevid-1.key"
	for version in -tls1_2 -tls1_3; do
		run -0 request "$WORK/s.sock" $version -sigalgs ECDSA+SHA256
		[[ $output == *"serialNumber"*SN1* ]]
		run -0 request "$WORK/s.sock" $version -CAfile "$WORK/rsa-ca.pem" \
			-sigalgs RSA-PSS+SHA256:RSA+SHA256
		[[ $output == *"serialNumber"*idevid-1* ]]
	done
	stop_pid "$spawned"
	run -2 devid provision key --key tls-0
	run -2 devid provision key --key iak-1
	run -2 devid provision request --key idevid-9 --serial X --out /dev/null
	[[ $output == *"--key: there is no such key"* ]]
}

@test "devid: lists what can be used, each key with its certificate" {
	local n

	run -0 with_key "$DEV" openssl storeutl -noout devid:
	n=${output##*Total found: }
	devid key disable tls-0
	run -0 with_key "$DEV" openssl storeutl -noout devid:
	[ "${output##*Total found: }" -eq $((n - 2)) ]
	run with_key "$DEV" openssl storeutl -noout devid:tls-0
	[ "$status" -ne 0 ]
	[[ $output == *"tls-0: key disabled (802.1AR 7.2)"* ]]
	devid key enable tls-0
	run -0 with_key "$DEV" openssl storeutl -noout devid:tls-0
	[[ $output == *"Total found: 2"* ]]
}

@test "a reference of a key that was replaced: a clear error, no wrong signature" {
	new_tls tls-5 p256
	cp "$STATE/tls-5.key" "$WORK/old.key"
	cp "$STATE/tls-5.pem" "$WORK/old.pem"
	devid key delete tls-5
	new_tls tls-5 p256
	run with_key "$DEV" openssl req -new -subj /CN=x -key "$WORK/old.key" \
		-out "$WORK/x.csr"
	[ "$status" -ne 0 ]
	[[ $output == *"certification request for another key"* ]] || { echo "$output" && return 1; }
	# In a handshake the bytes are the same with either key.
	serve "$WORK/s.sock" with_key "$DEV" openssl s_server \
		-cert "$WORK/old.pem" -key "$WORK/old.key"
	run request "$WORK/s.sock" -tls1_3
	[ "$status" -ne 0 ]
	stop_pid "$spawned"
	grep -q "tls-5: devid-keyd has another key of that name than was loaded" \
		"$WORK/s.sock.log" || { cat "$WORK/s.sock.log" && return 1; }
	devid key delete tls-5
}

# ---- nginx ----

# nginx_conf NAME: with the key of that name
nginx_conf() {
	local dir=$DEV/nginx

	mkdir -p "$dir"
	cat >"$dir/conf" <<-CONF
		user www-data;
		worker_processes 2;
		pid $dir/pid;
		error_log $dir/error.log info;
		daemon off;
		env DEVID_KEYD_SOCKET;
		env OPENSSL_CONF;
		events {}
		http {
			access_log off;
			client_body_temp_path $dir/body;
			proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi;
			uwsgi_temp_path $dir/uwsgi;
			scgi_temp_path $dir/scgi;
			server {
				listen unix:$dir/sock ssl;
				ssl_protocols TLSv1.2 TLSv1.3;
				ssl_session_cache off;
				ssl_session_tickets off;
				ssl_certificate $STATE/$1.pem;
				ssl_certificate_key $STATE/$1.key;
				location / { return 200 "hello\n"; }
			}
		}
	CONF
}

get() {
	curl -sS --max-time 20 --unix-socket "$DEV/nginx/sock" \
		--cacert "$WORK/ca.pem" "$@" https://device.test/
}

# served: the serial number of the certificate that nginx shows
served() {
	request "$DEV/nginx/sock" -tls1_3 | sed -n 's/.*0 s:.*serialNumber *= *\([a-z0-9.-]*\).*/\1/p'
}

# clients FILE: handshakes one after the other until FILE is there; a line each
clients() {
	while [ ! -e "$1" ]; do
		get --tls-max 1.2 || echo "failed: TLS 1.2"
		get --tlsv1.3 || echo "failed: TLS 1.3"
	done
}

# more N: N more handshakes have been made
more() { [ "$(wc -l <"$WORK/clients")" -ge $(($1 + $2)) ]; }

some_more() {
	local now

	now=$(wc -l <"$WORK/clients")
	wait_on "$WORK/clients" -- more "$now" 12
}

# covers: OWN-renew
@test "nginx: certificate, then key, renewed under load; no handshake fails" {
	local nginx storm

	nginx_conf tls-0
	rm -f "$DEV/nginx/sock"
	spawn "$DEV/nginx/out" with_key "$DEV" nginx -p "$DEV/nginx" -c "$DEV/nginx/conf"
	nginx=$spawned
	wait_on "$DEV/nginx/pid" -- listens "$DEV/nginx/sock"
	: >"$WORK/clients"
	rm -f "$WORK/enough"
	clients "$WORK/enough" >>"$WORK/clients" 2>&1 3>&- &
	storm=$!
	some_more
	[ "$(served)" = tls-0 ]
	# Another certificate of the same key.
	devid provision csr --key tls-0 --serial tls-0.2 --out "$WORK/2.csr"
	issue "$WORK/2.csr" "$WORK/2.pem"
	devid cert install tls-0 "$WORK/2.pem" --replace
	kill -HUP "$nginx"
	wait_on "$WORK/clients" -- served_is tls-0.2
	some_more
	# Another key beside it, which the server changes over to.
	new_tls tls-1 p256 --pin
	nginx_conf tls-1
	kill -HUP "$nginx"
	wait_on "$WORK/clients" -- served_is tls-1
	some_more
	devid key delete tls-0
	some_more
	: >"$WORK/enough"
	wait "$storm"
	[ "$(grep -c hello "$WORK/clients")" -ge 48 ]
	run ! grep -v '^hello$' "$WORK/clients"
	kill -QUIT "$nginx"
	await exit "$nginx"
}

served_is() { [ "$(served)" = "$1" ]; }
