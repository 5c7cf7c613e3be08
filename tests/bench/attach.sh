# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Attaches, timed at the switch: lab-port's log has carrier-up and the moment
# when the port is open, bench-eapol the frames. Nothing on the device's side
# takes part in the measurement.

N_RESUMED=5

devices_up() {
	device_up tls12 eap.tls_max=1.2
	device_up tls13
}

# device_up NAME [SETTING...]
device_up() {
	device_ready "$1" listed p256 "${@:2}"
	eapol_watch "$1"
	agent_start_ready "$1"
}

eapol_watch() {
	local port
	port=$(device_port "$1")
	proc_start "eapol-$1" switch 0:net_raw "$BUILD/tests/bench/bench-eapol" \
		"$port" "$LAB/eapol-$port"
	wait_on --seconds 5 "$LAB/eapol-$port" -- test -e "$LAB/eapol-$port" ||
		fail eapol-watch "does not start: $LAB/log/eapol-$1"
}

# eapol_start PORT LINE: microseconds of the first EAPOL-Start behind LINE.
eapol_start() {
	awk -v line="$2" 'NR > line && $3 == "frame=start" {
		print substr($1, 4); exit }' "$LAB/eapol-$1"
}

ms_between() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f\n", (b - a) / 1000 }'
}

# attach NAME DEVICE QUIET COMMAND...: plugs the cable, runs COMMAND, waits and
# takes the samples attach.NAME, start.NAME, eap.NAME and tpm.NAME. For QUIET
# seconds nothing is polled: two processors are few.
attach() {
	local name=$1 dev=$2 quiet=$3 port line up start open resumed
	shift 3
	port=$(device_port "$dev")
	line=$(wc -l <"$LAB/eapol-$port")
	attach_mark "$dev"
	plug "$dev"
	"$@"
	pause "$quiet"
	if ! port_await 10 "$port" port_saw "$port" open; then
		missing "attach.$name" "the port of $dev did not open"
		return
	fi
	up=$(port_time "$port" carrier-up)
	open=$(port_time "$port" open)
	start=$(eapol_start "$port" "$line")
	# The agent can be quicker than the switch's clock.
	((start >= up)) || up=$start
	pause 0.1 # what a TPM is still asked after the port opened
	sample "attach.$name" "$(ms_between "$up" "$open")"
	sample "start.$name" "$(ms_between "$up" "$start")"
	sample "eap.$name" "$(ms_between "$start" "$open")"
	sample "tpm.$name" "$(tpm_commands "$dev" | cut -d' ' -f1)"
	sample "frames.$name" "$(eapol_frames "$port" "$up" "$open")"
	# A figure of the wrong kind of handshake is none.
	resumed=$(decision "$(device_get "$dev" mac)" resumed)
	[[ ${name##*.}/$resumed == full/false || ${name##*.}/$resumed == resumed/true ]] ||
		missing "attach.$name" "resumed: ${resumed:-unknown}"
}

eapol_frames() {
	awk -v from="$2" -v to="$3" '{ us = substr($1, 4) }
		us >= from && us <= to { n++ } END { print n + 0 }' \
		"$LAB/eapol-$1"
}

# attach_devid DEVICE full|resumed
attach_devid() {
	[[ $2 == resumed ]] || radius_forget_sessions
	attach "devid.$1.$2" "$1" 0.15 true
}

# attach_peer tls12|tls13
attach_peer() {
	attach "peer.$1.full" peer 1.8 peer_start "$1"
}

detach_devid() {
	unplug "$1"
	agent_await 5 "$1" agent_is "$1" down ||
		fail "$1" "agent does not see that the cable is gone"
}

detach_peer() {
	proc_stop wpa-peer
	unplug peer
}

attach_all() {
	local round version
	warm_up
	for ((round = 1; round <= N_ATTACHES; round++)); do
		[[ ! -t 2 ]] || printf '\rbench: attaches: round %d of %d ' \
			"$round" "$N_ATTACHES" >&2
		for version in tls13 tls12; do
			attach_devid "$version" full
			attach_peer "$version"
			detach_devid "$version"
			detach_peer
		done
	done
	[[ ! -t 2 ]] || printf '\n' >&2
	# TLS 1.2 alone: the lab's FreeRADIUS keeps no TLS 1.3 session, because
	# 3.2.1 and 3.2.7 cannot judge one again (radius-test/raddb/sites-available/devid).
	for ((round = 1; round <= N_RESUMED; round++)); do
		attach_devid tls12 resumed
		detach_devid tls12
	done
}

# The first attach after a start loads the key; it is not counted.
warm_up() {
	local dev

	for dev in tls12 tls13; do
		plug "$dev"
		port_await 10 "$(device_port "$dev")" \
			port_saw "$(device_port "$dev")" open ||
			fail "$dev" "does not attach: $LAB/log/agent-$dev"
		detach_devid "$dev"
	done
}
