# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A genuine certificate of the attestation profile is no identity.
#
# The manufacturer issued it, the key is in the TPM, the chain is good: only
# its policy says that it is not an IDevID.
# shellcheck disable=SC2034
EXPECTED="nothing"

scenario() {
	local dir=$LAB/devices/cam

	device_ready cam listed p256 "agent.cert=$LAB/devices/cam/iak-chain.pem"
	pki issue-iak "$dir/idevid.csr" --out "$dir/iak-chain.pem"
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "the agent says AUTHZ_DENIED" refused cam AUTHZ_DENIED
	measure cam
	check "RADIUS says why" grep -q "IDevID profile" \
		"$LAB/aaa/radius.d/run/decisions.log"
	result "$(outcome cam)"
}
