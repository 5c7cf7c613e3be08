#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The makefile as a packager uses it: whose flags arrive where, what is probed,
# what is built again. `await` has one source and no library.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	B=$BATS_TEST_TMPDIR/build
	unset CC CPPFLAGS CFLAGS LDFLAGS PKG_CONFIG AR CI MAKEFLAGS MFLAGS MAKELEVEL
}

# wrapper NAME LINE...: a compiler or pkg-config of that name
wrapper() {
	printf '%s\n' '#!/bin/bash' "${@:2}" >"$BATS_TEST_TMPDIR/$1"
	chmod 755 "$BATS_TEST_TMPDIR/$1"
}

build() {
	run -0 make B="$B" "$@"
	echo "$output"
}

# built WORDS: the last build has a command with them
built() { [[ $output == *"$1"* ]]; }

compiles() { grep -c -- ' -c -o ' <<<"$output" || true; }
links() { grep -c -- ' -pie ' <<<"$output" || true; }

@test "flags of the caller come last, at compile and at link" {
	build CPPFLAGS=-DOF_CALLER CFLAGS='-O1 -g0' LDFLAGS=-Wl,-z,now "$B/await"
	[[ $(grep -- '-std=gnu11' <<<"$output") == *"-Iidevid/include -DOF_CALLER -O1 -g0 "* ]]
	[[ $(grep -- ' -pie ' <<<"$output") == *" -O1 -g0 "*" -Wl,--as-needed -Wl,-z,now "* ]]
	[[ $output != *"-O2"* ]]
}

@test "they are taken from the environment as well" {
	export CPPFLAGS=-DOF_CALLER CFLAGS=-O1 LDFLAGS=-Wl,-O1
	build "$B/await"
	built "-DOF_CALLER -O1 "
	built "-Wl,--as-needed -Wl,-O1 "
}

@test "compiler and pkg-config of the caller are the ones that are called" {
	wrapper my-cc 'echo my-cc >>"$0.called"' 'exec gcc "$@"'
	wrapper my-pkg-config '[ "$2" != libcrypto ] || [ "$1" != --libs ] ||' \
		'exec echo -L/of-caller -lcrypto' \
		'[ "$2" != libcrypto ] || exec echo -I/of-caller' \
		'exec pkg-config "$@"'
	build CC="$BATS_TEST_TMPDIR/my-cc" \
		PKG_CONFIG="$BATS_TEST_TMPDIR/my-pkg-config" "$B/devid.so"
	built "$BATS_TEST_TMPDIR/my-cc -std=gnu11"
	built " -isystem/of-caller "
	built " -L/of-caller -lcrypto"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/my-cc.called")" -gt "$(compiles)" ]
}

@test "the tree is as its folders say: no circle, no include past a wall" {
	run -0 tests/walls
}

# circles FOLDER...: of the objects there, by what they take from each other
circles() {
	find "$@" -name '*.o' -print0 | xargs -0 nm -A | awk '
		{ sub(/:.*/, "", $1) }
		$(NF - 1) ~ /^[TDBRVW]$/ { at[$NF] = $1 }
		$(NF - 1) == "U" { from[++n] = $1; takes[n] = $NF }
		END {
			for (i = 1; i <= n; i++)
				if (takes[i] in at && at[takes[i]] != from[i])
					print from[i], at[takes[i]]
		}' | sort -u | tsort 2>&1 >/dev/null
}

@test "no objects take from each other in a circle, whatever header it goes by" {
	local toy=$BATS_TEST_TMPDIR/toy

	mkdir "$toy"
	printf 'extern int b; int *a = &b;' | gcc -c -x c -o "$toy/a.o" -
	printf 'int b;' | gcc -c -x c -o "$toy/b.o" -
	run -0 circles "$toy"
	printf 'extern int *a; int b; int c(void) { return *a; }' |
		gcc -c -x c -o "$toy/b.o" -
	run ! circles "$toy"
	[[ $output == *"$toy/a.o"* ]]
	run -0 circles build/{idevid,pki,agent,radius-test}
	[ -z "$output" ]
}

