#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid verify keeps its deadline, whatever the peer, its name server or its
# first address do. On loopback and in network namespaces of its own.

load verify

setup_file() {
	verify_init
}

teardown_file() {
	end_servers
}

setup() {
	verify_here
	hostile="$DEVID_BUILD/tests/e2e/hostile-peer"
}

# hostile HOW: starts such a peer and prints its port
hostile() {
	local log

	log=$(mktemp "$BATS_FILE_TMPDIR/hostile.XXXXXX")
	"$hostile" "$@" >"$log" 2>&1 </dev/null 3>&- &
	echo $! >>"$SERVERS"
	wait_on "$log" -- grep -q '^[0-9]*$' "$log"
	cat "$log"
}

# timed COMMAND...: as run; $ms is how long it took
timed() {
	local start=${EPOCHREALTIME/[.,]/}

	run "$@"
	ms=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}

# kept STATUS WORDS: so it ended, said this, and within 4 s
kept() {
	if [ "$status" -ne "$1" ] || [[ $output != *"$2"* ]] || ((ms >= 4000)); then
		echo "status $status after $ms ms: $output"
		return 1
	fi
}

@test "a peer that is silent, and one that sends a byte a second" {
	for how in silent slow; do
		port=$(hostile "$how")
		timed "$devid" verify --root root.pem --timeout 3 \
			127.0.0.1:"$port"
		kept 3 "TLS handshake: Connection timed out"
		((ms >= 2900))
	done
}

@test "a flood of HelloRequest ends at once, one that drips in time" {
	port=$(hostile hello-request)
	timed "$devid" verify --root root.pem --timeout 3 127.0.0.1:"$port"
	kept 1 "did not end within 131072 bytes"
	port=$(hostile hello-request-drip)
	timed "$devid" verify --root root.pem --timeout 3 127.0.0.1:"$port"
	kept 3 "TLS handshake: Connection timed out"
}

@test "endless records before the handshake" {
	for how in warning empty change-cipher data garbage; do
		port=$(hostile "$how")
		timed "$devid" verify --root root.pem --timeout 3 \
			127.0.0.1:"$port"
		if [ "$how" = garbage ]; then
			kept 1 "does not speak TLS on this port"
		else
			kept 1 "TLS handshake"
		fi
	done
}

# endless OPTION...: a server of TLS that sends without end once it may
endless() {
	local log

	log=$(mktemp "$BATS_FILE_TMPDIR/endless.XXXXXX")
	openssl s_server -accept 127.0.0.1:0 -cert dev.pem -key dev.key \
		-cert_chain dev-issuer.pem "$@" </dev/zero >"$log" 2>&1 3>&- &
	echo $! >>"$SERVERS"
	wait_on "$log" -- grep -q '^ACCEPT .*:[0-9]*$' "$log"
	sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$log"
}

@test "endless records after the handshake do not matter to the verdict" {
	for version in -tls1_2 -tls1_3; do
		port=$(endless "$version")
		timed "$devid" verify --root root.pem --timeout 3 \
			127.0.0.1:"$port"
		kept 0 "genuine"
	done
}

@test "several hosts of which one floods: the others are judged" {
	flood=$(hostile hello-request-drip)
	port=$(serve dev)
	timed "$devid" verify --root root.pem --timeout 3 \
		127.0.0.1:"$flood" 127.0.0.1:"$port"
	kept 3 "127.0.0.1:$port: genuine"
}

# In a namespace of its own: the name server takes questions and never answers.
dead_resolver() {
	mount --bind resolv.conf /etc/resolv.conf
	mount --bind nsswitch.conf /etc/nsswitch.conf
	ip link set lo up
	exec 9< <(exec "$hostile" mute 127.0.0.1 53)
	mute=$!
	read -r -u 9 # it is bound
	"$devid" verify --root root.pem --timeout 3 camera.example
	code=$?
	kill "$mute"
	return "$code"
}

@test "a dead resolver: the look-up is within the deadline" {
	echo "nameserver 127.0.0.1" >resolv.conf
	echo "hosts: files dns" >nsswitch.conf
	export devid hostile
	export -f dead_resolver
	timed unshare -n -m bash -c dead_resolver
	kept 3 "camera.example: not reachable: the name look-up did not end"
	((ms >= 2900))
}

# In a namespace of its own: the host's first address is on a wire whose other
# end takes packets and answers none; the second is the unit's.
first_swallows() {
	mount --bind hosts /etc/hosts
	mount --bind nsswitch.conf /etc/nsswitch.conf
	ip link set lo up
	ip link add swallow type veth peer name end
	ip link set end up
	ip link set swallow up
	ip address add 2001:db8::1/64 dev swallow nodad
	ip address add 192.0.2.1/24 dev swallow
	ip neighbour add 2001:db8::9 lladdr 02:00:00:00:00:09 dev swallow
	ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev swallow
	getent ahosts camera | awk '{ print $1; exit }' # what is tried first
	openssl s_server -accept 192.0.2.1:4433 -cert dev.pem -key dev.key \
		-cert_chain dev-issuer.pem -www >swallow.log 2>&1 </dev/null &
	server=$!
	wait_on swallow.log -- grep -q '^ACCEPT' swallow.log
	"$devid" verify --root root.pem --timeout 3 camera:4433
	code=$?
	kill "$server"
	return "$code"
}

swallow() {
	printf '%s\n' "$@" >hosts
	echo "hosts: files" >nsswitch.conf
	export devid
	export -f first_swallows wait_on next_change await_path
	timed unshare -n -m bash -c first_swallows
}

# covers: RFC8305-addresses
@test "a first address that swallows everything: the second is asked" {
	swallow "2001:db8::9 camera" "192.0.2.1 camera"
	[[ ${lines[0]} == 2001:db8::9 ]]
	kept 0 "camera:4433: genuine"
}

@test "all addresses swallow everything: the deadline is kept" {
	swallow "2001:db8::9 camera" "192.0.2.9 camera"
	[[ ${lines[0]} == 2001:db8::9 ]]
	kept 3 "camera:4433: not reachable: Connection timed out"
}
