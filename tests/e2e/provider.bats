#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and means it
# devid.so in unmodified programs: openssl, curl, nginx; client and server;
# TLS 1.2 and 1.3; P-256, P-384, RSA-2048; beside software keys.

load lib
spawned='' # set by lib.bash

setup_file() {
	lib_init
	for alg in p256 p384 rsa2048; do
		device_new "$WORK/$alg"
		device_provision "$WORK/$alg" $alg
	done
	software_key soft_ec ec -pkeyopt ec_paramgen_curve:P-256
	software_key soft_rsa rsa:2048
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	P256=$WORK/p256
	gone "$(cat "$P256/keyd.pid")" && keyd_start "$P256"
	rm -f "$WORK"/*.sock
}

# serve SOCKET COMMAND...: an s_server that answers with its state (-www)
serve() {
	local socket=$1

	shift
	spawn "$socket.log" "$@" -unix "$socket" -www
	wait_on "$socket.log" -- listens "$socket"
}

# request SOCKET DEV OPTIONS...: one handshake as client, the server checked
# against the CA; DEV `-` is a client without the provider
request() {
	local socket=$1 vars=(LC_ALL=C)

	[ "$2" = - ] || vars+=("OPENSSL_CONF=$2/openssl.cnf"
		"DEVID_KEYD_SOCKET=$2/keyd.sock")
	shift 2
	printf 'GET / HTTP/1.0\r\n\r\n' | env "${vars[@]}" timeout 20 \
		openssl s_client "$@" -unix "$socket" -CAfile "$WORK/ca.pem" \
		-verify_return_error -ign_eof -nameopt "$names" 2>&1
}

# ---- TLS with the openssl command ----

# as_client ALG VERSION: one signature, and the server has seen the device
as_client() {
	local dev=$WORK/$1 before

	serve "$WORK/s.sock" openssl s_server -cert "$WORK/soft_ec.pem" \
		-key "$WORK/soft_ec.key" -CAfile "$WORK/ca.pem" -Verify 2 \
		-verify_return_error
	before=$(signatures "$dev")
	run -0 request "$WORK/s.sock" "$dev" \
		-cert "$dev/state/idevid.pem" -key "$dev/state/idevid.key" "$2"
	[[ $output == *"Client certificate"*"serialNumber"*SN1* ]] ||
		{ echo "$output" && return 1; }
	[ "$(signatures "$dev")" -eq $((before + 1)) ]
	stop_pid "$spawned"
	rm "$WORK/s.sock"
}

# as_server ALG VERSION
as_server() {
	local dev=$WORK/$1 before

	serve "$WORK/s.sock" with_key "$dev" openssl s_server \
		-cert "$dev/state/idevid.pem" -key "$dev/state/idevid.key"
	before=$(signatures "$dev")
	run -0 request "$WORK/s.sock" - "$2"
	[[ $output == *"Verify return code: 0 (ok)"* ]]
	[ "$(signatures "$dev")" -eq $((before + 1)) ]
	stop_pid "$spawned"
	rm "$WORK/s.sock"
}

@test "p256: client, TLS 1.2 and 1.3" {
	as_client p256 -tls1_2
	as_client p256 -tls1_3
}

@test "p384: client, TLS 1.2 and 1.3" {
	as_client p384 -tls1_2
	as_client p384 -tls1_3
}

@test "rsa2048: client, TLS 1.2 and 1.3" {
	as_client rsa2048 -tls1_2
	as_client rsa2048 -tls1_3
}

@test "p256: server, TLS 1.2 and 1.3" {
	as_server p256 -tls1_2
	as_server p256 -tls1_3
}

@test "p384: server, TLS 1.2 and 1.3" {
	as_server p384 -tls1_2
	as_server p384 -tls1_3
}

@test "rsa2048: server, TLS 1.2 and 1.3" {
	as_server rsa2048 -tls1_2
	as_server rsa2048 -tls1_3
}

@test "one handshake as client costs one TPM command" {
	local all

	serve "$WORK/s.sock" openssl s_server -cert "$WORK/soft_ec.pem" \
		-key "$WORK/soft_ec.key" -CAfile "$WORK/ca.pem" -Verify 2
	for version in -tls1_2 -tls1_3; do
		all=$(tpm_commands "$P256")
		run -0 request "$WORK/s.sock" "$P256" -cert "$P256/state/idevid.pem" \
			-key "$P256/state/idevid.key" $version
		[ "$(tpm_commands "$P256")" -eq $((all + 1)) ]
	done
	stop_pid "$spawned"
}

@test "a resumed handshake costs none" {
	local version before

	serve "$WORK/s.sock" openssl s_server -cert "$WORK/soft_ec.pem" \
		-key "$WORK/soft_ec.key" -CAfile "$WORK/ca.pem" -Verify 2
	for version in -tls1_2 -tls1_3; do
		run -0 request "$WORK/s.sock" "$P256" -cert "$P256/state/idevid.pem" \
			-key "$P256/state/idevid.key" $version \
			-sess_out "$WORK/session"
		before=$(signatures "$P256")
		run -0 request "$WORK/s.sock" "$P256" -cert "$P256/state/idevid.pem" \
			-key "$P256/state/idevid.key" $version \
			-sess_in "$WORK/session"
		[[ $output == *"Reused, TLSv1."* ]]
		[ "$(signatures "$P256")" -eq "$before" ]
	done
	stop_pid "$spawned"
}

@test "the devid: URI stands for the key in a handshake" {
	serve "$WORK/s.sock" openssl s_server -cert "$WORK/soft_ec.pem" \
		-key "$WORK/soft_ec.key" -CAfile "$WORK/ca.pem" -Verify 2
	for version in -tls1_2 -tls1_3; do
		run -0 request "$WORK/s.sock" "$P256" -cert "$P256/state/idevid.pem" \
			-key devid:idevid $version
		[[ $output == *"serialNumber"*SN1* ]]
	done
	stop_pid "$spawned"
}

# ---- keys and requests ----

@test "every key: public half allowed out, by file and by URI" {
	for alg in p256 p384 rsa2048; do
		openssl x509 -in "$WORK/$alg/state/idevid.pem" -noout -pubkey \
			>"$WORK/pub"
		run -0 with_key "$WORK/$alg" openssl pkey -pubout \
			-in "$WORK/$alg/state/idevid.key"
		[ "$output" = "$(cat "$WORK/pub")" ]
		run -0 with_key "$WORK/$alg" openssl pkey -pubout \
			-in devid:idevid
		[ "$output" = "$(cat "$WORK/pub")" ]
	done
}

@test "every key: private half refused" {
	for alg in p256 p384 rsa2048; do
		for form in PEM DER; do
			run with_key "$WORK/$alg" openssl pkey -outform $form \
				-in "$WORK/$alg/state/idevid.key" \
				-out "$WORK/private"
			[ "$status" -ne 0 ]
			[ ! -s "$WORK/private" ]
		done
	done
}

# covers: RFC2986-request
@test "every key: openssl req makes a request that verifies" {
	for alg in p256 p384 rsa2048; do
		run -0 with_key "$WORK/$alg" openssl req -new -subj /CN=x \
			-key "$WORK/$alg/state/idevid.key" -out "$WORK/req"
		run -0 openssl req -in "$WORK/req" -verify -noout
	done
}

@test "rsa2048: request with PSS, each hash" {
	for hash in sha256 sha384 sha512; do
		run -0 with_key "$WORK/rsa2048" openssl req -new -subj /CN=x \
			-$hash -sigopt rsa_padding_mode:pss \
			-sigopt rsa_pss_saltlen:digest \
			-key "$WORK/rsa2048/state/idevid.key" -out "$WORK/req"
		run -0 openssl req -in "$WORK/req" -verify -noout
	done
	run with_key "$WORK/rsa2048" openssl req -new -subj /CN=x \
		-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 \
		-key "$WORK/rsa2048/state/idevid.key" -out "$WORK/req"
	[ "$status" -ne 0 ]
	[[ $output == *"PSS salt of another length"* ]]
}

@test "p256: another hash than the key's is refused with the reason" {
	run with_key "$P256" openssl req -new -subj /CN=x -sha384 \
		-key "$P256/state/idevid.key" -out "$WORK/req"
	[ "$status" -ne 0 ]
	[[ $output == *"another hash algorithm only"* ]] ||
		[[ $output == *"invalid digest"* ]]
}

# covers: 802.1AR-7.2-enum-keys 802.1AR-7.2-enum-certs 802.1AR-7.2-enum-chain
@test "storeutl lists key, certificate and chain" {
	run -0 with_key "$P256" openssl storeutl -noout -text devid:idevid
	[[ $output == *"Total found: 3"* ]]
	run with_key "$P256" openssl storeutl -noout devid:nosuch
	[ "$status" -ne 0 ]
	[[ $output == *"devid-keyd has no such key"* ]]
	run with_key "$P256" openssl storeutl -noout devid:../x
	[ "$status" -ne 0 ]
	[[ $output == *"not devid:NAME"* ]]
}

@test "the certificate fits the key reference for openssl" {
	local text

	for alg in p256 p384 rsa2048; do
		text=$(with_key "$WORK/$alg" openssl pkey -noout -text_pub \
			-in "$WORK/$alg/state/idevid.key")
		[[ $text == *"Public-Key: ("* ]]
	done
}

# refused WHY COMMAND...
refused() {
	local why=$1

	shift
	run with_key "$P256" "$@"
	[ "$status" -ne 0 ]
	[[ $output == *"$why"* ]] || { echo "$output" && return 1; }
}

@test "signing of anything else is refused with the reason" {
	echo "firmware 1.0" >"$WORK/data"
	refused "neither a TLS handshake nor a certification request" \
		openssl dgst -sha256 -sign "$P256/state/idevid.key" \
		-out "$WORK/sig" "$WORK/data"
	refused "not a certification request" openssl cms -sign \
		-in "$WORK/data" -signer "$P256/state/idevid.pem" \
		-inkey "$P256/state/idevid.key" -out "$WORK/sig"
	refused "an ASN.1 object other than a certification request" \
		openssl x509 -req -in "$WORK/soft_ec.csr" \
		-CA "$P256/state/idevid.pem" -CAkey "$P256/state/idevid.key" \
		-set_serial 1 -out "$WORK/sig"
	openssl dgst -sha256 -binary "$WORK/data" >"$WORK/digest"
	refused "not supported" \
		openssl pkeyutl -sign -inkey "$P256/state/idevid.key" \
		-in "$WORK/digest" -out "$WORK/sig"
	[ ! -s "$WORK/sig" ]
}

@test "a broken key reference is refused, and is no crash" {
	sed 's/^M/N/' "$P256/state/idevid.key" >"$WORK/broken.key"
	run with_key "$P256" openssl pkey -pubout -in "$WORK/broken.key"
	[ "$status" -eq 1 ]
	printf '%s\n' '-----BEGIN DEVID KEY-----' 'MAA=' \
		'-----END DEVID KEY-----' >"$WORK/broken.key"
	run with_key "$P256" openssl pkey -pubout -in "$WORK/broken.key"
	[ "$status" -eq 1 ]
}

# ---- beside software keys ----

# software_works COMMAND-PREFIX...: keys, signatures, requests as ever
software_works() {
	for type in EC:ec_paramgen_curve:P-256 RSA:rsa_keygen_bits:2048; do
		run -0 "$@" openssl genpkey -algorithm "${type%%:*}" \
			-pkeyopt "${type#*:}" -out "$WORK/new.key"
		run -0 "$@" openssl req -new -key "$WORK/new.key" -subj /CN=x \
			-out "$WORK/req"
		run -0 "$@" openssl req -in "$WORK/req" -verify -noout
		run -0 "$@" openssl pkey -in "$WORK/new.key" -pubout
	done
	run -0 "$@" openssl dgst -sha256 -sign "$WORK/soft_rsa.key" \
		-out "$WORK/sig" "$WORK/ext"
	run -0 "$@" openssl genpkey -algorithm ED25519 -out "$WORK/new.key"
}

@test "software keys work beside it, also with keyd absent" {
	software_works with_key "$P256"
	software_works env OPENSSL_CONF="$P256/openssl.cnf" \
		DEVID_KEYD_SOCKET="$WORK/none.sock"
}

# devid-provider(7): default comes first, or EC keys cannot be made.
@test "devid as the first provider: keys in files work, of both kinds" {
	provider_conf "$WORK/first.cnf" devid default
	for key in "$P256/state/idevid.key" "$WORK/soft_ec.key" \
		"$WORK/soft_rsa.key"; do
		run -0 env OPENSSL_CONF="$WORK/first.cnf" \
			DEVID_KEYD_SOCKET="$P256/keyd.sock" openssl req -new \
			-key "$key" -subj /CN=x -out "$WORK/req"
		run -0 openssl req -in "$WORK/req" -verify -noout
	done
}

@test "keyd absent: the error names the socket" {
	run env OPENSSL_CONF="$P256/openssl.cnf" \
		DEVID_KEYD_SOCKET="$WORK/none.sock" openssl req -new \
		-key "$P256/state/idevid.key" -subj /CN=x -out "$WORK/req"
	[ "$status" -ne 0 ]
	[[ $output == *"$WORK/none.sock: devid-keyd not reachable"* ]]
	run env OPENSSL_CONF="$P256/openssl.cnf" \
		DEVID_KEYD_SOCKET="$WORK/none.sock" openssl pkey -pubout \
		-in devid:idevid
	[ "$status" -ne 0 ]
	[[ $output == *"$WORK/none.sock: devid-keyd not reachable"* ]]
}

@test "a user on no list: the error says so" {
	run as_other env OPENSSL_CONF="$P256/openssl.cnf" \
		DEVID_KEYD_SOCKET="$P256/keyd.sock" openssl req -new \
		-key "$P256/state/idevid.key" -subj /CN=x -out /dev/null
	[ "$status" -ne 0 ]
	[[ $output == *"sign: not permitted to uid"* ]]
}

@test "threads and forked children sign at once, every key type" {
	for alg in p256 p384 rsa2048; do
		run -0 with_key "$WORK/$alg" key-storm \
			"$WORK/$alg/state/idevid.key" 4 10
		[ "$output" = "all good" ]
	done
	run -0 with_key "$P256" key-storm devid:idevid 4 10
}

# ---- curl and nginx ----

@test "a program without the provider: the manual has the words that it says" {
	local manual

	manual=$(mandoc -T ascii "$repo/docs/man/devid-provider.7" | sed 's/.\x08//g' | tr -s ' \n' ' ')
	printf 'events {}\nhttp { server { listen 127.0.0.1:1 ssl;
		ssl_certificate %s; ssl_certificate_key %s; } }\n' \
		"$P256/state/idevid.pem" "$P256/state/idevid.key" >"$WORK/none.conf"
	run nginx -t -p "$WORK" -c "$WORK/none.conf"
	[ "$status" -ne 0 ]
	[[ $output == *"No supported data to decode. Input type: PEM"* ]]
	[[ $manual == *"No supported data to decode. Input type: PEM"* ]]
	run openssl pkey -in "$P256/state/idevid.key" -noout
	[ "$status" -ne 0 ]
	[[ $output == *"STORE routines:ossl_store_handle_load_result:unsupported"* ]]
	[[ $manual == *"STORE routines:ossl_store_handle_load_result:unsupported"* ]]
	# What the manual says to look for is there with the provider alone.
	run with_key "$P256" openssl list -providers
	[[ $output == *$'\n  devid\n'* ]]
	run openssl list -providers
	[[ $output != *devid* ]]
}

# nginx_start DEV SETTINGS: workers as www-data
nginx_start() {
	local dir=$1/nginx

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
				$2
				location / { return 200 "hello\n"; }
			}
		}
	CONF
	rm -f "$dir/sock"
	spawn "$dir/out" with_key "$1" nginx -p "$dir" -c "$dir/conf"
	nginx_pid=$spawned
	wait_on "$dir/pid" -- listens "$dir/sock"
}

# The worker processes go with the master.
nginx_stop() {
	kill -QUIT "$nginx_pid"
	await exit "$nginx_pid"
}

# get DEV OPTIONS...
get() {
	local dev=$1

	shift
	curl -sS --max-time 20 --unix-socket "$dev/nginx/sock" \
		--cacert "$WORK/ca.pem" "$@" https://device.test/
}

own_certificate() {
	printf 'ssl_certificate %s; ssl_certificate_key %s;' \
		"$1/state/idevid.pem" "$1/state/idevid.key"
}

nginx_serves() {
	local dev=$WORK/$1

	nginx_start "$dev" "$(own_certificate "$dev")"
	for _ in 1 2 3; do
		run -0 get "$dev" --tls-max 1.2
		[ "$output" = hello ]
		run -0 get "$dev" --tlsv1.3
		[ "$output" = hello ]
	done
	grep -q "for uid $(id -u www-data) pid" "$dev/keyd.log"
	nginx_stop
}

@test "p256: nginx, TLS 1.2 and 1.3, workers as www-data" {
	nginx_serves p256
}

@test "p384: nginx, TLS 1.2 and 1.3, workers as www-data" {
	nginx_serves p384
}

@test "rsa2048: nginx, TLS 1.2 and 1.3, workers as www-data" {
	nginx_serves rsa2048
}

@test "nginx: many connections at once" {
	local pids=() pid

	nginx_start "$P256" "$(own_certificate "$P256")"
	for _ in {1..30}; do
		get "$P256" >>"$WORK/hello" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	[ "$(grep -c hello "$WORK/hello")" -eq 30 ]
	nginx_stop
}

@test "nginx: a software certificate beside it" {
	nginx_start "$P256" "$(own_certificate "$P256")
		ssl_certificate $WORK/soft_rsa.pem;
		ssl_certificate_key $WORK/soft_rsa.key;"
	for version in -tls1_2 -tls1_3; do
		run -0 request "$P256/nginx/sock" - $version \
			-sigalgs RSA-PSS+SHA256
		[[ $output == *"CN=soft_rsa"* ]]
		run -0 request "$P256/nginx/sock" - $version \
			-sigalgs ECDSA+SHA256
		[[ $output == *"serialNumber=SN1"* ]]
	done
	nginx_stop
}

@test "nginx: keyd goes and comes back, nginx is not touched" {
	nginx_start "$P256" "$(own_certificate "$P256")
		ssl_certificate $WORK/soft_rsa.pem;
		ssl_certificate_key $WORK/soft_rsa.key;"
	run -0 get "$P256"
	keyd_stop "$P256"
	run get "$P256" --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
	[ "$status" -ne 0 ]
	grep -q "$P256/keyd.sock: devid-keyd not reachable" \
		"$P256/nginx/error.log"
	run -0 get "$P256" --tls-max 1.2 \
		--ciphers ECDHE-RSA-AES128-GCM-SHA256
	keyd_start "$P256"
	run -0 get "$P256" --tls-max 1.2 \
		--ciphers ECDHE-ECDSA-AES128-GCM-SHA256
	run -0 get "$P256" --tlsv1.3
	nginx_stop
}

@test "curl: client authentication, every key, TLS 1.2 and 1.3" {
	nginx_start "$P256" "ssl_certificate $WORK/soft_ec.pem;
		ssl_certificate_key $WORK/soft_ec.key;
		ssl_client_certificate $WORK/ca.pem; ssl_verify_client on;"
	for alg in p256 p384 rsa2048; do
		for version in "--tls-max 1.2" --tlsv1.3; do
			# shellcheck disable=SC2086 # an option with its value
			run -0 with_key "$WORK/$alg" curl -sS --max-time 20 \
				--unix-socket "$P256/nginx/sock" \
				--cacert "$WORK/ca.pem" $version \
				--cert "$WORK/$alg/state/idevid.pem" \
				--key "$WORK/$alg/state/idevid.key" \
				https://device.test/
			[ "$output" = hello ]
		done
	done
	run -0 curl -sS --max-time 20 --unix-socket "$P256/nginx/sock" \
		--cacert "$WORK/ca.pem" https://device.test/
	[[ $output == *"No required SSL certificate"* ]]
	nginx_stop
}

@test "curl: a software key with the provider loaded" {
	nginx_start "$P256" "ssl_certificate $WORK/soft_ec.pem;
		ssl_certificate_key $WORK/soft_ec.key;
		ssl_client_certificate $WORK/ca.pem; ssl_verify_client on;"
	for key in soft_ec soft_rsa; do
		run -0 with_key "$P256" curl -sS --max-time 20 \
			--unix-socket "$P256/nginx/sock" \
			--cacert "$WORK/ca.pem" --cert "$WORK/$key.pem" \
			--key "$WORK/$key.key" https://device.test/
		[ "$output" = hello ]
	done
	nginx_stop
}

@test "several devices in one process, told apart by their keys" {
	# One program, one socket: the other device's key is not this keyd's.
	run with_key "$P256" openssl req -new -subj /CN=x \
		-key "$WORK/p384/state/idevid.key" -out "$WORK/req"
	[ "$status" -ne 0 ]
	[[ $output == *"a p256 key makes no such signature"* ]]
}
