# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The owner of a device, who has a root of their own (devid-pki; site_ca_up in
# aaa.sh) and certifies keys of theirs in it by hand: LDevIDs of the site. Its
# RADIUS server trusts that root for them and no other. Read by the scenarios
# that need it, after the lab's other parts.

# owner_request DEVICE KEY OUT: a request that the key in the TPM has signed.
owner_request() {
	local dir=$LAB/devices/$1

	in_ns "$1" env DEVID_KEYD_SOCKET="$dir/keyd/keyd.sock" \
		openssl req -new -provider-path "$LAB/bin" -provider devid \
		-provider default -key "$dir/state/$2.key" \
		-subj "/serialNumber=$(device_get "$1" serial)/CN=Lab 1 $2" \
		-out "$3" 2>>"$LAB/log/owner" ||
		fail "$1" "no request with $2: $LAB/log/owner"
}

# owner_issue REQUEST OUT: a certificate of two years, for TLS clients.
owner_issue() {
	local dir=$LAB/owner/root

	openssl x509 -req -in "$1" -CA "$dir/cert.pem" -CAkey "$dir/key.pem" \
		-set_serial "0x$(openssl rand -hex 16)" -sha384 -days 730 -out "$2" \
		-extfile <(printf '%s\n' basicConstraints=critical,CA:FALSE \
			keyUsage=critical,digitalSignature \
			extendedKeyUsage=clientAuth \
			authorityKeyIdentifier=keyid:always) \
		2>>"$LAB/log/owner" ||
		fail "$1" "not certified: $LAB/log/owner"
}

# number_of CERT, issuer_of CERT: as the site's list has them
number_of() {
	openssl x509 -in "$1" -noout -serial | sed 's/serial=//' | tr A-F a-f
}

issuer_of() {
	local issuer

	issuer=$(openssl x509 -in "$1" -noout -issuer -nameopt compat)
	printf '%s' "${issuer#issuer=}" | sha256sum | cut -d' ' -f1
}

# owner_list DEVICE CERT [STATE]: the site's list has it from here on.
owner_list() {
	jq -cn --arg issuer "$(issuer_of "$2")" --arg number "$(number_of "$2")" \
		--arg unit "$(device_get "$1" serial)" --arg state "${3:-listed}" '
		{ issuer: $issuer, certificate: $number, kind: "LDevID",
		  unit: $unit, model: "Lab 1", state: $state }' | list_import
}

# ldevid_make DEVICE: a key in the TPM, enabled, with a certificate below the root
# of the site.
ldevid_make() {
	local dir=$LAB/devices/$1

	devid "$1" key create ldevid-0 --type p256
	devid "$1" key enable ldevid-0
	owner_request "$1" ldevid-0 "$dir/ldevid.csr"
	owner_issue "$dir/ldevid.csr" "$dir/ldevid.pem"
	devid "$1" cert install ldevid-0 "$dir/ldevid.pem"
}

# ldevid_ready DEVICE [SETTING...]: a device that shows an LDevID made by hand,
# which no list has yet.
ldevid_ready() {
	device_ready "$1" listed p256 agent.identity=ldevid-0 \
		eap.identity=anonymous@ldevid.invalid keyd.manage_ldevid=0 \
		"${@:2}"
	keyd_stop "$1"
	keyd_start "$1"
	{
		ldevid_make "$1"
		devid "$1" cert enable ldevid-0
	} >"$LAB/log/owner"
}

# ldevid_refused DEVICE REASON WORDS: plugged now, it is refused for that, by the
# log and by what is seen.
ldevid_refused() {
	local mac

	mac=$(device_get "$1" mac)
	attach_mark "$1"
	plug "$1"
	check "the agent says AUTHZ_DENIED" refused "$1" AUTHZ_DENIED 20
	check "the port is shut" port_is_parked "$(device_port "$1")"
	check_refused_for "$1" "$3"
	check "the log says $2 (was: $(decision "$mac" reason))" \
		test "$(decision "$mac" reason)" = "$2"
	check "so does what is seen (was: $(seen verdict certificate))" test \
		"$(seen verdict certificate)" = \
		"$2 $(number_of "$LAB/devices/$1/ldevid.pem")"
	check "reaches nothing" test -z "$(reach "$1")"
}

# ldevid_done DEVICE
ldevid_done() {
	agent_stop "$1"
	devid "$1" key delete ldevid-0 >/dev/null
	owner_done
	allow_list_write
}

# owner_done: as it was
owner_done() {
	echo "DELETE FROM site WHERE kind = 'LDevID';" | list_do
}

# owner_attach DEVICE KEY: attaches with it, with one TPM command.
owner_attach() {
	attach_full "$1" 30
	check "identity $2 was shown (was: $(agent_get "$1" '.ports[0].key'))" \
		test "$(agent_get "$1" '.ports[0].key')" = "$2"
	check "a hook was told so" grep -qsx "authorized $2" \
		"$LAB/devices/$1/run/hook-key"
}

# owner_hook DEVICE: writes down which identity hooks were told of.
owner_hook() {
	rm -f "$LAB/devices/$1/run/hook-key"
	put "$(hooks_dir "$1")/key" 0755 <<-END
		#!/bin/sh
		echo "\$DEVID_EVENT \$DEVID_KEY" >>$LAB/devices/$1/run/hook-key
	END
}
