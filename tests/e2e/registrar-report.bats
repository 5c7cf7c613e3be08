#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid-registrar report: from the site's list and what RADIUS saw to a page.

bats_require_minimum_version 1.5.0

load lib

registrar=$build/devid-registrar

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout ca.key -out ca.pem -days 3000 \
		-subj "/O=Plant 4/CN=Plant 4 LDevID CA" 2>/dev/null
	cat >registrar.conf <<-CONF
		[registrar]
		database = sqlite:$PWD/site.db
		seen = $PWD/seen.db
		[ca]
		certificate = $PWD/ca.pem
		organization = Plant 4
		module = /usr/lib/softhsm/libsofthsm2.so
		token = site
		key = ca
		audit_key = audit
	CONF
	sqlite3 seen.db <"$repo/pki/registrar/seen.sql"
	"$registrar" report --config registrar.conf --out empty.html
	now=$(date +%s)
}

list() { sqlite3 site.db "INSERT INTO site (issuer, certificate, kind, unit, model, state) VALUES $1"; }
seen() { sqlite3 seen.db "INSERT INTO seen (unit, issuer, certificate, switch, port, verdict, vlan, time) VALUES $1"; }

@test "a new site is a page that says what to do" {
	grep -q '<title>Site report: Plant 4</title>' empty.html
	grep -q 'No unit is known here yet' empty.html
	grep -q 'Plant 4 LDevID CA' empty.html
}

@test "each unit with its state, place and trouble" {
	list "('m','01','IDevID','U1','Q1','listed'),
		('s','a1','LDevID','U1','Q1','listed'),
		('m','02','IDevID','U2','Q1','listed'),
		('m','03','IDevID','U3','Q1','revoked'),
		('m','04','IDevID','U4','Q1','listed')"
	sqlite3 site.db "INSERT INTO issued (issuer, certificate, key, csr, unit,
		maker, profile, state, created, not_after, der) VALUES ('s','a1',
		'k','c','U1','m','d','live',$now-86400,$now+86400*300+60,x'00')"
	seen "('U1','s','a1','10.0.0.1','Gi1','accepted','30',$now-50),
		('U2','m','02','10.0.0.1','Gi2','accepted','20',$now-50000),
		('U3','m','03','10.0.0.1','Gi3','revoked','',$now-60),
		('','m','77','10.0.0.1','Gi4','accepted','10',$now-70)"
	"$registrar" report --config registrar.conf --json >lines
	[ "$(jq -r '[.unit, .state, .port, .cause] | @csv' lines)" = "$(
		cat <<-'CSV'
			,,,
			"U1","production","Gi1",
			"U2","verified","Gi2","not-enrolled"
			"U3","retired","Gi3","revoked"
			"U4","ordered",,
			"certificate 77","seen","Gi4","unlisted"
			,,,
		CSV
	)" ]
	[ "$(jq -r 'select(.unit == "U1").not_after' lines)" -ge $((now + 86400 * 300)) ]
	"$registrar" report --config registrar.conf --out site.html --csv site.csv
	grep -q '5 units, 3 of them need somebody' site.html
	grep -q '^"U1","Q1","production",".*","10.0.0.1","Gi1",300,' site.csv
	# The same by a pipe of the operator's own.
	"$build/devid-report" site --csv other.csv <lines >/dev/null
	cmp site.csv other.csv
}

@test "names that are no text are shown" {
	list "('m','01','IDevID',CAST(x'41ff1b3c' AS TEXT),'=1','listed')"
	"$registrar" report --config registrar.conf --out site.html --csv site.csv
	grep -qF 'A<span class="odd">\xFF</span><span class="odd">\x1B</span>&lt;' site.html
	grep -qF "\"A\\xFF\\x1B<\",\"'=1\",\"ordered\"" site.csv
}

@test "what cannot be read is told, and changes nothing" {
	echo old >site.html
	printf 'no database at all, but a text' >seen.db
	run -1 "$registrar" report --config registrar.conf --out site.html
	[ "${#lines[@]}" -eq 1 ]
	[ "$(<site.html)" = old ]
	rm seen.db
	run -1 "$registrar" report --config registrar.conf --out site.html
	[ "$output" = "devid-registrar: seen: $PWD/seen.db: not there" ]
	[ ! -e seen.db ]
	: >seen.db
	run -1 "$registrar" report --config registrar.conf --out site.html
	[[ $output == "devid-registrar: "*"no such table: seen"* ]]
	sqlite3 seen.db <"$repo/pki/registrar/seen.sql"
	rm ca.pem
	run -1 "$registrar" report --config registrar.conf --out site.html
	[[ $output == "devid-registrar: read: $PWD/ca.pem: "* ]]
	[ "$(<site.html)" = old ]
	printf 'x' | dd of=site.db bs=1 seek=30 conv=notrunc status=none
	head -c 3000 site.db >half.db
	mv half.db site.db
	rm -f site.db-*
	run -1 "$registrar" report --config registrar.conf --out site.html
	[ "${#lines[@]}" -eq 1 ]
	[ "$(<site.html)" = old ]
	[ "$(find . -name 'site.html*' | wc -l)" -eq 1 ]
}

@test "devid-report tells what is its own, once" {
	ln -s elsewhere link
	run -1 "$registrar" report --config registrar.conf --out link
	[[ ${#lines[@]} -eq 1 && $output == "devid-report: "*"$PWD"* ]] ||
		[ "$output" = "devid-report: write: link: is a link to elsewhere, which is not followed" ]
	run -1 "$registrar" report --config registrar.conf --out /dev/full
	[ "$output" = "devid-report: /dev/full: No space left on device" ]
}

@test "it runs the devid-report that lies beside it, and no other" {
	mkdir -p alone/sbin alone/bin path
	cp "$registrar" alone/sbin/
	printf '#!/bin/sh\ntouch %q\n' "$PWD/owned" | tee path/devid-report >devid-report
	chmod 755 path/devid-report devid-report
	PATH=$PWD/path:$PATH run -1 alone/sbin/devid-registrar report \
		--config registrar.conf
	[[ $output == "devid-registrar: devid-report: not in $PWD/alone/sbin/, nor in ../bin from there" ]]
	cp "$build/devid-report" alone/bin/
	PATH=$PWD/path:$PATH alone/sbin/devid-registrar report \
		--config registrar.conf >page
	grep -q '</html>' page
	[ ! -e owned ]
}

@test "a wrong call is exit 2" {
	run -2 "$registrar" report --config registrar.conf --json --out x
	[ "$output" = "devid-registrar: report: --json: goes to standard output alone" ]
	run -2 "$registrar" report --config nowhere.conf
	# shellcheck disable=SC2016 # of the other shell
	run -1 bash -c '"$1" report --config registrar.conf --json >/dev/full' _ "$registrar"
	[ "$output" = "devid-registrar: writing the report: No space left on device" ]
}
