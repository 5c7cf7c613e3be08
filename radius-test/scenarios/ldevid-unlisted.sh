# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An LDevID of the site's CA that the list does not have: refused, no quarantine.
#
# The site's CA issued it, and the registrar's row is what lets a device in.
# shellcheck disable=SC2034
EXPECTED="nothing"

# shellcheck source=radius-test/lib/owner.sh
. "$HERE/lib/owner.sh"

scenario() {
	ldevid_ready cam
	agent_start_ready cam
	ldevid_refused cam unlisted "the site's list does not have this LDevID"
	measure cam
	result "$(outcome cam)" "RADIUS: $(refused_cause cam || echo nothing)"
	ldevid_done cam
}
