# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The owner of a device, who has a root of their own (devid-pki) and certifies
# keys of theirs in it by hand. Their RADIUS server trusts that root and no
# maker's. Read by the scenarios that need it, after the lab's other parts.

# What the owner's certificates say of themselves, as verifiedTPMFixed does in a
# maker's: a policy of the owner. The arc is the one for examples.
OWNER_POLICY=2.999.16

owner_up() {
	other_pki owner root --org "devid lab owner"
}

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
			authorityKeyIdentifier=keyid:always \
			certificatePolicies=$OWNER_POLICY) 2>>"$LAB/log/owner" ||
		fail "$1" "not certified: $LAB/log/owner"
}

# owner_entry DEVICE CERT: its line of the RADIUS server's list, which goes by
# issuer and number (devid-pki allow-list).
owner_entry() {
	local serial issuer

	serial=$(openssl x509 -in "$2" -noout -serial)
	issuer=$(openssl x509 -in "$2" -noout -issuer -nameopt compat)
	printf '%s:%s\n\tDevID-Unit := "%s",\n\tDevID-State := "live"\n\n' \
		"$(printf '%s' "${issuer#issuer=}" | sha256sum | cut -d' ' -f1)" \
		"$(tr A-F a-f <<<"${serial#serial=}")" "$(device_get "$1" serial)"
}

# owner_radius DEVICE CERT: the site's RADIUS server is the owner's from here on.
owner_radius() {
	local dir=$LAB/aaa/radius.d policy=$LAB/aaa/radius.d/sites-available/devid

	install -o "$UID_AAA" -g "$UID_AAA" -m 0440 "$LAB/owner/root/cert.pem" \
		"$dir/certs/devid/makers.pem"
	sed -i "s/2\\\\.23\\\\.133\\\\.11\\\\.1\\\\.2/${OWNER_POLICY//./\\\\.}/" "$policy"
	grep -qF "Policy: ${OWNER_POLICY//./\\.}" "$policy" ||
		fail "$policy" "has no place for the owner's policy"
	owner_entry "$1" "$2" | put "$dir/mods-config/files/devid" 0440 "$UID_AAA"
	radius_restart
}

# owner_done: as it was
owner_done() {
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
}

# owner_attach DEVICE KEY: attaches with it, with one TPM command.
owner_attach() {
	attach_full "$1" 20
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
