# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2153
#
# What a scenario is judged by: traffic through the switch first, then what
# EAP, the agent, the RADIUS server and the TPM say about it.

# reach DEVICE: the VLANs whose host answers, as `20` or `10 20` or nothing.
# All three are asked at once; the frames carry the right addresses, so only
# the switch can keep them from arriving.
reach() {
	local vlan answers=$LAB/devices/$1/reach pids=()

	rm -f "$answers".*
	for vlan in "${VLANS[@]}"; do
		in_ns "$1" ping -q -n -c 3 -i 0.05 -W 0.3 "10.10.$vlan.1" \
			>/dev/null 2>&1 && : >"$answers.$vlan" &
		pids+=($!)
	done
	wait "${pids[@]}" || true
	for vlan in "${VLANS[@]}"; do
		[[ ! -e $answers.$vlan ]] || printf '%s ' "$vlan"
	done | sed 's/ $//'
}

# outcome DEVICE: the same in the words of EXPECTED.
outcome() {
	local vlans
	vlans=$(reach "$1")
	printf '%s\n' "${vlans:+vlan }${vlans:-nothing}"
}

# probe_start DEVICE: asks all three hosts every 20 ms until probe_stop.
probe_start() {
	local vlan

	for vlan in "${VLANS[@]}"; do
		rm -f "$LAB/log/probe-$1-$vlan"
		proc_start "probe-$1-$vlan" "$1" 0:net_raw \
			ping -D -n -i 0.02 "10.10.$vlan.1"
	done
}

probe_stop() {
	local vlan

	for vlan in "${VLANS[@]}"; do
		proc_signal "probe-$1-$vlan" INT
	done
	for vlan in "${VLANS[@]}"; do
		proc_stop "probe-$1-$vlan"
	done
}

# probe_first DEVICE VLAN: when the first answer came, microseconds since 1970.
probe_first() {
	sed -n 's/^\[\([0-9]*\)\.\([0-9]*\)\] 64 bytes from .*/\1\2/p' \
		"$LAB/log/probe-$1-$2" | head -n1
}

# probe_check DEVICE VLAN: an answer came from there, none before the port was
# opened, and none from the other networks.
probe_check() {
	local port vlan first open
	port=$(device_port "$1")
	# Logged just before the helper opens the port.
	open=$(port_clock "$port" "$(port_time "$port" eap-success)")
	for vlan in "${VLANS[@]}"; do
		first=$(probe_first "$1" "$vlan")
		if [[ $vlan != "$2" ]]; then
			check "no answer from VLAN $vlan" test -z "$first"
			continue
		fi
		check "an answer from VLAN $vlan" test -n "$first"
		check "no answer before EAP succeeded" \
			test "${first:-0}" -ge "$open"
	done
}

# --- the agent's view -----------------------------------------------------

# agent_get DEVICE JQ_FILTER
agent_get() {
	jq -r "$2 // empty" "$LAB/devices/$1/run/agent.json" 2>/dev/null
}

# listed UNIT, revoked UNIT: a number from a case, as RADIUS has it.
listed() {
	grep -qxF -e "$1" "$LAB/aaa/listed"
}

revoked() {
	grep -qsxF -e "$1" "$LAB/pki/revoked"
}

# due DEVICE: where it should be now, in the words of port_state.
due() {
	local unit

	unit=$(device_get "$1" serial)
	if ! plugged "$1" || revoked "$unit"; then
		echo parked
	elif listed "$unit"; then
		echo open 20
	else
		echo open 10
	fi
}

# agent_says DEVICE WORD...: one of them is a string in what the agent writes. jq
# takes 30 ms to start; who asks in a loop asks this first.
agent_says() {
	local word text file=$LAB/devices/$1/run/agent.json

	[[ -e $file ]] || return 1
	text=$(<"$file")
	for word in "${@:2}"; do
		[[ $text != *"\"$word\""* ]] || return 0
	done
	return 1
}

agent_is() {
	agent_says "$1" "$2" &&
		[[ $(agent_get "$1" '.ports[0].state') == "$2" ]]
}

# agent_await SECONDS DEVICE COMMAND...: until it succeeds, asked again when the
# agent has written its state.
agent_await() {
	wait_on --seconds "$1" "$LAB/devices/$2/run/agent.json" -- "${@:3}"
}

