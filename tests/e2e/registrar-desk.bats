#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The commands of devid-registrar that a site's people use: its CA in a SoftHSM2
# token, the list, ends of units, documents, the audit log; on SQLite and on
# PostgreSQL.

pg_uri=${pg_uri:-}

setup_file() {
	bats_require_minimum_version 1.5.0
	load lib.bash
	load ca.bash
	lib_init
	cp "$build/devid-registrar" "$WORK/bin/"
	export CA=$WORK/ca SOFTHSM2_CONF=$WORK/ca/softhsm2.conf
	mkdir -p "$CA"/{tokens,publish}
	printf 'directories.tokendir = %s\nlog.level = ERROR\n' \
		"$CA/tokens" >"$SOFTHSM2_CONF"
	make_maker
	token_new site
	site_conf "sqlite:$CA/site.db" "$CA/devid-registrar.conf"
	devid-registrar init --name "Site CA" --config "$CA/devid-registrar.conf"
}

teardown_file() {
	load lib.bash
	lib_done
}

setup() {
	load lib.bash
	load ca.bash
	IN=$BATS_TEST_TMPDIR
	conf=$CA/devid-registrar.conf
}

# A maker's root, and IDevIDs one and two.
make_maker() {
	local i

	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$CA/maker.key" -out "$CA/maker.pem" -days 3650 \
		-subj '/O=Acme/CN=Acme root' -sha256 \
		-addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
	cat >"$CA/idevid.ext" <<-EOF
		authorityKeyIdentifier = keyid
		keyUsage = critical, digitalSignature
		subjectAltName = otherName:1.3.6.1.5.5.7.8.4;SEQ:hw
		[hw]
		type = OID:2.23.133.1.2
		serial = FORMAT:ASCII,OCT:ACME-00-01
	EOF
	for i in 1 2; do
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-keyout "$CA/unit$i.key" -subj "/CN=M1/serialNumber=UNIT$i" \
			-out "$CA/unit$i.csr" 2>/dev/null
		openssl x509 -req -in "$CA/unit$i.csr" -CA "$CA/maker.pem" \
			-CAkey "$CA/maker.key" -set_serial "0x0a0b0c0$i" -days 3650 \
			-extfile "$CA/idevid.ext" -out "$CA/unit$i.pem" 2>/dev/null
	done
}

# site_conf DATABASE FILE
site_conf() {
	cat >"$2" <<-EOF
		[registrar]
		database = $1
		publish = $CA/publish
		[ca]
		certificate = $CA/site-ca.pem
		organization = Site
		module = $softhsm
		token = site
		key = site-ca
		audit_key = site-audit
		pin_file = $CA/site.pin
		[maker acme]
		roots = $CA/maker.pem
		[profile default]
		residency = wanted
	EOF
}

reg() { # COMMAND ARG...
	devid-registrar "$@" --config "$conf"
}

sub() { # list COMMAND ARG...
	devid-registrar "$1" "$2" "${@:3}" --config "$conf"
}

@test "init makes the CA once, and check finds all of it" {
	local before

	run -0 openssl verify -CAfile "$CA/site-ca.pem" "$CA/site-ca.pem"
	run -0 openssl x509 -in "$CA/site-ca.pem" -noout -ext basicConstraints
	[[ $output == *CA:TRUE*pathlen:0* ]]
	before=$(<"$CA/site-ca.pem")
	reg init --name "Another name"
	[ "$(<"$CA/site-ca.pem")" = "$before" ]
	run -0 reg check
	[[ $output == *"1 makers, 1 profiles"* ]]
	run -0 reg ca
	[ "$output" = "$before" ]
}

@test "init can ask another CA for the certificate" {
	reg init --name "Site CA" --request "$IN/site.csr"
	run -0 openssl req -in "$IN/site.csr" -verify -noout -subject
	[[ $output == *"Site CA"* ]]
	run -1 reg init --name "Site CA" --request "$IN/site.csr"
	[[ $output == *"$IN/site.csr"* ]]
}

