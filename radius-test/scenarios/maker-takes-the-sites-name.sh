# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A maker's CA with the name of the site's CA, and the number of a listed LDevID.
#
# RADIUS trusts that maker as well, and the list goes by name and number. Below
# the maker's root the certificate is no LDevID, and to the site's side its root
# is unknown: neither way leads into VLAN 30. No session of one side is kept
# where the other would find it.
# shellcheck disable=SC2034
EXPECTED="nothing"

# shellcheck source=radius-test/lib/owner.sh
. "$HERE/lib/owner.sh"

# impostor DIR: a root of the site's name, and below it a certificate of the IDevID
# profile with the number of the LDevID DIR/ldevid.pem
impostor() {
	local serial
	serial=$(openssl x509 -in "$1/ldevid.pem" -noout -serial)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1/ca.key" -out "$1/ca.pem" -days 30 -subj \
		"$(openssl x509 -in "$LAB/aaa/site.pem" -noout -subject \
			-nameopt compat | sed 's/^subject=//')" \
		-addext basicConstraints=critical,CA:TRUE 2>/dev/null
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1/key.pem" -subj "/serialNumber=X/CN=Lab 1" \
		-out "$1/csr" 2>/dev/null
	openssl x509 -req -in "$1/csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" \
		-days 30 -set_serial "0x${serial#*=}" -out "$1/leaf.pem" \
		-extfile <(printf '%s\n' keyUsage=critical,digitalSignature \
			extendedKeyUsage=clientAuth \
			certificatePolicies=2.23.133.11.1.1,2.23.133.11.1.2) \
		2>/dev/null
	cat "$1/leaf.pem" "$1/ca.pem" >"$1/chain.pem"
}

# refused_side REALM REASON WORDS
refused_side() {
	local dir=$LAB/devices/rogue/fraud port mac
	port=$(device_port rogue)
	mac=$(device_get rogue mac)

	rogue_attach rogue "$dir/key.pem" "$dir/chain.pem" '' "anonymous@$1"
	check "$1: RADIUS said no" port_await 10 "$port" \
		port_saw "$port" eap-failure
	check_refused_for rogue "$3"
	check "$1: the log says $2 (was: $(decision "$mac" reason))" \
		test "$(decision "$mac" reason)" = "$2"
	check "$1: reaches nothing" test -z "$(reach rogue)"
	proc_stop rogue-rogue
	unplug rogue
}

scenario() {
	local dir=$LAB/devices/rogue/fraud run=$LAB/aaa/radius.d/run

	rogue_ready rogue
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$dir/good.key" -subj /serialNumber=X -out "$dir/good.csr" \
		2>/dev/null
	owner_issue "$dir/good.csr" "$dir/ldevid.pem"
	owner_list rogue "$dir/ldevid.pem"
	impostor "$dir"
	check "its key of the list is the LDevID's" test \
		"$(issuer_of "$dir/leaf.pem"):$(number_of "$dir/leaf.pem")" = \
		"$(issuer_of "$dir/ldevid.pem"):$(number_of "$dir/ldevid.pem")"
	cat "$dir/ca.pem" >>"$LAB/aaa/radius.d/certs/devid/makers.pem"
	radius_restart
	refused_side devid.invalid not-idevid \
		"the site's list has it as an LDevID"
	refused_side ldevid.invalid handshake "error 1"
	check "the site's side has no session" test -z \
		"$(ls "$run/devid-site-sessions")"

	# What the tool cannot be blamed for: the LDevID itself gets in.
	rogue_attach rogue "$dir/good.key" "$dir/ldevid.pem" '' \
		anonymous@ldevid.invalid
	check "the LDevID itself is let in" port_await 10 \
		"$(device_port rogue)" port_is_open "$(device_port rogue)" 30
	check "to VLAN 30" test "$(reach rogue)" = 30
	proc_stop rogue-rogue
	unplug rogue
	refused_side devid.invalid not-idevid \
		"the site's list has it as an LDevID"
	measure rogue
	result "$(outcome rogue)" "refused on both sides"
	owner_done
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
}
