# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A device in production whose RADIUS server is exchanged does not go to that one.
#
# First a server of another root with the right name, then one of the site's root
# with another name; both would let everybody in. Neither gets a signature, also
# not the IDevID's. With the right server it is in production again.
# covers: OWN-server-changed
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

# serves PREFIX: the RADIUS server has that certificate now, the cable is plugged
serves() {
	unplug prod
	agent_await 5 prod agent_is prod down
	radius_configure radius 10.10.0.2 "$1"
	radius_restart
	radius_forget_sessions
	attach_mark prod
	plug prod
}

# keeps_out TEXT PREFIX
keeps_out() {
	local port
	port=$(device_port prod)

	serves "$2"
	check "$1: SERVER_CHANGED (was: $(agent_get prod '.ports[0].class'))" \
		refused prod SERVER_CHANGED 30
	check "$1: onboarding says so (was: $(onboard_get prod .class))" \
		agent_await 5 prod blames_server
	measure prod
	check "$1: no TPM command (was: $R_TPM$R_TPM_NAMES)" test "$R_TPM" = 0
	doctor_says prod server-changed
	check "$1: the port never opened" test -z "$(port_events "$port" |
		grep event=open)"
	check "$1: parked (is: $(port_state "$port"))" \
		test "$(port_state "$port")" = parked
	check "$1: reaches nothing" test -z "$(reach prod)"
	check "$1: its LDevID stays (was: $(onboard_get prod .active))" \
		test "$(onboard_get prod .active)" = "$ACTIVE"
}

blames_server() {
	[[ $(onboard_get prod .class) == SERVER_CHANGED ]]
}

# back TEXT: the site's own server again
back() {
	serves "$LAB/aaa/site-radius"
	check "$1: production (is: $(onboard_get prod .state))" onboarded prod
	check "$1: attached" attached prod 30
	in_production prod
	check "$1: with the LDevID that it had (was: $(onboard_get prod .active))" \
		test "$(onboard_get prod .active)" = "$ACTIVE"
	check "$1: no other was issued (was: $(site_rows "$UNIT"))" \
		test "$(site_rows "$UNIT")" = "IDevID listed,LDevID listed"
	check "$1: nothing is blamed (was: $(onboard_get prod .class))" \
		test -z "$(onboard_get prod .class)"
	doctor_says prod
}

scenario() {
	site_device prod
	UNIT=$(device_get prod serial)
	site_up
	site_list prod
	other_pki exchanged site-ca --org "devid lab site"
	other_pki exchanged radius-server "radius.$SITE_DOMAIN" \
		--out "$LAB/aaa/other-root"
	pki radius-server "aaa.$SITE_DOMAIN" --out "$LAB/aaa/other-name"
	agent_start_ready prod
	plug prod
	check "reaches production (is: $(onboard_get prod .state))" onboarded prod
	check "attached" attached prod
	in_production prod
	ACTIVE=$(onboard_get prod .active)
	device_addresses prod

	keeps_out "another root" "$LAB/aaa/other-root"
	back "after another root"
	device_addresses prod
	keeps_out "another name" "$LAB/aaa/other-name"
	R_REASON=$(agent_get prod '.ports[0] | .class + ": " + .reason')
	back "after another name"
	device_addresses prod
	result "$(outcome prod)" "$R_REASON"
	site_done prod
}
