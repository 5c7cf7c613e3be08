# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An LDevID: a key made in the TPM, certified by hand below the owner's root.
#
# The RADIUS server trusts that root for LDevIDs alone, and the site's list has it:
# production. While key or certificate are
# disabled the device says so, asks the TPM nothing, and is let in as soon as
# they are enabled. An attach costs five TPM commands, of which none writes NV,
# and one when the key is persistent.
# covers: OWN-choose OWN-lab-ldevid OWN-one-command OWN-pin OWN-use-no-nv
# covers: 802.1AR-7.2-sign-key-disabled 802.1AR-7.2-sign-cert-disabled
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/owner.sh
. "$HERE/lib/owner.sh"

# refused_because WORDS: the agent names the cause.
refused_because() {
	agent_class_is cam KEY_UNAVAILABLE &&
		[[ $(agent_get cam '.ports[0].reason') == *"$1"* ]]
}

scenario() {
	device_ready cam listed p256 agent.identity=ldevid-0 \
		eap.identity=anonymous@ldevid.invalid keyd.manage_ldevid=0
	keyd_stop cam
	keyd_start cam
	{
		ldevid_make cam
		devid cam key disable ldevid-0
	} >"$LAB/log/owner"
	owner_list cam "$LAB/devices/cam/ldevid.pem"
	owner_hook cam

	agent_start_ready cam
	attach_mark cam
	plug cam
	check "disabled, it is not used" agent_await 15 cam \
		refused_because "the key is disabled"
	check "reaches nothing meanwhile" test -z "$(reach cam)"
	devid cam key enable ldevid-0 >/dev/null
	check "nor with a disabled certificate" agent_await 20 cam \
		refused_because "the certificate is disabled"
	devid cam cert enable ldevid-0 >/dev/null
	check "attached once enabled" attached cam 30
	measure cam
	check "five TPM commands (was: $R_TPM$R_TPM_NAMES)" test "$R_TPM_NAMES" = \
		" StartAuthSession PolicyNV Load Sign FlushContext"
	agent_stop cam
	unplug cam

	devid cam key pin ldevid-0 >/dev/null
	owner_attach cam ldevid-0
	measure cam
	result "$(outcome cam)" "identity $(agent_get cam '.ports[0].key')"
	rm -f "$(hooks_dir cam)/key"
	devid cam key delete ldevid-0 >/dev/null
	owner_done
}
