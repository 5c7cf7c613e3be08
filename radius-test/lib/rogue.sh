# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Who has no devid: a computer with a stock wpa_supplicant and files.

# rogue_ready NAME: a port and a cable, nothing else.
rogue_ready() {
	device_exists "$1" || {
		device_new "$1"
		authenticator_start "$(device_port "$1")"
	}
	mkdir -p "$LAB/devices/$1/fraud"
}

# rogue_attach NAME KEY CHAIN [PRELOAD [IDENTITY]]: plugs the cable and
# authenticates; IDENTITY is the outer one.
rogue_attach() {
	local dev=$1 dir=$LAB/devices/$1/fraud port
	port=$(device_port "$dev")

	chown "$UID_SUPPLICANT" "$2" "$3"
	install -d -o "$UID_SUPPLICANT" -g "$UID_SUPPLICANT" "$dir/ctrl" "$dir/end"
	put "$dir/wpa.conf" 0644 <<-END
		ctrl_interface=$dir/ctrl
		ap_scan=0
		network={
			disabled=1
			key_mgmt=IEEE8021X
			eapol_flags=0
			eap=TLS
			identity="${5:-anonymous@devid.invalid}"
			ca_cert="$LAB/devices/$dev/radius-ca.pem"
			client_cert="$3"
			private_key="$2"
			phase1="tls_disable_tlsv1_3=0"
		}
	END
	port_mark "$port"
	radius_requests "$port" >"$LAB/devices/$dev/requests.mark"
	decision_mark "$dev"
	rm -f "$LAB/log/rogue-$dev" # an earlier fraud's
	plug "$dev"
	port_await 3 "$port" port_saw "$port" carrier-up
	proc_start "rogue-$dev" "$dev" "$UID_SUPPLICANT:net_raw" \
		env ${4:+"LD_PRELOAD=$4"} wpa_supplicant -Dwired -ieth0 \
		-c "$dir/wpa.conf"
	wait_on --seconds 5 "$dir/ctrl/eth0" -- \
		rogue_command "$dev" select_network 0 ||
		fail "$dev" "wpa_supplicant: $LAB/log/rogue-$dev"
	wait_on --seconds 5 "$LAB/log/rogue-$dev" -- \
		grep -q "Associated with" "$LAB/log/rogue-$dev"
	rogue_command "$dev" logon
}

rogue_command() {
	local dir=$LAB/devices/$1/fraud

	[[ $(in_ns "$1" setpriv --reuid "$UID_SUPPLICANT" \
		--regid "$UID_SUPPLICANT" --clear-groups wpa_cli \
		-p "$dir/ctrl" -s "$dir/end" -i eth0 "${@:2}" 2>&1) == *OK* ]]
}

# rogue_result NAME WORDS: after hostapd's verdict, which must be RADIUS's, with
# WORDS in its cause.
rogue_result() {
	local port
	port=$(device_port "$1")
	check "RADIUS said no" port_await 10 "$port" \
		port_saw "$port" eap-failure
	check_refused_for "$1" "$2"
	measure "$1"
	result "$(outcome "$1")" "RADIUS: $(refused_cause "$1" || echo nothing)"
	proc_stop "rogue-$1"
}
