# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The frauds' own tool gets in with a good certificate and its key.
#
# So the frauds fail for what they present, and not because of their tool. It
# also shows what RADIUS cannot see: this key is in a file. The lab's quick PKI
# signed a request for it, taking its word; devid-ca would have asked a TPM.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

scenario() {
	local dir serial port

	rogue_ready rogue
	port=$(device_port rogue)
	dir=$LAB/devices/rogue/fraud
	serial=$(device_get rogue serial)
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$dir/file.key" -subj "/serialNumber=$serial/CN=Lab 1" \
		-out "$dir/file.csr" 2>/dev/null
	pki issue-idevid "$dir/file.csr" --out "$dir/file.pem"
	allow_list_add "$serial"
	rogue_attach rogue "$dir/file.key" "$dir/file.pem"
	check "the port was opened" port_await 10 "$port" port_is_open "$port"
	measure rogue
	check "RADIUS said yes" test "$(decision "$(device_get rogue mac)" \
		verdict)" = accept
	result "$(outcome rogue)" "its key is in a file, as the CA cannot see"
	proc_stop rogue-rogue
	allow_list_remove "$serial"
}
