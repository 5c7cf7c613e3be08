# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A RADIUS server that offers another EAP method is no "not admitted".
# shellcheck disable=SC2034
EXPECTED="nothing"

scenario() {
	local port conf=$LAB/aaa/md5.d/mods-available/devid

	device_ready cam listed
	port=$(device_port cam)
	authenticator_stop "$port"
	radius_configure md5 10.10.0.3 "$LAB/aaa/radius"
	sed -e '/^\ttls-config devid {/,/^\t}/d' \
		-e '/^\ttls {/,/^\t}/c\\tmd5 {\n\t}' \
		-e 's/default_eap_type = tls/default_eap_type = md5/' "$conf" |
		put "$conf" 0440 "$UID_AAA"
	radius_start md5
	authenticator_start "$port" 10.10.0.3
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "the agent says NO_EAP_TLS" refused cam NO_EAP_TLS
	measure cam
	check "and which method (said: $R_REASON)" test \
		"${R_REASON#*: EAP method }" = "4 (MD5)"
	doctor_says cam no-eap-tls
	result "$(outcome cam)"
	radius_stop md5
	authenticator_stop "$port"
}
