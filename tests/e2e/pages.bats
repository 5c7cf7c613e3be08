#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pages of devid-report in a real browser: what is seen in both schemes, on
# paper, on a narrow screen and by a screen reader, and that names do nothing.

bats_require_minimum_version 1.5.0

load lib
load report
load browser

setup_file() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/devid-e2e.XXXXXX")
	export WORK
	: >"$WORK/pids"
	{ head_line && units 240; } |
		"$report" site --out "$WORK/site.html" --csv "$WORK/site.csv"
	{ head_line && echo '{"end":0}'; } |
		"$report" site --out "$WORK/empty.html"
	hostile | "$report" site --out "$WORK/hostile.html" --csv "$WORK/x.csv"
	browser_start
}

teardown_file() {
	browser_end
	lib_done
}

setup() {
	width 1200
	media '' light
}

# contrast: {bad, texts, things}
contrast() { js "$(<"$BATS_TEST_DIRNAME/contrast.js")"; }

# faint: what is too faint; fails when nothing was looked at
faint() {
	local told

	told=$(contrast)
	jq -r '.bad[]' <<<"$told"
	jq -e '.texts > 20 and .things > 8' <<<"$told"
}

@test "contrast suffices in both schemes and on paper" {
	local page

	for page in site empty hostile; do
		show "$WORK/$page.html"
		media '' light
		run -0 faint
		[ "$output" = true ]
		media '' dark
		run -0 faint
		[ "$output" = true ]
		media print dark
		run -0 faint
		[ "$output" = true ]
	done
}

@test "contrast that does not suffice is found" {
	show "$WORK/site.html"
	js 'document.documentElement.style.setProperty("--soft", "#8a919c")'
	run -0 faint
	[[ $output == *"As of: "*"rgb(138, 145, 156)"* ]]
	show "$WORK/site.html"
	js 'document.documentElement.style.setProperty("--c6", "#ffd080")'
	run -0 faint
	[[ $output == *"dot d6: rgb(255, 208, 128)"* ]]
}

@test "the two schemes differ" {
	show "$WORK/site.html"
	js 'getComputedStyle(document.documentElement).backgroundColor' >"$BATS_TEST_TMPDIR/light"
	screenshot "$BATS_TEST_TMPDIR/light.png"
	media '' dark
	js 'getComputedStyle(document.documentElement).backgroundColor' >"$BATS_TEST_TMPDIR/dark"
	screenshot "$BATS_TEST_TMPDIR/dark.png"
	run ! cmp -s "$BATS_TEST_TMPDIR"/{light,dark}
	run ! cmp -s "$BATS_TEST_TMPDIR"/{light,dark}.png
	[ "$(head -c 4 "$BATS_TEST_TMPDIR/light.png" | tail -c 3)" = PNG ]
}

@test "every picture, control, column, table and region has a name" {
	local page role

	for page in site empty hostile; do
		show "$WORK/$page.html"
		accessible >"$BATS_TEST_TMPDIR/tree"
		run -1 grep -E $'^(image|img|button|radio|link|DisclosureTriangle|columnheader|rowheader|table|region|RadioGroup|group|heading|RootWebArea)\t$' \
			"$BATS_TEST_TMPDIR/tree"
		for role in image heading region RootWebArea; do
			grep -q "^$role"$'\t.' "$BATS_TEST_TMPDIR/tree"
		done
	done
	show "$WORK/site.html"
	accessible >"$BATS_TEST_TMPDIR/tree"
	for role in link radio columnheader rowheader table DisclosureTriangle; do
		grep -q "^$role"$'\t.' "$BATS_TEST_TMPDIR/tree"
	done
	grep -q $'^image\tHow far the units have come$' "$BATS_TEST_TMPDIR/tree"
	grep -q $'^image\tCertificates by the month' "$BATS_TEST_TMPDIR/tree"
	grep -q $'^image\tWhom the site' "$BATS_TEST_TMPDIR/tree"
}

@test "pictures say in words what they show" {
	show "$WORK/site.html"
	run -0 cdp Accessibility.getFullAXTree '{}'
	jq -e '[.nodes[] | select(.role.value == "image") |
		.description.value] | length == 3 and all(length > 40)' <<<"$output"
	jq -e 'any(.nodes[]; (.description.value // "") | test(
		"^ordered [0-9]+, .*production [0-9]+, .*retired [0-9]+$"))' \
		<<<"$output"
}