@test "list add takes an IDevID, and nothing else" {
	sub list add "$CA/unit1.pem"
	sub list add "$CA/unit1.pem"
	run -0 sub list show UNIT1
	[ "$output" = "UNIT1 IDevID listed 0a0b0c01" ]
	run -0 sub list show --json UNIT1
	[ "$(jq -r .model <<<"$output")" = M1 ]
	[ "$(jq -r .issuer <<<"$output")" = "$(printf '/O=Acme/CN=Acme root' |
		sha256sum | cut -d' ' -f1)" ]
	run -1 sub list add "$CA/maker.pem"
	[[ $output == *"not an IDevID"* ]]
	run -1 sub list add "$CA/unit1.key"
	[[ $output == *"not a certificate in PEM"* ]]
	run -1 sub list add --unit OTHER "$CA/unit1.pem"
	[[ $output == *"is on the list as IDevID of UNIT1"* ]]
}

@test "list import takes a whole file or nothing of it" {
	local row='{"issuer":"%s","certificate":"%s","kind":"%s","unit":"%s","state":"%s"}\n'
	local hash bad

	hash=$(printf x | sha256sum | cut -d' ' -f1)
	# shellcheck disable=SC2059 # a format of ours
	printf "$row" "$hash" 01 IDevID A listed "$hash" 02 IDevID B revoked >"$IN/list"
	run -0 sub list import "$IN/list"
	[ "$output" = "2 added, 0 changed" ]
	run -0 sub list import - <"$IN/list"
	[ "$output" = "0 added, 0 changed" ]
	for bad in "$hash 03 LDevID C listed" "$hash 0 IDevID C listed" \
		"${hash%?} 03 IDevID C listed" "$hash 03 IDevID C live"; do
		# shellcheck disable=SC2059,SC2086 # a format of ours, words
		{
			printf "$row" "$hash" 04 IDevID D listed
			printf "$row" $bad
		} >"$IN/bad"
		run -1 sub list import "$IN/bad"
		[[ $output == *"import: $IN/bad:2: "* ]]
	done
	echo '{"issuer":' >"$IN/bad"
	run -1 sub list import "$IN/bad"
	[[ $output == *"$IN/bad:1: not a JSON object"* ]]
	run -0 sub list show
	[[ $output != *" 04"* ]]
	# what is revoked is not listed again
	sed -i 's/revoked/listed/' "$IN/list"
	sub list import "$IN/list"
	run -0 sub list show B
	[ "$output" = "B IDevID revoked 02" ]
	# and one unit is one device
	sed "s/$hash/$(printf y | sha256sum | cut -d' ' -f1)/" "$IN/list" >"$IN/other"
	run -1 sub list import "$IN/other"
	[[ $output == *"unit A is another CA's device already"* ]]
}

@test "revoke and retire end a unit, and the list of revoked is made" {
	sub list add "$CA/unit2.pem"
	run -0 reg retire UNIT2
	[ "$output" = "retired IDevID 0a0b0c02" ]
	run -0 reg revoke --reason keyCompromise UNIT2
	[ "$output" = "revoked IDevID 0a0b0c02" ]
	run -0 reg retire UNIT2
	[ "$output" = "revoked IDevID 0a0b0c02" ]
	run -1 reg revoke NOBODY
	[ "$output" = "devid-registrar: revoke: NOBODY: not on the list" ]
	run -2 reg revoke --reason holiday UNIT2
	reg crl
	run -0 openssl crl -in "$CA/publish/site-ca.crl" -inform der \
		-CAfile "$CA/site-ca.pem" -noout
	cmp "$CA/site-ca.pem" "$CA/publish/site-ca.pem"
}

