# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A certificate for the right key whose issuing CA has expired.
# shellcheck disable=SC2034
EXPECTED="nothing"

scenario() {
	local dir=$LAB/devices/cam

	device_ready cam listed p256 "agent.cert=$LAB/devices/cam/old/chain.pem"
	"$HERE/frauds" expired-issuing "$LAB/pki" "$dir/idevid.csr" "$dir/old"
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "the agent says CERT_REJECTED" refused cam CERT_REJECTED
	measure cam
	result "$(outcome cam)"
}
