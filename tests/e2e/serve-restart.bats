#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `devid-ca serve` comes and goes, alone and beside others, and no issuance is
# lost: who got no certificates can send the same answer again.

load lib
load ca
ca_url=${ca_url?set in ca.bash}
pg_uri=${pg_uri?set in ca.bash}
public_url=${public_url?set in ca.bash} plain=${plain?set in lib.bash}

N=24 # answers in each load

setup_file() {
	lib_init
	ca_init
	export DEV="$WORK/dev"
	device_made "$DEV"
	request_of "$DEV" SN1 "$CA/request"
}

teardown_file() { lib_done; }

setup() { bats_require_minimum_version 1.5.0; }

# post_all TYPE URL OUT FILE...: each FILE is posted, one after the other, by one
# curl, which takes longer to start than to ask; statuses, and bodies in OUT.1...
post_all() {
	local type=$1 url=$2 out=$3 file n=0 args=()

	shift 3
	for file; do
		n=$((n + 1))
		args+=(--next -s -o "$out.$n" -w '%{http_code}\n' --max-time 20
			--cacert "$CA/tls-ca.pem" --cert "$CA/floor.crt"
			--key "$CA/floor.key" -H "Content-Type: $type"
			--data-binary "@$file" "$url")
	done
	curl "${args[@]:1}"
}

# all_are STATUS N: what post_all printed
all_are() { [ "$(sort <<<"$output" | uniq -c | xargs)" = "$2 $1" ]; }

# make_answers: $CA/answer.1 to .N, from a service that runs
make_answers() {
	local i requests=()

	for i in $(seq "$N"); do
		requests+=("$CA/request")
	done
	run -0 post_all application/octet-stream "$ca_url/v1/challenge" \
		"$CA/challenge" "${requests[@]}"
	all_are 200 "$N"
	for i in $(seq "$N"); do
		answer_of "$DEV" "$CA/challenge.$i" "$CA/answer.$i"
	done
	rm -f "$CA"/got.*
}

# issue_one I URL: status of curl and of HTTP in $CA/got.I, certificates in
# $CA/certs.I
issue_one() {
	local code status=0

	code=$(curl -s -o "$CA/certs.$1" -w '%{http_code}' --max-time 40 \
		--cacert "$CA/tls-ca.pem" --cert "$CA/floor.crt" \
		--key "$CA/floor.key" -H "Content-Type: application/x-pem-file" \
		--data-binary "@$CA/answer.$1" "$2/v1/issue") || status=$?
	echo "$status $code" >"$CA/got.$1"
}

# issue_all URL...: all answers at once, to the URLs in turn
issue_all() {
	local i urls=("$@")

	posts=()
	for i in $(seq "$N"); do
		issue_one "$i" "${urls[i % $#]}" 3>&- &
		posts+=("$!")
	done
}

some_got() { [ "$(cat "$CA"/got.* 2>/dev/null | grep -c "^0 200")" -ge "$1" ]; }

