#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Who is let into the key socket and whose turn it is. The service is stopped
# while clients connect and ask; when it goes on, all it decides follows from
# what stands before it, and from no clock and no speed of a machine. Of 12
# places a quarter is three. Who was served when is in its log.

load lib
other_uid=${other_uid:?set in lib.bash} # on no list
a=61300 b=61301 c=61302 d=61303 e=61304 # listed
unlisted=61305                          # and those behind it

setup_file() {
	lib_init
	export DEV="$WORK/dev"
	device_new "$DEV" "connections_max = 12" "tls_client = root, $a, $b, $c, $d, $e"
	device_provision "$DEV" p256
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	sock=$DEV/keyd.sock
	keyd_stop "$DEV"
	keyd_start "$DEV" # nobody had a turn, nobody has a place
	mkfifo "$BATS_TEST_TMPDIR/in"
	exec 9<>"$BATS_TEST_TMPDIR/in" # ends with: exec 9>&-
	clients=()
}

teardown() {
	exec 9>&-
	service CONT
	((${#clients[@]} == 0)) || wait "${clients[@]}" || true
}

service() { kill "-$1" "$(cat "$DEV/keyd.pid")"; }

told() { printf '%s\n' "$BATS_TEST_TMPDIR/$1"; }

# client UID MODE N: beside the test, as that user; returns when it has told
# what it does
client() {
	local out

	out=$(told "$1")
	setpriv --reuid "$1" --regid "$1" --clear-groups \
		keyd-client "$sock" "$2" "$3" <"$BATS_TEST_TMPDIR/in" \
		>"$out" 2>&1 3>&- 9>&- &
	clients+=($!)
	wait_on "$out" -- grep -qE "queued|held" "$out"
}

# fared UID STRING: what became of its connections, + or - for each
fared() {
	wait_on "$(told "$1")" -- grep -qE '^[+-]+$|^kept' "$(told "$1")"
	tail -n 1 "$(told "$1")"
	[ "$(tail -n 1 "$(told "$1")")" = "$2" ]
}

# turns: whose requests were answered, in their order, since the log had N lines
turns() {
	tail -n "+$(($1 + 1))" "$DEV/keyd.log" | sed -nE \
		-e 's/.*signed: .* for uid ([0-9]+) .*/\1/p' \
		-e 's/.*refused: sign.*\(uid ([0-9]+) .*/\1/p' | xargs
}

@test "turns: listed users and root one after the other, an unlisted one each fourth" {
	local lines uid

	service STOP
	lines=$(wc -l <"$DEV/keyd.log")
	client $a queue 3
	client $b queue 3
	client $unlisted queue 3
	client 0 queue 2 # behind all of them
	service CONT
	for uid in $a $b $unlisted; do
		fared "$uid" +++
	done
	fared 0 ++
	run -0 turns "$lines"
	[ "$output" = "$a $b 0 $unlisted $a $b 0 $unlisted $a $b $unlisted" ]
}

@test "turns: who connects and leaves has had one, also a listed user" {
	local lines

	service STOP
	lines=$(wc -l <"$DEV/keyd.log")
	setpriv --reuid $a --regid $a --clear-groups keyd-client "$sock" leave 2
	client $a queue 1
	client $b queue 1
	client $c queue 1
	service CONT
	fared $a +
	fared $b +
	fared $c +
	run -0 turns "$lines"
	[ "$output" = "$b $c $a" ]
}

@test "places: a listed user has a quarter, root as many as there are" {
	service STOP
	client $a queue 5
	client 0 queue 9
	service CONT
	fared $a +++--
	fared 0 +++++++++
}

@test "places: unlisted users have one quarter all together" {
	service STOP
	client $unlisted queue 2
	client $((unlisted + 1)) queue 2
	service CONT
	fared $unlisted ++
	fared $((unlisted + 1)) +-
}

@test "places: what a turn takes in of unlisted users does not go in it again" {
	client $unlisted hold 3
	service STOP
	client $((unlisted + 1)) mute 8
	service CONT
	run -0 keyd-client "$sock" op 1 # behind them, so they are through
	exec 9>&-
	fared $unlisted "kept 1 of 3" # then the other holds most
	fared $((unlisted + 1)) -++-----
}

@test "places: hostile listed users take no silent one of who holds less" {
	client $e hold 1
	service STOP
	client $a queue 3
	client $b queue 3
	client $c queue 3
	client $d queue 3 # the table is full at the third
	service CONT
	fared $a +++
	fared $b +++
	fared $c +++
	fared $d ++-
	exec 9>&-
	fared $e "kept 1 of 1"
}

@test "places: a full table of those who wait has one for a newcomer" {
	service STOP
	client $a queue 3
	client $b queue 3
	client $unlisted queue 3
	client $c queue 3
	client $d queue 1
	client 0 queue 2
	service CONT
	fared $d +
	fared 0 ++
	# Each time the newest of whoever holds most.
	fared $a +++
	fared $b ++-
	fared $unlisted ++-
	fared $c ++-
}

@test "places: a silent one goes before one that waits" {
	client $a hold 3
	service STOP
	client $b queue 3
	client $c queue 3
	client $unlisted queue 3
	client $d queue 1
	service CONT
	fared $b +++
	fared $c +++
	fared $unlisted +++
	fared $d +
	exec 9>&-
	fared $a "kept 2 of 3"
}
