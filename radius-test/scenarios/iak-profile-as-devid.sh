# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A genuine certificate of the attestation profile is no identity.
#
# The manufacturer issued it, the key is in the TPM, the chain is good: only
# its policy says that it is not an IDevID. With TLS 1.2 the device comes again
# and may offer to resume what was refused, which must be refused again.
# covers: TCG-policies
# shellcheck disable=SC2034
EXPECTED="nothing"

# rejects: how often this device was turned away.
rejects() {
	decisions "$(device_get cam mac)" reject
}

rejects_reach() {
	(($(rejects) >= $1))
}

# refused_as_iak VERSION TIMES
refused_as_iak() {
	local before
	before=$(rejects)
	device_ready cam listed p256 "agent.cert=$LAB/devices/cam/iak-chain.pem" \
		"eap.tls_min=$1" "eap.tls_max=$1"
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "the agent says AUTHZ_DENIED" refused cam AUTHZ_DENIED
	doctor_says cam agent-file authz-denied
	check "refused $2 times" wait_on --seconds 15 \
		"$LAB/aaa/radius.d/run/decisions.log" -- \
		rejects_reach $((before + $2))
	check "the port is shut" port_is_parked "$(device_port cam)"
	measure cam
	check_refused_for cam "not a certificate of the IDevID profile"
	check "reaches nothing" test -z "$(reach cam)"
	agent_stop cam
	unplug cam
}

scenario() {
	device_ready cam listed
	pki issue-iak "$LAB/devices/cam/idevid.csr" \
		--out "$LAB/devices/cam/iak-chain.pem"
	refused_as_iak 1.2 2
	refused_as_iak 1.3 1
	plug cam
	result "$(outcome cam)" "$R_REASON"
}
