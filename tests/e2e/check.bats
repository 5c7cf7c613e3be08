#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The alarm itself: ways for tests/check to pass when it should not. A small
# tree with the real tests/check, and tests that misbehave.

bats_require_minimum_version 1.5.0

setup() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir -p tests/unit tests/e2e tests/fuzz radius-test/scenarios
	cp "$repo/tests"/{check,packages} tests/
	printf 'bash\n' >tests/packages.txt
	unset DEVID_BUILD DEVID_LONG JOBS
	makefile test-one
	unit test-one 'echo 1..1' 'echo ok 1 - one'
}

# makefile UNIT_TEST...: programs are scripts here
makefile() {
	cat >Makefile <<-MAKE
		.RECIPEPREFIX = >
		unit-tests fuzzers test-programs lab: all
		all:
		>@mkdir -p build/tests/unit build/san/tests/unit
		>@for t in $*; do cp tests/unit/\$\$t.c build/tests/unit/\$\$t; \\
		>   cp tests/unit/\$\$t.c build/san/tests/unit/\$\$t; done
		list-unit-tests:
		>@printf '%s\n' $*
		list-plain-only:
		>@echo test-plain
		list-not-emulated:
		>@echo test-ptrace
		list-fuzzers:
		>@true
	MAKE
}

# unit NAME LINE...: a unit test, as a shell script
unit() {
	printf '%s\n' '#!/bin/bash' "${@:2}" >"tests/unit/$1.c"
	chmod 755 "tests/unit/$1.c"
}

# rings WORDS [ARG...]: tests/check unit fails, and says so
rings() {
	run tests/check "${@:2}"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$1"* ]]
	[[ ${lines[-1]} =~ ^[0-9]+\ passed,\ [1-9][0-9]*\ failed ]]
}

good() {
	run tests/check unit
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "$1 passed, 0 failed" ]
}

@test "what is good passes: counts, time of each suite, the slowest" {
	makefile test-one test-two
	unit test-two 'echo 1..1; echo ok 1 - a' 'echo 1..1; echo ok 1 - b'
	good 3
	[[ $output == *"unit         3 passed, 0 failed, 0 skipped ("*" s of work)"* ]]
	[[ $output == *"The slowest:"*" s  unit/test-two"* ]]
	[[ $output == *"All in all "* ]]
}

@test "a test that fails" {
	unit test-one 'echo 1..2' 'echo not ok 1 - bad' 'echo "# why"' 'echo ok 2 - b'
	rings "unit/test-one: not ok 1 - bad" unit
	[[ $output == *"unit/test-one: # why"* ]]
	[ "${lines[-1]}" = "1 passed, 1 failed" ]
}

@test "a program that crashes, or ends well, in the middle" {
	unit test-one 'echo 1..2' 'echo ok 1 - a' 'kill -SEGV $$'
	rings "ran 1 tests of 2" unit
	unit test-one 'echo 1..2' 'echo ok 1 - a' 'exit 0'
	rings "ran 1 tests of 2" unit
}

@test "a program whose tests are good and whose end is not" {
	unit test-one 'echo 1..1' 'echo ok 1 - a' 'exit 3'
	rings "ended with status 3" unit
}

@test "a program without tests, without a plan, with more than it planned" {
	unit test-one 'echo 1..0'
	rings "ran no test" unit
	unit test-one 'echo nothing at all'
	rings "ran no test" unit
	unit test-one 'echo ok 1 - a'
	rings "ran 1 tests of 0" unit
	unit test-one 'echo 1..1' 'echo ok 1 - a' 'echo ok 2 - b'
	rings "ran 2 tests of 1" unit
}

@test "a test that is skipped, in the words of bats and of cmocka" {
	unit test-one 'echo 1..2' 'echo ok 1 - a' 'echo "ok 2 b # skip no TPM"'
	rings "skipped 1" unit
	[[ $output == *"ok 2 b # skip no TPM"* ]]
	unit test-one 'echo 1..2' 'echo ok 1 - a' 'echo "not ok 2 # SKIP b"'
	rings "skipped 1" unit
}

