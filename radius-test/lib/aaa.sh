# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The PKI of the lab and its RADIUS servers. `radius` is the site's; a second
# one can be started for the scenario with a server that nobody should trust.

pki() {
	other_pki pki "$@"
}

# other_pki DIR ...: a PKI of somebody else. What it made goes into the log.
other_pki() {
	"$HERE/../pki/lab/devid-pki" --dir "$LAB/$1" "${@:2}" >>"$LAB/log/pki"
}

# maker_up, maker_provision, maker_allow_list: the manufacturer. Here a quick
# one with keys in files, whose CA takes the lab's word; factory.sh has another.
maker_up() {
	pki root
	pki issuing
}

# maker_allow_list FILE: for the site's list, of the devices in FILE.
maker_allow_list() {
	[[ ! -s $LAB/pki/inventory.tsv ]] ||
		"$HERE/../pki/lab/devid-pki" --dir "$LAB/pki" allow-list --only "$1"
}

aaa_up() {
	maker_up
	pki site-ca
	pki radius-server radius.example --out "$LAB/aaa/radius"
	: >"$LAB/aaa/listed"
	openssl rand -hex 16 | put "$LAB/secret" 0600
	list_up
	site_ca_up
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
}

# site_ca_up: the CA of the site's devices, below which LDevIDs are. Here one by
# hand, with its key in a file (owner.sh); site.sh has another.
site_ca_up() {
	other_pki owner root --org "devid lab owner"
	cp "$LAB/owner/root/cert.pem" "$LAB/aaa/site.pem"
}

# --- the site's list --------------------------------------------------------

# list_up: empty. Who writes it may be the registrar; RADIUS only reads.
list_up() {
	install -d -o "$UID_SITE" -g "$UID_AAA" -m 2750 "$LAB/site"
	list_do <"$HERE/../pki/registrar/site.sql"
	chown "$UID_SITE:$UID_AAA" "$LAB/site/site.db"
	chmod 0640 "$LAB/site/site.db"
}

# list_reset: of those in LAB/aaa/listed, with the CA that goes with it
list_reset() {
	rm -rf "${LAB:?}"/site "${LAB:?}"/etc
	list_up
	allow_list_write
	site_ca_up
}

# LIST_IN: the database, sqlite or postgresql (postgresql.sh)
LIST_IN=sqlite

# list_do: SQL on standard input, all of it or nothing. An answer is one a line.
list_do() {
	"list_do_$LIST_IN" 2>>"$LAB/log/list" ||
		fail "the site's list" "$(tail -n1 "$LAB/log/list")"
}

list_do_sqlite() {
	{
		printf '.timeout 5000\nBEGIN IMMEDIATE;\n'
		cat
		printf 'COMMIT;\n'
	} | sqlite3 -batch -bail "$LAB/site/site.db"
}

# list_import: JSON lines (devid-ca export --format site) on standard input.
list_import() {
	"$HERE/lib/list-sql" >"$LAB/aaa/list.sql" ||
		fail "the site's list" "a line that cannot be imported"
	list_do <"$LAB/aaa/list.sql"
}

# list_state UNIT STATE: of all rows of that unit, as a registrar does it.
list_state() {
	printf "UPDATE site SET state = '%s' WHERE unit = '%s';\n" "$2" \
		"${1//\'/\'\'}" | list_do
}

# seen FIELD...: of the last row that the RADIUS server wrote, in one line.
seen() {
	local IFS=,

	"seen_$LIST_IN" "SELECT $* FROM seen"
}

seen_sqlite() {
	sqlite3 -batch -readonly -separator ' ' -cmd '.timeout 5000' \
		"$LAB/aaa/radius.d/run/devid-seen.db" "$1 ORDER BY rowid" |
		tail -n1
}

# --- RADIUS servers ---------------------------------------------------------

# radius_configure NAME ADDRESS SERVER_CERT_PREFIX
radius_configure() {
	local dir=$LAB/aaa/$1.d

	install -d -o "$UID_AAA" -g "$UID_AAA" -m 0750 "$dir" "$dir/run" \
		"$dir/run/devid-sessions" "$dir/run/devid-site-sessions" \
		"$dir/certs/devid" "$dir/devid" "$dir/mods-config/sql/devid"
	install -o "$UID_AAA" -g "$UID_AAA" -m 0440 "$3.key" \
		"$dir/certs/devid/server.key"
	install -o "$UID_AAA" -g "$UID_AAA" -m 0440 "$3.pem" \
		"$dir/certs/devid/server.pem"
	install -o "$UID_AAA" -g "$UID_AAA" -m 0440 "$LAB/pki/root/cert.pem" \
		"$dir/certs/devid/makers.pem"
	install -o "$UID_AAA" -g "$UID_AAA" -m 0440 "$LAB/aaa/site.pem" \
		"$dir/certs/devid/site.pem"
	ln -sfn "$LAB/site/site.db" "$dir/devid/site.db"
	# Those that a site takes as they are.
	cp -r "$HERE"/raddb/{mods-available,mods-config,policy.d,sites-available} \
		"$dir"
	cp "$HERE/../pki/registrar/seen.sql" "$dir/mods-config/sql/devid/"
	cp "$HERE/raddb/dictionary.devid" "$dir/dictionary"
	sed -e "s|@CONF_DIR@|$dir|g" -e "s|@RUN_DIR@|$dir/run|g" \
		-e "s|@LIB_DIR@|$(radius_lib_dir)|g" \
		-e "s|@SWITCH_ADDR@|10.10.0.1|g" -e "s|@RADIUS_ADDR@|$2|g" \
		-e "s|@SECRET@|$(<"$LAB/secret")|g" \
		-e "s|@LIST@|$LIST_IN|g" \
		"$HERE/raddb/radiusd.conf" |
		put "$dir/radiusd.conf" 0440 "$UID_AAA"
}

