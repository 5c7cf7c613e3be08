# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Key type P-384 over TLS 1.3.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	matrix p384 1.3
}
