# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In production, unplugged and plugged in again: VLAN 30 at once, no enrolment.
#
# Also after a restart of the agent: it shows its LDevID, and the registrar is not
# asked again.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

# back HOW: it is in production, and has no LDevID more than before
back() {
	check "$1: production" onboarded replug
	check "$1: attached" attached replug
	in_production replug
	check "$1: one LDevID (was: $(site_rows "$(device_get replug serial)"))" \
		test "$(site_rows "$(device_get replug serial)")" = \
		"IDevID listed,LDevID listed"
}

scenario() {
	site_device replug
	site_up
	site_list replug
	agent_start_ready replug
	plug replug
	back first
	agent_stop replug
	unplug replug
	agent_start_ready replug
	attach_mark replug
	plug replug
	back "after a restart"
	unplug replug
	agent_await 3 replug agent_is replug down
	# Whoever is asked for nothing is not needed either.
	proc_stop registrar
	attach_mark replug
	plug replug
	back "without a registrar"
	measure replug
	check "no VLAN but production (was: $(port_events "$(device_port replug)" |
		grep event=open))" test "$(port_events "$(device_port replug)" |
		grep -c 'event=open .* vlan=20')" = 0
	device_addresses replug
	result "$(outcome replug)"
	site_done replug
}
