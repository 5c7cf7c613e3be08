#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid-report: what it takes, what it refuses, and what a spreadsheet makes of
# hostile names. What a browser makes of them is in pages.bats.

bats_require_minimum_version 1.5.0

load lib
load report

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# made LINES...: site.html and site.csv of these units
made() {
	{
		head_line
		[ $# -eq 0 ] || printf '%s\n' "$@"
		echo "{\"end\":$#}"
	} | "$report" site --out site.html --csv site.csv
}

@test "a site becomes a page and a table" {
	{ head_line && units 400; } | "$report" site --out site.html --csv site.csv
	grep -q '<title>Site report: Plant 4</title>' site.html
	grep -q '400 units, 10 of them need somebody' site.html
	grep -q 'href="./site.csv"' site.html
	[ "$(wc -l <site.csv)" -eq 401 ]
	head -1 site.csv | grep -qx '"unit","model","state","last seen","switch","port","days left","not after","cause","detail".'
	grep -q '^"ACCC8E000003","Q1645-LVE","verified",' site.csv
}

@test "no unit is a page that says what to do" {
	made
	grep -q 'No unit is known here yet' site.html
	grep -q 'devid-registrar list import FILE' site.html
	run -1 grep -q '<table' site.html
	[ "$(wc -l <site.csv)" -eq 1 ]
}

@test "--out is written by the rules of all programs" {
	page() {
		{ head_line && units 3; } | "$report" site "$@"
	}
	out_rules page
}

@test "what cannot be read says where, and changes nothing" {
	local in told

	echo old >site.html
	echo old >site.csv
	while IFS=$'\t' read -r in told; do
		run -1 "$report" site --out site.html --csv site.csv \
			< <(printf '%b' "$in")
		[ "$output" = "devid-report: standard input: $told" ]
		[ "$(<site.html)" = old ]
		[ "$(<site.csv)" = old ]
	done <<-EOF
		\\0	line 1: no JSON: '[' or '{' expected near end of file
		SQLite format 3\\n	line 1: no JSON: '[' or '{' expected near 'SQLite'
		$(head_line)\\n{"unit":"U	line 2: no JSON: premature end of input near '"U'
		$(head_line)\\n{"unit":"U","state":"seen"}\\n	line 3: the end is missing: the input was cut off
		$(head_line)\\n{"unit":"U","state":"seen"}\\n{"end":2}\\n	line 3: the end counts other lines than there are
		$(head_line)\\n{"unit":"U","unit":"V"}\\n	line 2: no JSON: duplicate object key near '"unit"'
	EOF
	run -1 "$report" site --out site.html </dev/null
	[ "$output" = "devid-report: standard input: line 1: nothing is there" ]
	run -1 "$report" site --out site.html <.
	[[ $output == "devid-report: standard input: line 1: cannot be read" ]]
	[ "$(<site.html)" = old ]
	[ "$(find . -type f | wc -l)" -eq 2 ]
}

@test "a wrong call is exit 2" {
	run -2 "$report"
	[ "$output" = "devid-report: KIND is missing" ]
	run -2 "$report" fleet
	[[ $output == "devid-report: fleet: no such report; "* ]]
	run -2 "$report" site --csv -
	[[ $output == *"--csv: is a stream, and so is the page" ]]
	run -2 "$report" site --script x
	run -0 "$report" --help
	[[ $output == *"site "* ]]
}

@test "a full disk is told" {
	run -1 "$report" site --out /dev/full < <(head_line && units 3)
	[ "$output" = "devid-report: /dev/full: No space left on device" ]
	run -1 "$report" site --out site.html --csv /dev/full \
		< <(head_line && units 3)
	[ "$output" = "devid-report: /dev/full: No space left on device" ]
	[ ! -e site.html ]
}

@test "a spreadsheet gets no formula, and a line for each unit" {
	hostile | "$report" site --out site.html --csv site.csv
	run -1 grep -nE '(^|,)"?[=+@]|(^|,)"-' site.csv
	[ "$(wc -l <site.csv)" -eq 23 ]
	run -1 grep -naP '[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]' site.csv
	iconv -f UTF-8 -t UTF-8 site.csv >/dev/null
	iconv -f UTF-8 -t UTF-8 site.html >/dev/null
	grep -qF "\"'=HYPERLINK(\"\"http://127.0.0.1:9/\"\",\"\"x\"\")\"" site.csv
	grep -qF '"\x1B]0;owned\x07\x00\x0D\x0A\x09"' site.csv
	grep -qF '"a\xFF\xC0\x80\xED\xA0\x80b"' site.csv
}

# sqlite3 reads CSV by rules of its own: it must see the same cells.
@test "the table is read by another program" {
	made '{"unit":"a\"b,c","state":"seen","switch":"s;t","detail":"x\ny"}'
	sqlite3 :memory: '.mode csv' '.import site.csv t' '.mode list' \
		'SELECT unit, switch, detail FROM t' >rows
	[ "$(<rows)" = 'a"b,c|s;t|x\x0Ay' ]
}

@test "a command that is copied runs with the name as one word" {
	local name

	mkdir bin
	printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >bin/devid-registrar
	chmod 755 bin/devid-registrar
	for name in '; touch owned' "it's" '$(touch owned)' '-x' 'a b' \
		'`touch owned`' '"' 'a\\b' '\u001b[31m' '&amp;<>'; do
		name=${name//\"/\\\"}
		made "{\"unit\":\"$name\",\"state\":\"verified\",\"cause\":\"pending\"}"
		sed -n 's|.*<code class="run">\(devid-registrar .*\)</code>|\1|p' site.html |
			sed "s/&#39;/'/g; s/&#34;/\"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\\&/g" >command
		PATH=$PWD/bin:$PATH bash ./command | grep -vx -- -- >words
		[ "$(<words)" = "$(printf 'approve\n%s' "$(jq -rn "\"$name\"")")" ]
	done
	[ ! -e owned ]
}

# bounded KIB COMMAND...: with no more memory than that; sanitizers take more
bounded() {
	[[ $build == */san ]] || ulimit -v "$1"
	"${@:2}"
}

# many N: each in trouble
many() {
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "{\"unit\":\"%0200d\",\"state\":\"refused\",\"cause\":\"%s\"}\n",
				i, i % 1000 ? "rejected" : "pending"
		printf "{\"end\":%d}\n", n
	}'
}

@test "a hundred thousand units: bounded memory, a bounded page" {
	(head_line && many 100000) |
		(bounded 40000 "$report" site --out site.html --csv site.csv)
	[ "$(wc -l <site.csv)" -eq 100001 ]
	grep -q '100,000 units, 100,000 of them need somebody' site.html
	[ "$(grep -c '<tr class=' site.html)" -eq 10000 ]
	[ "$(grep -c 'And 90,000 more units in the CSV' site.html)" -eq 1 ]
	[ "$(grep -c '<h3>' site.html)" -eq 2 ]
	# All of the small group are there.
	[ "$(sed -n '/Waiting for approval/,/<.details>/p' site.html |
		grep -c '<tr class=')" -eq 100 ]
}

@test "above ten thousand the page has those in trouble" {
	(head_line && units 10001) |
		"$report" site --out site.html --csv site.csv
	[ "$(wc -l <site.csv)" -eq 10002 ]
	grep -q '10,001 units are too many for a page' site.html
	run -1 grep -q 'id="show-all"' site.html
	[ "$(grep -c '<tr class=' site.html)" -lt 600 ]
}

@test "a million units: bounded memory" {
	[ -n "$DEVID_LONG" ] || {
		(head_line && many 20000) |
			(bounded 40000 "$report" site --out site.html --csv site.csv)
		[ "$(wc -l <site.csv)" -eq 20001 ]
		return
	}
	(head_line && many 1000000) |
		(bounded 40000 "$report" site --out site.html --csv site.csv)
	[ "$(wc -l <site.csv)" -eq 1000001 ]
	[ "$(grep -c '<tr class=' site.html)" -eq 10000 ]
}
