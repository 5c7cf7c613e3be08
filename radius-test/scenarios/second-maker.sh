# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A second maker's IDevID: root and list, and it is admitted like the first's.
#
# Without its root it is nobody; with the root alone it is genuine and not
# expected; with the maker's list imported it is let into provisioning. The first
# maker's rows stay as they are.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# attaches REASON VLAN
attaches() {
	local mac
	mac=$(device_get second mac)
	attach_mark second
	plug second
	check "$1: attached" attached second 20
	check "$1: the log says so (was: $(decision "$mac" reason))" \
		test "$(decision "$mac" reason)" = "$1"
	check "$1: VLAN $2" test "$(reach second)" = "$2"
	measure second
	unplug second
	agent_await 3 second agent_is second down
}

scenario() {
	local certs=$LAB/aaa/radius.d/certs/devid/makers.pem

	device_ready cam listed
	pki() { other_pki maker2 "$@"; }
	pki root --org "another maker"
	pki issuing
	device_ready second unlisted
	agent_start_ready second
	attach_mark second
	plug second
	check "unknown: refused" refused second "CERT_REJECTED|AUTHZ_DENIED" 20
	check_refused_for second "error 20"
	unplug second
	agent_stop second

	cat "$LAB/maker2/root/cert.pem" >>"$certs"
	radius_restart
	agent_start_ready second
	attaches unlisted 10
	"$HERE/../pki/lab/devid-pki" --dir "$LAB/maker2" allow-list | list_import
	attaches listed 20
	check "the row has the unit and its model (was: $(seen unit))" \
		test "$(seen unit)" = "$(device_get second serial)"
	attach_mark second
	plug second
	check "attached" attached second
	agent_start_ready cam
	plug cam
	check "the first maker's device as before" attached cam
	check "in VLAN 20" test "$(reach cam)" = 20
	result "$(outcome second)"
	echo "DELETE FROM site;" | list_do
	allow_list_write
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
}
