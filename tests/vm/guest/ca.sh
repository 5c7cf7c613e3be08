#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm: VM_TPM=none
#
# The issuing CA under systemd: its keys in a SoftHSM token made as the factory's
# guide says, its sandbox, its sockets. A station certifies one device.
# shellcheck disable=SC2317 # called by check
set -uo pipefail
# shellcheck source=tests/vm/guest/lib.bash
. tests/vm/guest/lib.bash
build=/src/build repo=/src
# Vendor of TPMs, TLS of service and stations: those of the other tests.
# shellcheck source=tests/e2e/ca.bash
. tests/e2e/ca.bash

CA=/var/lib/devid-ca # the only folder that the unit may write to
export CA SOFTHSM2_CONF=$CA/lab/softhsm2.conf
none=0000000000000000
services=(devid-ca.socket devid-ca-public.socket devid-ca.service)
public=http://127.0.0.1:8080

# guide_part HEADING: the code below it
guide_part() {
	awk -v want="### $1" '/^##/ { on = $0 == want } /^```/ { code = /sh/; next }
		on && code' /src/docs/guide-factory.md
}

# Root, issuing CA, both tokens: where the service finds them.
cas_made() (
	mkdir -p $CA && cd $CA &&
		mkdir -p lab/tokens lab/publish lab/ek-roots lab/vendor &&
		echo "directories.tokendir = $PWD/lab/tokens" >"$SOFTHSM2_CONF" &&
		guide_part "The CAs" >/run/vm/cas.sh &&
		grep -q devid-ceremony /run/vm/cas.sh &&
		bash -euo pipefail /run/vm/cas.sh
)

configured() {
	mkdir -p $CA/vendor $CA/ek-roots && make_vendor && make_tls &&
		station_new floor issue &&
		cp $CA/ek-roots/* $CA/lab/ek-roots/ && {
		cat $CA/lab/devid-ca.conf
		printf '[serve]\ncertificate = %s\nkey = %s\nclient_ca = %s\n' \
			$CA/service.crt $CA/service.key $CA/tls-ca.pem
		cat $CA/stations.conf
	} >/etc/devid/devid-ca.conf && chown -R devid-ca: $CA &&
		chown -R root: $CA/lab/ek-roots &&
		mkdir -p /etc/systemd/system/devid-ca.service.d &&
		printf '[Service]\nEnvironment=SOFTHSM2_CONF=%s\n' "$SOFTHSM2_CONF" \
			>/etc/systemd/system/devid-ca.service.d/token.conf &&
		systemctl daemon-reload
}

healthy() { equal ok curl -sS --max-time 60 $public/healthz; }

# A device with a TPM of that vendor, and a keyd beside the unit's
device_made() {
	mkdir -p /root/device/state && manufacture_tpm /root/device/tpm &&
		swtpm socket --tpm2 --tpmstate dir=/root/device/tpm --daemon \
			--server type=unixio,path=/root/device/tpm.sock \
			--ctrl type=unixio,path=/root/device/tpm.sock.ctrl \
			--flags not-need-init,startup-clear &&
		printf '[keyd]\nsocket = %s\ntcti = %s\nstate_dir = %s\n' \
			/root/device/keyd.sock swtpm:path=/root/device/tpm.sock \
			/root/device/state >/root/device/devid.conf &&
		systemd-run -q -u vm-keyd devid-keyd --config /root/device/devid.conf &&
		wait_on --seconds 60 /root/device/keyd.sock -- \
			test -S /root/device/keyd.sock &&
		printf '#!/bin/sh\nexec devid "$@" --config %s\n' \
			/root/device/devid.conf >/root/device/devid &&
		chmod 755 /root/device/devid
}

issued() {
	devid-station --ca https://localhost:8443 --ca-cert $CA/tls-ca.pem \
		--cert $CA/floor.crt --key $CA/floor.key --dir /root/stations \
		provision --serial SN2 --model M1 -- /root/device/devid
}

ocsp_good() {
	says ': good' openssl ocsp -issuer $CA/lab/ca.d/issuing/line1/cert.pem \
		-cert /root/device/state/idevid.pem \
		-CAfile $CA/lab/ca.d/issuing/line1/root.pem \
		-verify_other $CA/lab/ca.d/issuing/line1/cert.pem -url $public/ocsp
}

as_service() { runuser -u devid-ca -- devid-ca "$@"; }

closed() { refused systemctl is-active --quiet devid-ca.service; }

check "devid is installed" install_devid
check "tokens and CAs are made as the guide says" cas_made
check "the service is configured" configured
check "its units are enabled and start" systemctl enable --now "${services[@]}"
check "it is healthy" healthy
check "it runs as devid-ca without a capability" \
	runs_as "$(main_pid devid-ca)" devid-ca $none
check "systemd-analyze security says at most 1.5" exposed devid-ca.service 1.5
check "its rights to devices have no /dev/vda" not_permitted devid-ca /dev/vda
check "a device is made" device_made
check "a station certifies it" issued
check "the certificate is good by OCSP" ocsp_good
check "beside the service its user lists it" says SN2 as_service list
check "the service stops" systemctl stop devid-ca.service
check "and is not started but by a connection" closed
check "a connection starts it" healthy
check "it comes back after a kill" comes_back devid-ca
check "and is healthy" healthy
check "the register still has the device" says SN2 as_service list
check "journal: nothing was ended or refused" journal_clean
plan
