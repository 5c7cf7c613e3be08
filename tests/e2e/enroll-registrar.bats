#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid-enroll against devid-registrar: a device with a TPM of software, whose
# IDevID and IAK a maker certified, on a site's list.

load enroll
load ca
load registrar
# shellcheck disable=SC2034 # of ca.bash
spawned=''

in_net() { "$@"; } # the loopback of the machine is enough here

setup_file() {
	lib_init
	cp "$build/devid-enroll" "$WORK/bin/"
	export DEV=$WORK/dev SITE=$WORK/site
	mkdir "$SITE"
	registrar_init
	device_new "$DEV" "tls_client = 0, $enroll_uid" \
		"csr = 0, $enroll_uid" "manage_ldevid = 0, $enroll_uid"
	device_of_acme
	list_maker
	registrar_start
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	use_registrar
	staging
}

teardown() {
	devid key delete ldevid-0 --config "$DEV/devid.conf" >/dev/null 2>&1 ||
		true
}

# IDevID by the maker; the IAK waits for its own test
device_of_acme() {
	local dconf="$DEV/devid.conf"

	devid provision key --config "$dconf" --alg p256 >/dev/null
	devid provision csr --config "$dconf" --serial SN1 --model M1 \
		--out "$DEV/idevid.csr"
	maker acme issue-idevid "$DEV/idevid.csr" --out "$DEV/chain.pem" >/dev/null
	devid provision cert --config "$dconf" "$DEV/chain.pem" \
		>/dev/null 2>&1
}

# profile [LABEL]: asks with that label
profile() {
	{
		cat "$DEV/devid.conf"
		printf '%s\n' "[agent]" "provider_dir = $WORK/bin" "[enroll]" \
			"registrar = ${est_url#https://}" \
			"est_trust = $R/tls-ca.pem"
		[ $# -eq 0 ] || echo "label = $1"
	} >"$BATS_TEST_TMPDIR/devid.conf"
	chmod 644 "$BATS_TEST_TMPDIR/devid.conf"
}

@test "box to LDevID in one run, and the document with it" {
	profile
	run -0 enroll enrol
	echo "$output"
	[ "$(told result)" = "done" ]
	devid cert list ldevid-0 --config "$DEV/devid.conf" --json |
		jq -e '.certificates[0] | .key_enabled and .cert_enabled and
			.certificate.serial == "SN1"'
	fails DOCUMENT "no document for this device" --identity ldevid-0 document
	jq -n --rawfile a "$R/tls-ca.pem" '{version: 1, site: "Plant",
		radius: {anchors: [$a], names: ["radius.site.example"]}}' \
		>"$R/plant.json"
	desk document --default "$R/plant.json"
	run -0 enroll --identity ldevid-0 document
	echo "$output"
	jq -e '.site == "Plant"' "$STAGING/site.json"
}

@test "a person decides: pending, approved, the same request" {
	local before

	profile slow
	run -3 enroll enrol
	[ "$(told retry_after)" -ge 1 ]
	before=$(sha256sum "$STAGING/request")
	run -3 enroll enrol
	[ "$before" = "$(sha256sum "$STAGING/request")" ]
	desk approve SN1
	run -0 enroll enrol
	echo "$output"
}

@test "residency demanded: without a certified IAK refused by rule, with one let in" {
	profile hard
	run -1 enroll enrol
	echo "$output"
	[ "$(told class)" = EST_REFUSED ]
	[[ $output == *"evidence: ldevid-0: asked for, and left out"* ]]
	[ ! -e "$STAGING/request" ]
	iak_of_acme
	run -0 enroll enrol
	echo "$output"
	[ "$(told result)" = "done" ]
}

# As the maker's CA would: an IAK signs no request for itself.
iak_of_acme() {
	keyd_stop "$DEV"
	tpm2_readpublic -Q -T "swtpm:path=$DEV/tpm.sock" -c 0x81020001 -f pem \
		-o "$DEV/iak.pub"
	keyd_start "$DEV"
	printf '%s\n' keyUsage=critical,digitalSignature \
		authorityKeyIdentifier=keyid \
		certificatePolicies=2.23.133.11.1.1,2.23.133.11.1.3 \
		'subjectAltName=otherName:1.3.6.1.5.5.7.8.4;SEQUENCE:hw' '[hw]' \
		type=OID:2.23.133.1.2 serial=FORMAT:ASCII,OCT:SN1 >"$DEV/iak.ext"
	openssl x509 -req -in "$DEV/idevid.csr" -force_pubkey "$DEV/iak.pub" \
		-days 30 -CA "$R/acme/issuing/cert.pem" \
		-CAkey "$R/acme/issuing/key.pem" -extfile "$DEV/iak.ext" \
		-out "$DEV/iak.pem" 2>/dev/null
	cat "$DEV/iak.pem" "$R/acme/issuing/cert.pem" >"$DEV/iak-chain.pem"
	devid cert install iak "$DEV/iak-chain.pem" \
		--config "$DEV/devid.conf" >/dev/null 2>&1
}
