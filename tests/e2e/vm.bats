#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What starts the virtual machine, with a machine of straw: what a command in
# the guest says arrives, what goes wrong is told, and nothing is left behind.

bats_require_minimum_version 1.5.0

setup() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir bin tmp source
	echo hello >source/file
	export PATH=$PWD/bin:$PATH TMPDIR=$PWD/tmp VM_SRC=$PWD/source VM_ACCEL=tcg
	export VM_CACHE=$PWD/cache VM_TPM=none
	vm=$repo/tests/vm/vm
	# shellcheck disable=SC2016 # for that program
	tool mmdebstrap 'for root; do [ "${root##*/}" != root ] || break; done' \
		'mkdir -p "$root/boot"' "echo once >>$PWD/builds" \
		': >"$root/boot/vmlinuz-1"; : >"$root/boot/initrd.img-1"'
	# shellcheck disable=SC2016
	tool mke2fs 'for image; do case $image in *.img) : >"$image";; esac; done'
	tool qemu-img 'exit 0'
	tool swtpm 'exit 0'
	tool swtpm_setup 'exit 0'
}

# tool NAME LINE...
tool() {
	printf '%s\n' '#!/bin/bash' "${@:2}" >"bin/$1"
	chmod 755 "bin/$1"
}

# machine LINE...: $out and $event are the ports of its guest
machine() {
	# shellcheck disable=SC2016
	tool qemu-system-x86_64 'for arg; do case $arg in' \
		'file,id=out,path=*) out=${arg#*path=}; out=${out%%,*};;' \
		'file,id=event,path=*) event=${arg#*path=};; esac; done' "$@"
}

nothing_left() {
	[ -z "$(ls tmp)" ]
	[ ! -e cache/new ]
	run ! grep -lsaF "$PWD/" /proc/[0-9]*/cmdline
}

@test "output and exit status of the guest's command come back" {
	# shellcheck disable=SC2016
	machine 'for i in 1 2 3; do echo "line $i" >>"$out"; done' \
		'echo status 7 >>"$event"'
	run "$vm" run true
	[ "$status" -eq 7 ]
	[ "$output" = $'line 1\nline 2\nline 3' ]
	nothing_left
	run "$vm" run true
	[ "$status" -eq 7 ]
	[ "$(wc -l <builds)" -eq 1 ] # one image does for both
}

@test "an image is made anew when its packages or its files are others" {
	"$vm" build
	first=$(ls -d cache/*/)
	cp -r "$repo/tests/vm" other
	echo another-package >>other/packages.txt
	other/vm build
	second=$(ls -d cache/*/) # and of those before none stays
	[ "$first" != "$second" ]
	echo name >other/image/etc/hostname
	other/vm build
	[ "$second" != "$(ls -d cache/*/)" ]
	VM_SUITE=sid other/vm build
	[ "$(wc -l <builds)" -eq 4 ]
}

@test "an image that a machine has is not taken away" {
	mkfifo started
	machine "echo >$PWD/started" 'exec sleep infinity'
	"$vm" run true >out 2>&1 3>&- &
	vm_pid=$!
	timeout 60 head -n 1 started
	VM_SUITE=sid "$vm" build
	[ "$(ls -d cache/*/ | wc -l)" -eq 2 ]
	kill "$vm_pid"
	wait "$vm_pid" || :
	VM_SUITE=trixie "$vm" build
	[ "$(ls -d cache/*/ | wc -l)" -eq 1 ]
}

@test "a power cut ends the machine and starts it again" {
	# shellcheck disable=SC2016
	machine 'echo boot >>"$out"' "echo >>$PWD/boots" \
		"[ \"\$(wc -l <$PWD/boots)\" -gt 2 ] || {" \
		'echo cut >>"$event"; exec sleep infinity; }' \
		'echo status 0 >>"$event"'
	run "$vm" run true
	[ "$status" -eq 0 ]
	[ "$output" = $'boot\nboot\nboot' ]
	nothing_left
}

@test "a machine that ends without a result, one that takes too long" {
	machine 'echo "no such device" >&2; exit 1'
	run "$vm" run true
	[ "$status" -eq 125 ]
	[[ $output == *"no such device"*"vm: the machine ended without a result" ]]
	nothing_left
	machine 'exec sleep infinity'
	VM_TIMEOUT=1 run "$vm" run true
	[ "$status" -eq 124 ]
	[[ $output == *"vm: more than 1 s"* ]]
	nothing_left
}

@test "packages that cannot be had, words that it does not know" {
	tool mmdebstrap 'echo "E: no such package"; exit 1'
	run "$vm" build
	[ "$status" -eq 125 ]
	[[ $output == *"E: no such package"*"vm: mmdebstrap failed"* ]]
	nothing_left
	VM_FIRMWARE=nosuch run "$repo/tests/vm/vm" run
	[ "$status" -eq 125 ]
	[ "$output" = "vm: run needs a command" ]
}

# ends SIGNAL STATUS: while the machine runs
ends() {
	local pid vm_pid

	mkfifo started-"$1"
	machine "echo \$\$ >$PWD/started-$1" 'exec sleep infinity'
	env --default-signal=INT "$vm" run true >out 2>&1 3>&- &
	vm_pid=$!
	pid=$(timeout 60 head -n 1 started-"$1")
	kill -"$1" "$vm_pid"
	status=0
	wait "$vm_pid" || status=$?
	[ "$status" -eq "$2" ]
	await_gone "$pid"
}

# await_gone PID: dead, if not buried
await_gone() { "${DEVID_BUILD:-$repo/build}/await" exit --seconds 10 "$1"; }

@test "an interrupt, a kill, a hangup leave no machine and no folder" {
	ends INT 130
	nothing_left
	ends TERM 143
	nothing_left
	ends HUP 143
	nothing_left
}

@test "the machine does not outlive what started it" {
	ends KILL 137
	run pgrep -f "$PWD/"
	[ -z "$output" ] # nor does what passed on its words
}

@test "an interrupt while the image is made leaves nothing of it" {
	mkfifo started
	tool mmdebstrap "echo \$\$ >$PWD/started" 'exec sleep infinity'
	env --default-signal=INT "$vm" build >out 2>&1 3>&- &
	vm_pid=$!
	pid=$(timeout 60 head -n 1 started)
	kill -TERM "$vm_pid"
	status=0
	wait "$vm_pid" || status=$?
	[ "$status" -eq 143 ]
	await_gone "$pid"
	nothing_left
}
