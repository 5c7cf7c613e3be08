# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The site's list in PostgreSQL, and a time when the database is away.
#
# FreeRADIUS asks it as a role that may read `site` and add to `seen`, and no more.
# Without an answer nobody is let in, and the log says that the list is at fault,
# not the device; the server goes on by itself when the database is back. What a
# switch says of itself cannot end a string of a query.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/owner.sh
. "$HERE/lib/owner.sh"
# shellcheck source=radius-test/lib/postgresql.sh
. "$HERE/lib/postgresql.sh"

# hostile_port: eapol_test is a switch with such a port, and shows no certificate.
hostile_port() {
	local name="p'); DROP TABLE seen; --"

	in_ns switch eapol_test -c "$1" -a 10.10.0.2 -A 10.10.0.1 \
		-s "$(<"$LAB/secret")" -t 5 \
		-N "87:x:$(printf '%s' "$name" | od -An -v -tx1 | tr -d ' \n')" \
		>"$LAB/log/eapol" 2>&1 || true
	check "a port's name is data (was: $(seen port))" test "$(seen port)" = \
		"p%27%29%3B%20DROP%20TABLE%20seen%3B%20--"
}

may_not() {
	! psql -XqAt -h "$(pg_dir)" -U radius postgres -c "$1" \
		>>"$LAB/log/postgresql" 2>&1
}

scenario() {
	local mac

	ldevid_ready cam
	mac=$(device_get cam mac)
	pg_up
	LIST_IN=postgresql
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
	check "RADIUS may not write the list" may_not "DELETE FROM site"
	check "nor take back what it saw" may_not "DELETE FROM seen"

	agent_start_ready cam
	ldevid_refused cam unlisted "the site's list does not have this LDevID"
	agent_stop cam
	unplug cam
	owner_list cam "$LAB/devices/cam/ldevid.pem"
	agent_start_ready cam
	attach_mark cam
	plug cam
	check "attached" attached cam
	measure cam
	check "reaches VLAN 30" test "$(reach cam)" = 30
	check "seen (was: $(seen unit verdict vlan))" test \
		"$(seen unit verdict vlan)" = "$(device_get cam serial) accepted 30"
	unplug cam

	proc_stop postgresql
	attach_mark cam
	plug cam
	check "refused without the database" refused cam AUTHZ_DENIED 30
	check_refused_for cam "the database of the site's list does not answer"
	check "reason no-list (was: $(decision "$mac" reason))" \
		test "$(decision "$mac" reason)" = no-list
	pg_start
	check "attached by itself when it is back" attached cam 60
	printf 'network={\nkey_mgmt=IEEE8021X\neap=MD5\nidentity="x"\npassword="x"\n}\n' \
		>"$LAB/aaa/eapol"
	hostile_port "$LAB/aaa/eapol"
	result "$(outcome cam)" "and by itself after the database was away"
	LIST_IN=sqlite
	ldevid_done cam
	proc_stop postgresql
	rm -rf "$(pg_dir)"
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_restart
}
