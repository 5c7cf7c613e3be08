# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An LDevID in production whose unit the site has revoked: refused at the next attach.
#
# A TLS 1.2 session that was opened before is judged by the list of today as well,
# and so is the device's IDevID, which has a row of its own for the same unit.
# shellcheck disable=SC2034
EXPECTED="nothing"

# shellcheck source=radius-test/lib/owner.sh
. "$HERE/lib/owner.sh"

scenario() {
	ldevid_ready cam eap.tls_max=1.2
	owner_list cam "$LAB/devices/cam/ldevid.pem"
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	check "in production" test "$(reach cam)" = 30
	unplug cam
	agent_await 3 cam agent_is cam down
	list_state "$(device_get cam serial)" revoked
	ldevid_refused cam revoked "the site's list has this unit as revoked"
	measure cam
	R_REASON=$(refused_cause cam || echo nothing)
	agent_stop cam
	unplug cam

	device_configure cam
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "its IDevID is refused" refused cam AUTHZ_DENIED 20
	check_refused_for cam "the site's list has this unit as revoked"
	result "$(outcome cam)" "RADIUS: $R_REASON"
	ldevid_done cam
}
