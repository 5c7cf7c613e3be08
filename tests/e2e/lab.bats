#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The lab as its users call it. What happens in a scenario is judged by
# tests/scenario, each on a lab of its own.

load ../../radius-test/lib/wait.sh

setup_file() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export repo
}

setup() {
	# Other labs may be up on this machine.
	work=$(mktemp -d /run/devid-lab.XXXXXX)
	chmod 755 "$work"
	labs=$work/l
	export LAB_PROGRAMS=$BATS_TEST_TMPDIR/programs
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
}

teardown() {
	local dir

	for dir in "$labs" "$labs"/*; do
		[ ! -e "$dir/id" ] || lab --dir "$dir" down
	done
	[ ! -p "$BATS_TEST_TMPDIR/never" ] || exec {end}<>"$BATS_TEST_TMPDIR/never"
	rm -rf "$work"
}

lab() { "$repo/radius-test/lab" "$@"; }

nothing_left() {
	[ ! -e "$labs" ]
	[ ! -e "$LAB_PROGRAMS" ] || [ -z "$(ls "$LAB_PROGRAMS")" ]
	# Where a lab was killed, a command that it was at may have to end.
	ask_until 10 nothing_runs
}

nothing_runs() {
	! grep -lsaF "$labs/" /proc/[0-9]*/cmdline /proc/[0-9]*/environ
}

# A lab whose scenarios can be changed.
copy_lab() {
	cp -r "$repo/radius-test" "$BATS_TEST_TMPDIR/"
	ln -s "$repo/pki" "$BATS_TEST_TMPDIR/pki"
	export DEVID_BUILD=${DEVID_BUILD:-$repo/build}
}

# run_until_blocked: a scenario in the background that has a device with all its
# daemons and then goes no further. Its lab's pid in $up.
run_until_blocked() {
	local tmp=$BATS_TEST_TMPDIR

	copy_lab
	mkfifo "$tmp/here" "$tmp/never"
	sed -i "s|attach_full stray 10|agent_start_ready stray; echo >$tmp/here; cat $tmp/never|" \
		"$tmp/radius-test/scenarios/genuine-unlisted.sh"
	env --default-signal=INT "$tmp/radius-test/lab" --dir "$labs" \
		run genuine-unlisted >/dev/null 2>&1 3>&- &
	up=$!
	timeout 60 cat "$tmp/here"
}

@test "several scenarios on one lab: a line each, an array in their order" {
	local names=(other-root-same-serial genuine-unlisted \
		authenticator-restarted genuine-listed)

	run lab --dir "$labs" run --json "$work/results.json" "${names[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 4 ]
	[[ ${lines[0]} == "ok    other-root-same-serial "* ]]
	[ "$(jq -r '.[].scenario' "$work/results.json")" = \
		"$(printf '%s\n' "${names[@]}")" ]
	jq -e 'all(.[]; .result == .expected)' "$work/results.json"
	nothing_left
}

@test "a scenario that goes otherwise than expected: FAIL, status 1, told in JSON" {
	copy_lab
	sed -i 's/^EXPECTED=.*/EXPECTED="vlan 20"/' \
		"$BATS_TEST_TMPDIR/radius-test/scenarios/genuine-unlisted.sh"
	run "$BATS_TEST_TMPDIR/radius-test/lab" --dir "$labs" \
		run --json "$work/results.json" genuine-unlisted
	echo "$output"
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == "FAIL  genuine-unlisted "*"vlan 10"* ]]
	jq -e '.[0].result == "vlan 10" and .[0].expected == "vlan 20"' \
		"$work/results.json"
	nothing_left
}

@test "a check that fails on the way is a failure, and so is a broken scenario" {
	copy_lab
	sed -i 's/attach_full stray 10/&; check "the moon is full" false/' \
		"$BATS_TEST_TMPDIR/radius-test/scenarios/genuine-unlisted.sh"
	sed -i 's/^	attach_full cam 20/	nosuch_command/; /^	doctor_well/d' \
		"$BATS_TEST_TMPDIR/radius-test/scenarios/genuine-listed.sh"
	run "$BATS_TEST_TMPDIR/radius-test/lab" --dir "$labs" \
		run genuine-unlisted genuine-listed
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"FAIL  genuine-unlisted "*"vlan 10, not so: the moon is full"* ]]
	[[ $output == *"FAIL  genuine-listed "*"nosuch_command"* ]]
}

# breaks SCENARIO STEP: in place of its attach, steps of which one fails
breaks() {
	sed -i "s|^	attach_full .*|	$2|; /^	doctor_well/d" \
		"$BATS_TEST_TMPDIR/radius-test/scenarios/$1.sh"
}

