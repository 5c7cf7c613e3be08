#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The list of what is kept, made of the marks in the tests: whose test is told,
# and every mark and requirement that is not right.

setup() {
	bats_require_minimum_version 1.5.0
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p docs idevid radius-test/scenarios tests/{e2e,fixture,fuzz,unit/part,vm/guest}
	cp "$repo/tests"/{conformance,tree-files} tests/
	printf 'int good(void);\n' >idevid/good.h
	{
		printf '# Text\n\n| id | clause | requirement | where |\n|---|---|---|---|\n'
		row A-1 '`good`, `idevid/good.h`'
		row A-2 'somebody else'
		row A-3 'not there yet'
		printf '\nMore text.\n'
	} >docs/conformance.in
	# Not in one piece: this file has tests of its own.
	mark="cov""ers:"
}

row() { printf '| %s | 7.2 | it is so | %s |\n' "$1" "$2"; }

# c COMMENT [LINE...]: a unit test with that comment above it
c() {
	printf '/* %s\n' "${1//MARK/$mark}"
	[ $# -eq 1 ] || printf ' * %s\n' "${@:2}"
} >tests/unit/part/test-a.c

# named ID CELL: what it made has that cell for the requirement
named() {
	run --separate-stderr tests/conformance
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(sed -nE "s/^\| $1 (\|[^|]*){3}\| (.*) \|$/\2/p" <<<"$output")" = "$2" ]
}

# refused WORDS: that one line, and nothing is written
refused() {
	echo old >docs/conformance.md
	run --separate-stderr tests/conformance --write
	echo "$output / $stderr"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "$1" ]
	[ "$(cat docs/conformance.md)" = old ]
}

@test "no mark: the requirement has no test; text is kept, and it is told" {
	echo 'int x;' >tests/fixture/x.c
	run -0 tests/conformance --write
	[ "$output" = "docs/conformance.md: 3 requirements, 3 without a test" ]
	diff - docs/conformance.md <<-'MD'
		# Text

		| id | clause | requirement | where | test |
		|---|---|---|---|---|
		| A-1 | 7.2 | it is so | `good`, `idevid/good.h` | no test |
		| A-2 | 7.2 | it is so | somebody else | no test |
		| A-3 | 7.2 | it is so | not there yet | no test |

		More text.
	MD
}

@test "unit: the test right below, in one comment of its own or in a longer one" {
	c "MARK A-1 A-2 */" && printf 'static void one(void **state)\n{\n}\n\n' \
		>>tests/unit/part/test-a.c
	printf '/* %s A-1 */\nstatic void two(\n\tvoid **state)\n{\n}\n\n' "$mark" \
		>>tests/unit/part/test-a.c
	printf '/*\n * Why.\n * %s\n * A-2\n * A-1 */\n%s\n' "$mark" \
		'static void three(void **state)' >>tests/unit/part/test-a.c
	printf '\nstatic void four(void **state)\n' >>tests/unit/part/test-a.c
	named A-1 'unit/test-a `one`, `two`, `three`'
	named A-2 'unit/test-a `one`, `three`'
}

@test "e2e: its title as it stands; lab, fuzz, vm: the job; tests/docs: a check" {
	printf '# Why.\n# %s A-1\n@test "a | b: \\"c\\"" {\n}\n' "$mark" >tests/e2e/a.bats
	printf '# A scenario.\n#\n# %s A-1\n# shellcheck disable=SC2034\nX=1\n' "$mark" \
		>radius-test/scenarios/s.sh
	printf '# %s A-1\n\nX=1\n# %s A-1\n' "$mark" "$mark" >tests/vm/guest/v.sh
	echo >>tests/vm/guest/v.sh
	printf '/* Why.\n * %s A-1 */\n#include <a.h>\n' "$mark" >tests/fuzz/fuzz-a.c
	printf '#!/bin/bash\n# %s A-1\ncheck "the table is" true\n' "$mark" >tests/docs
	printf '/* %s A-1 */\nstatic void one(void **state)\n' "$mark" \
		>tests/unit/part/test-b.c
	named A-1 "$(printf '%s; ' 'unit/test-b `one`' 'e2e/a `a \| b: \"c\"`' lab/s \
		fuzz/fuzz-a vm/v)docs \`the table is\`"
}

