#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The alarm itself: for each checker of tests/lint something bad that must make
# it fail, and something good that must not.

bats_require_minimum_version 1.5.0

setup() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p tests idevid docs/man
	cp "$repo/tests"/{conformance,lint,lint-cppcheck.h,tree-files,walls} tests/
	cp "$repo/.clang-format" .
	good
}

good() {
	cat >idevid/good.h <<-'C'
		/* One. */
		int good(void);
	C
	printf '#include "good.h"\n\nint good(void)\n{\n\treturn 1;\n}\n' \
		>idevid/good.c
	cat >docs/man/good.1 <<-'MDOC'
		.Dd November 29, 2026
		.Dt GOOD 1
		.Os
		.Sh NAME
		.Nm good
		.Nd is good
		.Sh DESCRIPTION
		It is.
	MDOC
	printf '#!/bin/bash\necho "$1"\n' >tests/good
	printf '@test "good" {\n\t[ 1 = 1 ]\n}\n' >tests/good.bats
	printf '%s\n' '| id | clause | requirement | where |' '|---|---|---|---|' \
		'| A-1 | 1 | is good | `idevid/good.c` |' >docs/conformance.in
	tests/conformance --write
}

# rings CHECKER WORDS: it fails, and says so
rings() {
	run tests/lint "$1"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$2"* ]]
	[[ $output == *"lint: failed, see above" ]]
}

silent() {
	run tests/lint "$@"
	echo "$output"
	[ "$status" -eq 0 ]
}

# function_of NAME LINES: a function of so many from brace to brace
function_of() {
	printf 'int %s(void)\n{\n' "$1"
	seq "$(($2 - 3))" | sed 's/.*/\tgood();/'
	printf '\treturn 1;\n}\n'
}

commit() {
	git -c user.name=a -c user.email=a@b commit -q --allow-empty -m "$1"
}

@test "what is good makes no alarm ring; each checker is named as it begins" {
	silent
	checkers=$(sed -n 's/^all=(\(.*\))$/\1/p' tests/lint)
	[ "$(wc -w <<<"$checkers")" -ge 9 ]
	for checker in $checkers; do
		grep -qx "lint: $checker" <<<"$output"
		# documented, and tested here
		grep -qE "^#   $checker +" tests/lint
		grep -qE "^	+rings $checker " "$BATS_TEST_FILENAME"
	done
}

@test "format: other than clang-format writes it" {
	echo 'int  bad( void );' >>idevid/good.h
	if [[ $(clang-format --version) == *"version 14."* ]]; then
		rings format idevid/good.h:3
	else
		silent format
		[[ $output == *"format: SKIPPED: "* ]]
	fi
}

@test "format: another version is skipped aloud, none at all is a failure" {
	echo 'int  bad( void );' >>idevid/good.h
	mkdir bin
	printf '#!/bin/sh\necho "Debian clang-format version 19.1.7"\n' \
		>bin/clang-format
	chmod 755 bin/clang-format
	PATH=$PWD/bin:$PATH silent format
	[[ $output == *"format: SKIPPED: clang-format 19"* ]]
	rm bin/clang-format
	for tool in bash cat dirname find git grep head mkdir sed sort xargs; do
		ln -s "$(command -v $tool)" bin/
	done
	PATH=$PWD/bin rings format "clang-format: not installed"
}

@test "tidy: the analyzer's finding, a common mistake, a source that is none" {
	printf 'int f(int *p)\n{\n\tif (!p)\n\t\treturn *p;\n\treturn 0;\n}\n' \
		>idevid/bad.c
	rings tidy 'idevid/bad.c:4:10: warning: Dereference of null pointer'
	printf 'int f(int n)\n{\n\tif (n > 0);\n\t\tn++;\n\treturn n;\n}\n' >idevid/bad.c
	rings tidy 'bugprone-suspicious-semicolon'
	printf '#include "nosuch.h"\n' >idevid/bad.c
	rings tidy 'clang-tidy failed'
}

@test "tidy: 60 lines and no more" {
	function_of f 60 >idevid/long.c
	sed -i '1i int good(void);' idevid/long.c
	silent tidy
	function_of g 61 >>idevid/long.c
	rings tidy "function 'g' exceeds recommended size"
	[[ $output != *"function 'f'"* ]]
}

