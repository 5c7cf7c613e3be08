/* SPDX-License-Identifier: Apache-2.0 */
#include "register-clock.h"

#include "fail.h"
#include "register-private.h"

/* Among the publications, whose names all have a '/'. */
#define NAME "clock"

/* A count, in the column of times: of two turns none has the other's number,
 * whatever the clock said at each. */
#define TURNS "clock-turns"

/* What @name has in the column of times; 0: it is not there. */
static enum devid_err get_made(struct reg *reg, const char *name, int64_t *ret,
	struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct register_blob noted;
	enum devid_err rc = register_blob_get(reg, name, &noted, &cause);

	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		return fail_with(err, rc, &cause);
	*ret = rc == DEVID_OK ? noted.made : 0;
	return DEVID_OK;
}

enum devid_err register_clock_turns(
	struct reg *reg, int64_t *ret, struct devid_error *err)
{
	return get_made(reg, TURNS, ret, err);
}

enum devid_err register_clock_get(
	struct reg *reg, struct register_clock *ret, struct devid_error *err)
{
	static const char sql[] =
		"SELECT CAST(floor(extract(epoch FROM clock_timestamp()))"
		" AS BIGINT)";
	struct register_clock out = { 0 };
	enum devid_err rc = get_made(reg, NAME, &out.newest, err);

	if (rc == DEVID_OK)
		rc = get_made(reg, TURNS, &out.turns, err);
	if (rc == DEVID_OK && db_is_postgres(reg->db))
		rc = register_int(
			reg, DB_QUERY(sql, NULL, 0), &out.database, err);
	if (rc == DEVID_OK)
		*ret = out;
	return rc;
}

enum devid_err register_clock_note(
	struct reg *reg, int64_t now, struct devid_error *err)
{
	static const char sql[] =
		"INSERT INTO publication (name, expires, made, data)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE"
		" SET made = excluded.made"
		" WHERE publication.made < excluded.made";
	const struct db_value params[] = {
		DB_TEXT_V(NAME),
		DB_INT_V(INT64_MAX),
		DB_INT_V(now),
		DB_BLOB_V((const uint8_t *)"", 0),
	};

	return db_run(reg->db, DB_QUERY(sql, params, 4), NULL, NULL, err);
}

static enum devid_err add_turn(struct reg *reg, struct devid_error *err)
{
	static const char sql[] =
		"INSERT INTO publication (name, expires, made, data)"
		" VALUES (?1, ?2, 1, ?3) ON CONFLICT (name) DO UPDATE"
		" SET made = publication.made + 1";
	const struct db_value params[] = {
		DB_TEXT_V(TURNS),
		DB_INT_V(INT64_MAX),
		DB_BLOB_V((const uint8_t *)"", 0),
	};

	return db_run(reg->db, DB_QUERY(sql, params, 3), NULL, NULL, err);
}

enum devid_err register_clock_set(
	struct reg *reg, int64_t now, struct devid_error *err)
{
	const struct register_blob noted = { { (const uint8_t *)"", 0 },
		INT64_MAX, now };
	int64_t before = 0;
	enum devid_err rc = get_made(reg, NAME, &before, err);

	if (rc == DEVID_OK && now < before)
		rc = add_turn(reg, err);
	return rc == DEVID_OK ? register_blob_put(reg, NAME, &noted, err) : rc;
}
