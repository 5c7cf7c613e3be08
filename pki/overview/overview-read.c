/* SPDX-License-Identifier: Apache-2.0 */
#include "overview-read.h"

#include <stdio.h>
#include <string.h>

#include "blob.h"
#include "db.h"
#include "files.h"

#define UNITS_AT_ONCE 1000 /* PostgreSQL's client has all rows in memory */
#define NUMBER_MAX    160

/* ---- where `seen` is ---- */

/* One that is empty and goes with the connection. */
static const char no_seen[] =
	"CREATE TEMPORARY TABLE seen (unit TEXT, issuer TEXT,"
	" certificate TEXT, switch TEXT, port TEXT, verdict TEXT, vlan TEXT,"
	" time BIGINT)";

static enum devid_err use_postgres(struct store *s, struct devid_error *err)
{
	int64_t n = 0;
	enum devid_err rc = store_int(s,
		DB_QUERY("SELECT count(*) FROM pg_tables WHERE schemaname ="
			 " current_schema() AND tablename = 'seen'",
			NULL, 0),
		&n, err);

	return rc == DEVID_OK && n == 0 ? db_script(s->db, no_seen, err) : rc;
}

enum devid_err overview_use_seen(
	struct store *s, const char *path, struct devid_error *err)
{
	struct db_value param;

	if (db_is_postgres(s->db))
		return path ? devid_fail(err, DEVID_ERR_INVALID,
				      "seen: with PostgreSQL it is a table of "
				      "the database")
			    : use_postgres(s, err);
	if (!path)
		return db_script(s->db, no_seen, err);
	if (!files_exists(path)) /* it would be made */
		return devid_fail(
			err, DEVID_ERR_NOT_FOUND, "seen: %s: not there", path);
	param = DB_TEXT_V(path);
	return store_run(s, DB_QUERY("ATTACH DATABASE ?1 AS radius", &param, 1),
		NULL, err);
}

/* ---- units of the list ---- */

#define LAST(column)                                                           \
	"(SELECT " column " FROM seen WHERE unit = u.unit"                     \
	" ORDER BY time DESC LIMIT 1)"

static const char units_sql[] =
	"SELECT u.unit, u.model, u.listed, u.revoked,"
	" (SELECT max(created) FROM issued"
	"  WHERE unit = u.unit AND state = 'live'),"
	" (SELECT max(not_after) FROM issued"
	"  WHERE unit = u.unit AND state = 'live'),"
	" (SELECT max(asked) FROM request"
	"  WHERE unit = u.unit AND state = 'pending'),"
	" (SELECT max(decided) FROM request"
	"  WHERE unit = u.unit AND state = 'refused'),"
	" (SELECT min(time) FROM seen WHERE unit = u.unit), " LAST("time") ", " LAST("switch") ", " LAST(
		"port") ", " LAST("verdict") ", (SELECT count(*) FROM site WHERE kind = 'LDevID'"
					     "  AND issuer = " LAST("issuer") "  AND certificate = " LAST(
						     "certificate") ")"
								    " FROM (SELECT unit, max(model) AS model,"
								    "  sum(CASE WHEN state = 'listed' THEN 1 ELSE 0 END) AS listed,"
								    "  sum(CASE WHEN state = 'revoked' THEN 1 ELSE 0 END) AS revoked"
								    "  FROM site WHERE unit > ?1 GROUP BY unit ORDER BY unit LIMIT ?2) u"
								    " ORDER BY u.unit";

enum unit_column {
	UNIT,
	MODEL,
	LISTED,
	REVOKED,
	CREATED,
	NOT_AFTER,
	ASKED,
	DENIED,
	FIRST_SEEN,
	SEEN,
	SWITCH,
	PORT,
	VERDICT,
	WITH_LDEVID,
};

struct walk {
	overview_fn *fn;
	void *arg;
	int64_t n;        /* in this part */
	struct blob last; /* owned; the last unit's name */
};

static struct view text_of(const struct db_value *v)
{
	return v->type == DB_TEXT ? (struct view) { v->data, v->len }
				  : (struct view) { NULL, 0 };
}