@test "a scenario ends at its first step that fails, and hurts no other" {
	local tmp=$BATS_TEST_TMPDIR

	copy_lab
	cp "$tmp/radius-test/scenarios/genuine-listed.sh" \
		"$tmp/radius-test/scenarios/words.sh"
	# In silence, in a function of the lab, and with words of its own.
	breaks genuine-listed "echo broken >\"\$LAB/devices/cam/devid.conf\"; authenticator_stop \"\$(device_port cam)\"; radius_stop radius; false; : >$tmp/on"
	breaks genuine-unlisted "device_configure stray; port_events none; : >$tmp/on"
	breaks words "fail moon \"is full\" >/dev/null; : >$tmp/on"
	run "$tmp/radius-test/lab" --dir "$labs" run genuine-listed \
		genuine-unlisted words keyd-killed genuine-revoked
	echo "$output"
	[ "$status" -eq 1 ]
	[ ! -e "$tmp/on" ]
	[[ $output == *"FAIL  genuine-listed  "*"error  "*"genuine-listed.sh line "*": false"* ]]
	[[ $output == *"FAIL  genuine-unlisted  "*"error  "*"none.mark: No such file"* ]]
	[[ $output == *"FAIL  words  "*"error  "*"lab: moon: is full"* ]]
	[[ $output == *"ok    keyd-killed  "*"ok    genuine-revoked  "* ]]
	nothing_left
}

@test "the lab's library: a scenario where set -e has no effect is refused" {
	mkdir "$labs"
	run bash -c '
		set -euo pipefail
		PROGRAM=lab HERE=$1/radius-test LAB=$2
		. "$HERE/lib/base.sh"
		. "$HERE/lib/session.sh"
		session_scenario genuine-listed || true' bash "$repo" "$labs"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$output" = "lab: session_scenario: is called where set -e has no effect" ]
	rmdir "$labs"
}

@test "the lab's library: any number leaves the list, and no other" {
	mkdir -p "$labs/aaa"
	printf '%s\n' 'S/N: 8(1)' A.B AxB -e '[a' >"$labs/aaa/listed"
	run bash -c '
		set -euo pipefail
		PROGRAM=lab HERE=$1/radius-test LAB=$2
		. "$HERE/lib/base.sh"
		. "$HERE/lib/aaa.sh"
		allow_list_write() { :; }
		for unit in "S/N: 8(1)" A.B -e; do
			allow_list_remove "$unit"
		done
		cat "$LAB/aaa/listed"
		allow_list_remove AxB
		allow_list_remove "[a"
		wc -c <"$LAB/aaa/listed"' bash "$repo" "$labs"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = $'AxB\n[a\n0' ]
	rm -r "$labs"
}

@test "many devices: one that cannot be made ends the scenario" {
	copy_lab
	sed -i 's|^	keyd_start "$1"|	[[ $1 != many2 ]]\n&|' \
		"$BATS_TEST_TMPDIR/radius-test/scenarios/many-devices.sh"
	LAB_MANY=5 run "$BATS_TEST_TMPDIR/radius-test/lab" --dir "$labs" run \
		many-devices
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"FAIL  many-devices  "*"error  "* ]]
	nothing_left
}

@test "a sanitizer's report in any log of the lab is a failure" {
	copy_lab
	sed -i 's|attach_full stray 10|&; echo "==1==ERROR: AddressSanitizer: heap" >>"$LAB/log/agent-stray"|' \
		"$BATS_TEST_TMPDIR/radius-test/scenarios/genuine-unlisted.sh"
	run "$BATS_TEST_TMPDIR/radius-test/lab" --dir "$labs" run genuine-unlisted
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"FAIL  genuine-unlisted "*"sanitizer report"*"agent-stray"* ]]
}

@test "by hand: up, plug, status, allow, shell, unplug, down" {
	run lab --dir "$labs" up
	[ "$status" -eq 0 ]
	[[ $output == *"--dir $labs plug cam1"* ]]
	run lab --dir "$labs" plug cam1
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"cam1: port p1 is open in VLAN 20, reaches vlan 20"* ]]
	run lab --dir "$labs" plug newone
	[[ $output == *"newone: port p3 is open in VLAN 10, reaches vlan 10"* ]]
	[[ $output == *"unit: LAB000000003, not on the list (lab allow newone)"* ]]
	run lab --dir "$labs" shell cam1 <<<'devid status --json'
	[ "$(jq -r '.keystore.signatures' <<<"$output")" -ge 1 ]
	[ "$(jq -r '.agent.ports[0].state' <<<"$output")" = authorized ]
	# The number from the case is what the server's log says as well.
	[ "$(jq -r 'select(.unit == "LAB000000003") | .reason' \
		"$labs/up/aaa/radius.d/run/decisions.log")" = unlisted ]
	run lab --dir "$labs" allow LAB000000003
	[ "$status" -eq 0 ]
	[[ $output == *"newone: port p3 is open in VLAN 20, reaches vlan 20"* ]]
	run lab --dir "$labs" allow LAB000000004
	[ "$status" -eq 1 ]
	[[ $output == "lab: LAB000000004: no such device or unit"* ]]
	run lab --dir "$labs" unplug cam1
	[[ $output == *"cam1: port p1 is parked, reaches nothing"* ]]
	lab --dir "$labs" down
	nothing_left
}

# ip_says EXIT_STATUS: an ip(8) that has something to say, and then does its work
ip_says() {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/ip" <<-END
		#!/bin/sh
		echo "Warning: by the way" >&2
		[ $1 = 0 ] || exit $1
		exec $(command -v ip) "\$@"
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/ip"
}