@test "a test that is expected to fail: counted apart, and an alarm when it holds" {
	unit test-one 'echo 1..2' 'echo "not ok 1 - a # TODO b is broken"' \
		'echo ok 2 - c'
	good 1
	[[ $output == *"1 passed, 0 failed, 0 skipped, 1 expected to fail ("* ]]
	[[ $output == *"unit/test-one: not ok 1 - a # TODO b is broken"* ]]
	unit test-one 'echo 1..2' 'echo "ok 1 - a # TODO b is broken"' \
		'echo ok 2 - c'
	rings "not ok - test-one: holds, so its mark goes: ok 1 - a" unit
	[[ $output != *"expected to fail"* ]]
	# A mark that names no defect is none, and what follows a failure counts.
	unit test-one 'echo 1..2' 'echo "not ok 1 - a # TODO "' 'echo ok 2 - c'
	rings "not ok 1 - a # TODO" unit
	unit test-one 'echo 1..2' 'echo "not ok 1 - a # TODO b"'
	rings "ran 1 tests of 2" unit
}

@test "a test that was deleted does not go on passing from build/" {
	makefile test-one test-old
	unit test-old 'echo 1..1' 'echo ok 1 - old'
	good 2
	makefile test-one
	rm tests/unit/test-old.c
	good 1
	[ -e build/tests/unit/test-old ]
}

@test "a source that no makefile names, a name without its program" {
	unit test-forgotten 'echo 1..1' 'echo ok 1 - a'
	rings "test-forgotten: ran no test" unit
	rm tests/unit/test-forgotten.c
	makefile test-one
	sed -i 's/^list-unit-tests:/&\n>@echo test-nowhere/' Makefile
	rings "test-nowhere: ran no test" unit
}

@test "a fuzz target and a scenario that nobody runs are jobs as well" {
	: >tests/fuzz/fuzz-forgotten.c
	rings "fuzz-forgotten: ran no test" fuzz
	printf '#!/bin/sh\necho "1..1"; echo "ok 1 - $1"\n' >tests/scenario
	chmod 755 tests/scenario
	: >radius-test/scenarios/new.sh
	run tests/check lab
	[ "$status" -eq 0 ]
	[[ $(cat build/check/lab/new.tap) == *"ok 1 - new"* ]]
}

known='lab*\/breaks) ! openssl_has 3.5 || printf "%s\\n" '
known+='"the agent says AUTHZ_DENIED  .*CERT_REJECTED" "OpenSSL 3.5 does" ;;'

# scenario LINE...: one scenario of the lab, which OpenSSL 3.5 is known to break
scenario() {
	: >radius-test/scenarios/breaks.sh
	grep -q breaks tests/check || sed -i "/^known() {/,/^}/ s/^\t\*) ;;/$known\n&/" \
		tests/check
	printf '%s\n' '#!/bin/bash' "$@" >tests/scenario
	chmod 755 tests/scenario
}

openssl_is() {
	mkdir -p bin
	printf '#!/bin/sh\necho OpenSSL %s 1 Jan 2025\n' "$1" >bin/openssl
	chmod 755 bin/openssl
	PATH=$PWD/bin:$PATH
}

@test "a known failure is told and not counted, where it is known" {
	said="nothing, not so: the agent says AUTHZ_DENIED  -  CERT_REJECTED: why"
	scenario 'echo not ok 1 - went' "echo '# $said'" 'echo ok 2 - form' 'echo 1..2'
	for version in 3.5.0 3.10.1 4.0.0; do
		openssl_is $version
		run tests/check lab
		echo "$output"
		[ "$status" -eq 0 ]
		[ "${lines[-1]}" = "1 passed, 0 failed" ]
		[[ $output == *"lab/breaks: expected to fail: OpenSSL 3.5"* ]]
	done
	openssl_is 3.0.16
	rings "lab/breaks: not ok 1 - went" lab
}

