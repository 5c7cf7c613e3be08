# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Which certificate policies make an IDevID, whatever stands before and after.
#
# FreeRADIUS shows the policies as lines of one text, and its expressions are of
# another kind on each version of Debian. One that begins as the policy of an
# IDevID does is another one; that of an IDevID may be the first, with a
# qualifier of its manufacturer.
# shellcheck disable=SC2034
EXPECTED="vlan 20"

# with_policies DIR NAME LINE...: the certificate that is on the list, by the
# same CA, with other policies: DIR/NAME.pem
with_policies() {
	local dir=$1 serial
	serial=$(openssl x509 -in "$dir/listed.pem" -noout -serial)
	openssl x509 -req -in "$dir/file.csr" -CA "$LAB/pki/issuing/cert.pem" \
		-CAkey "$LAB/pki/issuing/key.pem" -days 30 \
		-set_serial "0x${serial#*=}" -out "$dir/leaf.pem" -extfile <(
			printf 'keyUsage = critical,digitalSignature\n'
			printf '%s\n' "${@:3}"
		) 2>>"$LAB/log/pki"
	cat "$dir/leaf.pem" "$LAB/pki/issuing/cert.pem" >"$dir/$2.pem"
}

scenario() {
	local dir serial port

	rogue_ready maker
	port=$(device_port maker)
	dir=$LAB/devices/maker/fraud
	serial=$(device_get maker serial)
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$dir/file.key" -subj "/serialNumber=$serial/CN=Lab 1" \
		-out "$dir/file.csr" 2>/dev/null
	pki issue-idevid "$dir/file.csr" --out "$dir/listed.pem"
	allow_list_add "$serial"
	with_policies "$dir" alike "certificatePolicies = \
2.23.133.11.1.20,2.23.133.11.1.2.1,1.2.23.133.11.1.2"
	rogue_attach maker "$dir/file.key" "$dir/alike.pem"
	check "RADIUS said no" port_await 10 "$port" \
		port_saw "$port" eap-failure
	check_refused_for maker "not a certificate of the IDevID profile"
	proc_stop rogue-maker
	unplug maker

	with_policies "$dir" first "certificatePolicies = @tpm,2.23.133.11.1.1" \
		"[tpm]" "policyIdentifier = 2.23.133.11.1.2" \
		"CPS.1 = http://maker.example/practice"
	rogue_attach maker "$dir/file.key" "$dir/first.pem"
	check "the port was opened" port_await 10 "$port" port_is_open "$port"
	measure maker
	check "RADIUS said yes" test "$(decision "$(device_get maker mac)" \
		verdict)" = accept
	result "$(outcome maker)"
	proc_stop rogue-maker
	allow_list_remove "$serial"
}
