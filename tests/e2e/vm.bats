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
	# shellcheck disable=SC2016
	tool apt-get 'own=$(. /etc/os-release && echo "$VERSION_CODENAME")' \
		'echo "Debian http://mirror.test/debian/ $own main"' \
		'echo "Debian http://mirror.test/debian/ $own non-free-firmware"' \
		'echo "Other http://other.test/ $own main"'
	tool swtpm_setup 'exit 0'
	tool qemu-system-x86_64 'exit 1' # until machine() makes one
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

# shellcheck disable=SC2016
ends_well() { machine 'echo status 0 >>"$event"'; }

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
	mkdir other
	cp -r "$repo/tests/vm" "$repo/tests/apt-sources.sh" other/
	echo another-package >>other/vm/packages.txt
	other/vm/vm build
	second=$(ls -d cache/*/) # and of those before none stays
	[ "$first" != "$second" ]
	echo name >other/vm/image/etc/hostname
	other/vm/vm build
	[ "$second" != "$(ls -d cache/*/)" ]
	VM_SUITE=sid other/vm/vm build
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

@test "packages come from where this machine has its own" {
	cat >bin/apt-config <<-'END'
		#!/bin/sh
		echo 'Acquire::http::Proxy "http://proxy.test:3142";'
		echo 'APT::Sandbox::User "_apt";'
	END
	chmod 755 bin/apt-config
	# shellcheck disable=SC2016
	sed -i '2a cp "${@: -1}" sources; printf "%s\\n" "$@" >args' bin/mmdebstrap
	VM_SUITE=suite "$vm" build
	sed 's/.*gpg] //' sources | diff - <(printf '%s\n' \
		'http://mirror.test/debian/ suite main' \
		'http://mirror.test/debian/ suite non-free-firmware')
	grep -qxF -- '--aptopt=Acquire::http::Proxy "http://proxy.test:3142";' args
	[ "$(grep -c '^--aptopt=' args)" -eq 2 ] # and no recommendations
}

@test "packages or a TPM that cannot be had" {
	tool mmdebstrap 'echo "E: no such package"; exit 1'
	run -125 "$vm" build
	[[ $output == *"E: no such package"*"vm: making the image failed, see "* ]]
	nothing_left
	sed -i 's/Debian/Other/' bin/apt-get
	run -125 "$vm" build
	[[ $output == *"vm: apt knows no source of Debian"*"an image needs sources" ]]
}

@test "a TPM that does not start" {
	ends_well
	tool swtpm 'echo "no room" >&2; exit 1'
	VM_TPM=crb run -125 "$vm" run true
	[ "$output" = "vm: swtpm: no room" ]
	tool swtpm_setup 'echo "no entropy"; exit 1'
	VM_TPM=crb run -125 "$vm" run true
	[ "$output" = "vm: swtpm_setup: no entropy" ]
	nothing_left
}

# wrong WORDS MESSAGE [VARIABLE=VALUE]: refused before anything is made
wrong() {
	# shellcheck disable=SC2086 # words
	run -2 env ${3:-} "$vm" $1
	[ "$output" = "vm: $2 (see --help)" ]
	[ ! -e cache ]
}

@test "wrong calls" {
	ends_well
	wrong "" "nothing: not build, run, shell or accel"
	wrong "in image" "in: not build, run, shell or accel"
	wrong run "run needs a command"
	wrong "run --state" "--state needs a folder"
	wrong "run --state folder" "run needs a command"
	wrong "shell x y" "shell takes nothing more"
	wrong "build --state folder" "build takes nothing more"
	wrong "accel x" "accel takes nothing more"
	wrong "run true" "VM_FIRMWARE=nosuch: not seabios, ovmf or none" \
		VM_FIRMWARE=nosuch
	wrong "run true" "VM_TPM=nosuch: not crb, tis or none" VM_TPM=nosuch
	wrong "run true" "VM_ACCEL=nosuch: not kvm or tcg" VM_ACCEL=nosuch
}

@test "a tool that is missing, rights that are missing" {
	ends_well
	rm bin/qemu-img
	for tool in /usr/bin/* /usr/sbin/*; do
		[ "${tool##*/}" = qemu-img ] || [ -e "bin/${tool##*/}" ] ||
			ln -s "$tool" bin/
	done
	sed "s|^export PATH=.*|export PATH=$PWD/bin|" "$vm" >lacking
	sed -i "s|^HERE=.*|HERE=$repo/tests/vm|" lacking
	run -125 "$BASH" ./lacking run true
	[ "$output" = "vm: qemu-img is missing" ]
	run -125 unshare --user "$vm" run true
	[ "$output" = "vm: needs root, to make files of many owners" ]
	[ ! -e cache ]
}

