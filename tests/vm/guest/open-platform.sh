#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm: VM_FIRMWARE=none
#
# A loader that leaves the platform hierarchy open, as in a factory: the
# certificate goes into the TPM and comes back from there. Then the demo and a
# scenario of the lab as they stand, on a machine with AppArmor and its /run.
# shellcheck disable=SC2317 # called by check
set -uo pipefail
# shellcheck source=tests/vm/guest/lib.bash
. tests/vm/guest/lib.bash

mirror_lost() {
	cp /var/lib/devid/idevid.pem /run/vm/before.pem &&
		systemctl stop devid-keyd.service devid-keyd.socket &&
		rm /var/lib/devid/idevid.pem &&
		systemctl start devid-keyd.socket devid-keyd.service
}

run_is_noexec() { findmnt -no OPTIONS /run | grep -w noexec; }

demo() {
	radius-test/demo >/run/vm/demo 2>&1 || {
		cat /run/vm/demo
		return 1
	}
	says 'the device is in production' cat /run/vm/demo
}

scenario() {
	tests/scenario "$1" >/run/vm/tap 2>&1
	cat /run/vm/tap
	grep -qx '1\.\.[1-9]' /run/vm/tap && refused grep '^not ok' /run/vm/tap
}

check "AppArmor is on" aa-enabled
check "it enforces profiles" says '[1-9][0-9]* profiles are in enforce mode' \
	aa-status
check "/run is mounted noexec" run_is_noexec
check "devid is installed" install_devid
check "keyd starts" systemctl start devid-keyd.socket devid-keyd.service
check "the platform hierarchy is open" \
	tpm2_hierarchycontrol -C p phEnableNV set
check "it is provisioned" provision_begin
check "the certificate goes into the TPM" devid provision cert /root/unit.pem
check "its NV index is there" says 0x1C90200 tpm2_getcap handles-nv-index
check "the mirror on disk is lost" mirror_lost
check "it comes back from the TPM as it was" \
	cmp /run/vm/before.pem /var/lib/devid/idevid.pem
check "and a TLS server proves the identity" proves $serial
check "services stop" systemctl stop devid-keyd.service devid-keyd.socket
check "the demo, as it stands" demo
check "a scenario of the lab, as it stands" scenario genuine-listed
check "journal: nothing was ended or refused" journal_clean
plan
