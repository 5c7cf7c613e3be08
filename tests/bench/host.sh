# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the processes cost while nothing happens, and the two hot paths.

IDLE_SECONDS=30
SIGN_ROUNDS=5
SIGNATURES=400
VERIFY_ROUNDS=4

# supplicant_pid DEVICE: the wpa_supplicant that the agent started.
supplicant_pid() {
	jq -r '.supplicant // empty' "$LAB/devices/$1/run/agent.json"
}

# memory NAME PID: private, proportional and resident memory in KiB.
memory() {
	local file=/proc/$2/smaps_rollup

	sample "memory.private.$1" "$(awk '/^Private_(Clean|Dirty):/ { k += $2 }
		END { print k }' "$file")"
	sample "memory.pss.$1" "$(awk '$1 == "Pss:" { print $2 }' "$file")"
	sample "memory.rss.$1" "$(awk '$1 == "Rss:" { print $2 }' "$file")"
}

# Both sides attached, TLS 1.3. The other device ends first: what two keyds
# share would not count as private, and a real device has one.
memory_all() {
	local dev

	agent_stop tls12
	keyd_stop tls12
	plug tls13
	plug peer
	peer_start tls13
	for dev in tls13 peer; do
		port_await 10 "$(device_port "$dev")" \
			port_saw "$(device_port "$dev")" open || {
			missing memory "the port of $dev did not open"
			return
		}
	done
	memory keyd "$(proc_pid keyd-tls13)"
	memory agent "$(proc_pid agent-tls13)"
	memory devid-wpa_supplicant "$(supplicant_pid tls13)"
	memory tpm2-abrmd "$(proc_pid abrmd-peer)"
	memory dbus-daemon "$(proc_pid bus-peer)"
	memory peer-wpa_supplicant "$(proc_pid wpa-peer)"
}

# switches PID: how often its threads were scheduled.
switches() {
	awk '/ctxt_switches:/ { n += $2 } END { print n }' \
		"/proc/$1"/task/*/status
}

# idle_begin and idle_end NAME: what happens between them does not concern
# these processes.
idle_begin() {
	declare -gA IDLE_PID=(
		[keyd]=$(proc_pid keyd-tls13)
		[agent]=$(proc_pid agent-tls13)
		[devid-wpa_supplicant]=$(supplicant_pid tls13)
		[tpm2-abrmd]=$(proc_pid abrmd-peer)
		[dbus-daemon]=$(proc_pid bus-peer)
		[peer-wpa_supplicant]=$(proc_pid wpa-peer)
	)
	declare -gA IDLE_COUNT=()
	local name

	pause 3 # until the attach has settled
	for name in "${!IDLE_PID[@]}"; do
		IDLE_COUNT[$name]=$(switches "${IDLE_PID[$name]}")
	done
	IDLE_SINCE=$SECONDS
}

idle_end() {
	local name

	((SECONDS - IDLE_SINCE >= IDLE_SECONDS)) ||
		pause $((IDLE_SECONDS - SECONDS + IDLE_SINCE))
	for name in "${!IDLE_PID[@]}"; do
		sample "wakeups.$name" $(($(switches "${IDLE_PID[$name]}") -
			IDLE_COUNT[$name]))
	done
	sample idle.seconds $((SECONDS - IDLE_SINCE))
}

# The key of device tls12, by way of its devid-keyd and directly. A TPM has one
# user, so they take turns.
sign_all() {
	local round dir=$LAB/devices/tls12

	for ((round = 0; round < SIGN_ROUNDS; round++)); do
		keyd_start tls12
		DEVID_KEYD_SOCKET=$dir/keyd/keyd.sock sign provider \
			provider $SIGNATURES "$BUILD" "$dir/state/idevid.key"
		keyd_stop tls12
		sign direct direct $SIGNATURES \
			"swtpm:path=$dir/tpm/tpm.sock"
	done
}

# sign NAME ARGUMENT...: samples sign.NAME in microseconds, and how many one
# after the other make a second as rate.NAME, one a round.
sign() {
	local name=$1 out=$LAB/signatures
	shift
	if ! "$BUILD/tests/bench/bench-sign" "$@" >"$out" 2>"$LAB/log/sign"; then
		missing "sign.$name" "$(tail -n1 "$LAB/log/sign")"
		return
	fi
	sed "s/^/sign.$name\t/" "$out" >>"$OUT/samples.tsv"
	sample "rate.$name" "$(awk '{ us += $1 }
		END { printf "%.1f\n", NR * 1e6 / us }' "$out")"
}

# Interleaved, each alone on the machine.
verify_all() {
	local round line rates

	for ((round = 0; round < VERIFY_ROUNDS; round++)); do
		line=$(openssl speed -seconds 1 -mr ecdsap256 2>/dev/null |
			sed -n 's/^+F4:.*:\([0-9.]*\)$/\1/p')
		line+=" $("$BUILD/tests/bench/bench-verify" 1)" || line=
		read -r -a rates <<<"$line"
		if ((${#rates[@]} != 4)); then
			missing verify "openssl speed or bench-verify failed"
			return
		fi
		sample verify.openssl "${rates[0]}"
		sample verify.der "${rates[1]}"
		sample verify.x509 "${rates[2]}"
		sample verify.d2i "${rates[3]}"
	done
}
