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
	# FreeRADIUS 3.2 keeps the TLS alert to itself. The agent concludes
	# from the number of frames where the server stopped, and cannot where
	# the chain's length is at the edge of a fragment.
	check "the agent says that it was turned away" \
		refused cam "CERT_REJECTED|AUTHZ_DENIED"
	# X509_V_ERR_CERT_HAS_EXPIRED
	check_refused_for cam "OpenSSL says error 10 :"
	measure cam
	result "$(outcome cam)"
}
