# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# RADIUS does not take the new LDevID: the device is back with its IDevID.
#
# The server has not been told of the site's CA. The new LDevID does not become
# the active one, the cause is kept, and when the server knows the CA the device
# gets to production by itself.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

fell_back() {
	[[ $(onboard_get back .active) == "" && -n $(onboard_get back .cause) &&
		$(agent_get back '.ports[0].key') == idevid ]] &&
		agent_is back authorized
}

scenario() {
	local site=$LAB/aaa/radius.d/certs/devid/site.pem

	site_device back
	site_up
	site_list back
	cat "$LAB/owner/root/cert.pem" >"$site"
	radius_restart
	agent_start_ready back
	attach_mark back
	plug back
	check "back with the IDevID" agent_await 90 back fell_back
	R_REASON=$(onboard_get back '.class + ": " + .cause')
	check "in provisioning" port_is_open "$(device_port back)" 20
	cat "$LAB/aaa/site.pem" >"$site"
	radius_restart
	check "production by itself (was: $R_REASON)" onboarded back production 180
	check "attached" attached back
	in_production back
	device_addresses back
	result "$(outcome back)" "first: $R_REASON"
	site_done back
}
