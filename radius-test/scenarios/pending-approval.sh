# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A site that approves each device by hand: the device waits, also when restarted.
#
# It stays in provisioning with its IDevID and asks again with the same request;
# once a person has said yes it goes on by itself.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

scenario() {
	local unit before

	site_device pend
	unit=$(device_get pend serial)
	SITE_PROFILE=$'residency = wanted\napproval = manual' site_up
	site_list pend
	agent_start_ready pend
	attach_mark pend
	plug pend
	check "pending" onboarded pend pending
	check "in provisioning" port_is_open "$(device_port pend)" 20
	check "the desk has it" grep -qF "$unit" <(registrar pending)
	before=$(sha256sum <"$LAB/devices/pend/state/enroll/request")
	agent_stop pend
	agent_start_ready pend
	check "pending after a restart" onboarded pend pending
	check "with the same request" test "$before" = \
		"$(sha256sum <"$LAB/devices/pend/state/enroll/request")"
	registrar approve "$unit" >>"$LAB/log/desk" 2>&1
	check "production" onboarded pend
	check "attached" attached pend
	measure pend
	in_production pend
	device_addresses pend
	result "$(outcome pend)"
	site_done pend
}
