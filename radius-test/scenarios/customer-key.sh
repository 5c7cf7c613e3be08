# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An 802.1X key that the owner brings, with its certificate below their root.
#
# It was made elsewhere and is in the TPM from then on, persistent: one TPM
# command for an attach. The site's RADIUS server trusts that root for LDevIDs
# alone, so the device is in production with this key or not at all. A certificate that takes the
# place of the first is shown at the next attach: no TLS 1.2 session that was
# made with the old one is resumed.
# covers: OWN-choose OWN-lab-imported OWN-one-command
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/owner.sh
. "$HERE/lib/owner.sh"

customer_key() {
	local dir=$LAB/devices/cam

	(umask 077 && openssl genpkey -algorithm EC \
		-pkeyopt ec_paramgen_curve:P-256 -out "$dir/eap.pem")
	openssl req -new -key "$dir/eap.pem" -out "$dir/eap.csr" \
		-subj "/serialNumber=$(device_get cam serial)/CN=Lab 1 eap-0"
	owner_issue "$dir/eap.csr" "$dir/eap-cert.pem"
	devid cam key import eap-0 "$dir/eap.pem" --cert "$dir/eap-cert.pem" --pin
	rm "$dir/eap.pem"
}

# certificate_shown: the number of the one that RADIUS let in last.
certificate_shown() {
	decision "$(device_get cam mac)" certificate
}

renewed() {
	local dir=$LAB/devices/cam

	owner_issue "$dir/eap.csr" "$dir/eap-next.pem"
	owner_list cam "$dir/eap-next.pem"
	devid cam cert install eap-0 "$dir/eap-next.pem" --replace >/dev/null
	unplug cam
	attach_mark cam
	plug cam
	check "attached with the next certificate" attached cam 40
	check "it was shown (was: $(certificate_shown))" \
		test "$(certificate_shown)" = "$(number_of "$dir/eap-next.pem")"
	check "no session of before was resumed" test \
		"$(agent_get cam '.ports[0].history[0].resumed')" != true
	measure cam
}

scenario() {
	device_ready cam listed p256 agent.identity="eap-0 idevid" \
		eap.identity=anonymous@ldevid.invalid eap.tls_max=1.2 \
		keyd.manage_keys=0
	keyd_stop cam
	keyd_start cam
	customer_key >"$LAB/log/owner" 2>&1
	owner_list cam "$LAB/devices/cam/eap-cert.pem"
	owner_hook cam
	owner_attach cam eap-0
	check "the first certificate was shown (was: $(certificate_shown))" test \
		"$(certificate_shown)" = "$(number_of "$LAB/devices/cam/eap-cert.pem")"
	renewed
	check "none was passed over" test -z \
		"$(agent_get cam '.ports[0].passed_over[]')"
	result "$(outcome cam)" "identity $(agent_get cam '.ports[0].key')"
	rm -f "$(hooks_dir cam)/key"
	devid cam key delete eap-0 >/dev/null
	owner_done
}
