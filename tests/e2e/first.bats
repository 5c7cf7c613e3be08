#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What somebody meets in the first minutes: a unit in one command, waiting for the
# key service, what is said while it takes long, the examples that are installed.

# shellcheck disable=SC2030 # what run sets is for the test that it is in

bats_require_minimum_version 1.5.0

load lib
repo=${repo:?set in lib.bash}
build=${build:?set in lib.bash}
plain=${plain:?set in lib.bash}
spawned='' # set by lib.bash

setup_file() {
	lib_init
	export DEV=$WORK/dev
	device_new "$DEV"
}

teardown_file() { lib_done; }

setup() {
	cd "$WORK" || return 1
	export TRY_DIR=$WORK/t TRY_PORT=$((20000 + RANDOM % 20000))
	export DEVID_BUILD=$build
	unset DEVID_KEYD_SOCKET DEVID_CONFIG
	gone "$(cat "$DEV/tpm.pid")" && tpm_start "$DEV"
	gone "$(cat "$DEV/keyd.pid")" && keyd_start "$DEV"
	true
}

teardown() {
	[ ! -d "$TRY_DIR/procs" ] || try down
}

try() { "$repo/radius-test/try" "$@"; }

# ---- make try ----

@test "try: up, what it tells to type works, up again tells it once more, down" {
	local text line

	cd "$repo"
	run -0 try up
	text=$output
	[[ $text == "A unit is running: serial number ACCC8E000001"* ]]
	# Its commands are those lines that begin with two blanks.
	mapfile -t line < <(sed -n 's/^  //p' <<<"$text")
	[ "${#line[@]}" -eq 4 ]
	run -0 bash -c "${line[0]}"
	[[ $output == *": genuine"*"unit        ACCC8E000001"* ]]
	run -1 bash -c "${line[1]}"
	[[ $output == *'"ACCC8E000001", not "ACCC8E000002"'* ]]
	run -0 bash -c "${line[2]}"
	[[ $output == *"serial ACCC8E000001"* ]]
	[ "${line[3]}" = "make try-end TRY_DIR=$TRY_DIR" ]
	run -0 try up
	[ "$output" = "$text" ]
	run -0 try down
	[ "$output" = "" ]
	[ ! -e "$TRY_DIR" ]
	run -1 try down
	[ "$output" = "try: $TRY_DIR: no unit is running here" ]
	# The targets of the Makefile lead here.
	run -0 make -n try try-end
	[[ $output == *"radius-test/try up"*"radius-test/try down"* ]]
}

@test "try: what is in the way is named, and nothing is left" {
	TRY_PORT=70000 run -2 try up
	[ "$output" = "try: TRY_PORT: 70000 is not a port (see --help)" ]
	TRY_DIR=$WORK/$(printf 'x%.0s' {1..90}) run -1 try up
	[[ $output == *"path too long for sockets in it; name a shorter one in TRY_DIR" ]]
	mkdir "$TRY_DIR"
	run -1 try up
	[ "$output" = "try: $TRY_DIR: there is something already; \`make try-end\` removes a unit" ]
	run -1 try down
	[ "$output" = "try: $TRY_DIR: is no unit of \`make try\`" ]
	rmdir "$TRY_DIR"
	spawn "$WORK/taken.log" openssl s_server -accept "127.0.0.1:$TRY_PORT" -nocert
	wait_on "$WORK/taken.log" -- grep -q ACCEPT "$WORK/taken.log"
	run -1 try up
	[ "$output" = "try: 127.0.0.1:$TRY_PORT: no TLS server there: Address already in use; TRY_PORT names another port" ]
	[ ! -e "$TRY_DIR" ]
	end "$spawned"
}

@test "try: each step of the identity counts, not the last alone" {
	cp -r "$repo/radius-test" "$WORK/"
	ln -s "$repo/pki" "$WORK/pki"
	sed -i 's/provision csr --serial "$SERIAL"/provision csr --serial ""/' \
		"$WORK/radius-test/try"
	run -1 "$WORK/radius-test/try" up
	echo "$output"
	[[ $output == "try: identity: "*"provision: "* ]]
	[ ! -e "$TRY_DIR" ]
	rm -r "$WORK/radius-test" "$WORK/pki"
}

@test "try: a unit of which a part has ended is told as none" {
	local part pid

	for part in keyd tpm; do
		try up
		read -r pid _ <"$TRY_DIR/procs/$part"
		stop_pid "$pid"
		run -1 try up
		[ "$output" = "try: $TRY_DIR: its $part has ended; \`make try-end\` removes the rest" ]
		try down
	done
}

@test "make clean ends the unit whose folder it removes" {
	local part pid pids=()

	mkdir -p tree/build
	ln -s "$repo"/{Makefile,LICENSE,agent,docs,idevid,pki,radius-test,tests} tree
	TRY_DIR=$WORK/tree/build/try try up
	for part in tpm keyd server; do
		read -r pid _ <"tree/build/try/procs/$part"
		pids+=("$pid")
		echo "$pid" >>"$WORK/pids"
	done
	env -u TRY_DIR make -s -C tree clean
	[ ! -e tree/build ]
	for pid in "${pids[@]}"; do
		gone "$pid"
	done
	make -s -C tree clean
}

