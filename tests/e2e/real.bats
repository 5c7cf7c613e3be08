#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# A real Debian, where containers are kinder: /run and /tmp mounted noexec, /run
# of a tenth of 512 MiB, a root shell from `su` (no sbin in PATH), a strict
# umask, few file descriptors, a locale with a decimal comma.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export LOCPATH=$PWD/build/locale # not below a folder that is hidden here
	mkdir -p "$LOCPATH"
	localedef -i de_DE -f UTF-8 "$LOCPATH/de_DE.UTF-8"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

# really COMMAND...: there
really() {
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m bash -c '
		set -e
		for dir in /run /tmp; do
			[[ $PWD/ != "$dir"/* ]] || continue # it would hide the tree
			mount -t tmpfs -o noexec,nosuid,nodev,size=51m tmpfs "$dir"
		done
		printf "#!/bin/sh\n" >/run/probe
		chmod 755 /run/probe
		if /run/probe 2>/dev/null; then exit 1; fi
		rm /run/probe
		ip netns add probe
		ip netns del probe
		before=$(find /run | LC_ALL=C.UTF-8 sort)
		export LC_ALL=de_DE.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin
		printf -v now %s "$EPOCHREALTIME"
		[[ $now == *,* ]]
		umask 077
		ulimit -Sn 1024
		unset TMPDIR
		status=0
		"$@" || status=$?
		comm -13 <(echo "$before") <(find /run | LC_ALL=C.UTF-8 sort)
		exit "$status"' _ "$@"
	echo "$output"
}

@test "a scenario of the lab" {
	really radius-test/lab run genuine-listed
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ] # and nothing is left in /run
	[[ $output == "ok    genuine-listed"* ]]
}

@test "make demo" {
	really make demo
	[ "$status" -eq 0 ]
	[[ $output == *"the device is in production"* ]]
	[[ ${lines[-1]} == *"every test" ]]
}
