#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What hostile clients cannot do to the public side of `devid-ca serve`: hide a
# request in another's, or keep others from it. All in a network of their own,
# in which one machine has many addresses.

load lib
load ca
public_url=${public_url?set in ca.bash}

setup_file() {
	lib_init
	ca_init
	export NET=devid-hostile-$$
	ip netns add "$NET"
	in_net ip link set lo up
	in_net ip addr add 2001:db8:1::1/128 dev lo nodad
	in_net ip addr add 2001:db8:1::3/128 dev lo nodad
	in_net ip route add local 2001:db8:2::/64 dev lo
	cp "$plain/tests/e2e/http-storm" "$WORK/bin/"
	openssl ocsp -issuer "$CA/root.pem" -cert "$CA/line1.pem" -no_nonce \
		-reqout "$CA/foreign.der"
	# Of its own issuer's: about a serial number that nobody has.
	openssl ocsp -issuer "$CA/line1.pem" -serial 0x1234 -no_nonce \
		-reqout "$CA/plain.der"
	openssl ocsp -issuer "$CA/line1.pem" -serial 0x1234 \
		-reqout "$CA/nonce.der"
	serve_in_net serve 127.0.0.1
}

teardown_file() {
	lib_done
	ip netns del "$NET"
}

setup() {
	bats_require_minimum_version 1.5.0
	use_service
}

in_net() { ip netns exec "$NET" "$@"; }

# serve_in_net NAME ADDRESS: a service of which others know nothing
serve_in_net() {
	ca_conf "sqlite:$CA/$1.db" "$CA/$1.conf" "$1"
	sed -i "s/^\(\s*listen_public =\).*/\1 $2:0/" "$CA/$1.conf"
	: >"$CA/$1.log"
	spawn "$CA/$1.log" ip netns exec "$NET" devid-ca serve \
		--config "$CA/$1.conf"
	echo "$spawned" >"$CA/$1.pid"
	wait_on "$spawned" "$CA/$1.log" -- serve_answers "$1"
	use_service "$1"
}