@test "a known failure that is another one, or more, or none" {
	said="nothing, not so: the agent says AUTHZ_DENIED  -  CERT_REJECTED: why"
	openssl_is 3.5.0
	scenario 'echo not ok 1 - went' 'echo "# the lab does not start"' 'echo 1..1'
	rings "lab/breaks: not ok 1 - went" lab
	scenario 'echo not ok 1 - went' "echo '# $said'" \
		'echo not ok 2 - left something' 'echo 1..2'
	rings "not ok 2 - left something" lab
	scenario 'echo not ok 1 - went' "echo '# $said'" 'echo 1..2'
	rings "ran 1 tests of 2" lab
	scenario 'echo ok 1 - went' 'echo 1..1'
	rings "passed, though it is expected to fail" lab
	scenario "echo 'ok 1 - $said'" 'echo 1..1' 'exit 3'
	rings "ended with status 3" lab
}

@test "a fuzz target without a corpus, one that crashes" {
	cp "$repo/tests/fuzz/run" tests/fuzz/
	mkdir -p build/fuzz tests/fuzz/corpus/a
	: >tests/fuzz/fuzz-a.c
	sed -i 's/^list-fuzzers:/&\n>@echo fuzz-a/' Makefile
	printf '#!/bin/sh\necho "stat::number_of_executed_units: 7"\n' \
		>build/fuzz/fuzz-a
	chmod 755 build/fuzz/fuzz-a
	rings "# tests/fuzz/corpus/a: no corpus" fuzz
	echo seed >tests/fuzz/corpus/a/seed
	run tests/check fuzz
	echo "$output"
	[ "$status" -eq 0 ]
	printf '#!/bin/sh\necho "ERROR: AddressSanitizer"; exit 77\n' \
		>build/fuzz/fuzz-a
	rings "fuzz/fuzz-a: # ERROR: AddressSanitizer" fuzz
}