@test "a document is judged before devices get it" {
	local pem

	pem=$(jq -Rs . <"$CA/maker.pem")
	echo '{"version":1,"site":"Site","radius":{"anchors":['"$pem"'],"names":["radius.example"]}}' \
		>"$IN/good"
	echo '{"version":1,"site":"Site","radius":{"anchors":[],"names":["radius.example"]}}' \
		>"$IN/bad"
	sub list add "$CA/unit1.pem"
	reg document --default "$IN/good"
	reg document UNIT1 "$IN/good"
	run -1 reg document UNIT1 "$IN/bad"
	[[ $output == *"$IN/bad: "* ]]
	run -1 reg document NOBODY "$IN/good"
	[[ $output == *"not on the list"* ]]
	run -2 reg document "$IN/good"
	run -2 reg document --default UNIT1 "$IN/good"
}

@test "approve and refuse say that nobody waits" {
	run -0 reg pending
	[ -z "$output" ]
	run -1 reg approve UNIT1
	[[ $output == *"approve: UNIT1: no request of it waits"* ]]
	run -1 reg refuse UNIT1
	[[ $output == *"refuse: UNIT1: no request of it waits"* ]]
}

@test "the audit log tells what was done, and when it was changed" {
	reg crl
	run -0 reg audit
	[[ $output == *"lines, all as they were written" ]]
	run -0 reg audit --export
	[[ $output == *'"event":"crl"'* ]]
	cp "$CA/site.db" "$IN/site.db"
	sqlite3 "$IN/site.db" "UPDATE audit SET line = replace(line, 'crl', 'clr')
		WHERE seq = (SELECT max(seq) FROM audit)"
	site_conf "sqlite:$IN/site.db" "$IN/conf"
	run -1 devid-registrar audit --config "$IN/conf"
}

@test "settings that are missing or wrong have their line" {
	sed '/^database/d' "$conf" >"$IN/conf"
	run -2 devid-registrar list show --config "$IN/conf"
	[[ $output == *"registrar.database: not set"* ]]
	sed 's/^residency.*/residency = maybe/' "$conf" >"$IN/conf"
	run -2 devid-registrar list show --config "$IN/conf"
	[[ $output == *"$IN/conf:15: profile default.residency: 'maybe' is not"* ]]
	sed 's/^roots/crls/' "$conf" >"$IN/conf"
	run -2 devid-registrar list show --config "$IN/conf"
	[[ $output == *"maker acme.roots: not set"* ]]
}

@test "the same desk works on PostgreSQL" {
	pg_start
	site_conf "$pg_uri" "$IN/conf"
	conf=$IN/conf
	reg init --name "Site CA"
	sub list add "$CA/unit1.pem"
	sub list add "$CA/unit2.pem"
	run -0 reg revoke UNIT2
	[ "$output" = "revoked IDevID 0a0b0c02" ]
	run -0 sub list show
	[ "${lines[0]}" = "UNIT1 IDevID listed 0a0b0c01" ]
	[ "${lines[1]}" = "UNIT2 IDevID revoked 0a0b0c02" ]
	run -0 reg audit
	[[ $output == *"lines, all as they were written" ]]
	pg_stop
}

@test "who may only read the list reads it, also when no registrar runs" {
	local db=$CA/shared/site.db as=(setpriv --reuid "$other_uid"
		--regid "$other_uid" --clear-groups)

	install -d -g "$other_uid" -m 750 "$CA/shared"
	site_conf "sqlite:$db" "$IN/conf"
	conf=$IN/conf
	reg init --name "Site CA"
	chgrp "$other_uid" "$db"*
	chmod 640 "$db"*
	sub list add "$CA/unit1.pem"
	run -0 "${as[@]}" sqlite3 "$db" "SELECT unit FROM site"
	[ "$output" = UNIT1 ]
	run "${as[@]}" sqlite3 "$db" "DELETE FROM site"
	[ "$status" -ne 0 ]
	run -0 sub list show
	[ "$output" = "UNIT1 IDevID listed 0a0b0c01" ]
}

# The last: the token counts wrong ones.
@test "a wrong PIN is told by its own status" {
	(umask 077 && printf 9999 >"$IN/pin")
	run -3 devid-registrar crl --config "$conf" --pin-file "$IN/pin"
}
