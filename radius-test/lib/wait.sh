# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Waiting for events in scripts, of the end-to-end tests and of the lab. Who
# loads this defines await_path: the file of the program await.

# await WHAT...: until an event; --help says for which
await() {
	"$(await_path)" "$@"
}

# wait_on [--seconds N] [--reads] PID|PATH... -- COMMAND...: until COMMAND
# succeeds, at most 30 s or what is said. It is run at once, and again when one
# of these has changed (await --help); they are watched before the second look.
wait_on() {
	local things=() events rest=1

	while [[ $1 != -- ]]; do
		things+=("$1")
		shift
	done
	shift
	"$@" && return
	exec {events}< <(exec "$(await_path)" changes "${things[@]}" 3>&-)
	while next_change "$events"; do
		"$@" && rest=0 && break
	done
	exec {events}<&-
	return "$rest"
}

# One line, or all that came while nobody looked.
next_change() {
	read -r -u "$1" || return 1
	while read -r -t 0 -u "$1"; do
		read -r -u "$1" || return 1
	done
}

# pause SECONDS: so long and no longer, without a process.
pause() {
	[[ -v PAUSE_FD ]] || exec {PAUSE_FD}<> <(:)
	read -r -t "$1" -u "$PAUSE_FD" || true
}

# ask_until SECONDS COMMAND...: until it succeeds, at most that long. For what
# changes in another program and comes neither to a file nor to the end of a
# process, as hostapd's counters: it can only be asked again. All else is
# waited for with wait_on.
ask_until() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@"; do
		((${EPOCHREALTIME/[.,]/} < end)) || return 1
		pause 0.02
	done
}