# ---- devid wait ----

@test "wait: comes back when the service answers that is started meanwhile" {
	local waiting

	keyd_stop "$DEV"
	devid wait --config "$DEV/devid.conf" 3>&- &
	waiting=$!
	# It must have asked in vain before; its first look is at once. That it
	# sleeps is no event.
	until in_state S "$waiting"; do
		pause 0.02
	done
	keyd_start "$DEV"
	wait "$waiting"
	run -0 devid wait --config "$DEV/devid.conf"
	[ "$output" = "" ]
}

@test "wait: gives up, and says what was still missing" {
	keyd_stop "$DEV"
	run -1 devid wait --seconds 1 --config "$DEV/devid.conf"
	[[ $output == "devid: wait: not after 1 seconds: key socket: $DEV/keyd.sock: devid-keyd not reachable"* ]]
	run -2 devid wait --seconds 0 --config "$DEV/devid.conf"
	run -2 devid wait --config "$DEV/none.conf"
}

@test "wait: a key service without its TPM is waited for as well" {
	keyd_stop "$DEV"
	tpm_stop "$DEV"
	keyd_start "$DEV"
	export DEVID_CONFIG=$DEV/devid.conf
	run -1 devid wait --seconds 1
	[[ $output == "devid: wait: not after 1 seconds: keystore: "* ]]
	tpm_start "$DEV"
	devid wait
}

# ---- what is said meanwhile ----

# at_terminal COMMAND...: its standard error is one; what that shows is in $output
at_terminal() {
	run script -qec "$(printf '%q ' "$@")" /dev/null </dev/null
	# shellcheck disable=SC2031 # of run
	output=${output//$'\r'/}
}

@test "what takes over two seconds says so at a terminal, and nowhere else" {
	keyd_stop "$DEV"
	at_terminal devid wait --seconds 3 --config "$DEV/devid.conf"
	[ "${output%%$'\n'*}" = "devid: wait: still at it after 2 s" ]
	[ "$(wc -l <<<"$output")" -eq 2 ]
	at_terminal devid wait --seconds 1 --config "$DEV/devid.conf"
	[[ $output != *"still at it"* ]]
	run -1 devid wait --seconds 3 --config "$DEV/devid.conf"
	[[ $output != *"still at it"* ]]
}

@test "and so does a TPM that is slow, and a host that does not answer" {
	local tpm woken

	tpm=$(cat "$DEV/tpm.pid")
	kill -STOP "$tpm"
	# An event that only time brings.
	{ pause 3 && kill -CONT "$tpm"; } 3>&- &
	woken=$!
	at_terminal devid provision key --config "$DEV/devid.conf"
	[[ $output == "devid: provision key: still at it after 2 s"* ]]
	wait "$woken"
	spawn "$WORK/deaf.log" openssl s_server -accept "127.0.0.1:$TRY_PORT" -nocert
	wait_on "$WORK/deaf.log" -- grep -q ACCEPT "$WORK/deaf.log"
	kill -STOP "$spawned"
	at_terminal devid verify --root ca.pem --timeout 3 "127.0.0.1:$TRY_PORT"
	[[ $output == "devid: verify: still at it after 2 s"* ]]
	kill -CONT "$spawned"
	end "$spawned"
}

@test "and so do status and doctor, which wait for a key service that is busy" {
	local keyd what woken

	keyd=$(cat "$DEV/keyd.pid")
	for what in status doctor "doctor --bundle bundle.tar"; do
		kill -STOP "$keyd"
		{ pause 3 && kill -CONT "$keyd"; } 3>&- &
		woken=$!
		# shellcheck disable=SC2086 # words
		at_terminal devid $what --config "$DEV/devid.conf"
		wait "$woken"
		[[ $output == "devid: ${what%% *}: still at it after 2 s"* ]]
	done
}

# ---- examples ----

@test "a guide that waits for a server in the background ends when that has ended" {
	local line n=0

	mkdir lab
	touch lab/{serve,server}.log
	while read -r line; do
		run timeout 20 bash -c "false & $line"
		[ "$status" -eq 0 ]
		[[ $output == *"No such process"* ]]
		n=$((n + 1))
	done < <(grep -h '^until ' "$repo"/README.md "$repo"/docs/*.md)
	[ "$n" -ge 2 ]
}

@test "devid-ca.conf.example: each setting of it is one that the program knows" {
	sed -e 's/^#\(\[\|[a-z_]* = \)/\1/' \
		-e "s/^fingerprint = .*/fingerprint = $(printf '11%.0s' {1..32})/" \
		"$repo/pki/devid-ca.conf.example" >example.conf
	[ "$(grep -c '^[a-z_]* = ' example.conf)" -gt 25 ]
	# What comes after the file was read; nothing of all that is here.
	run -1 "$build/devid-ca" token-key --config example.conf --pin-fd 9 9<<<x
	[[ $output == "devid-ca: token: "*issuing-1* ]]
	echo 'nonsense = 1' >>example.conf
	run -2 "$build/devid-ca" token-key --config example.conf --pin-fd 9 9<<<x
	[[ $output == *"nonsense"* ]]
}
