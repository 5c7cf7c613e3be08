# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A port that opens without asking is told apart, and used only if that is set.
#
# The switch answers EAPOL-Start with EAP-Success, as a port for critical devices
# does while its RADIUS server is dead. Then an authenticator returns.
# covers: 802.1X-open
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# hook_was EVENT: the last event that hooks were told.
hook_was() {
	[[ $(tail -n1 "$LAB/devices/cam/run/hooks" 2>/dev/null) == "$1" ]]
}

# let_in SETTING EVENT: what the agent says and does with the setting.
let_in() {
	rm -f "$LAB/devices/cam/run/hooks"
	device_configure cam "agent.open_port=$1"
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "the agent says OPEN_PORT" refused cam OPEN_PORT
	measure cam
	check "hooks are told $2 with $1" wait_on --seconds 5 \
		"$LAB/devices/cam/run" -- hook_was "$2"
	check "no TPM command (was: $R_TPM$R_TPM_NAMES)" test "$R_TPM" = 0
	doctor_says cam open-port
}

scenario() {
	local port reason

	device_ready cam listed
	put "$(hooks_dir cam)/last" 0755 <<-END
		#!/bin/sh
		echo "\$DEVID_EVENT" >>$LAB/devices/cam/run/hooks
	END
	port=$(device_port cam)
	authenticator_stop "$port"
	proc_start "open-$port" switch "$UID_SWITCH:net_raw" \
		"$LAB/bin/open-port" "$port"

	let_in refuse unauthorized
	check "not in use" test "$(agent_get cam '.ports[0].open')" = ""
	agent_stop cam
	unplug cam

	let_in use open
	check "in use" test "$(agent_get cam '.ports[0].open')" = true
	reason=$R_REASON
	proc_stop "open-$port"
	authenticator_start "$port"
	attach_mark cam
	check "authenticated when it is asked" attached cam 90
	check "hooks are told authorized" wait_on --seconds 5 \
		"$LAB/devices/cam/run" -- hook_was authorized
	measure cam
	result "$(outcome cam)" "$reason"
	rm -f "$(hooks_dir cam)/last"
}
