# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What devid doctor says of a device on its port, well and broken in each way.
#
# The states of docs/guide-operator.md that need no other RADIUS server; those of
# TPM, key and files without a port are in tests/e2e/doctor.bats.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# again [SETTING...]: the agent, with other settings
again() {
	! proc_alive agent-cam || agent_stop cam
	device_configure cam "$@"
	agent_start cam
}

# well_again: and the port open
well_again() {
	again
	check "attached again" attached cam
}

# port_states: the port, with its agent alive
port_states() {
	in_ns cam ip addr flush dev eth0
	doctor_says cam no-address
	device_addresses cam
	in_ns cam ip link set eth0 mtu 1023
	doctor_says cam port-mtu
	in_ns cam ip link set eth0 mtu 1500
	unplug cam
	doctor_says cam port-no-carrier
	again agent.ports="eth0 eth7"
	doctor_says cam port-missing port-no-carrier
	plug cam
	well_again
}

# agent_states: the agent killed, without its helpers, without the clock
agent_states() {
	proc_kill agent-cam
	doctor_says cam agent-dead
	agent_start_ready cam
	agent_stop cam
	doctor_says cam agent-absent
	again agent.keyd_socket="$LAB/devices/cam/none.sock"
	doctor_says cam agent-no-keyd key-unavailable
	again agent.supplicant=/bin/false
	doctor_says cam supplicant-absent
	again agent.clock_floor=2999-01-01
	check "attached" attached cam
	doctor_says cam clock-behind
	well_again
}

# trust_states: what servers are judged by
trust_states() {
	local dir=$LAB/devices/cam

	mv "$dir/radius-ca.pem" "$dir/kept.pem"
	doctor_says cam trust-missing
	echo nonsense >"$dir/radius-ca.pem"
	doctor_says cam trust-broken
	pki issuing --name past --from 20200101000000Z --until 20210101000000Z
	cp "$LAB/pki/past/cert.pem" "$dir/radius-ca.pem"
	doctor_says cam trust-expired
	mv "$dir/kept.pem" "$dir/radius-ca.pem"
	doctor_well cam
}

scenario() {
	device_ready cam listed
	agent_start_ready cam
	plug cam
	check "attached" attached cam
	doctor_well cam
	port_states
	agent_states
	trust_states
	measure cam
	result "$(outcome cam)" "${R_REASON:-doctor}"
}
