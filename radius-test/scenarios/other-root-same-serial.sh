# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A chain that copies every name and serial number, below another root.
# shellcheck disable=SC2034
EXPECTED="nothing"

scenario() {
	local dir

	device_ready cam listed
	rogue_ready rogue
	dir=$LAB/devices/rogue/fraud
	"$HERE/frauds" other-root "$LAB/devices/cam/idevid.pem" "$dir/other"
	check "same serial number as the genuine certificate" test \
		"$(openssl x509 -in "$dir/other/chain.pem" -noout -serial)" = \
		"$(openssl x509 -in "$LAB/devices/cam/idevid.pem" -noout -serial)"
	rogue_attach rogue "$dir/other/key.pem" "$dir/other/chain.pem"
	# X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: a root that is not trusted
	rogue_result rogue "OpenSSL says error 19 :"
}
