# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In production the LDevID's key is deleted: the device enrols another one.
#
# It sees that by itself, while the port is open, goes back to its IDevID and
# from there to production again, under another name. The cause is in the journal.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

has_another() {
	onboard_is gone production && [[ $(onboard_get gone .active) == ldevid-1 ]]
}

scenario() {
	site_device gone
	site_up
	site_list gone
	agent_start_ready gone
	plug gone
	check "production" onboarded gone
	check "with the first LDevID" test "$(onboard_get gone .active)" = ldevid-0
	attach_mark gone
	devid gone key delete ldevid-0 >/dev/null
	check "production with another one" agent_await 90 gone has_another
	check "attached" attached gone
	in_production gone
	check "the cause is told" grep -q \
		'LDEVID_REFUSED: ldevid-0: KEY_UNAVAILABLE: the device has no key yet' \
		"$LAB/log/agent-gone"
	device_addresses gone
	result "$(outcome gone)" "then: $(onboard_get gone .active)"
	site_done gone
}
