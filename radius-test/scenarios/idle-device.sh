# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An attached device is idle: its daemons do not run once in ten seconds.
#
# No thread of devid-keyd and devid-agent is scheduled, and what the two hold
# in memory for themselves is under 6 MiB (not judged in a sanitizer build,
# where the sanitizer's own memory is several times that).
# The device has a key of its owner as well, and two identities to show.
# covers: OWN-memory
# shellcheck disable=SC2034
EXPECTED="vlan 20"

readonly IDLE_SECONDS=10
readonly IDLE_KIB_MAX=6144

# switches: context switches of each thread of both daemons so far.
switches() {
	local name pid

	for name in keyd-cam agent-cam; do
		pid=$(proc_pid "$name") || return 1
		grep -H 'ctxt_switches:' "/proc/$pid"/task/*/status
	done
}

# private_kib: what no other process shares with them.
private_kib() {
	local name pid files=()

	for name in keyd-cam agent-cam; do
		pid=$(proc_pid "$name") || return 1
		files+=("/proc/$pid/smaps_rollup")
	done
	awk '/^Private_(Clean|Dirty):/ { n += $2 } END { print n }' "${files[@]}"
}

# The hook has ended and nothing but wpa_supplicant is left of the attach.
attach_is_over() {
	local pid
	[[ -e $LAB/devices/cam/run/hook-ended ]] || return 1
	pid=$(proc_pid agent-cam) || return 1
	[[ "$(cat "/proc/$pid"/task/*/children)" == \
		"$(agent_get cam .supplicant) " ]]
}

sanitized() {
	grep -qa __asan_init "$LAB/bin/devid-agent"
}

memory_check() {
	local kib

	if sanitized; then
		R_REASON+="; memory not judged: sanitizer build"
		return
	fi
	kib=$(private_kib)
	check "under $IDLE_KIB_MAX KiB of private memory (was: ${kib:-?})" \
		test "${kib:-$IDLE_KIB_MAX}" -lt $IDLE_KIB_MAX
	R_REASON+="; private memory $kib KiB"
}

# changes BEFORE AFTER: in one line
changes() {
	{ diff <(echo "$1") <(echo "$2") || true; } | tr '\n' ' '
}

scenario() {
	local before after

	device_ready cam listed p256 agent.identity="ldevid-0 idevid"
	devid cam key create ldevid-0 --type p256 --pin >/dev/null
	attach_mark cam
	put "$(hooks_dir cam)/last" 0755 <<-END
		#!/bin/sh
		[ "\$DEVID_EVENT" != authorized ] ||
			: >$LAB/devices/cam/run/hook-ended
	END
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	check "the hook has ended" ask_until 10 attach_is_over
	measure cam
	before=$(switches) || before=
	pause $IDLE_SECONDS
	after=$(switches) || after=
	check "both daemons run" test -n "$before"
	check "no context switch" test "$before" = "$after"
	check "still attached" agent_is cam authorized
	R_REASON="no context switch in $IDLE_SECONDS s"
	[[ $before == "$after" ]] ||
		R_REASON=$(changes "$before" "$after")
	memory_check
	result "$(outcome cam)" "$R_REASON"
	rm -f "$(hooks_dir cam)/last" "$LAB/devices/cam/run/hook-ended"
	devid cam key delete ldevid-0 >/dev/null
}
