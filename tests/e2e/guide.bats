#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The commands of README and of the guides, as they stand there.

bats_require_minimum_version 1.5.0

load lib
repo=${repo:?set in lib.bash}
build=${build:?set in lib.bash}
plain=${plain:?set in lib.bash}

# A folder that looks like the tree, with what was built.
setup() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/devid-e2e.XXXXXX")
	cd "$WORK" || return 1
	mkdir build bin
	ln -s "$build"/* "$plain"/{devid.so,await} build/ 2>/dev/null || true
	ln -s "$repo"/{pki,idevid,radius-test,tests,docs} .
	make_shim >bin/make
	chmod +x bin/make
	export DEVID_BUILD=$WORK/build
	unset SSL_CERT_FILE # set by lib.bash; the reader has none
}

teardown() {
	rm -rf "$WORK"
}

# What was built is not built again beside others who use it. Of the goals the
# first is `make try` without its packages; the others have tests of their own.
make_shim() {
	cat <<-'END'
		#!/bin/sh
		case $1 in
		try) exec radius-test/try up ;;
		try-end) exec radius-test/try down ;;
		'' | packages | demo | check) echo "make $1: not run here" ;;
		*) exit 2 ;;
		esac
	END
}

# blocks FILE [HEADING]: the shell of its blocks, below that heading alone
blocks() {
	awk -v want="${2:-}" '
		/^## / { on = want == "" || $0 == "## " want }
		/^ *```sh/ { code = 1; next }
		/^ *```/ { code = 0 }
		on && code' "$repo/$1"
}

# as_they_stand [COMMAND]: what comes in, in a shell that stops at the first
# failure, after COMMAND. Ports and folders are fixed, so it has a network, a
# /run and processes of its own, of which none is left.
as_they_stand() {
	{
		printf '%s\n' 'set -euo pipefail' 'PATH=$PWD/bin:$PATH' "${1:-:}"
		cat
	} >guide.sh
	TSS2_LOG=all+none run timeout 240 unshare --net --mount --pid --fork \
		--kill-child --mount-proc sh -c 'ip link set lo up &&
		mount -t tmpfs -o mode=755 tmpfs /run && exec bash guide.sh' 3>&-
	echo "$output"
}

@test "README: a unit in one command, and which one it is" {
	as_they_stand < <(blocks README.md "The first five minutes")
	[ "$status" -eq 0 ]
	[[ $output == *"127.0.0.1:8443: genuine"*"unit        ACCC8E000001"* ]]
	[[ $output == *"keystore   ok"*"serial ACCC8E000001"* ]]
	[ ! -e build/try ]
}

@test "the maker's guide: a unit by hand" {
	as_they_stand < <(blocks docs/guide-device-maker.md "Try it without hardware")
	[ "$status" -eq 0 ]
	[[ $output == *"127.0.0.1:8443: genuine"* ]]
	[ ! -e lab ]
}

@test "the factory guide: a device by files, one over the network, lists" {
	as_they_stand < <(blocks docs/guide-factory.md "Try it on one machine")
	[ "$(wc -l <guide.sh)" -gt 100 ]
	[ "$status" -eq 0 ]
	[[ $output == *"devid-station: SN2: certificates installed"* ]]
	[[ $output == *"lab/unit.pem: good"* ]]
	[[ $output == *'DevID-Unit := "SN1"'* ]]
	[[ $output != *'DevID-Unit := "SN2"'* ]]
	[[ $output == *" lines verified"* ]]
	[ ! -e lab ]
}