@test "an include against a wall does not compile" {
	local tree=$BATS_TEST_TMPDIR/tree

	mkdir "$tree"
	tests/tree-files | xargs -0 cp --parents -t "$tree"
	cd "$tree"
	# What stands higher, what is another branch's, and what it sees.
	for include in keyd-server.h ca.h; do
		printf '#include "%s"\n' "$include" >>idevid/key/wire.c
		run ! make B="$B" "$B/idevid/key/wire.o"
		[[ $output == *"fatal error: $include: No such file or directory"* ]]
		sed -i '$d' idevid/key/wire.c
	done
	printf '#include "hex.h"\n' >>idevid/key/wire.c
	build "$B/idevid/key/wire.o"
	# And no folder sees one that stands above it.
	sed -i 's|^sees := .*|& idevid/keyd|' idevid/key/sources.mk
	run ! make B="$B" "$B/idevid/key/wire.o"
	[[ $output == *"idevid/key/sources.mk: sees idevid/keyd,"* ]]
}

@test "a flag that the compiler does not know is left out" {
	wrapper arm-cc 'for flag; do' \
		'case $flag in -fcf-protection) exit 1 ;; esac' 'done' 'exec gcc "$@"'
	build CC=gcc "$B/await"
	built " -fcf-protection "
	build CC="$BATS_TEST_TMPDIR/arm-cc" "$B/await"
	[[ $output != *-fcf-protection* ]]
	built " -fstack-protector-strong "
}

@test "pkg-config looks where the command line says" {
	mkdir "$BATS_TEST_TMPDIR/pc"
	printf '%s\n' 'Name: l' 'Description: l' 'Version: 3' \
		'Libs: -L/of-caller -lcrypto' >"$BATS_TEST_TMPDIR/pc/libcrypto.pc"
	build PKG_CONFIG_LIBDIR="$BATS_TEST_TMPDIR/pc" "$B/devid.so"
	built " -L/of-caller -lcrypto"
	build PKG_CONFIG_PATH= "$B/devid.so"
	[[ $output != *of-caller* ]]
}

@test "no file of a library's folder stands in for one of ours" {
	mkdir "$BATS_TEST_TMPDIR/include"
	echo '#error not this one' | tee "$BATS_TEST_TMPDIR/include/error.h" \
		"$BATS_TEST_TMPDIR/include/log.h"
	wrapper my-pkg-config "echo -I$BATS_TEST_TMPDIR/include" \
		'exec pkg-config "$@"'
	build PKG_CONFIG="$BATS_TEST_TMPDIR/my-pkg-config" "$B/agent/attach/port.o"
	built "$BATS_TEST_TMPDIR/include "
}

@test "a library that pkg-config does not know is named as it stands" {
	wrapper no-pkg-config 'exit 1'
	build PKG_CONFIG="$BATS_TEST_TMPDIR/no-pkg-config" \
		"$B/libdevid.so.$(sed -n 's/^VERSION := //p' Makefile)"
	built " -lcrypto"
	built " -lssl"
	built " -pthread"
}

# `make try` installs some libraries alone, `make packages` the rest.
@test "a library that was not there is asked for again, until it is" {
	local pc=$BATS_TEST_TMPDIR/my-pkg-config

	# shellcheck disable=SC2016 # for the wrapper
	wrapper my-pkg-config 'echo "$@" >>"$0.asked"' \
		'[ "$2" != libcrypto ] || [ -e "$0.installed" ] || exit 1' \
		'[ "$*" != "--libs libcrypto" ] || exec echo -L/of-caller -lcrypto' \
		'[ "$*" != "--cflags libcrypto" ] || exec echo -I/of-caller' \
		'exec pkg-config "$@"'
	build PKG_CONFIG="$pc" "$B/await"
	build PKG_CONFIG="$pc" "$B/await" # still not there
	[ "$(compiles)/$(links)" = 0/0 ]
	touch "$pc.installed"
	build PKG_CONFIG="$pc" "$B/await"
	[ "$(compiles)/$(links)" = 1/1 ]
	built " -isystem/of-caller "
	grep -q -- "-L/of-caller -lcrypto" "$B/link.flags"
	rm "$pc.asked"
	build PKG_CONFIG="$pc" "$B/await" # and once it is there, no more
	[ "$(compiles)/$(links)" = 0/0 ]
	[ ! -e "$pc.asked" ]
}

