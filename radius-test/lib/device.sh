# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A device: a namespace with eth0 towards its switch port, an swtpm, devid-keyd
# and devid-agent with a devid.conf of its own.

# As the units of a real device have it (devid-agent.service).
AGENT_CAPS=net_admin,net_raw,setuid,setgid,setpcap,kill,chown,fowner
AGENT_CAPS+=,dac_override,net_bind_service

device_mac() {
	printf '02:00:00:00:%02x:%02x\n' $(($1 >> 8)) $(($1 & 255))
}

# device_get DEVICE FIELD: what device_new wrote down.
device_get() {
	local value=

	read -r value <"$LAB/devices/$1/$2" || true # may have no line end
	printf '%s\n' "$value"
}

device_port() {
	device_get "$1" port
}

device_exists() {
	[[ -e $LAB/devices/$1/number ]]
}

# device_new NAME [ALG]: a device without keys, its cable not plugged.
device_new() {
	local dev=$1 dir=$LAB/devices/$1 number

	[[ $dev =~ ^[a-z][a-z0-9-]{0,11}$ ]] ||
		usage_fail "$dev is not a device name (a-z, 0-9, -)"
	ns_exists "$dev" && fail "$dev" "this name is taken"
	# The number is the folder that could be made: also when twenty start
	# at once.
	number=1
	until mkdir "$LAB/numbers/$number" 2>/dev/null; do
		number=$((number + 1))
	done
	mkdir -p "$dir/run" "$(hooks_dir "$dev")"
	printf '%s\n' "$number" >"$dir/number"
	printf '%s\n' "${2:-p256}" >"$dir/alg"
	printf 'LAB%09d\n' "$number" >"$dir/serial"
	device_mac "$number" >"$dir/mac"
	install -d -o "$UID_TPM" -g "$UID_KEYD" -m 0710 "$dir/tpm"
	install -d -o "$UID_KEYD" -g "$UID_KEYD" -m 0755 "$dir/keyd" "$dir/state"
	install -d -o "$UID_ENROLL" -g "$UID_ENROLL" -m 0755 "$dir/state/enroll"
	cp "$LAB/pki/site/cert.pem" "$dir/radius-ca.pem"
	device_configure "$dev"
	port_add "$dev" "$number"
	device_addresses "$dev"
}

