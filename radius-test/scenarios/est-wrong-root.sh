# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A registrar of another root, or of another name: no LDevID is asked for.
#
# Somebody on the provisioning network answers as the registrar. The device has
# the issuer of the RADIUS server for an anchor and says which server it did not
# believe; its port stays as it is.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

untrusted() {
	onboard_is wrong held && [[ $(onboard_get wrong .class) == EST_UNTRUSTED ]]
}

scenario() {
	local unit

	site_device wrong
	unit=$(device_get wrong serial)
	site_up
	site_list wrong
	proc_stop registrar
	other_pki rogue-site site-ca
	other_pki rogue-site site-server "$SITE_REGISTRAR" --out "$LAB/aaa/rogue"
	install -o "$UID_SITE" -m 0400 "$LAB/aaa/rogue.key" "$LAB/site/service.key"
	install -o "$UID_SITE" -m 0444 "$LAB/aaa/rogue.pem" "$LAB/site/service.pem"
	registrar_start
	agent_start_ready wrong
	attach_mark wrong
	plug wrong
	check "another root: EST_UNTRUSTED (was: $(onboard_get wrong \
		'.state + " " + .class'))" agent_await 40 wrong untrusted
	measure wrong
	R_REASON=$(onboard_get wrong '.class + ": " + .cause')
	check "the registrar has issued nothing (was: $(site_rows "$unit"))" \
		test "$(site_rows "$unit")" = "IDevID listed"
	check "nor was asked to" test -z "$(registrar pending)"
	device_addresses wrong
	result "$(outcome wrong)" "$R_REASON"
	site_done wrong
}
