#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# tests/root without network: a root that has this machine's /usr, and an
# mmdebstrap that is played.

bats_require_minimum_version 1.5.0

setup() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	export DEVID_ROOTS=$PWD/roots
	mkdir -p roots/here/{proc,sys,dev,run,etc,mnt,tmp,usr,root} bin out
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "roots/here/$dir"
	done
	cp /etc/passwd /etc/group roots/here/etc/
	export PATH=$PWD/bin:$PATH
}

root() { "$repo/tests/root" "$@"; }

# here COMMAND...: in that root
here() { root run --bind /usr:/usr --bind "$PWD/out:/out" roots/here "$@"; }

# nothing_left: no copy, no process, no mount
nothing_left() {
	[ -z "$(find roots -name 'devid-run.*')" ]
	[ -z "$(grep -l "$PWD/roots/devid-run" /proc/[0-9]*/mountinfo 2>/dev/null)" ]
	[ -z "$(find roots/here/etc -newer out/begin)" ]
}

@test "run: the tree, a network of its own, first of its processes, its status" {
	: >out/begin
	name=$(hostname)
	run -3 here sh -c 'test -e tests/root && test ! -e build && cat /etc/hostname
		hostname; ip -br link; grep -c . /proc/self/mountinfo >/dev/null
		echo changed >/etc/hostname; test "$(ls /run)" = lock || exit 4
		echo x >/dev/null; test -c /dev/full && test -d /dev/shm || exit 5
		test ! -e /proc/'$$' && exit 3'
	echo "$output"
	[ "${lines[0]}" = devid-root ]
	[ "${lines[1]}" = devid-root ]
	[[ ${lines[2]} == lo* ]]
	[ "${#lines[@]}" -eq 3 ]
	[ "$(hostname)" = "$name" ]
	nothing_left
}

@test "run: input, arguments as they are, what is bound can be written to" {
	echo "a line" | here sh -c 'cat >/out/got; printf "%s|" "$@" >>/out/got' x \
		'two words' '*'
	[ "$(cat out/got)" = $'a line\ntwo words|*|' ]
}

# started: a command in the root that says what it hears; ends at TERM
started() {
	mkfifo out/ready
	: >out/begin
	"$repo/tests/root" run --bind /usr:/usr --bind "$PWD/out:/out" roots/here sh -c '
		trap "echo heard >/out/heard; exit 9" TERM
		mkfifo /tmp/never; echo >/out/ready
		read -r x </tmp/never & wait' 3>&- &
	pid=$!
	timeout 60 head -n 1 out/ready
}

@test "run: a signal goes to the command, and nothing is left" {
	started
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 9 ]
	[ -e out/heard ]
	nothing_left
}

@test "run: killed without a word, no process is left, and the next run sweeps" {
	started
	inner=$(cat roots/devid-run.*/pid)
	kill -KILL "$pid"
	wait "$pid" || :
	timeout 60 tail --pid="$inner" -f /dev/null
	[ ! -e out/heard ]
	here true
	nothing_left
}

@test "run: without an overlay the root is copied" {
	: >out/begin
	printf '#!/bin/sh\ncase "$*" in *overlay*) exit 1 ;; esac\nexec /bin/mount "$@"\n' \
		>bin/mount
	chmod 755 bin/mount
	here sh -c 'touch /etc/new && ! grep -q "lowerdir=[^,]*roots/here" /proc/mounts'
	nothing_left
}

