# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A real browser without a window, asked by the DevTools protocol over pipes:
# a request is JSON with a NUL behind it, and so is an answer. Its answers and
# events are the lines of $WORK/browser.log.

# browser_start: one page, about:blank
browser_start() {
	mkfifo "$WORK/browser.in" "$WORK/browser.out"
	: >"$WORK/browser.log"
	echo 0 >"$WORK/asked"
	stdbuf -oL tr '\0' '\n' <"$WORK/browser.out" >"$WORK/browser.log" 3>&- &
	echo $! >>"$WORK/pids"
	# Reads and writes the pipe, so that it does not end with who asks.
	chromium-headless-shell --no-sandbox --disable-gpu \
		--disable-dev-shm-usage --hide-scrollbars \
		--user-data-dir="$WORK/profile" --remote-debugging-pipe \
		about:blank 3<>"$WORK/browser.in" 4>"$WORK/browser.out" \
		>"$WORK/browser.err" 2>&1 </dev/null &
	echo $! >"$WORK/browser.pid"
	: >"$WORK/session"
	cdp Target.getTargets '{}' >"$WORK/targets"
	cdp Target.attachToTarget "$(jq -c '{ flatten: true, targetId:
		first(.targetInfos[] | select(.type == "page")).targetId }' \
		"$WORK/targets")" | jq -j .sessionId >"$WORK/session.new"
	mv "$WORK/session.new" "$WORK/session"
	cdp Page.enable '{}'
	cdp Network.enable '{}'
	cdp Log.enable '{}'
}

# browser_end: what was started may be a script that started it, and goes with it
browser_end() {
	: >"$WORK/session"
	cdp Browser.close '{}'
	await exit "$(<"$WORK/browser.pid")"
}

# cdp METHOD PARAMS: prints the result
cdp() {
	local id=$(($(<"$WORK/asked") + 1))

	echo "$id" >"$WORK/asked"
	jq -cn --argjson id "$id" --arg method "$1" --argjson params "$2" \
		--rawfile session "$WORK/session" '{ $id, $method, $params } +
		if $session == "" then {} else { sessionId: $session } end' |
		tr '\n' '\0' >"$WORK/browser.in"
	wait_on "$WORK/browser.log" -- cdp_answered "$id"
	jq -ec 'if .error then error(.error.message) else .result end' \
		"$WORK/answer"
}

# Whole: a long line may come in parts.
cdp_answered() {
	grep -m1 "^{\"id\":$1," "$WORK/browser.log" >"$WORK/answer" &&
		jq -e .id "$WORK/answer" >/dev/null 2>&1
}

loads() { grep -c '"method":"Page.loadEventFired"' "$WORK/browser.log" || true; }

loaded_more() { [ "$(loads)" -gt "$1" ]; }

# show FILE: until it is loaded
show() {
	local before

	before=$(loads)
	cdp Page.navigate "$(jq -cn --arg url "file://$1" '{ $url }')" >/dev/null
	wait_on "$WORK/browser.log" -- loaded_more "$before"
}

# js EXPRESSION: its value, as JSON
js() {
	cdp Runtime.evaluate "$(jq -cn --arg expression "$1" \
		'{ $expression, returnByValue: true, awaitPromise: true }')" |
		jq -ce 'if .exceptionDetails then error(.exceptionDetails
			.exception.description) else [.result.value] end' |
		jq -c '.[0]'
}

# media TYPE SCHEME: "" or print; light or dark
media() {
	cdp Emulation.setEmulatedMedia "$(jq -cn --arg media "$1" --arg value "$2" \
		'{ $media, features: [{ name: "prefers-color-scheme", $value }] }')" \
		>/dev/null
}

# width N: of the window, in CSS pixels
width() {
	cdp Emulation.setDeviceMetricsOverride "$(jq -cn --argjson width "$1" \
		'{ $width, height: 900, deviceScaleFactor: 1, mobile: false }')" \
		>/dev/null
}

# screenshot FILE: all of the page
screenshot() {
	cdp Page.captureScreenshot '{"captureBeyondViewport":true}' |
		jq -r .data | base64 -d >"$1"
}

# pdf FILE: as it is printed
pdf() {
	cdp Page.printToPDF '{"preferCSSPageSize":true,"printBackground":false}' |
		jq -r .data | base64 -d >"$1"
}

# accessible: what a screen reader is given: a line for each thing, role and
# name
accessible() {
	cdp Accessibility.getFullAXTree '{}' | jq -r '.nodes[] |
		select(.ignored | not) |
		"\(.role.value)\t\(.name.value // "")"'
}