@test "what a caller defines is not defined again" {
	local level

	for level in -D_FORTIFY_SOURCE=1 -U_FORTIFY_SOURCE -D_GNU_SOURCE; do
		build CI=true CPPFLAGS=$level "$B/await"
		[[ $output != *warning* ]]
	done
	[[ $output == *_FORTIFY_SOURCE=2* ]] # with the last one, our own
	build CI=true CFLAGS=-O0 "$B/await"
	[[ $output != *warning* ]]
}

@test "what is built again is what depends on the flags that changed" {
	build "$B/await"
	[ "$(compiles)/$(links)" = 1/1 ]
	build "$B/await"
	[ "$(compiles)/$(links)" = 0/0 ]
	build LDFLAGS=-Wl,-O1 "$B/await"
	[ "$(compiles)/$(links)" = 0/1 ]
	build LDFLAGS=-Wl,-O1 CFLAGS=-O1 "$B/await"
	[ "$(compiles)/$(links)" = 1/1 ]
	build LDFLAGS=-Wl,-O1 CFLAGS=-O1 CPPFLAGS=-DX "$B/await"
	[ "$(compiles)/$(links)" = 1/1 ]
	build LDFLAGS=-Wl,-O1 CFLAGS=-O1 CPPFLAGS=-DX VERSION=0.1.1 "$B/await"
	[ "$(compiles)/$(links)" = 1/1 ]
}

@test "what is done is done: nothing is written, nothing is to do" {
	build "$B/await"
	run -0 make -q B="$B" "$B/await"
	run -0 make -n B="$B" "$B/await"
	[[ $output != *await.c* ]]
	make -n B="$B" CFLAGS=-O1 "$B/await" >/dev/null
	[ -z "$(find "$B" -name '*.flags.*')" ]
	run -0 make -q B="$B" "$B/await"
	chmod -R a-w "$B"
	make -s B="$B" "$B/await"
	chmod -R u+w "$B"
}

@test "two makes in one folder do not disturb each other" {
	local i pids pid

	for i in 1 2 3 4 5; do
		pids=()
		for _ in 1 2 3; do
			make -s B="$B" CFLAGS="-O1 -DN=$i" "$B/compile.flags" \
				"$B/link.flags" "$B/paths.flags" &
			pids+=($!)
		done
		for pid in "${pids[@]}"; do
			wait "$pid"
		done
		grep -q -- "-DN=$i" "$B/compile.flags"
	done
	[ -z "$(find "$B" -name '*.flags.*')" ]
}

@test "clean and a goal in one call" {
	mkdir "$BATS_TEST_TMPDIR/tree"
	git ls-files -z --cached --others --exclude-standard |
		tar -c --null --files-from=- | tar -x -C "$BATS_TEST_TMPDIR/tree"
	make -s -C "$BATS_TEST_TMPDIR/tree" build/await
	make -s -C "$BATS_TEST_TMPDIR/tree" clean build/await
	[ -x "$BATS_TEST_TMPDIR/tree/build/await" ]
}

@test "another PREFIX compiles again only what names a folder" {
	build "$B/agent/attach/supplicant.o" "$B/agent/attach/port.o"
	[ "$(compiles)" = 2 ]
	build PREFIX=/usr "$B/agent/attach/supplicant.o" "$B/agent/attach/port.o"
	[ "$(compiles)" = 1 ]
	built "-DDEVID_MODULESDIR='\"/usr/lib/"
}