@test "refused: an id that is not in the table" {
	c "MARK A-1 A-9 */" && echo 'static void one(void **state)' \
		>>tests/unit/part/test-a.c
	refused "tests/unit/part/test-a.c:1: A-9: not in docs/conformance.in"
	# What stands behind the mark is no text.
	c "MARK A-1" "and why */" && echo 'static void one(void **state)' \
		>>tests/unit/part/test-a.c
	run -1 tests/conformance
	[[ $output == *"and: not in docs/conformance.in"* ]]
	[[ $output == *"why: not in docs/conformance.in"* ]]
}

@test "refused: a mark above no test" {
	for below in '' 'static void help(int n)' 'int one(void **state)' '@test "a" {'; do
		c "MARK A-1 */" && printf '%s\nstatic void one(void **state)\n' "$below" \
			>>tests/unit/part/test-a.c
		refused "tests/unit/part/test-a.c:1: a mark above no test"
	done
	c "MARK A-1 */"
	refused "tests/unit/part/test-a.c:1: a mark above no test"
	rm tests/unit/part/test-a.c
	printf '# %s A-1\n\n@test "a" {\n' "$mark" >tests/e2e/a.bats
	refused "tests/e2e/a.bats:1: a mark above no test"
	# The last line of a file, and another file behind it.
	printf '@test "a" {\n}\n# %s A-1\n' "$mark" >tests/e2e/a.bats
	printf '@test "a" {\n}\n' >tests/e2e/b.bats
	refused "tests/e2e/a.bats:3: a mark above no test"
}

@test "refused: a mark without an id, in no comment, where there are no tests" {
	c "MARK */" && echo 'static void one(void **state)' >>tests/unit/part/test-a.c
	refused "tests/unit/part/test-a.c:1: a mark without an id"
	printf 'int a; /* %s A-1 */\nstatic void one(void **state)\n' "$mark" \
		>tests/unit/part/test-a.c
	refused "tests/unit/part/test-a.c:1: $mark stands where no comment begins"
	c "this MARK A-1 */" && echo 'static void one(void **state)' \
		>>tests/unit/part/test-a.c
	refused "tests/unit/part/test-a.c:1: $mark stands where no comment begins"
	rm tests/unit/part/test-a.c
	printf '# %s A-1\n@test "a" {\n' "$mark" >tests/e2e/lib.bash
	refused "tests/e2e/lib.bash:1: a mark where there are no tests"
}

@test "refused: covered, while the table says that it is not there yet" {
	c "MARK A-3 */" && echo 'static void one(void **state)' \
		>>tests/unit/part/test-a.c
	refused "docs/conformance.in:7: A-3: tests/unit/part/test-a.c:1 covers it, so say where it is"
}

@test "refused: a requirement that is none, or is there twice" {
	cp docs/conformance.in good
	echo 'int x;' >tests/fixture/x.c
	row A-1 x >>docs/conformance.in
	refused "docs/conformance.in:10: A-1: there twice"
	{ cat good && row 'A 1' x; } >docs/conformance.in
	refused "docs/conformance.in:10: A 1: no id"
	{ cat good && echo '| A-4 | 1 | x |'; } >docs/conformance.in
	refused "docs/conformance.in:10: not four cells"
	echo text >docs/conformance.in
	refused "docs/conformance.in: no requirements"
}

@test "refused: a place in the code that is not there" {
	cp docs/conformance.in good
	echo 'int x;' >tests/fixture/x.c
	row A-4 '`idevid/bad.c`' >>docs/conformance.in
	refused "docs/conformance.in:10: idevid/bad.c: not there"
	for name in bad BAD_1; do
		{ cat good && row A-4 "\`$name\`, \`idevid/good.h\`"; } \
			>docs/conformance.in
		refused "docs/conformance.in:10: $name: in none of the files named"
	done
}

@test "a wrong call ends with 2; no tests at all is a failure" {
	run -2 tests/conformance --nosuch
	[ "$output" = "usage: tests/conformance [--write]" ]
	run -1 tests/conformance
	[ "$output" = "conformance: no tests found here" ]
}
