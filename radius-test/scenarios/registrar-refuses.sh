# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A device that a person refuses at the registrar: it stays in provisioning.
#
# The device names the registrar's rule, its port stays open with the IDevID, and no
# LDevID is on the list.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

# held WORDS: with that cause
held() {
	onboard_is no held && [[ $(onboard_get no '.class + ": " + .cause') == *$1* ]]
}

scenario() {
	local unit

	site_device no
	unit=$(device_get no serial)
	SITE_PROFILE=$'residency = wanted\napproval = manual' site_up
	site_list no
	agent_start_ready no
	attach_mark no
	plug no
	check "pending" onboarded no pending
	registrar refuse "$unit" >>"$LAB/log/desk" 2>&1
	check "held, refused by the registrar (was: $(onboard_get no \
		'.state + " " + .class + ": " + .cause'))" \
		agent_await 40 no held EST_REFUSED
	measure no
	R_REASON=$(onboard_get no '.class + ": " + .cause')
	check "no LDevID on the list (was: $(site_rows "$unit"))" \
		test "$(site_rows "$unit")" = "IDevID listed"
	check "with its IDevID" test \
		"$(agent_get no '.ports[0].key')" = idevid
	device_addresses no
	result "$(outcome no)" "$R_REASON"
	site_done no
}