@test "what ip(8) says is told when it fails, in one line, and not otherwise" {
	ip_says 0
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run lab --dir "$labs" up
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run lab --dir "$labs" plug cam1
	[[ $output != *"by the way"* ]]
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run lab --dir "$labs" down
	[ "$output" = "" ]
	rm -r "$BATS_TEST_TMPDIR/bin"
	ip_says 3
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run lab --dir "$labs" up
	[ "$status" -eq 1 ]
	[ "$output" = "lab: network: ip: Warning: by the way" ]
	nothing_left
}

@test "status shows all devices, and ends with 1 when one is not where it should be" {
	lab --dir "$labs" up
	lab --dir "$labs" plug cam1
	run lab --dir "$labs" status
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"cam1: port p1 is open in VLAN 20"* ]]
	[[ $output == *"cam2: port p2 is parked"*"agent: has not been started yet"* ]]
	run lab --dir "$labs" status cam2
	[ "$status" -eq 0 ]
	# Off the list, and nobody has asked the server since.
	: >"$labs/up/aaa/listed"
	run lab --dir "$labs" status
	[ "$status" -eq 1 ]
	[[ $output == *"cam1: port p1 is open in VLAN 20"*"NOT as it should be: open in VLAN 10"* ]]
	[[ $output == *"cam2: port p2 is parked"* ]]
}

@test "a lab that was killed is cleaned up by down" {
	run_until_blocked
	kill -9 "$up"
	wait "$up" || :
	id=$(cat "$labs"/run-*/id)
	lab --dir "$(echo "$labs"/run-*)" down
	[ -z "$(ip netns list | grep "^$id-")" ]
	nothing_left
}

@test "an interrupt in the middle of a scenario: its end comes at once" {
	run_until_blocked
	kill -INT "$up"
	status=0
	wait "$up" || status=$?
	[ "$status" -eq 130 ]
	nothing_left
}

@test "programs that labs left are swept after a restart, others are not" {
	mkdir -p "$LAB_PROGRAMS"/{devid000001,devid000002,mine}
	echo 01234567-89ab-cdef-0123-456789abcdef >"$LAB_PROGRAMS/devid000001/boot"
	cp /proc/sys/kernel/random/boot_id "$LAB_PROGRAMS/devid000002/boot"
	lab --dir "$labs" up
	[ ! -e "$LAB_PROGRAMS/devid000001" ]
	[ -e "$LAB_PROGRAMS/devid000002" ]
	[ -e "$LAB_PROGRAMS/mine" ]
	lab --dir "$labs" down
	[ "$(ls "$LAB_PROGRAMS")" = "devid000002"$'\n'"mine" ]
}

@test "where programs may not run: one line that names the folder and the way out" {
	mkdir "$LAB_PROGRAMS"
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m sh -c 'mount -t tmpfs -o noexec tmpfs "$LAB_PROGRAMS" &&
		exec "$0" --dir "$1" run genuine-listed' \
		"$repo/radius-test/lab" "$labs"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "lab: $LAB_PROGRAMS: programs cannot run there"*LAB_PROGRAMS* ]]
	[ ! -e "$labs" ]
}

@test "in a folder that is not open for all: one line that says so" {
	chmod 700 "$work"
	run lab --dir "$labs" up
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "lab: $labs/up: users other than root cannot reach it"* ]]
	nothing_left
}

@test "list names every scenario and says what it is about" {
	run lab list
	[ "${#lines[@]}" -eq "$(ls "$repo"/radius-test/scenarios/*.sh | wc -l)" ]
	for line in "${lines[@]}"; do
		[[ $line =~ ^[a-z0-9-]+\ +[A-Za-z_,-]+\ .*\.$ ]]
	done
}

@test "run --json: a link is refused before a lab is up, a fifo written through" {
	ln -s nowhere "$work/link"
	run lab --dir "$labs" run --json "$work/link" genuine-unlisted
	[ "$status" -eq 1 ]
	[ "$output" = "lab: $work/link: is a link to nowhere, which is not followed" ]
	[ ! -e "$labs" ]
	mkfifo "$work/fifo"
	timeout 120 cat "$work/fifo" >"$work/read" &
	run lab --dir "$labs" run --json "$work/fifo" genuine-unlisted
	wait $!
	[ -p "$work/fifo" ]
	[ "$(jq -r '.[].scenario' "$work/read")" = genuine-unlisted ]
}

@test "wrong calls end with 2 and one line" {
	for call in nonsense "run nosuch" "run --json" "plug" "--dir" \
		"run --json $work/a --json $work/b"; do
		# shellcheck disable=SC2086
		run lab $call
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "without root: one line, which names the user and the lab once" {
	mkdir "$work/others" # where they can read it
	cp -r "$repo/radius-test" "$repo/pki" "$work/others"
	run setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$work/others/radius-test/lab" run
	rm -r "$work/others"
	[ "$status" -eq 1 ]
	[[ $output == "lab: user "*": must be root, for network namespaces" ]]
}
