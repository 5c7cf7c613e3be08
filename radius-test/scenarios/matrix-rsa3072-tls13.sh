# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Key type RSA-3072 over TLS 1.3.
#
# No suite of 802.1AR, so it is installed with --force.
# covers: OWN-lab-idevids OWN-one-command OWN-algs RFC5216-eap-tls 802.1X-supplicant
# shellcheck disable=SC2034
EXPECTED="vlan 20"

device_provision() {
	maker_provision "$1" --force
}

scenario() {
	matrix rsa3072 1.3
}
