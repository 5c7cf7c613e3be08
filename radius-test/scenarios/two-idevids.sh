# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Two IDevIDs of two types: what the server refuses of one, the other gets.
#
# The device prefers its RSA key. Its maker certified both; a RADIUS server that
# takes ECDSA alone refuses the one, and the device comes in with the other and
# says so. A server without that limit is shown the preferred one.
# covers: OWN-choose OWN-several-idevids
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# A serial number names one IDevID in the lab's inventory.
second_idevid() {
	local dir=$LAB/devices/twin conf=(--config "$LAB/devices/twin/devid.conf")

	devid twin provision key --key idevid-1 --alg rsa2048 "${conf[@]}"
	devid twin provision csr --key idevid-1 --model "Lab 1" \
		--serial "$(device_get twin serial)-1" --out "$dir/second.csr" \
		"${conf[@]}"
	pki issue-idevid "$dir/second.csr" --out "$dir/second.pem"
	devid twin provision cert --key idevid-1 "$dir/second.pem" "${conf[@]}"
}

# shown NAME PASSED: which identity a port has, and which was passed over.
shown() {
	check "identity $1 (was: $(agent_get twin '.ports[0].key'))" \
		test "$(agent_get twin '.ports[0].key')" = "$1"
	check "passed over: ${2:-none}" test \
		"$(agent_get twin '.ports[0].passed_over[] | .key + " " + .class')" = \
		"$2"
}

status_says() {
	devid twin status --config "$LAB/devices/twin/devid.conf" | grep -qF "$1"
}

# ecdsa_only: the site's server from here on; its own key is an EC key.
ecdsa_only() {
	local module=$LAB/aaa/radius.d/mods-available/devid

	sed -i 's/^\t\ttls_min_version/\t\tsigalgs_list = "ECDSA+SHA256"\n&/' "$module"
	grep -q sigalgs_list "$module" || fail "$module" "has no place for sigalgs_list"
	radius_restart
}

scenario() {
	local log=$LAB/log/agent-twin

	device_ready twin listed p256 agent.identity="idevid-1 idevid"
	second_idevid >>"$LAB/log/provision-twin"
	allow_list_add "$(device_get twin serial)-1"
	ecdsa_only
	agent_start_ready twin
	attach_mark twin
	plug twin
	check "attached" attached twin 40
	measure twin
	R_REASON=$(agent_get twin '.ports[0].passed_over[] |
		.key + ": " + .class + ": " + .reason')
	shown idevid "idevid-1 CERT_REJECTED"
	check "the log says so" grep -q "idevid-1 passed over, idevid is next" "$log"
	check "devid status says so" status_says "not idevid-1: CERT_REJECTED"

	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
	unplug twin
	plug twin
	check "attached with both allowed" attached twin 40
	shown idevid-1 ""
	result "$(outcome twin)" "$R_REASON"
}
