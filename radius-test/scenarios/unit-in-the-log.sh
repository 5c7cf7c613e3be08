# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The log names an unlisted unit by the number of its case, whatever its name.
#
# Nothing else in its certificate stands in the way of that.
# eapol_test is switch and device: with a key in a file and a certificate below
# the manufacturer's root, then with one that nobody signed but itself. A text of
# a subject that looks like a number, or like the rest of a line, is neither.
# shellcheck disable=SC2034
EXPECTED="vlan 10"

# claim DIR MEMBER...: key and certificates for a subject of these members, as a
# section of OpenSSL's configuration. $policy and $number: others than the usual.
claim() {
	local issuing=$LAB/pki/issuing

	mkdir -p "$1"
	printf '%s\n' '[req]' 'prompt = no' 'string_mask = utf8only' 'utf8 = yes' \
		'distinguished_name = dn' '[dn]' "${@:2}" >"$1/conf"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-config "$1/conf" -keyout "$1/key.pem" -out "$1/csr" 2>/dev/null
	openssl req -x509 -config "$1/conf" -key "$1/key.pem" -days 2 \
		-out "$1/self.pem" 2>/dev/null
	openssl x509 -req -in "$1/csr" -CA "$issuing/cert.pem" \
		-CAkey "$issuing/key.pem" -set_serial "${number:-$((++made))}" -days 2 \
		-out "$1/leaf.pem" -extfile <(printf '%s\n' \
		keyUsage=critical,digitalSignature \
		"certificatePolicies=${policy:-2.23.133.11.1.2}") 2>/dev/null
	cat "$1/leaf.pem" "$issuing/cert.pem" >"$1/chain.pem"
}

# shows DIR CERTIFICATE [OPTION...]: to the RADIUS server; what it logs is in
# $line. Options are those of eapol_test.
shows() {
	local log=$LAB/aaa/radius.d/run/decisions.log size

	size=$(stat -c %s "$log" 2>/dev/null || echo 0)
	cat >"$1/eapol" <<-END
		network={
			key_mgmt=IEEE8021X
			eap=TLS
			identity="anonymous@devid.invalid"
			ca_cert="$LAB/pki/site/cert.pem"
			client_cert="$1/$2"
			private_key="$1/key.pem"
		}
	END
	in_ns switch eapol_test -c "$1/eapol" -a 10.10.0.2 -A 10.10.0.1 \
		-s "$(<"$LAB/secret")" -t 5 "${@:3}" >"$1/said" 2>&1 || true
	line=$(tail -c "+$((size + 1))" "$log")
}

# logs UNIT PROVED CERTIFICATE [OPTION...]: as that unit's, in one line
logs() {
	local line

	shows "$LAB/aaa/claim" "${@:3}"
	check "$(tail -n+6 "$LAB/aaa/claim/conf" | tr "\n" " "): unit \"$1\" of $3 is in the log (was: $line, $(tail -n1 "$LAB/aaa/claim/said"))" is_unit "$1" "$2" "$line"
}

is_unit() {
	jq -es --arg unit "$1" --argjson proved "$2" 'length == 1 and
		.[0].unit == $unit and .[0].proved == $proved' >/dev/null <<<"$3"
}

# names UNIT MEMBER...: such a subject is that unit's.
names() {
	claim "$LAB/aaa/claim" "${@:2}"
	logs "$1" true chain.pem
}

scenario() {
	local made=1000 long='' policy='' number='' quotes size i

	device_ready stray unlisted
	agent_start_ready stray
	attach_mark stray
	plug stray
	check "attached" attached stray 20
	measure stray
	check "the log names the unit" test "$(device_get stray serial)" = \
		"$(decision "$(device_get stray mac)" unit)"

	names SN1 O=Maker CN=x serialNumber=SN1
	names SN1 serialNumber=SN1 'O=Müller \"Video\" 100%' 'CN=a\#1'
	names 'S/N: 8(1)/A+B,C.1-x' 'serialNumber=S/N: 8(1)/A+B,C.1-x' O=Maker
	names SN1 CN=x +serialNumber=SN1 O=Maker
	names SN1 $'CN=x\\n{\\"unit\\":\\"SN2\\"}' serialNumber=SN1
	logs SN1 false self.pem
	# What is no number: in another member, or twice.
	names '' CN=x/serialNumber=SN2
	names '' CN=x+serialNumber=SN2
	names '' O=serialNumber=SN2 serialNumber=SN1
	names '' 0.serialNumber=SN1 1.serialNumber=SN2
	for i in {1..15}; do
		long+="$i.OU=$(printf '\\"%.0s' {1..60})"$'\n'
	done
	names SN1 serialNumber=SN1 "$long"
	# The most of all at once, of which each octet is written as three.
	quotes=$(printf '22%.0s' {1..253})
	policy=2.999 number=0x7f$(openssl rand -hex 19)
	claim "$LAB/aaa/claim" "serialNumber=$(printf 'N%.0s' {1..64})" "$long"
	logs "$(printf 'N%.0s' {1..64})" true chain.pem -N "32:x:$quotes" \
		-N "87:x:$quotes"
	size=$(tail -n1 "$LAB/aaa/radius.d/run/decisions.log" | wc -c)
	check "the longest line is no longer than the caps say (was: $size)" \
		test "$size" -lt 2600
	result "$(outcome stray)"
}