# device_configure NAME [SECTION.SETTING=VALUE...]: writes devid.conf; what is
# given is put in place of the usual, or leaves it out when it is empty.
device_configure() {
	local dev=$1 dir=$LAB/devices/$1 change
	declare -A value=(
		[keyd.socket]=$dir/keyd/keyd.sock
		[keyd.tcti]="swtpm:path=$dir/tpm/tpm.sock"
		[keyd.state_dir]=$dir/state
		[keyd.tls_client]="0,$UID_SUPPLICANT,$UID_ENROLL"
		[keyd.tls_server]="0,$UID_WEB"
		[keyd.csr]="0,$UID_ENROLL"
		[keyd.manage_ldevid]="0,$UID_ENROLL"
		[keyd.manage]=0
		[agent.ports]=eth0
		[agent.state_dir]=$dir/state
		[agent.run_dir]=$dir/run
		[agent.supplicant]=/sbin/wpa_supplicant
		[agent.supplicant_user]=$UID_SUPPLICANT
		[agent.provider_dir]=$LAB/bin
		[agent.hooks_dir]=$(hooks_dir "$dev")
		[agent.keyd_socket]=$dir/keyd/keyd.sock
		[agent.start_wait]=2
		[agent.auth_wait]=10
		[enroll.program]=$LAB/bin/devid-enroll
		[enroll.user]=$UID_ENROLL
		[enroll.hooks]=$(hooks_dir "$dev").onboard
		[eap.tls_min]=1.2
		[eap.tls_max]=1.3
		[eap.trust]=pinned
		[eap.ca]=$dir/radius-ca.pem
		[eap.server_name]=radius.example
	)
	for change in "${@:2}"; do
		value[${change%%=*}]=${change#*=}
	done
	for change in keyd agent eap enroll device; do
		printf '[%s]\n' "$change"
		for key in "${!value[@]}"; do
			[[ $key != "$change".* || -z ${value[$key]} ]] ||
				printf '%s=%s\n' "${key#*.}" "${value[$key]}"
		done
	done | put "$dir/devid.conf"
}

# Addresses of all three networks and no need to ask for the other side's
# Ethernet address: what the switch lets through is the only thing that
# decides which of the hosts answers.
device_addresses() {
	local n vlan mac
	n=$(device_get "$1" number)
	mac=$(device_get "$1" mac)
	for vlan in "${VLANS[@]}"; do
		echo "addr add 10.10.$vlan.$((100 + n))/24 dev eth0"
		echo "neigh replace 10.10.$vlan.1 dev eth0" \
			"lladdr $(host_mac "$vlan") nud permanent"
	done | ip_in "$1"
	for vlan in "${VLANS[@]}"; do
		ip_at "v$vlan" neigh replace "10.10.$vlan.$((100 + n))" \
			dev eth0 lladdr "$mac" nud permanent
	done
}

# device_address_set NAME MAC: the device and all hosts use this address.
device_address_set() {
	local n vlan
	n=$(device_get "$1" number)
	ip_at "$1" link set eth0 address "$2"
	for vlan in "${VLANS[@]}"; do
		ip_at "v$vlan" neigh replace "10.10.$vlan.$((100 + n))" \
			dev eth0 lladdr "$2" nud permanent
	done
}

tpm_start() {
	local dir=$LAB/devices/$1

	rm -f "$dir/tpm/ready"
	proc_start "tpm-$1" "$1" "$UID_TPM" swtpm socket --tpm2 \
		--tpmstate "dir=$dir/tpm" \
		--server "type=unixio,path=$dir/tpm/tpm.sock,mode=0666" \
		--ctrl "type=unixio,path=$dir/tpm/tpm.sock.ctrl,mode=0666" \
		--flags not-need-init,startup-clear \
		--log "file=$dir/tpm/log,level=5" --pid "file=$dir/tpm/ready"
	# Written when both sockets listen.
	wait_on --seconds 5 "$dir/tpm/ready" -- test -s "$dir/tpm/ready" ||
		fail "$1" "swtpm does not start: $LAB/log/tpm-$1"
}

tpm_stop() {
	proc_stop "tpm-$1"
	rm -f "$LAB/devices/$1/tpm/tpm.sock" "$LAB/devices/$1/tpm/tpm.sock.ctrl"
}

keyd_start() {
	local before
	before=$(keyd_starts "$1")
	proc_start "keyd-$1" "$1" "$UID_KEYD" \
		"$LAB/bin/devid-keyd" --config "$LAB/devices/$1/devid.conf"
	wait_on --seconds 10 "$LAB/log/keyd-$1" -- \
		keyd_started "$1" "$before" ||
		fail "$1" "devid-keyd does not start: $LAB/log/keyd-$1"
}

# keyd_starts DEVICE: how often it has said that it listens.
keyd_starts() {
	{ grep -hs '[ >]ready: ' "$LAB/log/keyd-$1" || true; } | wc -l
}

# keyd_started DEVICE BEFORE: more often than that.
keyd_started() {
	(($(keyd_starts "$1") > ${2:-0}))
}

keyd_stop() {
	proc_stop "keyd-$1"
	rm -f "$LAB/devices/$1/keyd/keyd.sock"
}

# devid DEVICE COMMAND...: the command, on the device.
devid() {
	in_ns "$1" env DEVID_KEYD_SOCKET="$LAB/devices/$1/keyd/keyd.sock" \
		"$LAB/bin/devid" "${@:2}"
}

# What happens in the factory: keys in the TPM, request, certificate.
device_provision() {
	maker_provision "$1"
}

# maker_provision DEVICE [OPTION...]: options of `devid provision cert`
maker_provision() {
	local dev=$1 dir=$LAB/devices/$1
	local conf=(--config "$dir/devid.conf")

	devid "$dev" provision key --alg "$(device_get "$dev" alg)" \
		"${conf[@]}"
	devid "$dev" provision csr --serial "$(device_get "$dev" serial)" \
		--model "Lab 1" --out "$dir/idevid.csr" "${conf[@]}"
	pki issue-idevid "$dir/idevid.csr" --out "$dir/idevid.pem"
	devid "$dev" provision cert "$dir/idevid.pem" "${@:2}" "${conf[@]}"
}

agent_start() {
	proc_start "agent-$1" "$1" "0:$AGENT_CAPS" \
		"$LAB/bin/devid-agent" --config "$LAB/devices/$1/devid.conf"
}

agent_stop() {
	proc_stop "agent-$1"
}

# device_start NAME: as at boot.
device_start() {
	tpm_start "$1"
	keyd_start "$1"
	agent_start "$1"
}

device_stop() {
	local name

	for name in "agent-$1" "keyd-$1" "tpm-$1"; do
		! proc_alive "$name" || proc_stop "$name"
	done
}

plug() {
	port_mark "$(device_port "$1")"
	ip_at switch link set "$(device_port "$1")" up
}

# plugged DEVICE: whether its cable is.
plugged() {
	local link

	link=$(ip_show switch -o link show "$(device_port "$1")")
	[[ $link == *[\<,]UP[,\>]* ]]
}

unplug() {
	local port
	port=$(device_port "$1")
	ip_at switch link set "$port" down
	port_await 3 "$port" port_is_parked "$port" ||
		fail "$1" "port stays open without a carrier"
}
