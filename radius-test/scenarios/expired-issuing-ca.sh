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
	# FreeRADIUS 3.2 keeps the TLS alert to itself. The agent sees that
	# its certificate was the last that it sent.
	check "the agent says CERT_REJECTED" refused cam CERT_REJECTED
	# X509_V_ERR_CERT_HAS_EXPIRED
	check_refused_for cam "OpenSSL says error 10 :"
	measure cam
	result "$(outcome cam)"
}
