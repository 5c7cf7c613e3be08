#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Two registrars on one PostgreSQL: either answers, and one may die in the
# middle of what it does.

load lib
load ca
load registrar
est_url=${est_url?set in registrar.bash} pg_uri=${pg_uri?set in ca.bash}
n_devices=12

setup_file() {
	lib_init
	registrar_init
	pg_start
	registrar_conf "$pg_uri"
	registrar_conf "$pg_uri" two
	for i in $(seq "$n_devices"); do
		idevid_new "dev$i" "SN$i"
		csr_new "dev$i" "/serialNumber=SN$i"
	done
	list_maker
	registrar_start
	registrar_start two
}

teardown_file() { lib_done; }

setup() { bats_require_minimum_version 1.5.0; }

# ask URL DEVICE OUT: the status to OUT.status, the body to OUT
ask() {
	curl -s -o "$3" -w '%{http_code}' --max-time 60 \
		--cacert "$R/tls-ca.pem" --cert "$R/$2.pem" \
		--key "$R/$2.key" -H "Content-Type: application/pkcs10" \
		--data-binary "@$R/$2.b64" \
		"$1/.well-known/est/simpleenroll" >"$3.status"
}

query() { # SQL
	(cd / && as_postgres "$pg_bin/psql" -h "$CA/pg" -U postgres -Atc "$1" \
		postgres)
}

number_of() { # CONDITION
	query "select count(*) from $1"
}

@test "either registrar gives the same certificate to the same request" {
	use_registrar
	ask "$est_url" dev1 "$R/dev1"
	use_registrar two
	ask "$est_url" dev1 "$R/other"
	[ "$(<"$R/dev1.status") $(<"$R/other.status")" = "200 200" ]
	cmp "$R/dev1" "$R/other"
}

@test "both at once, the same request: one certificate" {
	local one two

	use_registrar
	ask "$est_url" dev2 "$R/one" 3>&- &
	one=$!
	use_registrar two
	ask "$est_url" dev2 "$R/other" 3>&- &
	two=$!
	wait "$one" "$two"
	[ "$(<"$R/one.status") $(<"$R/other.status")" = "200 200" ]
	cmp "$R/one" "$R/other"
	[ "$(number_of "issued where unit = 'SN2'")" = 1 ]
}

waits_for_lock() { [ "$(number_of "pg_locks where not granted")" -gt 0 ]; }

# Until release: who writes a certificate into the database waits, in the middle
# of his transaction.
hold_issued() {
	spawn "$R/lock.log" setpriv --reuid postgres --regid postgres \
		--clear-groups --reset-env "$pg_bin/psql" -h "$CA/pg" \
		-U postgres -c "set application_name = 'holder'; begin;
		lock table issued in share row exclusive mode;
		select pg_sleep(600)" postgres
	wait_on "$R/lock.log" -- holds
}

holds() {
	[ "$(number_of "pg_stat_activity where application_name = 'holder'
		and query like '%pg_sleep%'
		and exists (select 1 from pg_locks where granted
		and mode = 'ShareRowExclusiveLock')")" -gt 0 ]
}

release() {
	query "select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = 'holder'"
}

@test "one is killed while it enrols: the other goes on, nothing is twice" {
	local pids=() pid i

	use_registrar
	ask "$est_url" dev3 "$R/dev3"
	hold_issued
	for ((i = 3; i <= n_devices; i++)); do
		ask "$est_url" "dev$i" "$R/before$i" 3>&- &
		pids+=($!)
	done
	wait_on "$R/registrar.log" -- waits_for_lock
	kill -KILL "$(cat "$R/registrar.pid")"
	for pid in "${pids[@]}"; do
		wait "$pid" || true # without an answer
	done
	[ "$(cat "$R"/before*.status | grep -o 200 | wc -l)" -lt 2 ]
	release
	use_registrar two
	for ((i = 3; i <= n_devices; i++)); do
		ask "$est_url" "dev$i" "$R/after$i"
		[ "$(<"$R/after$i.status")" = 200 ]
		[ "$(number_of "issued where unit = 'SN$i'")" = 1 ]
		[ "$(number_of "site where unit = 'SN$i' and kind = 'LDevID'")" = 1 ]
	done
	cmp "$R/dev3" "$R/after3"
	# And it comes back.
	registrar_start
	ask "$est_url" dev1 "$R/again"
	cmp "$R/again" "$R/dev1"
}