# Each has its certificates, or was refused before it could send anything and
# its answer is as good as before. Sets served, how many were at first.
settle() {
	local i got again=() anew=() n=0

	for i in $(seq "$N"); do
		got=$(cat "$CA/got.$i")
		case $got in
		"0 200") again+=("$CA/answer.$i") ;;
		# Not connected, or cut off in the handshake.
		"7 000" | "35 000" | "56 000") anew+=("$i") ;;
		*) echo "answer $i: $got" && return 1 ;;
		esac
	done
	served=${#again[@]}
	if ((served)); then
		run -0 post_all application/x-pem-file "$ca_url/v1/issue" \
			"$CA/again" "${again[@]}"
		all_are 409 "$served"
	fi
	if ((${#anew[@]})); then
		run -0 post_all application/x-pem-file "$ca_url/v1/issue" \
			"$CA/anew" "${anew[@]/#/$CA/answer.}"
		all_are 200 "${#anew[@]}"
	fi
	for i in "${anew[@]}"; do
		n=$((n + 1))
		cp "$CA/anew.$n" "$CA/certs.$i"
	done
	for i in $(seq "$N"); do
		cmp "$CA/certs.1" "$CA/certs.$i"
	done
}

devices() { devid-ca list --config "$CA/devid-ca.conf" --json | wc -l; }

@test "SIGTERM under load: every request answered or refused unsent" {
	ca_conf "sqlite:$CA/register.db"
	serve_start
	make_answers
	issue_all "$ca_url"
	wait_on "$CA" -- some_got 3
	kill -TERM "$(cat "$CA/serve.pid")"
	wait "${posts[@]}"
	await exit "$(cat "$CA/serve.pid")"
	grep -q "serve: ending" "$CA/serve.log"
	run -1 grep -q "giving up" "$CA/serve.log"
	serve_start
	settle
	[ "$(devices)" = 1 ]
	run -0 devid-ca audit --config "$CA/devid-ca.conf"
	serve_stop
}

@test "SIGTERM with a silent connection: ends all the same, and with 0" {
	ca_conf "sqlite:$CA/register.db"
	devid-ca serve --config "$CA/devid-ca.conf" 2>"$CA/serve.log" 3>&- &
	pid=$!
	echo "$pid" >>"$WORK/pids"
	echo "$pid" >"$CA/serve.pid"
	wait_on "$(cat "$CA/serve.pid")" "$CA/serve.log" -- serve_answers serve
	use_service
	exec 9<>"/dev/tcp/127.0.0.1/${ca_url##*:}"
	kill -TERM "$pid"
	wait "$pid" # and its status
	exec 9>&-
}

@test "a second process on the same port takes over, nobody is refused" {
	local i port

	ca_conf "sqlite:$CA/register.db"
	serve_start
	port=${ca_url##*:}
	make_answers
	sed "s/^listen = .*/listen = 127.0.0.1:$port/; s/^instance = .*/instance = two/" \
		"$CA/devid-ca.conf" >"$CA/two.conf"
	serve_start two "$CA/two.conf"
	[ "$(port_of two stations)" = "127.0.0.1:$port" ]
	# Whoever did not mean to is told; the first was alone.
	grep -qF "serve: listen 127.0.0.1:$port: another process listens there already" \
		"$CA/two.log"
	run -1 grep "another process" "$CA/serve.log"
	serve_stop
	use_service two
	issue_all "$ca_url"
	wait "${posts[@]}"
	settle
	[ "$served" = "$N" ]
	serve_stop two
}

@test "socket activation: connections wait while the service restarts" {
	ca_conf "sqlite:$CA/register.db"
	cat >"$CA/activated" <<-SH
		# Started again and again with the same socket, as a service
		# manager does; LISTEN_PID is for who is to take it.
		export LISTEN_FDNAMES=stations SOFTHSM2_CONF="$SOFTHSM2_CONF"
		trap 'kill \$!; exit' TERM
		while [ ! -e "$CA/enough" ]; do
			bash -c 'LISTEN_PID=\$\$ exec devid-ca serve \\
				--config "$CA/devid-ca.conf"' &
			echo \$! >"$CA/serve.pid"
			wait \$!
		done
	SH
	port=$(free_port)
	: >"$CA/serve.log"
	rm -f "$CA/serve.pid"
	spawn "$CA/serve.log" systemd-socket-activate \
		-l "127.0.0.1:$port" bash "$CA/activated"
	wait_on "$CA/serve.log" -- touch_port "$port" # the first connection starts it
	wait_on "$CA/serve.pid" -- test -s "$CA/serve.pid"
	wait_on "$(cat "$CA/serve.pid")" "$CA/serve.log" -- serve_answers serve
	use_service
	make_answers
	first=$(cat "$CA/serve.pid")
	kill -TERM "$first"
	await exit "$first"
	issue_all "$ca_url"
	wait "${posts[@]}"
	settle
	[ "$served" = "$N" ]
	: >"$CA/enough"
	[ "$(cat "$CA/serve.pid")" != "$first" ]
	kill -TERM "$(cat "$CA/serve.pid")"
}

touch_port() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port that was free a moment ago.
free_port() {
	serve_start probe >/dev/null
	serve_stop probe
	port_of probe stations | sed 's/.*://'
}

@test "two processes on one PostgreSQL: each answer once, one register" {
	local one two i got

	pg_start
	ca_conf "$pg_uri"
	ca_conf "$pg_uri" "$CA/two.conf" two
	serve_start two "$CA/two.conf"
	two=$ca_url
	serve_start
	one=$ca_url
	make_answers
	issue_all "$one" "$two"
	wait "${posts[@]}"
	settle
	[ "$served" = "$N" ]
	# The same answer to both at once: one of them issues.
	ca_url=$one
	[ "$(post_challenge floor "$CA/request")" = 200 ]
	cp "$CA/body" "$CA/challenge"
	for i in $(seq "$N"); do
		answer_of "$DEV" "$CA/challenge" "$CA/answer.$i"
	done
	rm -f "$CA"/got.*
	issue_all "$one" "$two"
	wait "${posts[@]}"
	got=$(cat "$CA"/got.* | sort | uniq -c | tr -s ' \n' ' ')
	[ "$got" = " 1 0 200 $((N - 1)) 0 409 " ]
	[ "$(devices)" = 1 ]
	run -0 devid-ca audit --config "$CA/devid-ca.conf"
	[[ $output == *one* && $output == *two* ]]
}

@test "of several machines on one PostgreSQL the one with a wrong clock is told" {
	use_service
	run -1 env LD_PRELOAD="$plain/clock-fault.so" CLOCK_FAULT=3600 \
		"$plain/devid-ca" serve --accept-clock --config "$CA/two.conf"
	[[ $output == *"seconds ahead of that of the database's machine: one \
of them is wrong"* ]]
	# and those with a right one go on
	[ "$(post_challenge floor "$CA/request")" = 200 ]
}

healthy() { # STATUS
	[ "$(curl -s -o "$CA/health" -w '%{http_code}' \
		"$public_url/healthz")" = "$1" ]
}

@test "503 while PostgreSQL is away, and back by itself" {
	use_service
	[ "$(post_challenge floor "$CA/request")" = 200 ]
	pg_stop
	run -0 post_challenge floor "$CA/request"
	[ "$output" = 503 ]
	grep -qi '^retry-after: [0-9]' "$CA/head"
	[ "$(jq -r .error "$CA/body")" = "not reachable" ]
	ask_until 30 healthy 503
	pg_start
	ask_until 30 healthy 200
	# Without anybody asking for anything.
	pg_stop
	ask_until 30 healthy 503
	[ "$(cat "$CA/health")" = "register or token: the last use failed" ]
	pg_start
	ask_until 30 healthy 200
	[ "$(cat "$CA/health")" = ok ]
	run -0 station floor challenge --out "$CA/c" "$CA/request"
}

# To be gone for good, as when a token is pulled out.
@test "a lost token: answered 503, then ended with 1; started again it works" {
	local pid rest=0

	ca_conf "sqlite:$CA/register.db"
	sed -i "s|^module = .*|module = $plain/p11-fault.so|" \
		"$CA/devid-ca.conf"
	rm -f "$CA/pulled"
	P11_FAULT="rv C_Sign=b3" P11_FAULT_WHEN="$CA/pulled" \
		devid-ca serve --config "$CA/devid-ca.conf" 2>"$CA/serve.log" \
		3>&- &
	pid=$!
	echo "$pid" >>"$WORK/pids"
	echo "$pid" >"$CA/serve.pid"
	wait_on "$(cat "$CA/serve.pid")" "$CA/serve.log" -- serve_answers serve
	use_service
	run -0 post_challenge floor "$CA/request"
	[ "$output" = 200 ]
	cp "$CA/body" "$CA/challenge"
	answer_of "$DEV" "$CA/challenge" "$CA/answer"
	: >"$CA/pulled"
	run -0 post_issue floor "$CA/answer"
	[ "$output" = 503 ]
	wait "$pid" || rest=$?
	[ "$rest" = 1 ]
	[ "$(grep -c "token or its session was lost" "$CA/serve.log")" = 1 ]
	rm "$CA/pulled"
	serve_start
	# The challenge is not used up.
	run -0 post_issue floor "$CA/answer"
	[ "$output" = 200 ]
	serve_stop
}

@test "a TLS certificate behind its CA's: told by the file, not by the key" {
	ca_conf "sqlite:$CA/register.db"
	cat "$CA/tls-ca.pem" "$CA/service.crt" >"$CA/reversed.crt"
	sed -i "s|^certificate = .*service.crt|certificate = $CA/reversed.crt|" \
		"$CA/devid-ca.conf"
	run -1 devid-ca serve --config "$CA/devid-ca.conf"
	[[ $output == *"serve: key $CA/service.key: not that of the first certificate in $CA/reversed.crt, which must be the service's own" ]]
}

@test "a refused PIN: exit status 3, and tried no second time" {
	ca_conf "sqlite:$CA/register.db"
	printf 9999 >"$CA/wrong.pin"
	chmod 600 "$CA/wrong.pin"
	run -3 devid-ca serve --config "$CA/devid-ca.conf" \
		--pin-file "$CA/wrong.pin"
}
