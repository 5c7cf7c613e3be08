#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The commands of docs/guide-factory.md, from nothing to lists, as they stand
# there.

load lib
repo=${repo:?set in lib.bash}

setup() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/devid-e2e.XXXXXX")
	cd "$WORK" || return 1
	ln -s "$build" build
	ln -s "$repo/pki" pki
}

teardown() {
	local file pid

	for file in lab/*.pid lab/*/*.pid; do
		[ -e "$file" ] || continue
		pid=$(cat "$file")
		end "$pid"
		await exit "$pid" || kill -9 "$pid"
	done
	rm -rf "$WORK"
}

# Code of the first part. Its ports are fixed, so it has a network of its own.
guide() {
	echo 'set -euo pipefail'
	awk '/^## The real line/ { exit } /^```sh/ { on = 1; next }
		/^```/ { on = 0 } on && !/^make packages/' \
		"$repo/docs/guide-factory.md"
}

@test "the factory guide: a device by files, one over the network, lists" {
	guide >guide.sh
	[ "$(wc -l <guide.sh)" -gt 100 ]
	unset SSL_CERT_FILE # set by lib.bash; the reader has none
	TSS2_LOG=all+none run timeout 120 unshare -n \
		sh -c 'ip link set lo up && exec bash guide.sh' 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"devid-station: SN2: certificates installed"* ]]
	[[ $output == *"lab/unit.pem: good"* ]]
	[[ $output == *'DevID-Unit := "SN1"'* ]]
	[[ $output != *'DevID-Unit := "SN2"'* ]]
	[[ $output == *" lines verified"* ]]
	[ ! -e lab ]
}
