/* SPDX-License-Identifier: Apache-2.0 */
/* What the database knows of each unit, on SQLite and on PostgreSQL. */
#include "register-fixture.h"

#include <stdio.h>
#include <string.h>

#include "cmocka-all.h"
#include "db-open.h"
#include "overview-read.h"
#include "site-sql.h"
#include "store.h"

#define UNITS 2500 /* more than two parts */

static void script(struct db *db, const char *sql)
{
	struct devid_error err = { DEVID_OK, "" };

	if (db_script(db, sql, &err) != DEVID_OK)
		fail_msg("%s", err.text);
}

/* Opens; the table `seen` is in the database, or in a file beside it. */
static struct store *open_store(
	const struct place *p, const char *rows, char seen_path[160])
{
	struct devid_error err = { DEVID_OK, "" };
	struct store *s = NULL;
	struct db *db = NULL;
	char uri[192];

	if (store_open(p->uri, "test", &s, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	if (p->postgres) {
		script(s->db, seen_sql);
		script(s->db, rows);
		return s;
	}
	(void)snprintf(seen_path, 160, "%s.seen", p->path);
	(void)snprintf(uri, sizeof(uri), "sqlite:%s", seen_path);
	if (db_open(uri, &db, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	script(db, seen_sql);
	script(db, rows);
	db_close(db);
	return s;
}

/* What came, by text. */
struct came {
	char text[2048];
	int n;
	char last[64];
};

static enum devid_err note(
	void *arg, const struct overview_facts *f, struct devid_error *err)
{
	struct came *c = arg;
	size_t len = strlen(c->text);

	(void)err;
	c->n++;
	if (len < 1024)
		(void)snprintf(c->text + len, sizeof(c->text) - len,
			"%.*s %.*s %d%d %d %d %d %d %d %d %.*s %.*s %.*s %d\n",
			(int)f->unit.len, (const char *)f->unit.data,
			(int)f->model.len, (const char *)f->model.data,
			f->listed, f->revoked, (int)f->created,
			(int)f->not_after, (int)f->asked, (int)f->denied,
			(int)f->first_seen, (int)f->seen, (int)f->where.len,
			(const char *)f->where.data, (int)f->port.len,
			(const char *)f->port.data, (int)f->verdict.len,
			(const char *)f->verdict.data, f->with_ldevid);
	(void)snprintf(c->last, sizeof(c->last), "%.*s", (int)f->unit.len,
		(const char *)f->unit.data);
	return DEVID_OK;
}

static enum devid_err read_units(
	struct store *s, void *arg, struct devid_error *err)
{
	return overview_units(s, note, arg, err);
}

static enum devid_err read_unlisted(
	struct store *s, void *arg, struct devid_error *err)
{
	return overview_unlisted(s, 100, note, arg, err);
}

static void assert_came(
	struct store *s, store_work *work, const char *want, int n)
{
	struct devid_error err = { DEVID_OK, "" };
	struct came c = { .n = 0 };

	if (store_read(s, work, &c, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	assert_int_equal(c.n, n);
	if (want)
		assert_string_equal(c.text, want);
}

static const char list_rows[] =
	"INSERT INTO site (issuer, certificate, kind, unit, model, state) VALUES"
	" ('m', '01', 'IDevID', 'A', 'M1', 'listed'),"
	" ('s', 'a1', 'LDevID', 'A', 'M1', 'retired'),"
	" ('s', 'a2', 'LDevID', 'A', 'M1', 'listed'),"
	" ('m', '02', 'IDevID', 'B', 'M2', 'revoked'),"
	" ('m', '03', 'IDevID', 'C', '', 'listed');"
	"INSERT INTO issued (issuer, certificate, key, csr, unit, maker, profile,"
	" state, created, not_after, der) VALUES"
	" ('s', 'a1', 'k1', 'c', 'A', 'm', 'd', 'retired', 10, 990, ''),"
	" ('s', 'a2', 'k2', 'c', 'A', 'm', 'd', 'live', 20, 900, '');"
	"INSERT INTO request (key, csr, issuer, certificate, unit, profile,"
	" state, asked, decided) VALUES"
	" ('k3', 'c', 'm', '03', 'C', 'd', 'pending', 30, 0),"
	" ('k4', 'c', 'm', '04', 'C', 'd', 'refused', 31, 32);";

static const char seen_rows[] =
	"INSERT INTO seen (unit, issuer, certificate, switch, port, verdict,"
	" vlan, time) VALUES"
	" ('A', 'm', '01', 'sw1', 'p1', 'accepted', '20', 40),"
	" ('A', 's', 'a2', 'sw2', 'p2', 'accepted', '30', 50),"
	" ('C', 'm', '03', 'sw1', 'p3', 'unlisted', '', 60),"
	" ('', 'm', '77', 'sw3', 'p7', 'accepted', '10', 99),"
	" ('', 'm', '77', 'sw3', 'p7', 'accepted', '10', 150),"
	" ('', 'm', '77', 'sw3', 'p7', 'accepted', '10', 170),"
	" ('', 'm', '78', 'sw3', 'p7', 'accepted', '10', 99),"
	" ('', 'm', '01', 'sw3', 'p8', 'accepted', '10', 160),"
	" ('', '', '', 'sw3', 'p9', 'tls', '', 180);";

static void units_with_all_that_is_known(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[160] = "";
	struct store *s = open_store(*state, seen_rows, path);

	script(s->db, list_rows);
	assert_int_equal(
		overview_use_seen(s, path[0] ? path : NULL, &err), DEVID_OK);
	assert_came(s, read_units,
		"A M1 10 20 900 -1 -1 40 50 sw2 p2 accepted 1\n"
		"B M2 01 -1 -1 -1 -1 -1 -1    0\n"
		"C  10 -1 -1 30 32 60 60 sw1 p3 unlisted 0\n",
		3);
	store_close(s);
}

/* 01 is on the list, 78 was seen before, '' has no certificate. */
static void unlisted_seen_since_then_alone(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[160] = "";
	struct store *s = open_store(*state, seen_rows, path);

	script(s->db, list_rows);
	assert_int_equal(
		overview_use_seen(s, path[0] ? path : NULL, &err), DEVID_OK);
	assert_came(s, read_unlisted,
		"certificate 77  00 -1 -1 -1 -1 150 170 sw3 p7 accepted 0\n",
		1);
	store_close(s);
}

static void nothing_seen_where_nobody_writes(void **state)
{
	const struct place *p = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct store *s = NULL;

	assert_int_equal(store_open(p->uri, "test", &s, &err), DEVID_OK);
	script(s->db, list_rows);
	assert_int_equal(overview_use_seen(s, NULL, &err), DEVID_OK);
	assert_came(s, read_unlisted, "", 0);
	assert_came(s, read_units, NULL, 3);
	store_close(s);
}

static void seen_where_it_is_not_refused(void **state)
{
	const struct place *p = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct store *s = NULL;

	assert_int_equal(store_open(p->uri, "test", &s, &err), DEVID_OK);
	assert_int_equal(overview_use_seen(s, "/nowhere/seen.db", &err),
		p->postgres ? DEVID_ERR_INVALID : DEVID_ERR_NOT_FOUND);
	store_close(s);
}

static void many_units_each_once_in_order(void **state)
{
	const struct place *p = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct store *s = NULL;
	struct came c = { .n = 0 };

	assert_int_equal(store_open(p->uri, "test", &s, &err), DEVID_OK);
	script(s->db, p->postgres
			      ? "INSERT INTO site (issuer, certificate, kind,"
				" unit, state) SELECT 'm', i, 'IDevID', 'U' ||"
				" (10000 + i), 'listed' FROM"
				" generate_series(1, 2500) i"
			      : "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
				" SELECT i + 1 FROM n WHERE i < 2500) INSERT"
				" INTO site (issuer, certificate, kind, unit,"
				" state) SELECT 'm', i, 'IDevID', 'U' ||"
				" (10000 + i), 'listed' FROM n");
	assert_int_equal(overview_use_seen(s, NULL, &err), DEVID_OK);
	assert_int_equal(store_read(s, read_units, &c, &err), DEVID_OK);
	assert_int_equal(c.n, UNITS);
	assert_string_equal(c.last, "U12500");
	store_close(s);
}

int main(void)
{
	const struct place_case cases[] = {
		PLACE_CASE(units_with_all_that_is_known),
		PLACE_CASE(unlisted_seen_since_then_alone),
		PLACE_CASE(nothing_seen_where_nobody_writes),
		PLACE_CASE(seen_where_it_is_not_refused),
		PLACE_CASE(many_units_each_once_in_order),
	};

	return place_run(
		"overview-read", cases, sizeof(cases) / sizeof(cases[0]));
}
