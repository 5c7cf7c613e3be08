# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A device with two ports, of which the first loses its cable on the way.
#
# Onboarding goes on at the second, with the same request, up to production; the
# first follows when its cable is in again, and is in charge when the second is
# unplugged.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

SECOND=p99

second_port() {
	ip_do link add "$SECOND" index 1099 netns "$(ns switch)" type veth \
		peer name eth1 netns "$(ns two)"
	ip_at switch link set "$SECOND" master park
	in_ns switch bridge link set dev "$SECOND" locked on learning off \
		flood off mcast_flood off bcast_flood off
	ip_at two link set eth1 address "$(device_mac 99)" up
	port_helper_start "$SECOND"
	authenticator_start "$SECOND"
}

second_unplug() {
	ip_at switch link set "$SECOND" down
	port_await 3 "$SECOND" port_is_parked "$SECOND"
}

# port_has PORT STATE KEY
port_has() {
	[[ $(agent_get two ".ports[] | select(.port == \"$1\") |
		.state + \" \" + .key") == "$2 $3" ]]
}

# Where the agent has noted an address.
has_address() {
	[[ -e $LAB/devices/two/run/domain.$1 ]]
}

port_is_down() {
	[[ $(agent_get two ".ports[] | select(.port == \"$1\") | .state") == down ]]
}

request() {
	sha256sum <"$LAB/devices/two/state/enroll/request"
}

scenario() {
	local unit asked

	site_device two agent.ports="eth0 eth1"
	unit=$(device_get two serial)
	SITE_PROFILE=$'residency = wanted\napproval = manual' site_up
	site_list two
	second_port
	agent_start_ready two
	attach_mark two
	plug two
	check "pending at the first port" onboarded two pending
	asked=$(request)
	ip_at switch link set "$SECOND" up
	check "the second follows" agent_await 10 two \
		port_has eth1 authorized idevid
	check "and has an address" ask_until 10 has_address eth1
	unplug two
	check "the first is down" agent_await 5 two port_is_down eth0
	check "pending at the second port (is: $(onboard_get two .state))" \
		onboarded two pending
	check "the same request" test "$(request)" = "$asked"
	registrar approve "$unit" >>"$LAB/log/desk" 2>&1
	check "production (is: $(onboard_get two .state))" onboarded two
	check "the second port with the LDevID" agent_await 10 two \
		port_has eth1 authorized "$(onboard_get two .active)"
	check "it is in VLAN 30 (is: $(port_state "$SECOND"))" \
		test "$(port_state "$SECOND")" = "open 30"
	plug two
	check "attached" attached two
	second_unplug
	check "the second is down" agent_await 5 two port_is_down eth1
	check "production at the first port" onboarded two
	measure two
	in_production two
	check "one LDevID (was: $(site_rows "$unit"))" test \
		"$(site_rows "$unit")" = "IDevID listed,LDevID listed"
	device_addresses two
	result "$(outcome two)"
	proc_stop "hostapd-$SECOND" "lab-port-$SECOND"
	ip_at switch link del "$SECOND"
	site_done two
}
