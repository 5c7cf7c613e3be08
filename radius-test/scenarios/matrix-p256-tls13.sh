# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Key type P-256 over TLS 1.3.
# covers: OWN-lab-idevids OWN-one-command 802.1AR-8-suite-p256 RFC5216-eap-tls 802.1X-supplicant
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	matrix p256 1.3
}
