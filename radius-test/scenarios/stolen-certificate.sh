# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A genuine, listed certificate, presented by who does not hold its key.
#
# Certificates are public: everyone who saw one handshake can have it. liar.so
# makes OpenSSL present it all the same and sign with another key.
# shellcheck disable=SC2034
EXPECTED="nothing"

scenario() {
	local dir

	device_ready cam listed
	rogue_ready rogue
	dir=$LAB/devices/rogue/fraud
	cp "$LAB/devices/cam/idevid.pem" "$dir/stolen.pem"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
		-out "$dir/thief.pem" 2>/dev/null
	rogue_attach rogue "$dir/thief.pem" "$dir/stolen.pem" "$LAB/bin/liar.so"
	# the chain was good, the signature of the handshake was not
	rogue_result rogue "Alert write:fatal:decrypt error"
}