radius_lib_dir() {
	local dir

	for dir in /usr/lib/freeradius /usr/lib/*/freeradius; do
		[[ -d $dir ]] && printf '%s\n' "$dir" && return
	done
	fail freeradius "modules not found"
}

radius_start() {
	local log=$LAB/aaa/$1.d/run/radius.log

	rm -f "$log"
	proc_start "$1" aaa "$UID_AAA" env \
		PGSERVICEFILE="$LAB/aaa/pg_service.conf" freeradius -f -n radiusd \
		-d "$LAB/aaa/$1.d"
	wait_on --seconds 10 "$log" -- \
		grep -qs "Ready to process requests" "$log" ||
		fail freeradius "does not start: $(grep -hs ' : Error: ' "$log" |
			tail -n1 | sed 's/.* : Error: //')"
}

radius_stop() {
	proc_stop "$1"
}

# radius_first_start: the site's server, once in the life of a lab: when there is
# a device on its list or an authenticator. False: it was before.
radius_first_start() {
	mkdir "$LAB/aaa/radius.started" 2>/dev/null || return 1
	radius_start radius
}

radius_restart() {
	radius_first_start && return
	radius_stop radius
	radius_start radius
}

# allow_list_write: the makers' rows of the site's list anew.
allow_list_write() {
	{
		echo "DELETE FROM site WHERE kind = 'IDevID';"
		maker_allow_list "$LAB/aaa/listed" | "$HERE/lib/list-sql"
	} >"$LAB/aaa/list.sql" || fail "the site's list" "cannot be made"
	list_do <"$LAB/aaa/list.sql"
}

# allow_list_add SERIAL...: these units are on the list from now on. A server in
# service asks it at each decision.
allow_list_add() {
	printf '%s\n' "$@" >>"$LAB/aaa/listed"
	allow_list_write
	radius_first_start || true
}

# allow_list_remove SERIAL
allow_list_remove() {
	local left

	# A number may have any character that a regular expression gives a meaning.
	left=$(grep -vxF -e "$1" "$LAB/aaa/listed" || true)
	printf '%s' "${left:+$left$'\n'}" >"$LAB/aaa/listed"
	allow_list_write
}

# A resumption would hide what a scenario wants to see.
radius_forget_sessions() {
	rm -f "$LAB"/aaa/radius.d/run/devid{,-site}-sessions/*
}

# decision MAC FIELD [FROM]: of the last decision about this device; FROM: only
# from that byte of the log on. No string in it has a quote, so no JSON parser is
# started for it.
decision() {
	tail -c "+${3:-1}" "$LAB/aaa/radius.d/run/decisions.log" 2>/dev/null |
		grep -F "\"mac\":\"${1//:/-}\"," | tail -n1 |
		sed -n "s/.*[{,]\"$2\":\"\{0,1\}\([^\",}]*\|[^\"]*\)\"\{0,1\}[,}].*/\1/p"
}

# decisions MAC VERDICT: how many so far
decisions() {
	grep -c "\"verdict\":\"$2\".*\"mac\":\"${1//:/-}\"," \
		"$LAB/aaa/radius.d/run/decisions.log" || true
}

# decision_mark DEVICE: what RADIUS said so far counts no more for refused_for.
decision_mark() {
	local log=$LAB/aaa/radius.d/run/decisions.log size=0

	[[ ! -e $log ]] || size=$(stat -c %s "$log")
	printf '%s\n' "$size" >"$LAB/devices/$1/decisions.mark"
}

# refused_cause DEVICE: why RADIUS turned it away since the mark; a failure where
# RADIUS did not: then it was something else that kept the device out.
refused_cause() {
	local mac from
	mac=$(device_get "$1" mac)
	from=$(($(<"$LAB/devices/$1/decisions.mark") + 1))
	[[ $(decision "$mac" verdict "$from") == reject ]] || return 1
	decision "$mac" cause "$from"
}

refused_for() {
	[[ $(refused_cause "$1") == *"$2"* ]]
}

# check_refused_for DEVICE WORDS: a fraud must fail for what it is, not because
# its tool was set up wrongly. WORDS are in the cause that RADIUS logs.
check_refused_for() {
	check "RADIUS says \"$2\" (said: $(refused_cause "$1" || true))" \
		refused_for "$1" "$2"
}
