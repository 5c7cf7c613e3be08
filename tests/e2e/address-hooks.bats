#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The hooks of docs/examples that ask for an address, run as devid-agent runs them,
# with the DHCP clients that they are for and dnsmasq behind the port.

bats_require_minimum_version 1.5.0

load lib
repo=${repo:?set in lib.bash}
plain=${plain:?set in lib.bash}

setup() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/devid-e2e.XXXXXX")
	chmod 755 "$WORK"
	mkdir "$WORK/bin" "$WORK/hooks"
	cp "${DEVID_BUILD:-$repo/build}/devid-agent" "$WORK/bin/"
	cp "$repo"/docs/examples/50-address-* "$WORK/hooks/"
	printf '%s\n' '[keyd]' '[agent]' 'ports = eth0' 'run_dir = /run/devid' \
		'supplicant_user = nobody' \
		'[eap]' 'trust = first-use' >"$WORK/devid.conf"
}

teardown() {
	rm -rf "$WORK"
}

# port SCRIPT: in a machine of its own, with eth0 and dnsmasq on its other end
port() {
	{
		declare -f gives hook noted await wait_on next_change await_path
		printf '%s\n' 'set -euo pipefail' "plain=$plain" "WORK=$WORK" \
			"PATH=$WORK/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
			'mkdir -p /run/devid /run/netns' \
			'ip link set lo up' 'ip netns add far' \
			'ip link add eth0 type veth peer name eth0 netns far' \
			'ip link set eth0 up' 'ip -n far link set eth0 up'
		cat
	} >"$WORK/script"
	run timeout 120 unshare --net --mount --pid --fork --kill-child \
		--mount-proc sh -c 'mount -t tmpfs -o mode=755 tmpfs /run &&
		touch /run/resolv.conf && mount --bind /run/resolv.conf /etc/resolv.conf &&
		exec bash "$1" </dev/null' _ "$WORK/script" 3>&-
	echo "$output"
}

# gives NET [DOMAIN]: another VLAN is behind the port from now on
gives() {
	local pid

	[ ! -e "$WORK/dnsmasq.pid" ] || {
		read -r pid <"$WORK/dnsmasq.pid"
		kill "$pid"
		await exit "$pid"
	}
	rm -f "$WORK"/dnsmasq.*
	ip -n far addr flush dev eth0
	ip -n far addr add "10.$1.0.1/24" dev eth0
	ip netns exec far dnsmasq --conf-file=/dev/null --port=0 --interface=eth0 \
		--bind-interfaces --no-ping --dhcp-authoritative --user=root \
		--dhcp-range="10.$1.0.50,10.$1.0.90,1h" --log-facility="$WORK/dnsmasq.log" \
		--dhcp-leasefile="$WORK/dnsmasq.leases" --pid-file="$WORK/dnsmasq.pid" \
		${2:+--dhcp-option-force="15,$2"}
	wait_on "$WORK/dnsmasq.pid" -- test -s "$WORK/dnsmasq.pid"
}

# hook NAME EVENT: as devid-agent does it
hook() {
	env -i PATH="$PATH" DEVID_CONFIG="$WORK/devid.conf" DEVID_PORT=eth0 \
		DEVID_EVENT="$2" DEVID_STATE="$2" DEVID_REASON= DEVID_KEY=idevid \
		DEVID_PASSED= "$WORK/hooks/50-address-$1" eth0 "$2"
}

# noted NET DOMAIN: an address of that network, and what the agent is told
noted() {
	wait_on /run/devid -- test -e /run/devid/domain.eth0
	ip -4 -o addr show dev eth0
	[[ $(ip -4 -o addr show dev eth0) == *" 10.$1.0."* ]]
	[ "$(ip -4 -o addr show dev eth0 | wc -l)" -eq 1 ]
	[ "$(cat /run/devid/domain.eth0)" = "$2" ]
	rm /run/devid/domain.eth0
}

@test "udhcpc: an address and the domain, again in another VLAN, none when it is shut" {
	port <<-'END'
		gives 20 site.example
		hook udhcpc authorized
		noted 20 site.example
		pid=$(cat /run/udhcpc.eth0.pid)
		gives 30 inner.example
		hook udhcpc authorized
		await exit "$pid"
		noted 30 inner.example
		pid=$(cat /run/udhcpc.eth0.pid)
		hook udhcpc down
		await exit "$pid"
		[ -z "$(ip -4 -o addr show dev eth0)" ]
		hook udhcpc up
		[ ! -e /run/devid/domain.eth0 ]
		[ ! -e /run/udhcpc.eth0.pid ]
	END
	[ "$status" -eq 0 ]
}

@test "udhcpc: no server yet: it asks on behind the hook" {
	port <<-'END'
		hook udhcpc authorized
		[ ! -e /run/devid/domain.eth0 ]
		gives 20 site.example
		noted 20 site.example
	END
	[ "$status" -eq 0 ]
}

@test "udhcpc: a domain that is a command is none; the address counts" {
	port <<-'END'
		gives 20 'a.example;$(touch${IFS}/run/evil)'
		hook udhcpc authorized
		noted 20 ""
		[ ! -e /run/evil ]
		gives 30
		hook udhcpc authorized
		noted 30 ""
	END
	[ "$status" -eq 0 ]
}

@test "networkd: an address and the domain, again in another VLAN; hostile text is none" {
	port <<-'END'
		mount -t sysfs -o ro sysfs /sys # no udev is waited for
		mkdir -p /run/dbus /run/systemd/network
		dbus-daemon --system --fork --nopidfile
		printf '%s\n' '[Match]' Name=eth0 '[Network]' DHCP=ipv4 \
			LinkLocalAddressing=no IPv6AcceptRA=no '[DHCPv4]' \
			ClientIdentifier=mac >/run/systemd/network/eth0.network
		install -d -o systemd-network -g systemd-network \
			/run/systemd/netif /run/systemd/netif/leases \
			/run/systemd/netif/links /run/systemd/netif/lldp
		gives 20 site.example
		/usr/lib/systemd/systemd-networkd >"$WORK/networkd.log" 2>&1 &
		wait_on "$WORK/networkd.log" -- busctl call org.freedesktop.network1 \
			/org/freedesktop/network1 org.freedesktop.DBus.Peer Ping
		hook networkd up
		hook networkd authorized
		noted 20 site.example
		gives 30 inner.example
		hook networkd authorized
		noted 30 inner.example
		gives 40 'a.example;$(touch${IFS}/run/evil)'
		if hook networkd authorized; then exit 1; fi # given on as it came
		noted 40 ""
		[ ! -e /run/evil ]
	END
	[ "$status" -eq 0 ]
}