@test "a change of what a program is made of links it again" {
	build "$B/await"
	build await_ldflags=-lm "$B/await"
	[ "$(compiles)/$(links)" = 0/1 ]
}

@test "Debian's flags arrive at compile and link, and nothing is defined twice" {
	local binary line

	eval "$(DEB_BUILD_MAINT_OPTIONS=hardening=+all dpkg-buildflags --export=sh)"
	[[ $CFLAGS == *-fstack-protector-strong* ]]
	build -j2 CI=true "$B/devid" "$B/devid.so"
	[[ $output != *warning* ]]
	[[ $CPPFLAGS == *-Wdate-time* && $LDFLAGS == *-z,now* ]]
	while IFS= read -r line; do
		[[ $line == *" $CPPFLAGS $CFLAGS "* ]]
	done < <(grep -- '-std=gnu11' <<<"$output")
	while IFS= read -r line; do
		[[ $line == *" $CFLAGS "*" $LDFLAGS "* ]]
	done < <(grep -E -- ' -(pie|shared) ' <<<"$output")
	[ "$(links)" = 1 ]
	for binary in "$B/devid" "$B/devid.so"; do
		readelf -h "$binary" | grep -q 'Type: *DYN'
		readelf -d "$binary" | grep -q BIND_NOW
		readelf -l "$binary" | grep -q GNU_RELRO
		readelf -W --dyn-syms "$binary" | grep -q __stack_chk_fail
		readelf -W --dyn-syms "$binary" | grep -q '_chk@'
	done
}

@test "link-time optimisation works" {
	build -j2 CI=true CFLAGS='-O2 -flto=auto' "$B/devid" "$B/devid.so"
	[[ $output != *warning* ]]
	"$B/devid" --version
	nm "$B/devid" | grep -q ' main$'
	# Whole programs at once: functions of other files are gone into main's.
	! nm "$B/devid" | grep -q ' devid_error_clear$' ||
		nm "$B/devid" | grep -q ltrans
}

@test "another compiler builds it as well" {
	build -j2 CI=true CC=clang "$B/devid" "$B/devid.so"
	"$B/devid" --version
}

@test "help names every goal and every variable, and nothing else" {
	local goal

	run -0 make help
	for goal in $(sed -n 's/^ROLES := //p' Makefile); do
		[[ $output == *"install-$goal "* ]]
	done
	for goal in $(grep -oE '^\.PHONY:.*' Makefile |
		sed 's/.*PHONY://' | tr ' ' '\n' |
		grep -vxE 'all|help|FORCE|list-.*|fuzzers|unit-tests|install-\$\(1\)'); do
		grep -qE " make $goal( |:)" <<<"$output"
	done
	for goal in $(sed -n 's/^  make \([a-z-]*\)[ :].*/\1/p' <<<"$output"); do
		make -n "$goal" B="$B" >/dev/null
	done
	for goal in $(grep -hoE '^[A-Z]+ \?=' Makefile | tr -d ' ?='); do
		case $goal in SAN | FUZZ_SECONDS | *DIR) continue ;; esac
		[[ $output == *$goal* ]]
	done
}

@test "what was built elsewhere is installed where there is no compiler" {
	local dest=$BATS_TEST_TMPDIR/dest

	wrapper there-cc 'exec gcc "$@"'
	PATH=$BATS_TEST_TMPDIR:$PATH build -j2 CC=there-cc install-lib DESTDIR="$dest/a"
	rm "$BATS_TEST_TMPDIR/there-cc"
	build CC=there-cc install-lib DESTDIR="$dest/b"
	[ "$(compiles)" = 0 ]
	diff -r --no-dereference "$dest/a" "$dest/b"
	[ -d "$dest/b/usr/local/lib/$(gcc -print-multiarch)" ]
}

@test "goals that compile nothing leave no build folder behind" {
	local goal

	rm -rf "$B"
	for goal in help list-unit-tests list-plain-only list-fuzzers; do
		make -s "$goal" B="$B" >/dev/null
	done
	[ ! -e "$B" ]
}