@test "it is printed on A4, with what is folded" {
	show "$WORK/site.html"
	js 'document.querySelectorAll("details").forEach((d) => { d.open = false })'
	pdf "$BATS_TEST_TMPDIR/site.pdf"
	run -0 pdfinfo "$BATS_TEST_TMPDIR/site.pdf"
	[[ $output =~ Page\ size:\ +59[45].*\(A4\) ]]
	run -0 pdftotext -layout "$BATS_TEST_TMPDIR/site.pdf" -
	[[ $output == *"devid-registrar approve"* ]]
	[[ $output == *ACCC8E000240* ]]
	# Columns are named on each page of the table.
	[ "$(grep -c 'Last seen' <<<"$output")" -gt 6 ]
	[[ $output != *"what needs somebody ("* ]] # the choice is no use there
}

@test "a narrow screen scrolls in one direction" {
	local page

	for page in site empty hostile; do
		width 320
		show "$WORK/$page.html"
		run -0 js 'document.documentElement.scrollWidth'
		[ "$output" = 320 ]
	done
}

visible_rows() {
	js '[...document.querySelectorAll("#units tbody tr")]
		.filter((r) => r.checkVisibility()).length'
}

@test "the choice shows those units alone" {
	show "$WORK/site.html"
	[ "$(visible_rows)" = 240 ]
	js 'document.getElementById("show-bad").click()'
	[ "$(visible_rows)" = 10 ]
	js 'document.getElementById("show-s7").click()'
	[ "$(visible_rows)" = 4 ]
	js 'document.getElementById("show-all").click()'
	[ "$(visible_rows)" = 240 ]
}

# asked_for: addresses that the browser asked for since line $1
asked_for() {
	tail -n "+$1" "$WORK/browser.log" |
		jq -r 'select(.method == "Network.requestWillBeSent").params.request.url'
}

@test "hostile names do nothing" {
	local from

	from=$(($(wc -l <"$WORK/browser.log") + 1))
	show "$WORK/hostile.html"
	run -0 js 'document.title'
	[[ $output == *'Site report: </title><script>'* ]]
	run -0 js '[...new Set([...document.querySelectorAll("*")]
		.map((e) => e.localName))].sort().join(" ")'
	[ "$output" = '"a b body caption code desc details div fieldset figcaption figure footer h1 h2 h3 head header html input label legend li main meta p path rect section small span style summary svg table tbody td text th thead time title tr ul"' ]
	run -0 js '[...document.querySelectorAll("*")].flatMap((e) =>
		[...e.attributes].filter((a) => /^on|^style$/.test(a.name) ||
			/^(href|src)$/.test(a.name) && !/^(#|\.\/)/.test(a.value)))
		.length'
	[ "$output" = 0 ]
	run -0 asked_for "$from"
	[ "$output" = "file://$WORK/hostile.html" ]
	run -0 js 'document.body.innerText'
	[[ $output == *'\\x1B]0;owned\\x07\\x00'* ]]
	[[ $output == *'U+202Egpj.exe'* ]]
	[[ $output == *'a\\xFF\\xC0\\x80'* ]]
}

@test "the page forbids what it does not have" {
	local from

	show "$WORK/site.html"
	from=$(($(wc -l <"$WORK/browser.log") + 1))
	run -0 js '(() => {
		const add = (name, set) => document.body.append(
			Object.assign(document.createElement(name), set));
		add("script", { textContent: "document.title = 1" });
		add("img", { src: "http://127.0.0.1:9/x" });
		add("style", { textContent: "body { margin-top: 77px }" });
		add("iframe", { src: "http://127.0.0.1:9/y" });
		return [document.title, getComputedStyle(document.body).marginTop];
	})()'
	[ "$output" = '["Site report: Plant 4","0px"]' ]
	# Its complaints are events; the last of them comes behind the others.
	wait_on "$WORK/browser.log" -- complained "$from" 4
}

complained() {
	[ "$(tail -n "+$1" "$WORK/browser.log" |
		grep -c 'Content Security Policy')" -ge "$2" ]
}

@test "ten thousand units are one page" {
	{ head_line && units 10000; } | "$report" site --out "$WORK/large.html"
	show "$WORK/large.html"
	[ "$(visible_rows)" = 10000 ]
}
