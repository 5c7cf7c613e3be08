#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A device with a TPM, from its factory to its LDevID: devid-ca certified IDevID
# and IAK, and devid-enroll asks devid-registrar, which insists that the new key
# is in that TPM.

load lib
load ca
load registrar
est_url=${est_url?set in registrar.bash} ca_url=${ca_url?the same}
enroll_uid=61240

setup_file() {
	lib_init
	ca_init
	cp "$build/devid-enroll" "$WORK/bin/"
	export DEV="$WORK/dev"
	device_made "$DEV" "tls_client = 0, $enroll_uid" \
		"csr = 0, $enroll_uid" "manage_ldevid = 0, $enroll_uid"
	serve_start
	station floor provision --serial SN1 --model M1 -- "$(reach "$DEV")"
	registrar_beside_ca
	devid-ca export --format site --config "$CA/devid-ca.conf" >"$R/rows"
	desk_import
	registrar_start
}

desk_import() {
	devid-registrar list import --config "$R/registrar.conf" "$R/rows"
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	gone "$(cat "$R/registrar.pid")" && registrar_start
	use_registrar
	STAGING=$WORK/staging.$BATS_TEST_NUMBER
	mkdir -m 755 "$STAGING"
	chown "$enroll_uid:$enroll_uid" "$STAGING"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}"
	cp "$R/tls-ca.pem" "$WORK/servers.pem"
	chmod 644 "$WORK/servers.pem"
}

# enroll LABEL [OPTION...] OPERATION: by the user whose it is
enroll() {
	local label=$1

	shift
	{
		cat "$DEV/devid.conf"
		printf '%s\n' "[agent]" "provider_dir = $WORK/bin" "[enroll]" \
			"registrar = localhost:${est_url##*:}" \
			"label = $label" "est_trust = $WORK/servers.pem"
	} >"$BATS_TEST_TMPDIR/devid.conf"
	chmod 644 "$BATS_TEST_TMPDIR/devid.conf"
	# The leak checker starts a process, which is what the filter is against.
	ASAN_OPTIONS=detect_leaks=0 setpriv --reuid "$enroll_uid" \
		--regid "$enroll_uid" --clear-groups devid-enroll --config \
		"$BATS_TEST_TMPDIR/devid.conf" --staging "$STAGING" "$@"
}

# told MEMBER: of the result
told() { jq -r --arg m "$1" '.[$m]' "$STAGING/result.json"; }

# site QUERY
site() { sqlite3 -cmd ".timeout 5000" "$R/site.db" "$1"; }

document_set() {
	jq -n --rawfile pem "$R/tls-ca.pem" '{version: 1, site: "plant",
		radius: {anchors: [$pem], names: ["radius.site.example"]}}' \
		>"$R/site.json"
	devid-registrar document --config "$R/registrar.conf" --default \
		"$R/site.json"
}

@test "residency demanded: an LDevID by evidence, and the unit's epoch" {
	run -0 enroll hard --key ldevid-0 enrol
	echo "$output"
	[ "$(told result)" = done ]
	run -0 devid cert list ldevid-0 --config "$DEV/devid.conf" --json
	jq -e '.certificates[0] | .key_enabled and .cert_enabled' <<<"$output"
	[ "$(site "select count(*) from site where unit = 'SN1'
		and kind = 'LDevID' and state = 'listed'
		and profile = 'hard'")" = 1 ]
	[ "$(site "select max(epoch) from site where unit = 'SN1'")" = \
		"$(told epoch)" ]
}

@test "the document, with the LDevID" {
	run -1 enroll hard --key ldevid-0 --identity ldevid-0 document
	echo "$output"
	document_set
	run -0 enroll hard --key ldevid-0 --identity ldevid-0 document
	[ "$(jq -r .site "$STAGING/site.json")" = plant ]
}

@test "a person decides: pending across restarts of both, then issued" {
	local before

	sed -i 's/^\(\s*\)residency = required/\1residency = required\n\1approval = manual\n\1retry_after = 1/' \
		"$R/registrar.conf"
	serve_stop registrar
	registrar_start
	run -3 enroll hard --key ldevid-1 enrol
	echo "$output"
	[ "$(told result)" = pending ]
	before=$(sha256sum <"$STAGING/request")
	keyd_stop "$DEV"
	keyd_start "$DEV"
	serve_stop registrar
	registrar_start
	run -3 enroll hard --key ldevid-1 enrol
	[ "$before" = "$(sha256sum <"$STAGING/request")" ]
	run -0 devid-registrar approve --config "$R/registrar.conf" SN1
	run -0 enroll hard --key ldevid-1 enrol
	[ "$(told result) $(told key)" = "done ldevid-1" ]
}

# What the registrar knew of the request is lost; the device has it still.
@test "a lost nonce: another request, with evidence over a new one" {
	local before after

	run -3 enroll hard --key ldevid-2 enrol
	before=$(sha256sum <"$STAGING/request")
	site "delete from nonce; delete from request where state = 'pending'"
	run enroll hard --key ldevid-2 enrol
	echo "$output"
	[ "$status" = 3 ] || run -3 enroll hard --key ldevid-2 enrol
	after=$(sha256sum <"$STAGING/request")
	[ "$before" != "$after" ]
	run -0 devid-registrar approve --config "$R/registrar.conf" SN1
	run -0 enroll hard --key ldevid-2 enrol
	[ "$(told result)" = done ]
}

@test "a unit that was revoked: refused by name, and nothing was lost" {
	run -0 devid-registrar revoke --config "$R/registrar.conf" SN1
	run -1 enroll hard --key ldevid-3 enrol
	[ "$(told class)" = EST_REFUSED ]
	[[ $(told reason) == *client-revoked* ]]
	run -0 devid cert list ldevid-0 --config "$DEV/devid.conf" --json
	jq -e '.certificates[0] | .key_enabled and .cert_enabled' <<<"$output"
}
