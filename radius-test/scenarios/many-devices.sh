# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Twenty devices at once (or LAB_MANY), each with its own TPM, key service and port.
#
# attach_ms is the slowest of them; tpm_commands is the sum. A switch and a server
# that have no time begin a handshake anew, and then it is signed once more.
# shellcheck disable=SC2034
EXPECTED="all vlan 20"

readonly MANY=${LAB_MANY:-20}

# many_wait PID...: for the end of each, good or not; whether all were good.
many_wait() {
	local pid status=0

	for pid; do
		wait "$pid" || status=1
	done
	return $status
}

# many_do FUNCTION [JOBS]: for each device, so many at once.
many_do() {
	local i pids=() jobs=${2:-$(($(nproc) * 2))}

	for ((i = 1; i <= MANY; i++)); do
		"$1" "many$i" &
		pids+=($!)
		# Not for all children: the lab's own daemons are some.
		if ((${#pids[@]} >= jobs)); then
			many_wait "${pids[@]}"
			pids=()
		fi
	done
	many_wait "${pids[@]}"
}

many_new() {
	device_new "$1"
	tpm_start "$1"
	keyd_start "$1"
	device_provision "$1" >"$LAB/log/provision-$1"
	authenticator_start "$(device_port "$1")"
}

many_agent() {
	agent_start_ready "$1"
	many_signatures "$1" >"$LAB/devices/$1/signatures.mark"
	attach_mark "$1"
}

# many_signatures DEVICE: how many its key service has made. A port that is not
# plugged in is a fault to `devid status`.
many_signatures() {
	{ devid "$1" status --json || true; } | jq .keystore.signatures
}

many_reach() {
	reach "$1" >"$LAB/devices/$1/reached"
}

# many_commands DEVICE: of its TPM, but for how the key service looks after it,
# once a minute
many_commands() {
	local names

	read -r _ names < <(tpm_commands "$1")
	tr -s ' ' '\n' <<<"$names" | grep -cvx GetCapability
}

# many_sum: ms of the slowest, TPM commands of all, and signatures in SIGNED.
many_sum() {
	local i dev ms slowest=0 commands=0 signed

	SIGNED=0

	for ((i = 1; i <= MANY; i++)); do
		dev=many$i
		ms=$(attach_ms "$(device_port "$dev")")
		slowest=$(printf '%s\n' "$slowest" "${ms:-0}" |
			sort -n | tail -n1)
		commands=$((commands + $(many_commands "$dev")))
		signed=$(many_signatures "$dev")
		SIGNED=$((SIGNED + signed - $(device_get "$dev" signatures.mark)))
	done
	R_ATTACH_MS=$slowest
	R_TPM=$commands
}

# many_state: what the lab holds for it in /run, where a real machine has little
# room. Its programs are elsewhere.
many_state() {
	local kib
	kib=$(du -sk "$LAB" | cut -f1)
	check "state below 2 MiB a device (was: $kib KiB)" \
		test "$kib" -lt $((MANY * 2048))
	R_REASON="$MANY devices, $((kib / MANY)) KiB of state each"
}

scenario() {
	local i right=0

	((MANY >= 1 && MANY <= 99)) ||
		fail "LAB_MANY=$MANY" "not 1 to 99 devices"

	many_do many_new
	for ((i = 1; i <= MANY; i++)); do
		device_get "many$i" serial
	done >>"$LAB/aaa/listed"
	allow_list_add
	many_do many_agent
	many_do plug "$MANY"
	for ((i = 1; i <= MANY; i++)); do
		check "many$i attached" attached "many$i" 20
	done
	many_do many_reach
	for ((i = 1; i <= MANY; i++)); do
		[[ $(device_get "many$i" reached) != 20 ]] ||
			right=$((right + 1))
	done
	measure many1
	many_sum
	check "one TPM command a signature (was: $R_TPM of $SIGNED)" \
		test "$R_TPM" = "$SIGNED"
	check "each signed (was: $SIGNED)" test "$SIGNED" -ge "$MANY"
	many_state
	if ((right == MANY)); then
		result "all vlan 20"
	else
		result "$right of $MANY vlan 20"
	fi
}
