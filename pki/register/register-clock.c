/* SPDX-License-Identifier: Apache-2.0 */
#include "register-clock.h"

#include "fail.h"
#include "register-private.h"

/* Among the publications, whose names all have a '/'. */
#define NAME "clock"

enum devid_err register_clock_get(
	struct reg *reg, struct register_clock *ret, struct devid_error *err)
{
	static const char sql[] =
		"SELECT CAST(floor(extract(epoch FROM clock_timestamp()))"
		" AS BIGINT)";
	struct devid_error cause = { DEVID_OK, "" };
	struct register_clock out = { 0, 0 };
	struct register_blob noted;
	enum devid_err rc = register_blob_get(reg, NAME, &noted, &cause);

	if (rc == DEVID_OK)
		out.newest = noted.made;
	else if (rc != DEVID_ERR_NOT_FOUND)
		return fail_with(err, rc, &cause);
	rc = DEVID_OK;
	if (db_is_postgres(reg->db))
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

enum devid_err register_clock_set(
	struct reg *reg, int64_t now, struct devid_error *err)
{
	const struct register_blob noted = { { (const uint8_t *)"", 0 },
		INT64_MAX, now };

	return register_blob_put(reg, NAME, &noted, err);
}
