# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A server that sends its root as well from now on may change its intermediate.
#
# The device has remembered the intermediate and checks no further; it looks at the
# whole chain once more when it has met the key that it knows.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# certificate NAME ISSUER EXTENSION...: $LAB/aaa/NAME.pem and .key
certificate() {
	local to=$LAB/aaa/$1 by=$LAB/aaa/$2

	openssl ecparam -name prime256v1 -genkey -noout -out "$to.key"
	openssl req -new -key "$to.key" -subj "/CN=$1" |
		openssl x509 -req -CA "$by.pem" -CAkey "$by.key" -set_serial "$RANDOM" \
			-days 2 -extfile <(printf '%s\n' "${@:3}") \
			-out "$to.pem" 2>/dev/null
}

# met TEXT NAME FILE...: with key and certificate NAME and those of FILE
met() {
	local file

	unplug cam
	cp "$LAB/aaa/$2.key" "$LAB/aaa/now.key"
	for file in "${@:2}"; do
		cat "$LAB/aaa/$file.pem"
	done >"$LAB/aaa/now.pem"
	radius_configure radius 10.10.0.2 "$LAB/aaa/now"
	radius_restart
	attach_mark cam
	plug cam
	check "$1: accepted" attached cam 40
	R_SURVIVES=$(agent_get cam .survives)
}

scenario() {
	local ca=basicConstraints=critical,CA:true name
	local server=(subjectAltName=DNS:radius.example extendedKeyUsage=serverAuth)

	device_ready cam listed p256 eap.trust=first-use eap.ca= eap.server_name=
	rm -f "$LAB/devices/cam/state/server-trust.json"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$LAB/aaa/top.key" -subj /CN=top -days 2 -addext "$ca" \
		-out "$LAB/aaa/top.pem" 2>/dev/null
	for name in middle middle-2; do
		certificate "$name" top "$ca"
	done
	certificate first middle "${server[@]}"
	certificate second middle-2 "${server[@]}"
	agent_start_ready cam

	met "with its intermediate" first middle
	check "that is remembered (said: $R_SURVIVES)" \
		grep -q "below the intermediate" <<<"$R_SURVIVES"
	met "with its root" first middle top
	met "once more" first middle top
	check "the root is remembered (said: $R_SURVIVES)" \
		grep -q "below the root" <<<"$R_SURVIVES"
	met "another key from another intermediate" second middle-2 top
	measure cam
	result "$(outcome cam)" "survives: $R_SURVIVES"
	rm -f "$LAB/devices/cam/state/server-trust.json"
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
}
