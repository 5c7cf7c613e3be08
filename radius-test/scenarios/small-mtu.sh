# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An interface with a small MTU: the device sends shorter frames, or says so.
#
# With 1100 bytes the chain takes more frames than usual. 900 are fewer than EAP
# may count on, and the server's frames are longer: this looks like a dead server
# to who does not look at the interface.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# mtu DEVICE BYTES: at both ends of the cable.
mtu() {
	in_ns "$1" ip link set eth0 mtu "$2"
	in_ns switch ip link set "$(device_port "$1")" mtu "$2"
}

scenario() {
	device_ready cam listed
	agent_start_ready cam
	mtu cam 900
	plug cam
	check "the agent says TIMEOUT" refused cam TIMEOUT 20
	measure cam
	check "and why (said: $R_REASON)" test \
		"${R_REASON##*: }" = "the interface's MTU is 900, EAP needs 1024"
	doctor_says cam port-mtu timeout
	unplug cam
	mtu cam 1100
	attach_mark cam
	plug cam
	check "attached" attached cam
	measure cam
	result "$(outcome cam)"
	mtu cam 1500
}
