# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What devid doctor says of a device that a RADIUS server does not let in.
#
# One that does not know the manufacturer's root, one that does not answer, and one
# that speaks TLS 1.2 alone. Other refusals are in their scenarios.
# shellcheck disable=SC2034
EXPECTED="nothing"

# foreign_server: a RADIUS server that does not know the devices' root
foreign_server() {
	local port
	port=$(device_port cam)

	radius_configure other 10.10.0.3 "$LAB/aaa/radius"
	install -o "$UID_AAA" -g "$UID_AAA" -m 0440 \
		"$LAB/pki/site/cert.pem" \
		"$LAB/aaa/other.d/certs/devid/makers.pem"
	radius_start other
	authenticator_stop "$port"
	authenticator_start "$port" 10.10.0.3
}

# refused_as CLASS ID [SETTING...]
refused_as() {
	device_ready cam listed p256 "${@:3}"
	agent_start_ready cam
	plug cam
	check "the agent says $1" refused cam "$1"
	doctor_says cam "$2"
	agent_stop cam
	unplug cam
}

scenario() {
	device_ready cam listed
	foreign_server
	refused_as CERT_REJECTED cert-rejected
	radius_stop other
	refused_as TIMEOUT timeout agent.auth_wait=3
	sed -i 's/tls_max_version = .*/tls_max_version = "1.2"/' \
		"$LAB/aaa/other.d/mods-available/devid"
	radius_start other
	refused_as TLS_FAILED tls-failed eap.tls_min=1.3
	radius_stop other
	plug cam
	result "$(outcome cam)" "doctor named each"
	authenticator_stop "$(device_port cam)"
}
