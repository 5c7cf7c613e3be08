#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each setting of devid.conf(5) with values that it cannot have: the program that
# reads it does not start and says where and why, and `devid doctor` says the same
# before anybody restarts it.

load lib
build=${build:?set in lib.bash}

setup() {
	bats_require_minimum_version 1.5.0
	conf=$BATS_TEST_TMPDIR/devid.conf
}

# written SECTION LINE: in a file whose other settings are good
written() {
	cat >"$conf" <<-EOF
		[agent]
		supplicant_user = 65000:65000
		[eap]
		trust = first-use
		[$1]
		$2
	EOF
	[ "$1.${2%% *}" != eap.trust ] || sed -i 4d "$conf"
	[ "$1.${2%% *}" != agent.supplicant_user ] || sed -i 2d "$conf"
}

# refused SECTION LINES: by its program, with the place, which is the last
refused() {
	local program=devid-agent line last=${2##*$'\n'}

	[ "$1" != keyd ] || program=devid-keyd
	written "$1" "$2"
	line=$(wc -l <"$conf")
	run -2 timeout 20 "$build/$program" --config "$conf"
	[[ $output == "$program: $conf:$line: $1.${last%% *}: "* ]] || {
		echo "$1: $2: $output"
		return 1
	}
	[ "${#lines[@]}" -eq 1 ]
	refusal=${output#"$program: "}
}

# found: and doctor names the same place
found() {
	local place=${refusal%%: *} name

	name=${refusal#*: }
	run "$build/devid" doctor --json --config "$conf"
	jq -e --arg seen "$place: ${name%%: *}: " '.findings[0] |
		(.id == "settings-value" or .id == "settings-wrong") and
		(.evidence | startswith($seen))' <<<"$output" >/dev/null || {
		echo "$refusal; $output"
		return 1
	}
}

each_found() { # SECTION LINE...
	local section=$1 line

	shift
	for line; do
		refused "$section" "$line"
		found
	done
}

@test "devid-keyd and doctor refuse each value that it cannot take" {
	each_found keyd "socket = relative" "socket = /$(printf '%0110d' 0)" \
		"tcti = foo:bar" "tcti = /dev/tpm0" "tcti = swtpm:pth=/x" \
		"tcti = device" "tcti = device:" "tcti = device:relative" \
		"state_dir = state" \
		"connections_max = 3" "connections_max = 1025" \
		"tpm_timeout = 0" "tpm_timeout = 241" "certificate_in_nv = maybe" \
		"shutdown_every = 0" "shutdown_every = 86401" "lockout_reset = 2" \
		"tls_client = nobody-here" "tls_server = root @nobody-here" \
		"csr = root; www-data" "manage = 4294967295" \
		"state_dir = /var/lib/devid # here"
}

@test "devid-agent and doctor refuse each value that it cannot take" {
	each_found agent "ports = eth0/1" "ports = ," "ports = eth0 # uplink" \
		"state_dir = state" "run_dir = run" "supplicant = wpa_supplicant" \
		"provider_dir = ossl" "hooks_dir = hooks" "keyd_socket = s" \
		"key = idevid.key" "cert = idevid.pem" "start_wait = 0" \
		"start_wait = 301" "auth_wait = 0" "auth_wait = 301" \
		"open_port = maybe"
	each_found eap "identity =" "identity = x # y" "tls_min = 1.1" \
		"tls_max = 1.4" "trust = frist-use" "ca = ca.pem"
	each_found enroll "onboard = maybe" "hooks = onboard.d" \
		"program = devid-enroll"
}

@test "doctor finds what devid-enroll would refuse; a proxy's password is not repeated" {
	local line

	for line in "est_trust = root.pem" "proxy = socks5://me:secret@h" \
		"key_type = p521" "key_type = rsa4096"; do
		written enroll "$line"
		run "$build/devid" doctor --json --config "$conf"
		jq -e --arg name "enroll.${line%% *}: " '.findings[] |
			select(.id == "settings-value") |
			.evidence | contains($name)' <<<"$output"
		[[ $output != *secret* ]]
	done
}

@test "settings against each other: devid-agent and doctor name one line" {
	each_found agent $'identity = idevid\nkey = /k' \
		$'cert = /c\nidentity = idevid'
	each_found eap $'tls_min = 1.3\ntls_max = 1.2' "ca = /c" \
		"server_name = radius.example"
}

@test "what devid-agent alone can judge, it does" {
	refused agent "supplicant_user = nobody-here"
	refused agent "supplicant_user = 0"
	refused agent "clock_floor = 2026-02-30"
	refused device "firmware_version = v1"
	refused eap "identity = a b"
	refused eap "server_name = *.x"
	refused eap "server_name = 10.0.0.1"
	refused eap "server_name = a.b; c.d"
}

@test "doctor finds no fault with what programs take" {
	local line

	for line in "connections_max = 4" "connections_max = 1024" \
		"tpm_timeout = 1" "tpm_timeout = 240" "certificate_in_nv = no" \
		"shutdown_every = 86400" "lockout_reset = 0" "tls_client =" \
		"manage = root, @root 4294967294" "tcti = swtpm:host=h,port=1" \
		"tcti = device:/dev/tpmrm7 ; the second one"; do
		written keyd "$line"
		run "$build/devid" doctor --json --config "$conf"
		jq -e '[.findings[].id | select(startswith("settings"))] == []' \
			<<<"$output" || {
			echo "$line"
			return 1
		}
	done
}