@test "size: five parameters and no more in tests" {
	mkdir tests/unit
	echo 'int f(int a, int b, int c, int d, int e) { return a+b+c+d+e; }' \
		>tests/unit/many.c
	silent size
	echo 'int g(int a, int b, int c, int d, int e, int f) { return a+b+c+d+e+f; }' \
		>>tests/unit/many.c
	rings size "tests/unit/many.c:2:5: warning: function 'g' exceeds"
	echo 'static int h(int a, int b, int c, int d, int e, int f) { return a+b+c+d+e+f; }' \
		>>idevid/good.h
	rings tidy "idevid/good.h:3:12: warning: function 'h' exceeds"
}

@test "tidy: three levels of blocks and no more" {
	cat >idevid/deep.c <<-'C'
		int f(int n)
		{
			if (n > 1) {
				while (n < 9) {
					if (n == 3) {
						n++;
					}
					n++;
				}
			}
			return n;
		}
	C
	silent tidy
	sed -i 's/n++;$/if (n) { n++; }/; s/int f/int g/' idevid/deep.c
	rings tidy "function 'g' exceeds"
}

@test "cppcheck: an index out of bounds" {
	printf 'int f(void)\n{\n\tint a[2] = { 0 };\n\treturn a[2];\n}\n' >idevid/bad.c
	rings cppcheck "idevid/bad.c:4"
}

@test "shell: a script, a part of one, and what hides a failure in bats files" {
	printf '#!/bin/bash\nrm $1\n' >tests/bad
	rings shell "In tests/bad line 2"
	printf '# shellcheck shell=bash\nrm $1\n' >tests/bad
	rings shell "In tests/bad line 2"
	rm tests/bad
	printf '@test "bad" {\n\t! grep -q a b\n\ttrue\n}\n' >tests/bad.bats
	rings shell "In tests/bad.bats line 2"
	printf '@test "bad" {\n\t[ 1 = 2 ] && [ 1 = 1 ]\n\ttrue\n}\n' >tests/bad.bats
	rings shell "tests/bad.bats:2:"
}

@test "mandoc: a macro that is none" {
	echo '.Nosuch' >>docs/man/good.1
	rings mandoc 'docs/man/good.1:9'
}

@test "limits: 800 lines, 100 columns, and no more; the last file counts as well" {
	seq 800 >idevid/a.c
	printf '%0100d\n' 1 >idevid/b.c
	silent limits
	seq 801 >idevid/a.c
	rings limits 'idevid/a.c: 801 lines'
	rm idevid/a.c
	seq 801 >idevid/z.h
	rings limits 'idevid/z.h: 801 lines'
	rm idevid/z.h
	printf '%0101d\n' 1 >>idevid/b.c
	rings limits 'idevid/b.c:2: longer than 100'
}

@test "headers: a source without one; a program needs none" {
	printf 'int main(void)\n{\n\treturn 0;\n}\n' >idevid/program.c
	silent headers
	cp idevid/good.c idevid/bad.c
	rings headers 'idevid/bad.c: no header of the same name'
	rm idevid/bad.c
	silent headers
}

# house: two folders, the lower one with two files, the upper one with one
house() {
	local file

	mkdir -p idevid/low pki/high
	printf 'sees :=\n' >idevid/low/sources.mk
	printf 'sees := idevid/low\n' >pki/high/sources.mk
	for file in idevid/low/a idevid/low/b pki/high/c; do
		printf 'int %s(void); /* ( */\n' "${file##*/}" >"$file.h"
	done
	printf '#include "a.h"\n' >idevid/low/a.c
	printf '#include "b.h"\n#include "a.h"\n\nint b(void)\n{\n\treturn a();\n}\n' \
		>idevid/low/b.c
	printf '#include "c.h"\n#include "b.h"\n\nint c(void)\n{\n\treturn b();\n}\n' \
		>pki/high/c.c
}

@test "walls: a circle of files, of folders; a private header is its source's" {
	house
	silent walls
	# What is included for a type, or named in a comment or a text, is no arrow.
	printf '#include "b.h"\n/* b() */\nconst char *say = "b()";\n' >>idevid/low/a.c
	silent walls
	printf 'int (*of)(void) = b;\n' >>idevid/low/a.c
	rings walls 'a circle of files: idevid/low/a idevid/low/b'
	house
	printf '#include "b-private.h"\nint x(void)\n{\n\treturn more();\n}\n' >>idevid/low/a.c
	printf 'int more(void);\n' >idevid/low/b-private.h
	rings walls 'a circle of files: idevid/low/a idevid/low/b'
	rm idevid/low/b-private.h
	house
	printf 'sees := pki/high\n' >idevid/low/sources.mk
	rings walls 'a circle of folders: idevid/low pki/high'
}

