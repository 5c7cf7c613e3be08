# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Key type P-256 over TLS 1.2.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	matrix p256 1.2
}
