# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A genuine device that nobody expects is put into quarantine.
# shellcheck disable=SC2034
EXPECTED="vlan 10"

scenario() {
	device_ready stray unlisted
	attach_full stray 10
	result "$(outcome stray)"
}
