# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A genuine device that its maker has revoked is refused, not put into quarantine.
#
# It is told from one that nobody expects yet, whether it was on the list before
# or not, and the log names it by the number from its case.
# shellcheck disable=SC2034
EXPECTED="nothing"

# refused_as_revoked DEVICE
refused_as_revoked() {
	local mac

	mac=$(device_get "$1" mac)
	agent_start_ready "$1"
	attach_mark "$1"
	plug "$1"
	check "the agent says AUTHZ_DENIED" refused "$1" AUTHZ_DENIED
	check "$1: the port is shut" port_is_parked "$(device_port "$1")"
	check_refused_for "$1" "the site's list has this unit as revoked"
	check "$1: the log says revoked (was: $(decision "$mac" reason))" \
		test "$(decision "$mac" reason)" = revoked
	check "$1: the log names the unit (was: $(decision "$mac" unit))" \
		test "$(decision "$mac" unit)" = "$(device_get "$1" serial)"
	check "$1: reaches nothing" test -z "$(reach "$1")"
	agent_stop "$1"
}

scenario() {
	device_ready cam listed
	device_ready stolen unlisted
	pki revoke "$(device_get cam serial)"
	pki revoke "$(device_get stolen serial)"
	allow_list_write
	check "the list says nothing of whom nobody asked for" \
		test "$(echo "SELECT count(*) FROM site WHERE unit = \
			'$(device_get stolen serial)';" | list_do)" = 0
	check "it has one that is revoked and nobody asked for" \
		test "$(echo "SELECT count(*) FROM site WHERE unit = '' AND
			state = 'revoked';" | list_do)" = 1
	refused_as_revoked stolen
	refused_as_revoked cam
	measure cam
	result "$(outcome cam)" "RADIUS: $(refused_cause cam || echo nothing)"
	: >"$LAB/pki/revoked"
	allow_list_write
}
