#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# tests/packages: what counts as installed, and what is chosen where nothing is.
# dpkg and apt are played; no network, and nothing is installed.

setup() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir bin
	cat >bin/dpkg-query <<-'SH'
		#!/bin/sh
		case "$*" in *" dpkg") echo amd64 ;; *) cat installed ;; esac
	SH
	cat >bin/apt-get <<-'SH'
		#!/bin/sh
		# Every call is noted. `can` lists what can be installed.
		echo "$*" >>asked
		test -e /usr/sbin/policy-rc.d || echo "no policy" >>asked
		case "$*" in
		update*) exit 0 ;;
		*install*)
			for word; do
				case $word in install | -*) continue ;; esac
				grep -qxF "$word" can || exit 100
				case "$*" in *-s*) continue ;; esac
				printf 'installed\t%s\tamd64\t\n' "$word" >>installed
			done ;;
		esac
	SH
	chmod 755 bin/*
	: >can
	package bash amd64
	export PATH=$PWD/bin:$PATH
}

# package NAME ARCH [PROVIDES [STATUS]]
package() {
	printf '%s\t%s\t%s\t%s\n' "${4:-installed}" "$1" "$2" "${3:-}" >>installed
}

# list LINE...
list() { printf '%s\n' "$@" >list; }

packages() {
	run "$repo/tests/packages" "$@" list
	echo "$output"
}

# content: nothing is missing, and apt is not asked
content() {
	packages
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -e asked ]
}

# lacks LINE: --missing says this, and asks nobody
lacks() {
	packages --missing
	[ "$status" -eq 0 ]
	[ "$output" = "$1" ]
	[ ! -e asked ]
}

@test "a package counts when it is installed, not when its settings are left" {
	list '# a comment' '' bash
	content
	package gone amd64 '' config-files
	list bash gone
	lacks gone
}

@test "a name that an installed package provides counts" {
	package libtss2-tcti-device0t64 amd64 'libtss2-tcti-device0 (= 4.1.3-1), other'
	list libtss2-tcti-device0 other
	content
	package removed amd64 third deinstall
	list third
	lacks third
}

@test "any of the names in a line counts" {
	package libclang-rt-19-dev amd64 libclang-rt-dev
	list 'libclang-rt-14-dev | libclang-rt-dev'
	content
	list 'libclang-rt-dev|none'
	content
	list 'one|two   | three'
	lacks 'one | two | three'
}

@test "another architecture's package is another, and all is for all" {
	package libssl-dev arm64
	package text all
	list libssl-dev:arm64 text text:all
	content
	list libssl-dev
	lacks libssl-dev
	list bash:arm64
	lacks bash:arm64
}

@test "the first of a line that apt can install is, and no service starts" {
	printf '%s\n' second third other >can
	list other 'first | second | third' bash
	packages
	[ "$status" -eq 0 ]
	[ "$output" = "installing 2 Debian packages: first | second | third, other" ]
	[ "$(tail -n 1 asked)" = \
		"install -q -y --no-install-recommends second other" ]
	if grep -q "no policy" asked; then return 1; fi
	rm asked
	content
}

@test "none of a line can be installed; a package that apt does not know" {
	list 'first | second'
	packages
	[ "$status" -eq 1 ]
	[[ $output == *"packages: list: apt can install none of first | second"* ]]
	if grep -q "install -q -y" asked; then return 1; fi
	list first
	packages
	[ "$status" -eq 1 ]
	[[ $output == *"installation failed"* ]]
}

@test "installed, and yet not there: said, or it would be so at every run" {
	sed -i 's/>>installed/>\/dev\/null/' bin/apt-get
	echo virtual >can
	list virtual
	packages
	[ "$status" -eq 1 ]
	[[ $output == *"packages: list: installed, and yet not here: virtual" ]]
}

@test "a line that is none is named" {
	for line in 'a b' 'a |' '| a' 'a || b' 'a | b c' '|'; do
		list bash "$line"
		packages --missing
		[ "$status" -eq 1 ]
		[ "$output" = "packages: list:2: \"$line\": not names with | between" ]
	done
	list '# nothing'
	packages
	[ "$status" -eq 1 ]
	[ "$output" = "packages: list: names no package" ]
}

@test "the lists of the project are lists" {
	for file in tests/packages.txt tests/try-packages.txt \
		tests/root-packages.txt tests/bench/packages.txt; do
		: >installed
		run "$repo/tests/packages" --missing "$repo/$file"
		[ "$status" -eq 0 ]
		[ "${#lines[@]}" -gt 1 ]
	done
	# What `make try` installs is part of what everything is tested with.
	run comm -23 <(sort "$repo/tests/try-packages.txt") <(sort "$repo/tests/packages.txt")
	[ "$(grep -v '^#' <<<"$output")" = "" ]
}