# raw TEXT: sends what printf makes of it, at once, since the service ends a
# connection in the middle; what comes back until the end
raw() {
	local authority=${public_url#http://}

	in_net bash -c 'exec 9<>"/dev/tcp/${1%:*}/${1##*:}"
		printf "$2" | dd bs=8192 iflag=fullblock status=none >&9
		timeout 10 cat <&9' raw "$authority" "$1"
}

# is_refused STATUS TEXT: answered so, once, and the connection is at its end
is_refused() {
	run -0 raw "$2"
	[[ $output == "HTTP/1.1 $1 "* ]] || { echo "$output" && return 1; }
	[ "$(grep -c '^HTTP/1' <<<"$output")" -eq 1 ]
	grep -qi '^connection: close' <<<"$output"
}

ask() { # CURL-ARG...
	in_net curl -s --max-time 5 -o "$CA/body" -D "$CA/head" \
		-w '%{http_code}' "$@"
}

# ---- RFC 9112 ----

get='GET /healthz HTTP/1.1\r\n'
post='POST /ocsp HTTP/1.1\r\nHost: a\r\n'
post+='Content-Type: application/ocsp-request\r\n'

# covers: RFC9112-heads
@test "9112: a head that others read otherwise is refused, and the end" {
	is_refused 400 "${post}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"
	is_refused 400 "${post}Content-Length: 4\r\nContent-Length: 44\r\n\r\nabcd"
	is_refused 400 "${post}Content-Length : 4\r\n\r\n"
	is_refused 400 "${post}Content-Length: +4\r\n\r\nabcd"
	is_refused 400 "${get}Host: a\n\r\n"
	is_refused 400 "${get}Host: a\r\n\n"
	is_refused 400 "${get}Host: a\r\n X: b\r\n\r\n"
	is_refused 400 "${get}\r\n"
	is_refused 400 "${get}Host: a\r\nHost: b\r\n\r\n"
}

# covers: RFC9112-chunked
@test "9112: chunks are not taken, with a length never" {
	is_refused 411 "${post}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	is_refused 400 "${post}Transfer-Encoding: chunked\r\nContent-Length: \
5\r\n\r\n0\r\n\r\n"
	is_refused 501 "${post}Transfer-Encoding: gzip\r\n\r\n"
}

@test "9112: a request in the body of a GET is not answered" {
	local inner="${get}Host: a\r\n\r\n"

	is_refused 400 "${get}Host: a\r\nContent-Length: 34\r\n\r\n$inner"
}

@test "9112: requests in a row, before the one that is wrong" {
	run -0 raw "${get}Host: a\r\n\r\n${post}Content-Length: 4\r\n\r\n\
abcd${get}Host : a\r\n\r\n${get}Host: a\r\n\r\n"
	[ "$(grep -ao 'HTTP/1.1 [0-9]*' <<<"$output" | tr '\n' ' ')" = \
		"HTTP/1.1 200 HTTP/1.1 200 HTTP/1.1 400 " ]
}

@test "9112: stations' side reads as strictly" {
	local at
	at=$(port_of serve stations)

	run in_net timeout 10 openssl s_client -quiet -connect "$at" \
		-CAfile "$CA/tls-ca.pem" -cert "$CA/floor.crt" \
		-key "$CA/floor.key" < <(printf 'GET /v1/device/X HTTP/1.1\r\n%s' \
			$'Host : a\r\n\r\n' && pause 3)
	[[ $output == *"HTTP/1.1 400 "* ]]
}

# covers: RFC9110-http
@test "9110: HEAD is GET without its content" {
	local path

	for path in /healthz /line1.crl /line1.cer /nothing; do
		run ask "$public_url$path"
		grep -viE '^(date|expires|last-mod)' "$CA/head" >"$CA/head.get"
		run raw "HEAD $path HTTP/1.1\r\nHost: a\r\nConnection: \
close\r\n\r\n"
		diff <(grep -viE '^(date|connection|expires|last-mod)' \
			<<<"$output" | tr -d '\r' | sort) \
			<(tr -d '\r' <"$CA/head.get" | sort)
	done
}

# covers: RFC9112-heads
@test "9112: absolute form, slashes and a query find the same" {
	local form

	for form in http://a/line1.cer //line1.cer /line1.cer?x; do
		run -0 raw "GET $form HTTP/1.1\r\nHost: a\r\nConnection: \
close\r\n\r\n"
		[[ $output == "HTTP/1.1 200 "* ]]
	done
	run -0 ask -H "Content-Type: application/ocsp-request" \
		--data-binary "@$CA/plain.der" "$public_url//ocsp?x"
	[ "$output" = 200 ]
}

# covers: RFC9110-http
@test "9110: If-None-Match is a list" {
	local tag

	run -0 ask "$public_url/line1.crl"
	tag=$(sed -n 's/^etag: *\([^\r]*\).*/\1/Ip' "$CA/head")
	[ -n "$tag" ]
	for list in "$tag" "\"x\", W/$tag" "*"; do
		run -0 ask -H "If-None-Match: $list" "$public_url/line1.crl"
		[ "$output" = 304 ]
	done
	run -0 ask -H "If-None-Match: \"x\", \"y\"" "$public_url/line1.crl"
	[ "$output" = 200 ]
}

# covers: RFC9110-modified-since
@test "9110: If-Modified-Since is passed over" {
	run -0 ask -H "If-Modified-Since: $(LC_ALL=C date -ud tomorrow \
		'+%a, %d %b %Y %T GMT')" \
		"$public_url/line1.crl"
	[ "$output" = 200 ]
	openssl crl -inform DER -in "$CA/body" -noout
}

# ---- one who takes all ----

# storm SOURCE N [FILE]: from SOURCE, on the service that is used
storm() {
	local authority=${public_url#http://} source=$1 host

	shift
	host=${authority%:*}
	host=${host#[}
	: >"$CA/storm.log"
	spawn "$CA/storm.log" ip netns exec "$NET" http-storm "$source" \
		"${host%]}" "${authority##*:}" "$@"
	storm=$spawned
	wait_on "$storm" "$CA/storm.log" -- storm_is_up
	lives "$storm"
}

lives() { ! gone "$1"; }

storm_is_up() { gone "$storm" || grep -q '^storm' "$CA/storm.log"; }

# answers SOURCE: OCSP and the list, ten times, from another address
answers() {
	local i

	for i in $(seq 10); do
		run -0 ask --interface "$1" "$public_url/line1.crl"
		[ "$output" = 200 ]
		run -0 ask --interface "$1" --data-binary "@$CA/plain.der" -H \
			"Content-Type: application/ocsp-request" \
			"$public_url/ocsp"
		[ "$output" = 200 ]
		run openssl ocsp -respin "$CA/body" -noverify -resp_text \
			-reqin "$CA/plain.der"
		grep -q "Response Status: successful" <<<"$output" ||
			{ echo "answer $i: $output" && return 1; }
	done
}

@test "hold: public OCSP and lists answer while one address holds all it can" {
	storm 127.0.0.2 1100
	answers 127.0.0.3
	lives "$storm"
	stop_pid "$storm"
	had_descriptors serve
}

# A storm that connects anew as soon as it is shut down leaves the service's
# descriptors to the service; the token needs some to sign.
had_descriptors() { ! grep "Too many open files" "$CA/$1.log"; }

@test "hold: a whole /64 is one address" {
	serve_in_net six '[2001:db8:1::1]'
	storm 2001:db8:2:: 1100
	answers 2001:db8:1::3
	lives "$storm"
	stop_pid "$storm"
	had_descriptors six
	serve_stop six
}

@test "hold: more at once than there are descriptors for wait their turn" {
	local pid first

	pid=$(<"$CA/serve.pid")
	storm 127.0.0.2 1100
	first=$storm
	kill -STOP "$pid"
	storm 127.0.0.4 500
	kill -CONT "$pid"
	answers 127.0.0.3
	stop_pid "$storm"
	stop_pid "$first"
	had_descriptors serve
}

# From another address each answer is signed for who asks.
nonce_answers() {
	local n=0 i

	for i in $(seq 40); do
		head -c -8 "$CA/nonce.der" >"$CA/mine.der"
		printf 'mine%04d' "$i" >>"$CA/mine.der"
		run -0 ask --interface "$1" --data-binary "@$CA/mine.der" -H \
			"Content-Type: application/ocsp-request" \
			"$public_url/ocsp"
		[ "$output" = 200 ]
		[ "$(stat -c %s "$CA/body")" -gt 100 ] || n=$((n + 1))
	done
	echo "$n of 40 were told to come back"
	[ "$n" -eq 0 ]
}

@test "nonces: others get theirs signed while one client floods them" {
	storm 127.0.0.2 200 "$CA/nonce.der"
	nonce_answers 127.0.0.3
	answers 127.0.0.3
	lives "$storm"
	stop_pid "$storm"
}
