# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A device out of the box: its IDevID opens VLAN 20, its new LDevID VLAN 30.
#
# Nobody touches it. It finds the registrar in the domain that DHCP gave, enrols,
# fetches the site's document, and goes on to production. tpm_commands is all of
# the way.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

# planned_commands: those that docs/design.md lists for the way, `N NAME` a line
planned_commands() {
	awk -F'|' '/^From the box to production,/ { on = 1 }
		on && /^That is/ { exit }
		on && $4 ~ /[A-Z]/ && $4 !~ /TPM commands/ { print $4 }' \
		"$HERE/../docs/design.md" | tr ',' '\n' | counted
}

# counted: words of the input, `N NAME` a line
counted() {
	tr -s ' ' '\n' | grep . | LC_ALL=C sort | uniq -c | sed 's/^ *//'
}

# unplanned: of which commands the run has more than the table
unplanned() {
	awk 'NR == FNR { planned[$2] = $1; next }
		$1 > planned[$2] { printf "%s %d, planned %d ", $2, $1, planned[$2] }' \
		<(planned_commands) <(counted <<<"$R_TPM_NAMES")
}

scenario() {
	site_device box
	site_up
	site_list box
	agent_start_ready box
	attach_mark box
	plug box
	check "reaches production (is: $(onboard_get box .state))" onboarded box
	check "attached" attached box
	measure box
	check "no TPM commands beside those of docs/design.md ($(unplanned))" \
		test -z "$(unplanned)"
	in_production box
	check "both rows of the list (was: $(site_rows "$(device_get box serial)"))" \
		test "$(site_rows "$(device_get box serial)")" = \
		"IDevID listed,LDevID listed"
	device_addresses box
	result "$(outcome box)" "TPM:$R_TPM_NAMES"
	site_done box
}
