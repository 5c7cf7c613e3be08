/* SPDX-License-Identifier: Apache-2.0 */
#include "db.h"

#include <string.h>

#include "db-private.h"

void db_close(struct db *db)
{
	if (!db)
		return;
	db_rollback(db);
	db->ops->close(db);
}

/* PostgreSQL ends a transaction with its first failure, SQLite with some. A
 * caller that goes on after one must not get half of it committed. */
static enum devid_err check_usable(struct db *db, struct devid_error *err)
{
	if (db->open && db->broken)
		return devid_fail(err, DEVID_ERR_STATE,
			"database: the transaction failed before");
	return DEVID_OK;
}

static enum devid_err run(
	struct db *db, struct db_call *call, struct devid_error *err)
{
	enum devid_err rc = check_usable(db, err);

	if (rc != DEVID_OK)
		return rc;
	if (call->query.number >= DB_STATEMENTS ||
		call->query.n_params > DB_PARAMS_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"database: too many statements or parameters");
	db->changes = 0;
	return db->ops->run(db, call, err);
}

enum devid_err db_run(struct db *db, struct db_query query, db_row_fn *row,
	void *arg, struct devid_error *err)
{
	struct db_call call = { .query = query, .row = row, .arg = arg };

	return run(db, &call, err);
}

enum devid_err db_insert(struct db *db, struct db_query query, int64_t *ret_id,
	struct devid_error *err)
{
	struct db_call call = { .query = query, .ret_id = ret_id };

	*ret_id = 0;
	return run(db, &call, err);
}

enum devid_err db_script(
	struct db *db, const char *sql, struct devid_error *err)
{
	enum devid_err rc = check_usable(db, err);

	if (rc != DEVID_OK)
		return rc;
	rc = db->ops->script(db, sql, err);
	if (rc != DEVID_OK)
		db->broken = true;
	return rc;
}

static enum devid_err begin(struct db *db, bool write, struct devid_error *err)
{
	enum devid_err rc;

	if (db->open)
		return devid_fail(err, DEVID_ERR_STATE,
			"database: a transaction is open already");
	rc = db->ops->begin(db, write, err);
	db->open = rc == DEVID_OK;
	db->broken = false;
	return rc;
}

enum devid_err db_begin(struct db *db, struct devid_error *err)
{
	return begin(db, true, err);
}

enum devid_err db_begin_read(struct db *db, struct devid_error *err)
{
	return begin(db, false, err);
}

enum devid_err db_commit(struct db *db, struct devid_error *err)
{
	enum devid_err rc = check_usable(db, err);

	if (rc == DEVID_OK && !db->open)
		return devid_fail(err, DEVID_ERR_STATE,
			"database: no transaction is open");
	if (rc == DEVID_OK)
		rc = db->ops->commit(db, err);
	if (rc != DEVID_OK)
		db_rollback(db);
	db->open = false;
	return rc;
}

void db_rollback(struct db *db)
{
	if (db->open)
		db->ops->rollback(db);
	db->open = false;
	db->broken = false;
}

int64_t db_changes(const struct db *db)
{
	return db->changes;
}

void db_share(struct db *db)
{
	if (db->ops->share)
		db->ops->share(db);
}

bool db_is_postgres(const struct db *db)
{
	return strcmp(db->ops->kind, "postgresql") == 0;
}
