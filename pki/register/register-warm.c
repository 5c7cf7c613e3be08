/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two indexes of register-schema.c that are looked into at random places.
 * After a start of the machine each look would wait for the disk, and each
 * device needs two: read one behind the other they take seconds for millions of
 * devices, and the kernel keeps what is used.
 */
#include <string.h>

#include "cleanup.h"
#include "register-private.h"

/* Parts that an index is read in, by the first byte: a long read would keep the
 * log from being written back, and the thread from ending. */
#define PARTS 256

CLEANUP_DEFINE(db, struct db *, db_close)

static enum devid_err ignore_row(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)arg;
	(void)columns;
	(void)n_columns;
	(void)err;
	return DEVID_OK;
}

/* Nothing but the index is read to count: no column is asked for that is not
 * in it. */
const char reg_warm_eks[] = "SELECT count(*) FROM device WHERE state = 0"
			    " AND substr(ek_fingerprint, 1, 16) >= ?1"
			    " AND substr(ek_fingerprint, 1, 16) <= ?2";
const char reg_warm_keys[] =
	"SELECT count(*) FROM cert WHERE state = 0 AND role = 0"
	" AND key_prefix >= ?1 AND key_prefix <= ?2";

static enum devid_err read_part(
	struct db *db, unsigned part, struct devid_error *err)
{
	uint8_t low[32] = { (uint8_t)part }, high[32];
	struct db_value params[] = { DB_BLOB_V(low, 16), DB_BLOB_V(high, 16) };
	enum devid_err rc;

	memset(high, 0xff, sizeof(high));
	high[0] = (uint8_t)part;
	rc = db_run(
		db, DB_QUERY(reg_warm_eks, params, 2), ignore_row, NULL, err);
	params[0] = DB_INT_V(reg_key_prefix(low));
	params[1] = DB_INT_V(reg_key_prefix(high));
	if (rc == DEVID_OK)
		rc = db_run(db, DB_QUERY(reg_warm_keys, params, 2), ignore_row,
			NULL, err);
	return rc;
}

enum devid_err register_warm(
	const char *uri, const atomic_bool *stop, struct devid_error *err)
{
	CLEANUP(cleanup_db) struct db *db = NULL;
	enum devid_err rc = db_open(uri, &db, err);

	/* A database of another machine is warm, or that machine's affair. */
	if (rc != DEVID_OK || db_is_postgres(db))
		return rc;
	/* The kernel shall keep the pages, not this process. */
	rc = db_script(db, "PRAGMA cache_size = -512", err);
	for (unsigned i = 0; i < PARTS && rc == DEVID_OK; i++) {
		if (stop && atomic_load(stop))
			return DEVID_OK;
		rc = db_begin_read(db, err);
		if (rc != DEVID_OK)
			return rc;
		rc = read_part(db, i, err);
		db_rollback(db);
	}
	return rc;
}
