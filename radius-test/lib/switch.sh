# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The switch: a namespace with one bridge per VLAN and a bridge `park` that
# leads nowhere. Each access port is one veth end with its own hostapd (who
# decides) and lab-port (who carries out).

VLANS=(10 20 30) # quarantine, provisioning, production

switch_up() {
	local vlan

	ns_add switch
	{
		echo "link add park up type bridge"
		printf 'link add br%s up type bridge mcast_snooping 0\n' \
			"${VLANS[@]}"
	} | ip_in switch
	for vlan in "${VLANS[@]}"; do
		host_up "$vlan"
	done
	# The management network: the switch asks the AAA server over it.
	ns_add aaa
	ip_do link add "x$$" netns "$(ns switch)" type veth \
		peer name eth0 netns "$(ns aaa)"
	ip_in switch <<-END
		link set x$$ name mgmt
		addr add 10.10.0.1/24 dev mgmt
		link set mgmt up
	END
	ip_in aaa <<-END
		addr add 10.10.0.2/24 dev eth0
		addr add 10.10.0.3/24 dev eth0
		link set eth0 up
	END
	# hostapd accepts only a VLAN that it knows with an interface, and tries
	# to put that into the bridge of the third column. The kernel refuses
	# (a bridge in a bridge), which is what is wanted: lab-port does it.
	printf '%s br%s park\n' 10 10 20 20 30 30 | put "$LAB/vlans"
	install -d -o "$UID_SWITCH" -g "$UID_SWITCH" -m 0755 "$LAB/switch" \
		"$LAB/switch/hostapd" "$LAB/switch/ends" "$LAB/switch/events"
}

# host_up VLAN: the one host on that VLAN, 10.10.VLAN.1.
host_up() {
	ns_add "v$1"
	ip_do link add "v$1" netns "$(ns switch)" type veth \
		peer name eth0 netns "$(ns "v$1")"
	ip_at switch link set "v$1" master "br$1" up
	ip_in "v$1" <<-END
		link set eth0 address $(host_mac "$1")
		addr add 10.10.$1.1/24 dev eth0
		link set eth0 up
	END
}

host_mac() {
	printf '02:00:0a:0a:%02x:01\n' "$1"
}

# port_add DEVICE NUMBER: the cable is there, but not plugged.
port_add() {
	local dev=$1 port=p$2 node

	ns_add "$dev"
	node=$(ns "$dev")
	# Not the same interface number at both ends: the kernel would delay
	# carrier events by up to a second.
	ip_do link add "$port" index $((1000 + $2)) netns "$(ns switch)" \
		type veth peer name eth0 netns "$node"
	ip_at switch link set "$port" master park
	in_ns switch bridge link set dev "$port" locked on learning off \
		flood off mcast_flood off bcast_flood off
	ip_at "$dev" link set eth0 address "$(device_mac "$2")" up
	printf '%s\n' "$port" >"$LAB/devices/$dev/port"
	port_helper_start "$port"
}

# Takes effect at the device, the switch, hostapd's port and the helper.
port_remove() {
	local port
	port=$(device_port "$1")
	proc_stop "hostapd-$port" "lab-port-$port"
	in_ns switch ip link del "$port" 2>/dev/null || true
	ns_remove "$1"
}

port_helper_start() {
	proc_start "lab-port-$1" switch "$UID_SWITCH:net_admin" \
		"$LAB/bin/lab-port" --port "$1" --park park \
		--ctrl "$LAB/switch/hostapd/$1" \
		--own-dir "$LAB/switch/ends" \
		--log "$LAB/switch/events/$1" \
		--vlan 10=br10 --vlan 20=br20 --vlan 30=br30
	wait_on --seconds 5 "$LAB/switch/events/$1" -- \
		grep -qs event=started "$LAB/switch/events/$1" ||
		fail "lab-port" "does not start: $LAB/log/lab-port-$1"
}

# authenticator_start PORT [RADIUS_ADDRESS]
authenticator_start() {
	local port=$1

	put "$LAB/switch/$port.conf" 0600 "$UID_SWITCH" <<-END
		interface=$port
		driver=wired
		logger_syslog=0
		logger_stdout=-1
		logger_stdout_level=1
		ctrl_interface=$LAB/switch/hostapd
		ieee8021x=1
		eapol_version=2
		use_pae_group_addr=1
		eap_reauth_period=0
		nas_identifier=switch-$port
		own_ip_addr=10.10.0.1
		auth_server_addr=${2:-10.10.0.2}
		auth_server_port=1812
		auth_server_shared_secret=$(<"$LAB/secret")
		radius_client_addr=10.10.0.1
		dynamic_vlan=1
		vlan_file=$LAB/vlans
	END
	radius_first_start || true
	port_mark "$port"
	proc_start "hostapd-$port" switch "$UID_SWITCH:net_admin,net_raw,net_bind_service" \
		hostapd "$LAB/switch/$port.conf"
	port_await 5 "$port" port_saw "$port" hostapd-up ||
		fail "hostapd" "does not start: $LAB/log/hostapd-$port"
}

authenticator_stop() {
	proc_stop "hostapd-$1"
	port_await 3 "$1" port_saw "$1" hostapd-down || true
}

# --- the events of a port, from a mark on --------------------------------

port_mark() {
	stat -c %s "$LAB/switch/events/$1" >"$LAB/switch/$1.mark"
}

# port_events PORT: lines since the mark.
port_events() {
	tail -c "+$(($(<"$LAB/switch/$1.mark") + 1))" \
		"$LAB/switch/events/$1"
}

# port_await SECONDS PORT COMMAND...: until it succeeds, asked again at each
# event of the port. Its helper notes those after what it does in the kernel.
port_await() {
	wait_on --seconds "$1" "$LAB/switch/events/$2" -- "${@:3}"
}

# port_saw PORT EVENT
port_saw() {
	port_events "$1" | grep -q " event=$2\( \|\$\)"
}

# port_time PORT EVENT: microseconds of the first one since the mark.
port_time() {
	port_events "$1" |
		sed -n "s/^us=\([0-9]*\) event=$2\( .*\)\?\$/\1/p" | head -n1
}

# port_state PORT: `open VLAN` or `parked`, as the kernel has it.
port_state() {
	local link open=' master br([0-9]+) '
	link=$(ip_show switch -o link show "$1")
	if [[ $link =~ $open ]]; then
		printf 'open %s\n' "${BASH_REMATCH[1]}"
	else
		printf 'parked\n'
	fi
}

port_is_open() {
	[[ $(port_state "$1") == "open ${2:-}"* ]]
}

port_is_parked() {
	[[ $(port_state "$1") == parked ]]
}

# port_clock PORT MICROSECONDS: a time of the event log as time since 1970.
port_clock() {
	local started
	started=$(grep -m1 event=started "$LAB/switch/events/$1")
	started=${started##*realtime=}
	printf '%s\n' $(($2 + started))
}

# radius_requests PORT: Access-Requests of this port's hostapd so far; nothing
# where none runs.
radius_requests() {
	# As hostapd's user: it answers into a socket of the asker.
	{ in_ns switch setpriv --reuid "$UID_SWITCH" --regid "$UID_SWITCH" \
		--clear-groups hostapd_cli -p "$LAB/switch/hostapd" \
		-s "$LAB/switch/ends" -i "$1" mib 2>/dev/null || true; } |
		sed -n 's/^radiusAuthClientAccessRequests=//p' | head -n1
}