# played: an mmdebstrap that keeps what it was told; $1 goes on in it
played() {
	cat >bin/mmdebstrap <<-SH
		#!/bin/bash
		args=("\$@")
		printf '%s\n' "\$@" >$PWD/out/args
		echo made >>$PWD/out/made
		mkdir "\${args[-2]}" && cp "\${args[-1]}" "\${args[-2]}/sources"
		$1
	SH
	cat >bin/apt-get <<-'SH'
		#!/bin/sh
		own=$(. /etc/os-release && echo "$VERSION_CODENAME")
		echo "Debian http://mirror.test/debian/ $own main"
		echo "Debian http://mirror.test/debian/ $own-updates main"
		echo "Debian http://mirror.test/security/ $own-security main"
		echo "Debian http://mirror.test/debian/ $own-backports main"
		echo "Other http://other.test/ $own main"
	SH
	# All that make needs is installed; a test says otherwise.
	cat >bin/dpkg-query <<-'SH'
		#!/bin/sh
		case "$*" in *" dpkg") exec /usr/bin/dpkg-query "$@" ;; esac
		sed 's/^\([a-z].*\)/installed\t\1\tall\t/' installed
	SH
	cp "$repo/tests/root-packages.txt" installed
	chmod 755 bin/*
	echo bash >list
}

@test "make: the machine's sources of Debian, of the suite that is asked for" {
	played true
	path=$(root make suite list)
	sed 's/.*gpg] //' "$path/sources" >out/sources
	diff out/sources - <<-'END'
		http://mirror.test/debian/ suite main
		http://mirror.test/debian/ suite-updates main
		http://mirror.test/security/ suite-security main
	END
	# Of another architecture as well: what comes for all at one moment.
	path=$(root make --arch arm64 suite list)
	[ "$(sed 's/.*gpg] //' "$path/sources")" = "http://mirror.test/debian/ suite main" ]
	grep -qx -- "--architectures=$(dpkg --print-architecture),arm64" out/args
}

@test "make: taken as it is the second time; other packages, another root" {
	played true
	path=$(root make suite list)
	[ "$(root make suite list)" = "$path" ]
	[ "$(wc -l <out/made)" -eq 1 ]
	echo other >>list
	[ "$(root make suite list)" != "$path" ]
	[ "$(root make --arch arm64 suite list)" != "$path" ]
	[ "$(wc -l <out/made)" -eq 3 ]
	root clean
	[ ! -e "$path" ]
}

@test "make: does not wait for who runs in it" {
	played 'mkdir "${args[-2]}/usr"'
	path=$(root make suite list)
	exec {lock}<"$path.lock"
	flock -s "$lock"
	[ "$(timeout 60 "$repo/tests/root" make suite list)" = "$path" ]
	root clean # nor is it taken away
	[ -d "$path" ]
}

@test "make: what fails leaves no root, and says why" {
	played 'echo no such thing; exit 1'
	run -1 root make suite list
	[[ $output == *"no such thing"*"root: making suite failed"* ]]
	[ -z "$(find roots -maxdepth 1 -type d -name 'suite-*')" ]
	echo none >installed
	run -1 root make suite list
	[[ $output == "root: packages are missing: "*"mmdebstrap"*"installs them" ]]
	cp "$repo/tests/root-packages.txt" installed
	run -1 root make suite no-list
	[[ $output == *"no-list: No such file"* ]]
	sed -i 's/^echo "Debian/echo "Other/' bin/apt-get
	run -1 root make suite list
	[[ $output == *"apt knows no source of Debian"* ]]
}

@test "clean takes away what it made and nothing else" {
	played 'mkdir "${args[-2]}/usr"'
	path=$(root make suite list)
	mkdir roots/run.mine roots/precious roots/devid-run.killed
	touch roots/precious.lock roots/precious.log
	root clean
	[ ! -e "$path" ]
	[ ! -e roots/devid-run.killed ]
	[ -d roots/run.mine ]
	[ -d roots/precious ]
	[ -e roots/precious.lock ]
}

@test "make: a root of two weeks is made anew, but not under who runs in it" {
	played 'mkdir "${args[-2]}/usr"'
	path=$(root make suite list)
	touch -d '-16 days' "$path.log"
	exec {lock}<"$path.lock"
	flock -s "$lock"
	root make suite list
	[ "$(wc -l <out/made)" -eq 1 ]
	exec {lock}>&-
	touch -d '-16 days' "$path.log"
	root make suite list
	[ "$(wc -l <out/made)" -eq 2 ]
}

@test "make: one that is ended leaves no half of a root" {
	mkfifo out/begun
	# It ends with its parent.
	played 'echo >"$OUT/begun"; exec sleep infinity'
	OUT=$PWD/out "$repo/tests/root" make suite list &
	pid=$!
	read -r <out/begun
	kill -TERM "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 143 ]
	[ -z "$(find roots -name '*.part')" ]
	run ! grep -lsF "$PWD/roots/suite" /proc/[0-9]*/cmdline
}

@test "wrong calls" {
	for call in "" nothing "make suite" "run roots/here" "run --arch x r c" \
		"run --bind nowhere:/x r c" "run --bind out r c" "clean all" \
		"makex suite list" "runx r c" "run --bind" "make --arch" "inside r w" \
		"make a/b list"; do
		# shellcheck disable=SC2086 # words
		run -2 root $call
		[[ $output == "root: "*"(see --help)" ]]
	done
	run -1 root run nowhere true
	[ "$output" = "root: nowhere: not a root that \`make\` printed" ]
}