static int64_t time_of(const struct db_value *v)
{
	return v->type == DB_INT && v->num >= 0 ? v->num : -1;
}

static enum devid_err give_unit(void *arg, const struct db_value *c,
	size_t n_columns, struct devid_error *err)
{
	struct walk *w = arg;
	struct overview_facts facts = {
		.unit = text_of(&c[UNIT]),
		.model = text_of(&c[MODEL]),
		.listed = c[LISTED].num > 0,
		.revoked = c[REVOKED].num > 0,
		.created = time_of(&c[CREATED]),
		.not_after = time_of(&c[NOT_AFTER]),
		.asked = time_of(&c[ASKED]),
		.denied = time_of(&c[DENIED]),
		.first_seen = time_of(&c[FIRST_SEEN]),
		.seen = time_of(&c[SEEN]),
		.where = text_of(&c[SWITCH]),
		.port = text_of(&c[PORT]),
		.verdict = text_of(&c[VERDICT]),
		.with_ldevid = c[WITH_LDEVID].num > 0,
	};

	(void)n_columns;
	if (w->n++ == UNITS_AT_ONCE - 1 && facts.unit.data) {
		blob_done(&w->last);
		w->last.data = malloc(facts.unit.len + 1);
		if (!w->last.data)
			return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
		if (facts.unit.len)
			memcpy(w->last.data, facts.unit.data, facts.unit.len);
		w->last.len = facts.unit.len;
	}
	return w->fn(w->arg, &facts, err);
}

enum devid_err overview_units(
	struct store *s, overview_fn *fn, void *arg, struct devid_error *err)
{
	struct walk w = { fn, arg, 0, { NULL, 0 } };
	enum devid_err rc;

	do {
		const struct db_value params[] = {
			{ DB_TEXT, 0, w.last.data ? (void *)w.last.data : "",
				w.last.len },
			DB_INT_V(UNITS_AT_ONCE),
		};

		w.n = 0;
		rc = db_run(s->db, DB_QUERY(units_sql, params, 2), give_unit,
			&w, err);
	} while (rc == DEVID_OK && w.n == UNITS_AT_ONCE);
	blob_done(&w.last);
	return rc;
}

/* ---- what is on no list ---- */

static const char unlisted_sql[] =
	"SELECT issuer, certificate, switch, port, min(time), max(time),"
	" max(verdict) FROM seen"
	" WHERE unit = '' AND certificate <> '' AND time >= ?1"
	" AND NOT EXISTS (SELECT 1 FROM site WHERE site.issuer = seen.issuer"
	"  AND site.certificate = seen.certificate)"
	" GROUP BY issuer, certificate, switch, port"
	" ORDER BY max(time) DESC, certificate LIMIT ?2";

static enum devid_err give_unlisted(void *arg, const struct db_value *c,
	size_t n_columns, struct devid_error *err)
{
	const struct walk *w = arg;
	struct view number = text_of(&c[1]);
	char name[NUMBER_MAX];
	int len = snprintf(name, sizeof(name), "certificate %.*s",
		(int)(number.len < 128 ? number.len : 128),
		(const char *)number.data);
	struct overview_facts facts = {
		.unit = { (const uint8_t *)name, (size_t)len },
		.created = -1,
		.not_after = -1,
		.asked = -1,
		.denied = -1,
		.first_seen = time_of(&c[4]),
		.seen = time_of(&c[5]),
		.where = text_of(&c[2]),
		.port = text_of(&c[3]),
		.verdict = text_of(&c[6]),
	};

	(void)n_columns;
	return w->fn(w->arg, &facts, err);
}

enum devid_err overview_unlisted(struct store *s, int64_t since,
	overview_fn *fn, void *arg, struct devid_error *err)
{
	const struct db_value params[] = { DB_INT_V(since),
		DB_INT_V(OVERVIEW_UNLISTED_MAX) };
	struct walk w = { fn, arg, 0, { NULL, 0 } };

	return db_run(s->db, DB_QUERY(unlisted_sql, params, 2), give_unlisted,
		&w, err);
}
