/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DB_PRIVATE_H
#define DEVID_DB_PRIVATE_H

/* What a database behind db.h provides. */

#include "db.h"

#define DB_BUSY_MS 10000 /* how long a lock of another is awaited */

/* One call of db_run() or db_insert(); everything borrowed. */
struct db_call {
	struct db_query query;
	db_row_fn *row; /* or NULL */
	void *arg;
	int64_t *ret_id; /* of an INSERT, or NULL */
};

struct db_ops {
	const char *kind; /* "sqlite", "postgresql" */
	void (*close)(struct db *db);
	enum devid_err (*run)(struct db *db, const struct db_call *call,
		struct devid_error *err);
	enum devid_err (*script)(
		struct db *db, const char *sql, struct devid_error *err);
	enum devid_err (*begin)(
		struct db *db, bool write, struct devid_error *err);
	enum devid_err (*commit)(struct db *db, struct devid_error *err);
	void (*rollback)(struct db *db);
	void (*share)(struct db *db); /* or NULL: nothing to do */
};

/* First member of each kind's struct. */
struct db {
	const struct db_ops *ops; /* borrowed, static */
	int64_t changes;
	bool open;   /* a transaction is */
	bool broken; /* it can only be rolled back */
};

#endif