@test "walls: an include that the plan does not have, a wall that is open for nothing" {
	house
	echo '#include "c.h"' >idevid/low/d.c
	rings walls 'idevid/low/d.c: c.h is in pki/high, which idevid/low/sources.mk does not name'
	rm idevid/low/d.c
	printf 'sees := idevid/low idevid/other\n' >pki/high/sources.mk
	rings walls 'pki/high/sources.mk: sees idevid/other for nothing'
	house
	echo '#include "../low/a.h"' >idevid/low/b.c
	rings walls 'idevid/low/b.c: "../low/a.h": a quoted include has no slash'
	house
	: >idevid/low/a-private.h
	echo '#include "a-private.h"' >>pki/high/c.c
	rings walls 'pki/high/c.c: a-private.h is private to idevid/low'
	rm idevid/low/a-private.h
	house
	: >pki/high/a.h
	rings walls 'pki/high/a.h: idevid/low/a.h has the same name'
}

@test "conformance: not as it would be made, or it cannot be made" {
	echo more >>docs/conformance.md
	rings conformance "docs/conformance.md: not what the tests say; make conformance"
	good
	silent conformance
	rm idevid/good.c
	printf 'int other(void);\n' >idevid/other.h
	printf 'int main(void)\n{\n\treturn 0;\n}\n' >idevid/other.c
	rings conformance "conformance: docs/conformance.in:3: idevid/good.c: not there"
	[[ $output != *"not what the tests say"* ]]
}

@test "commits: a subject of 72 characters and no more, from the named one on" {
	silent commits # no history
	git init -q .
	git add .
	commit "$(printf '%080d' 0)"
	silent commits # a history without the named one
	sed -i "s/^first_commit=.*/first_commit=$(git rev-parse HEAD)/" tests/lint
	commit "$(printf '%072d' 1)"
	silent commits
	commit "$(printf '%073d' 2)"
	rings commits "$(printf '%073d' 2): over 72"
}

@test "a wrong call ends with 2; nothing to look at is a failure" {
	run tests/lint nosuch
	[ "$status" -eq 2 ]
	[ "$output" = "lint: nosuch: no such checker" ]
	rm idevid/good.c
	run tests/lint limits
	[ "$status" -eq 1 ]
	[ "$output" = "lint: no sources found here" ]
}

@test "a file that was not added yet, one that is gone" {
	git init -q .
	git add .
	commit "one"
	printf '%0101d\n' 1 >idevid/long.c
	rings limits 'idevid/long.c:1:'
	rm idevid/long.c docs/man/good.1
	silent
}

@test "a checkout of another owner, where git answers nothing by itself" {
	git init -q .
	git add .
	commit "one"
	sed -i "s/^first_commit=.*/first_commit=$(git rev-parse HEAD)/" tests/lint
	commit "$(printf '%073d' 2)"
	chown -R 61234 .
	run git status
	[ "$status" -ne 0 ]
	rings commits "over 72"
}

# found ID...: what tests/findings prints of these
found() { run tests/findings < <(printf '%s\n' "$@"); }

@test "findings: one that no test asserts, whatever speaks of it besides; a cause" {
	local line

	mkdir -p tests/e2e radius-test/scenarios
	cp "$repo/tests/findings" tests/
	printf '%s\n' '| cause | meaning |' '|---|---|' '| `no room: ... at all` | x |' \
		'' '| `other-table` |' >docs/guide-operator.md
	: >radius-test/scenarios/one.sh
	for line in 'names 1 unusable moon-full ""' 'doctor_says cam sun moon-full' \
		'refused_as CLASS moon-full' '[[ $output == *"not seen   moon-full: "* ]]' \
		'jq ".id == \"moon-full\""'; do
		line=${line//\\\"/\"}
		printf '%s\n' "$line" 'seen "no room: 3"' 'seen "at all"' \
			>tests/e2e/doctor-one.bats
		found moon-full
		[ "$status" -eq 0 ]
		[ -z "$output" ]
		found moon-full moon
		[ "$status" -eq 1 ]
		[ "$output" = moon ]
	done
	printf '%s\n' '# names 1 unusable moon-full ""' '@test "moon-full: is full" {' \
		'echo moon-full' 'seen "no room: 3"' >tests/e2e/doctor-one.bats
	found moon-full
	[ "$status" -eq 1 ]
	[ "$output" = $'moon-full\ncause: at all' ]
}
