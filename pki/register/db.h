/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DB_H
#define DEVID_DB_H

/*
 * As much of a database as the register needs, on SQLite or PostgreSQL. One
 * connection, one thread. SQL is the common part of both, with parameters
 * ?1, ?2, ...; one with a number is prepared once and found by it.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum db_type {
	DB_NULL,
	DB_INT,
	DB_TEXT,
	DB_BLOB
};

struct db_value {
	enum db_type type;
	int64_t num;
	const void *data; /* borrowed; TEXT and BLOB */
	size_t len;
};

#define DB_INT_V(n)     ((struct db_value) { DB_INT, (n), NULL, 0 })
#define DB_TEXT_V(s)    ((struct db_value) { DB_TEXT, 0, (s), strlen(s) })
#define DB_BLOB_V(p, l) ((struct db_value) { DB_BLOB, 0, (p), (l) })
#define DB_NULL_V       ((struct db_value) { DB_NULL, 0, NULL, 0 })

/* A statement and its parameters. */
struct db_query {
	unsigned number;               /* the text's alone, or DB_ONCE */
	const char *sql;               /* borrowed */
	const struct db_value *params; /* borrowed */
	size_t n_params;
};

#define DB_ONCE       0  /* prepared at each use */
#define DB_STATEMENTS 64 /* numbers are below; a limit of ours */

#define DB_QUERY(sql, params, n)                                               \
	((struct db_query) { DB_ONCE, (sql), (params), (n) })

#define DB_PARAMS_MAX  16
#define DB_COLUMNS_MAX 16

struct db;

/* Gets each row; values are valid until it returns, TEXT ends with a NUL behind
 * its length. Not OK: stops. It does not use the database itself. */
typedef enum devid_err db_row_fn(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err);

/* Of db-open.h; rolls back what is open. NULL is nothing. */
void db_close(struct db *db);

/*
 * Runs one statement with its result rows given to @row (NULL: none are
 * expected). After an error of the database the transaction is over but for
 * its rollback: everything until then is refused. Errors: EXISTS (unique
 * constraint; INSERT ... ON CONFLICT DO NOTHING does not fail), STATE
 * (serialisation, lock: the transaction may be tried again), UNREACHABLE (the
 * database has gone: what was not committed is lost, the next db_begin()
 * connects again), IO (disk full and all else), and what @row returns.
 */
DEVID_MUST_CHECK enum devid_err db_run(struct db *db, struct db_query query,
	db_row_fn *row, void *arg, struct devid_error *err);

/* The same for an INSERT into a table with a column "id": *@ret_id is that of
 * the new row, or 0 when ON CONFLICT DO NOTHING let it be. */
DEVID_MUST_CHECK enum devid_err db_insert(struct db *db, struct db_query query,
	int64_t *ret_id, struct devid_error *err);

/* Several statements without parameters: a schema. */
DEVID_MUST_CHECK enum devid_err db_script(
	struct db *db, const char *sql, struct devid_error *err);

/* A write transaction from its first statement. Errors: as db_run(). After an
 * error of db_commit() nobody knows whether it took place; it is rolled back
 * where it did not. */
DEVID_MUST_CHECK enum devid_err db_begin(
	struct db *db, struct devid_error *err);

/* One that sees the database as it is now, does not change it, and does not
 * keep others from writing. */
DEVID_MUST_CHECK enum devid_err db_begin_read(
	struct db *db, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err db_commit(
	struct db *db, struct devid_error *err);
void db_rollback(struct db *db);

/* Rows changed by the last statement. */
int64_t db_changes(const struct db *db);

bool db_is_postgres(const struct db *db);

/*
 * Others read this database by its file, without a right to write: SQLite then
 * leaves its log beside it when the last one that writes has gone, because who
 * cannot write cannot make one (https://sqlite.org/wal.html, read-only
 * databases). Nothing on PostgreSQL.
 */
void db_share(struct db *db);

#endif