@test "bats files: one that is no bats file, one whose setup fails, none" {
	echo '@test "a" { true; }' >tests/e2e/a.bats
	echo '@test "b" { (' >tests/e2e/b.bats
	rings "not ok" e2e
	printf 'setup_file() { false; }\n@test "b" { true; }\n' >tests/e2e/b.bats
	rings "setup_file failed" e2e
	rm tests/e2e/*.bats
	run tests/check e2e
	[ "$status" -eq 2 ]
}

@test "a build that fails" {
	sed -i 's/^all:/&\n>@echo broken: error; false/' Makefile
	rings "check: the build failed" unit
	[[ $output == *"broken: error"* ]]
}

@test "packages that are missing are named, and nothing is installed or built" {
	printf 'bash\ndevid-no-such-package\n' >tests/packages.txt
	run tests/check unit
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "check: packages are missing: devid-no-such-package" ]
	[[ ${lines[1]} == *"make packages"* ]]
	[ ! -e build ]
	: >tests/packages.txt
	run tests/packages tests/packages.txt
	[ "$status" -eq 1 ]
	[[ $output == *"names no package"* ]]
}

@test "where all packages are there, apt is not asked" {
	mkdir bin
	printf '#!/bin/sh\necho "$0" >>asked\nexit 1\n' >bin/apt-get
	chmod 755 bin/apt-get
	PATH=$PWD/bin:$PATH run tests/packages tests/packages.txt
	[ "$status" -eq 0 ]
	[ ! -e asked ]
	printf 'bash\ndevid-no-such-package\n' >tests/packages.txt
	PATH=$PWD/bin:$PATH run tests/packages tests/packages.txt
	[ "$status" -ne 0 ]
	[ -e asked ] # so it would have been
}

@test "a folder for programs where programs may not run is named" {
	mkdir noexec
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m sh -c 'mount -t tmpfs -o noexec tmpfs noexec &&
		TMPDIR=$PWD/noexec exec tests/check unit'
	[ "$status" -eq 1 ]
	[[ $output == "check: $PWD/noexec: programs cannot run there"*TMPDIR* ]]
}

@test "who is not root is told so" {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" . tests tests/check
	run setpriv --reuid 61234 --regid 61234 --clear-groups \
		bash "$PWD/tests/check" unit
	[ "$status" -eq 1 ]
	[[ $output == "check: needs root"* ]]
}

@test "a job that is killed, one that hangs" {
	unit test-one 'echo 1..2' 'echo ok 1 - a' \
		'kill -9 "$(ps -o ppid= -p $PPID)"'
	rings "test-one: came to no end" unit
	mkfifo never
	unit test-one 'echo 1..2' 'echo ok 1 - a' "read -r _ <$PWD/never"
	JOB_SECONDS=1 rings "ran 1 tests of 2" unit
}

@test "two at once in one tree, no job at once" {
	mkfifo started never
	unit test-one "echo here >$PWD/started" "read -r _ <$PWD/never"
	env --default-signal=INT tests/check unit >out 2>&1 3>&- &
	check=$!
	timeout 60 head -n 1 started
	run tests/check unit
	[ "$status" -eq 1 ]
	[ "$output" = "check: another tests/check is at work in this tree" ]
	kill -INT "$check"
	wait "$check" || :
	JOBS=0 run tests/check unit
	[ "$status" -eq 2 ]
	[ "$output" = "check: JOBS=0: not a number of jobs" ]
}

@test "an interrupt ends every job, and what it started" {
	mkfifo started
	unit test-one 'trap "echo cleaned >cleaned; exit 1" INT' \
		"echo \$\$ >$PWD/started" "read -r _ <$PWD/never"
	mkfifo never
	# What a shell starts with & ignores the signal of Ctrl-C.
	env --default-signal=INT tests/check unit >out 2>&1 3>&- &
	check=$!
	job=$(timeout 60 head -n 1 started)
	kill -INT "$check" # its group: as Ctrl-C has it, the jobs are in others
	status=0
	wait "$check" || status=$?
	[ "$status" -eq 130 ]
	[ -e cleaned ]
	run kill -0 "$job"
	[ "$status" -ne 0 ]
}

@test "one job of a suite; wrong names are wrong calls" {
	makefile test-one test-two
	unit test-two 'echo 1..1' 'echo not ok 1 - b'
	run tests/check unit/test-one
	[ "$status" -eq 0 ]
	for call in nosuch unit/nosuch nosuch/test-one; do
		run tests/check $call
		[ "$status" -eq 2 ]
		[ "$output" = "check: $call: no such suite or job" ]
	done
}

@test "the whole of it has every suite, and each suite has jobs" {
	cd "$repo"
	suites=$(sed -n 's/^all=(\(.*\))$/\1/p' tests/check)
	[ "$suites" = "unit unit-san fuzz e2e e2e-san lab lab-san docs" ]
	# Names that lists of exceptions give must be those of jobs.
	for name in $(sed -n 's/^e2e_plain=(\(.*\))$/\1/p' tests/check); do
		[ -e "tests/e2e/$name.bats" ]
	done
	for name in $(sed -n '/^lab_san=(/,/)$/{ s/lab_san=(//; s/)//; p }' tests/check); do
		[ -e "radius-test/scenarios/$name.sh" ]
	done
	share=$(sed -n '/^share_ci=(/,/)$/{ s/share_ci=(//; s/)//; p }' tests/check-in)
	[ "$(grep -o lab/ <<<"$share" | wc -l)" -eq 12 ]
	for path in $share; do
		[ "$path" = unit ] || [ -e "tests/$path.bats" ] ||
			[ -e "radius-test/scenarios/${path#lab/}.sh" ]
	done
	for name in $(make -s --no-print-directory list-plain-only); do
		[ -n "$(find tests/unit -name "$name.c")" ]
	done
	for path in $(sed -n "/^longest='/,/'\$/{ s/longest=//; s/'//g; p }" tests/check); do
		job=${path#*/}
		[ -n "$(find tests/unit -name "$job.c")" ] || [ -e "tests/e2e/$job.bats" ] ||
			[ -e "radius-test/scenarios/$job.sh" ] ||
			[ -e "tests/vm/guest/$job.sh" ]
	done
}

@test "a list of jobs runs none of them" {
	run tests/check --list unit/test-one
	[ "$status" -eq 0 ]
	[ "$output" = "unit test-one" ]
	[ ! -e build/check ]
	run tests/check --list unit/nosuch
	[ "$status" -eq 2 ]
	[ "$output" = "check: unit/nosuch: no such suite or job" ]
}

@test "another architecture goes alone" {
	run tests/check unit unit-arm64
	[ "$status" -eq 2 ]
	[ "$output" = "check: unit-arm64 and unit-armhf go alone, each" ]
}