# agent_class_is DEVICE CLASS[|CLASS]
agent_class_is() {
	local class words
	IFS='|' read -r -a words <<<"$2"
	agent_says "$1" "${words[@]}" || return 1
	class=$(agent_get "$1" '.ports[0].class')
	[[ -n $class && "|$2|" == *"|$class|"* ]]
}

# Its wpa_supplicant runs and the key service is there. What one that was killed
# wrote stays until this one writes.
agent_is_ready() {
	agent_says "$1" supplicant &&
		[[ $(agent_get "$1" 'select(.supplicant and .keyd) | .pid') == \
			"$(proc_pid "agent-$1")" ]]
}

agent_start_ready() {
	agent_start "$1"
	agent_await 10 "$1" agent_is_ready "$1" ||
		fail "$1" "devid-agent is not ready: $LAB/log/agent-$1"
}

# --- a scenario's result --------------------------------------------------

result_clear() {
	FAILED=()
	R_PORT='' R_VLAN='' R_REASON='' R_ATTACH_MS='' R_TPM=''
	R_TPM_NAMES='' R_TLS='' R_TRIPS=''
}

# check WHAT COMMAND...: what fails is the scenario's result.
check() {
	"${@:2}" || FAILED+=("not so: $1")
}

# device_ready NAME listed|unlisted [ALG] [SETTING...]: provisioned, its TPM and
# keyd running, no agent, cable not plugged, an authenticator on its port.
device_ready() {
	local dev=$1 known=$2 alg=${3:-p256} port
	shift $(($# < 3 ? $# : 3))

	if ! device_exists "$dev"; then
		[[ -v SCENARIO ]] ||
			note "making $dev: a TPM, its keys, a certificate"
		device_new "$dev" "$alg"
		tpm_start "$dev"
		keyd_start "$dev"
		device_provision "$dev" >"$LAB/log/provision-$dev"
		[[ $known == unlisted ]] ||
			allow_list_add "$(device_get "$dev" serial)"
	fi
	device_configure "$dev" "$@"
	proc_alive "tpm-$dev" || tpm_start "$dev"
	proc_alive "keyd-$dev" || keyd_start "$dev"
	port=$(device_port "$dev")
	proc_alive "hostapd-$port" || authenticator_start "$port"
	attach_mark "$dev"
}

# attach_mark DEVICE: the numbers of the result count from here.
attach_mark() {
	local port
	port=$(device_port "$1")
	port_mark "$port"
	stat -c %s "$LAB/devices/$1/tpm/log" >"$LAB/devices/$1/tpm.mark"
	radius_requests "$port" >"$LAB/devices/$1/requests.mark"
	decision_mark "$1"
}

tpm_commands() {
	"$HERE/tpm-count" --from "$(<"$LAB/devices/$1/tpm.mark")" \
		"$LAB/devices/$1/tpm/log"
}

# attached DEVICE [SECONDS]: the port is open and the agent knows it.
attached() {
	local port
	port=$(device_port "$1")
	port_await "${2:-10}" "$port" port_is_open "$port" &&
		agent_await 3 "$1" agent_is "$1" authorized
}

# refused DEVICE CLASS [SECONDS]: the agent came to that verdict.
refused() {
	agent_await "${3:-15}" "$1" agent_class_is "$1" "$2"
}

# attach_ms PORT: from carrier-up to open, by the switch's clock; also when
# there were several tries.
attach_ms() {
	local up open
	up=$(port_time "$1" carrier-up)
	open=$(port_time "$1" open)
	[[ -n $up && -n $open ]] || return 0
	printf '%d.%03d\n' $(((open - up) / 1000)) $(((open - up) % 1000))
}

# measure DEVICE: fills the numbers of the result.
measure() {
	local dev=$1 port requests tpm
	port=$(device_port "$dev")
	R_PORT=$(port_state "$port")
	R_VLAN=${R_PORT#open}
	R_PORT=$(port_is_open "$port" && echo authorised || echo unauthorised)
	[[ $R_PORT == authorised ]] || R_VLAN=
	R_ATTACH_MS=$(attach_ms "$port")
	if [[ -e $LAB/devices/$dev/tpm/log ]]; then
		tpm=$(tpm_commands "$dev")
		R_TPM=${tpm%% *}
		R_TPM_NAMES=${tpm#"$R_TPM"}
	fi
	{
		read -r R_TLS || R_TLS=
		read -r R_REASON || R_REASON=
	} < <(agent_get "$dev" '.ports[0] | .tls_version // "",
		if .class == "NONE" then "" else .class + ": " + .reason end')
	requests=$(radius_requests "$port")
	R_TRIPS=
	[[ -z $requests ]] ||
		R_TRIPS=$((requests - $(<"$LAB/devices/$dev/requests.mark")))
}

# result OUTCOME [REASON]: ends a scenario.
result() {
	local outcome=$1
	((${#FAILED[@]} == 0)) || outcome="$outcome, ${FAILED[0]}"
	jq -n -c --arg scenario "$SCENARIO" --arg expected "$EXPECTED" \
		--arg result "$outcome" --arg port "$R_PORT" \
		--arg vlan "${R_VLAN# }" --arg reason "${2:-$R_REASON}" \
		--arg ms "$R_ATTACH_MS" --arg tpm "$R_TPM" --arg tls "$R_TLS" \
		--arg trips "$R_TRIPS" '
		def number: if . == "" then null else tonumber end;
		def text: if . == "" then null else . end;
		{ scenario: $scenario, expected: $expected, result: $result,
		  port: $port, vlan: ($vlan | number), reason: $reason,
		  attach_ms: ($ms | number), tpm_commands: ($tpm | number),
		  tls_version: ($tls | text), round_trips: ($trips | number) }' \
		>"$LAB/result"
}

# attach_full DEVICE VLAN ...: a complete attach, seen from all sides.
attach_full() {
	local dev=$1 vlan=$2

	agent_start_ready "$dev"
	attach_mark "$dev"
	probe_start "$dev"
	plug "$dev"
	check "attached" attached "$dev"
	wait_on --seconds 2 "$LAB/log/probe-$dev-$vlan" -- \
		probe_answered "$dev" "$vlan" || true
	measure "$dev"
	probe_stop "$dev"
	probe_check "$dev" "$vlan"
	check "one TPM command, Sign (was: $R_TPM$R_TPM_NAMES)" \
		test "$R_TPM$R_TPM_NAMES" = "1 Sign"
}

probe_answered() {
	[[ -n $(probe_first "$1" "$2") ]]
}

# matrix ALG VERSION: key type and TLS version, the rest as usual.
matrix() {
	device_ready "cam-$1" listed "$1" "eap.tls_min=$2" "eap.tls_max=$2"
	attach_full "cam-$1" 20
	check "TLS $2 was used (was: $R_TLS)" test "$R_TLS" = "TLSv$2"
	result "$(outcome "cam-$1")"
}

# --- what devid doctor says -------------------------------------------------

# doctor DEVICE: its findings, as JSON; its exit status says what it found.
doctor() {
	devid "$1" doctor --json --config "$LAB/devices/$1/devid.conf" || true
}

# doctor_names DEVICE [ID...]: these, in this order, and no other fault or
# warning. That few tries are left is true on a lab where TPMs were killed before.
doctor_names() {
	local found

	found=$(doctor "$1" | jq -r '.findings[] |
		select(.level != "not seen" and .id != "tpm-few-tries") | .id')
	[[ $found == "$(printf '%s\n' "${@:2}")" ]] || {
		printf 'doctor found: %s\n' "${found//$'\n'/ }" >&2
		return 1
	}
}

# doctor_says DEVICE [ID...]: within 5 s.
doctor_says() {
	check "doctor names ${*:2}" ask_until 5 doctor_names "$@"
}

# doctor_well DEVICE: nothing found, all seen, and usable by status.
doctor_well() {
	doctor_says "$1"
	check "doctor has seen all" test "$(doctor "$1" |
		jq -r '.areas | to_entries[] | select(.value != "well") | .key' |
		grep -vx TPM)" = ""
	check "status says usable" test "$(devid "$1" status --json --config \
		"$LAB/devices/$1/devid.conf" | jq -r 'if .because ==
		"tpm-few-tries" then "usable" else .state end')" = usable
}
