# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The site's list in PostgreSQL. Read by the scenarios that need it, after the
# lab's other parts. The database listens at a socket alone; its files are beside
# the lab's programs, for they are too large for /run.

pg_dir() {
	printf '%s/pg\n' "$(readlink "$LAB/bin")"
}

# pg_as COMMAND...: as its user
pg_as() {
	(cd / && setpriv --reuid postgres --regid postgres --clear-groups \
		"$(postgresql_bin)/$1" "${@:2}")
}

postgresql_bin() {
	local dir

	for dir in /usr/lib/postgresql/*/bin; do
		[[ ! -x $dir/initdb ]] || printf '%s\n' "$dir"
	done | sort -V | tail -n1
}

# pg_up: a cluster with the tables of a site, and two roles: `site` may do all
# with them, `radius` what the comments of the tables say.
pg_up() {
	local dir part

	dir=$(pg_dir)
	install -d -o postgres -g postgres "$dir"
	pg_as initdb -D "$dir/data" -N -A trust -U site -E UTF8 --locale=C \
		>"$LAB/log/postgresql" 2>&1 ||
		fail initdb "$(tail -n1 "$LAB/log/postgresql")"
	pg_start
	put "$LAB/aaa/pg_service.conf" <<-END
		[devid]
		host=$dir
		dbname=postgres
		user=radius
	END
	{
		echo 'CREATE ROLE radius LOGIN;'
		for part in site seen; do
			cat "$HERE/../pki/registrar/$part.sql"
			sed -n 's/^--   \(GRANT [^;]*\);\{0,1\}$/\1;/p' \
				"$HERE/../pki/registrar/$part.sql"
		done
	} | list_do_postgresql >>"$LAB/log/postgresql" 2>&1 ||
		fail "the site's list" "$(tail -n1 "$LAB/log/postgresql")"
}

pg_start() {
	local dir

	dir=$(pg_dir)
	proc_start postgresql aaa "$(id -u postgres)" \
		"$(postgresql_bin)/postgres" -D "$dir/data" -k "$dir" -h '' -F
	wait_on --seconds 20 "$LAB/log/postgresql" -- pg_is_up ||
		fail postgresql "does not start: $(tail -n1 "$LAB/log/postgresql")"
}

pg_is_up() {
	pg_as pg_isready -q -h "$(pg_dir)"
}

list_do_postgresql() {
	psql -XqAt -1 -v ON_ERROR_STOP=1 -h "$(pg_dir)" -U site postgres
}

seen_postgresql() {
	psql -XqAt -F ' ' -h "$(pg_dir)" -U site postgres -c "$1" | tail -n1
}
