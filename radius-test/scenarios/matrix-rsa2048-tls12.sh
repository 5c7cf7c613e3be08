# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Key type RSA-2048 over TLS 1.2.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	matrix rsa2048 1.2
}
