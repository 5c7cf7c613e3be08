# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Two RADIUS servers, of which one dies: the device accepts the other as well.
#
# With trust = pinned because both names are listed, or the domain that they are
# in; on first use because the second one is below the same issuer and in the
# same domain. One outside that domain is refused though the CA is the same.
# hostapd 2.10 counts the repeats of one message before it takes another server,
# and a device that tries again ends that message; so the switch is told.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# server_cert NAME: its key and certificate, as a prefix of files
server_cert() {
	pki radius-server "$1" --out "$LAB/aaa/$1"
}

# failover TRUST NAME [SETTING...]: attached to the first; it dies, and the switch
# asks the second.
failover() {
	local port second=$2
	port=$(device_port cam)

	authenticator_stop "$port"
	radius_configure radius 10.10.0.2 "$LAB/aaa/r1.site.example"
	radius_configure second 10.10.0.3 "$LAB/aaa/$second"
	radius_restart
	radius_start second
	authenticator_start "$port" 10.10.0.2
	rm -f "$LAB/devices/cam/state/server-trust.json"
	device_configure cam "${@:3}"
	agent_start_ready cam
	plug cam
	check "$1: attached to the first" attached cam
	check "$1: to the first" test \
		"$(agent_get cam '.ports[0].server_name')" = r1.site.example
	radius_stop radius
	unplug cam
	authenticator_stop "$port"
	authenticator_start "$port" 10.10.0.3
	attach_mark cam
	plug cam
}

# accepts TRUST NAME [SETTING...]
accepts() {
	failover "$@"
	check "$1: attached to the second" attached cam 20
	check "$1: to the second" test \
		"$(agent_get cam '.ports[0].server_name')" = "$2"
	measure cam
	agent_stop cam
	radius_stop second
	unplug cam
}

# refuses TRUST NAME [SETTING...]
refuses() {
	failover "$@"
	check "$1: refuses $2" refused cam SERVER_UNTRUSTED 20
	agent_stop cam
	radius_stop second
	unplug cam
}

scenario() {
	local name

	device_ready cam listed
	for name in r1.site.example r2.site.example r2.other.example; do
		server_cert "$name"
	done
	accepts listed r2.site.example \
		eap.server_name="r1.site.example, r2.site.example"
	accepts domain r2.site.example eap.server_name="*.site.example"
	refuses domain r2.other.example eap.server_name="*.site.example"
	accepts first-use r2.site.example eap.trust=first-use eap.ca= \
		eap.server_name=
	refuses first-use r2.other.example eap.trust=first-use eap.ca= \
		eap.server_name=
	proc_alive radius || radius_start radius
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
	authenticator_stop "$(device_port cam)"
	authenticator_start "$(device_port cam)"
	rm -f "$LAB/devices/cam/state/server-trust.json"
	device_configure cam
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "attached" attached cam
	measure cam
	result "$(outcome cam)"
}
