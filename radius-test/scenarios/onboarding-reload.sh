# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The settings are read again (SIGHUP) in the midst of onboarding: it goes on.
#
# While the registrar wants a person's word, while a program of onboard.d runs,
# and in production: each time with the same key and the same request.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

new_supplicant() {
	local now
	now=$(agent_get again .supplicant)
	[[ -n $now && $now != "$1" ]]
}

# reload TEXT STATE: SIGHUP, and it is there again
reload() {
	local before
	before=$(agent_get again .supplicant)

	proc_signal agent-again HUP
	check "$1: the settings are read again" agent_await 10 again \
		new_supplicant "$before"
	check "$1: $2 again (is: $(onboard_get again .state))" \
		onboarded again "$2"
}

request() {
	sha256sum <"$LAB/devices/again/state/enroll/request"
}

# The hook runs on until somebody writes to its pipe.
hook_that_waits() {
	local dir
	dir=$(hooks_dir again).onboard

	mkdir -p "$dir"
	mkfifo "$LAB/devices/again/gate"
	printf '#!/bin/sh\nexec cat "%s"\n' "$LAB/devices/again/gate" |
		put "$dir/10-gate" 0755
}

scenario() {
	local unit asked candidate

	site_device again
	unit=$(device_get again serial)
	SITE_PROFILE=$'residency = wanted\napproval = manual' site_up
	site_list again
	hook_that_waits
	agent_start_ready again
	attach_mark again
	plug again
	check "pending" onboarded again pending
	asked=$(request)
	candidate=$(onboard_get again .candidate)
	reload "while pending" pending
	check "the same request" test "$(request)" = "$asked"
	check "the desk has it once" test \
		"$(registrar pending | grep -cF "$unit")" = 1
	registrar approve "$unit" >>"$LAB/log/desk" 2>&1
	check "the hook runs" onboarded again configuring
	reload "while a hook runs" configuring
	check "the same key (is: $(onboard_get again .candidate))" \
		test "$(onboard_get again .candidate)" = "$candidate"
	timeout 20 tee "$LAB/devices/again/gate" </dev/null || true
	check "production" onboarded again
	check "attached" attached again
	reload "in production" production
	check "attached with it" attached again
	measure again
	in_production again
	check "with that key (is: $(onboard_get again .active))" \
		test "$(onboard_get again .active)" = "$candidate"
	check "one LDevID (was: $(site_rows "$unit"))" test \
		"$(site_rows "$unit")" = "IDevID listed,LDevID listed"
	device_addresses again
	result "$(outcome again)"
	site_done again
}