@test "run: a script that is not there is refused before anything starts" {
	ends_well
	for call in "" nosuch ../guest/device "device ca"; do
		# shellcheck disable=SC2086 # words
		run -2 "$repo/tests/vm/run" $call
		[ "$output" = "vm/run: ${call:-nothing}: not one of ca device$(
			) late-tpm open-platform " ]
		[ ! -e cache ]
	done
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

# descendants PID: also of namespaces, where they have other numbers
descendants() {
	local child

	for child in $(pgrep -P "$1"); do
		echo "$child"
		descendants "$child"
	done
}

# await_all_gone PIDS
await_all_gone() {
	local pid

	for pid in $1; do
		await_gone "$pid"
	done
}

# killed VERB...: SIGKILL when a tool of straw has told that it is there
killed() {
	local vm_pid pids

	mkfifo started
	"$vm" "$@" >out 2>&1 3>&- &
	vm_pid=$!
	timeout 60 head -n 1 started
	rm started
	pids=$(descendants "$vm_pid")
	# shellcheck disable=SC2086 # several
	ps -o comm= -p "$(echo $pids | tr ' ' ,)" |
		grep -qxE 'sleep|mmdebstrap|swtpm|qemu-system-x86'
	kill -KILL "$vm_pid"
	wait "$vm_pid" || :
	await_all_gone "$pids"
	run pgrep -f "$PWD/"
	[ -z "$output" ]
}

# tells NAME LINE...: what killed() waits for
tells() { tool "$@" "echo >$PWD/started" 'exec sleep infinity'; }

@test "killed: the machine is gone, and the next run sweeps its folder alone" {
	tells qemu-system-x86_64
	killed run true
	[ "$(ls tmp)" != "" ]
	left=$(echo tmp/*)
	mkdir tmp/devid-vm.of-others tmp/devid-vm.inuse1
	exec {held}<tmp/devid-vm.inuse1
	flock "$held"
	ends_well
	"$vm" run true
	[ ! -e "$left" ]
	[ "$(ls tmp)" = $'devid-vm.inuse1\ndevid-vm.of-others' ]
	exec {held}<&-
	"$vm" run true
	[ "$(ls tmp)" = devid-vm.of-others ] # no name that it gives
}

@test "killed: the machine of a shell is gone" {
	tells qemu-system-x86_64
	killed shell
}

@test "killed: a TPM that no machine has reached is gone" {
	export VM_TPM=crb
	ends_well
	tells swtpm
	killed run true
	# One that is ready, as nobody has reached it when the machine ends.
	# shellcheck disable=SC2016
	tool swtpm 'for arg; do case $arg in file=*.pid) file=${arg#*=};; esac; done' \
		'echo $$ >"$file"; exec sleep infinity'
	"$vm" run true
	nothing_left
}

@test "killed: nobody makes an image any more, the next one begins anew" {
	cp bin/mmdebstrap good
	# shellcheck disable=SC2016
	tells mmdebstrap 'for root; do [ "${root##*/}" != root ] || break; done' \
		'mkdir -p "$root/half"'
	killed build
	[ -d cache/new/root/half ]
	cp good bin/mmdebstrap
	path=$("$vm" build)
	[ -e "$path/root.img" ]
	nothing_left
}

@test "an image that is made is not taken for one that was left" {
	tells mmdebstrap
	mkfifo started
	"$vm" build >out 2>&1 3>&- &
	vm_pid=$!
	timeout 60 head -n 1 started
	VM_SUITE=sid run -124 timeout 1 "$vm" build
	[ -e cache/new ]
	kill "$vm_pid"
	wait "$vm_pid" || :
	nothing_left
}

@test "an interrupt while the image is made leaves nothing of it" {
	mkfifo started
	tells mmdebstrap
	env --default-signal=INT "$vm" build >out 2>&1 3>&- &
	vm_pid=$!
	timeout 60 head -n 1 started
	pids=$(descendants "$vm_pid")
	kill -TERM "$vm_pid"
	status=0
	wait "$vm_pid" || status=$?
	[ "$status" -eq 143 ]
	await_all_gone "$pids"
	nothing_left
}
