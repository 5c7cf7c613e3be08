/* SPDX-License-Identifier: Apache-2.0 */
/* Databases in one file of this machine: SQLite. */
#include "db-sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "db-private.h"
#include "fail.h"

#define SWITCH_TRIES 200 /* of SWITCH_MS, for the first one's switch to WAL */
#define SWITCH_MS    20

struct sqlite {
	struct db db;
	sqlite3 *conn;                           /* owned */
	sqlite3_stmt *statements[DB_STATEMENTS]; /* owned; by number */
};

/*
 * Measured with tests/bench/bench-register: pages of 2 and 4 KiB cost the same
 * in a large register, 4 KiB less in a small one. What costs most there are the
 * pages of the two random indexes (register-schema.c), each written to the log
 * and again by the checkpoint: after 64 MiB of log it finds several changes on
 * many of them. More cache or mmap() gained nothing, and cost a service memory.
 */
static const char settings[] = "PRAGMA page_size = 4096;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA cache_size = -16384;"
			       "PRAGMA wal_autocheckpoint = 16384;";

CLEANUP_DEFINE(sqlite, sqlite3 *, (void)sqlite3_close)

static enum devid_err code_of(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return DEVID_ERR_EXISTS;
	case SQLITE_NOMEM:
		return DEVID_ERR_NOMEM;
	}
	switch (extended & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return DEVID_ERR_STATE;
	}
	return DEVID_ERR_IO;
}

/* What the system said, which SQLite's "disk I/O error" leaves out; 0: it was
 * not the system. */
static int system_error(sqlite3 *conn)
{
	switch (sqlite3_errcode(conn) & 0xff) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return sqlite3_system_errno(conn);
	}
	return 0;
}

static enum devid_err fail(sqlite3 *conn, struct devid_error *err)
{
	const char *path = sqlite3_db_filename(conn, "main");
	int error = system_error(conn);

	if (error && path)
		return devid_fail(err, DEVID_ERR_IO,
			"database: %s: %s (sqlite: %s)", path, strerror(error),
			sqlite3_errmsg(conn));
	return devid_fail(err, code_of(sqlite3_extended_errcode(conn)),
		"database: sqlite: %s", sqlite3_errmsg(conn));
}

/* ---- the file ---- */

static enum devid_err check_file(
	const char *path, bool *ret_there, struct devid_error *err)
{
	struct stat st;

	*ret_there = lstat(path, &st) == 0;
	if (!*ret_there && errno == ENOENT)
		return DEVID_OK;
	if (!*ret_there)
		return devid_fail(err, DEVID_ERR_IO, "database: %s: %s", path,
			strerror(errno));
	if (!S_ISREG(st.st_mode))
		return devid_fail(err, DEVID_ERR_DENIED,
			"database: %s: not a regular file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return devid_fail(err, DEVID_ERR_DENIED,
			"database: %s: owned by uid %u, not by root or this "
			"user",
			path, (unsigned)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return devid_fail(err, DEVID_ERR_DENIED,
			"database: %s: group or others can write it (mode "
			"%04o)",
			path, (unsigned)(st.st_mode & 07777));
	return DEVID_OK;
}

/*
 * Makes an empty file of mode 0600. Under another name first: closing a
 * descriptor of the database's own file would drop the locks that this process
 * holds on it (POSIX, fcntl()).
 */
static enum devid_err make_file(const char *path, struct devid_error *err)
{
	char tmp[PATH_MAX];
	int saved = 0, fd;

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp))
		return devid_fail(err, DEVID_ERR_INVALID,
			"database: %.80s...: path too long", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return devid_fail(err, DEVID_ERR_IO, "database: %s: %s", path,
			strerror(errno));
	(void)close(fd); /* nothing was written */
	if (link(tmp, path) < 0 && errno != EEXIST)
		saved = errno;
	(void)unlink(tmp); /* a leftover does no harm */
	if (saved)
		return devid_fail(err, DEVID_ERR_IO, "database: %s: %s", path,
			strerror(saved));
	return DEVID_OK;
}

static enum devid_err secure_file(const char *path, struct devid_error *err)
{
	bool there;
	enum devid_err rc = check_file(path, &there, err);

	if (rc == DEVID_OK && !there)
		rc = make_file(path, err);
	if (rc == DEVID_OK && !there) /* another's may have come between */
		rc = check_file(path, &there, err);
	return rc;
}

/* ---- statements ---- */

static int bind_one(sqlite3_stmt *st, int at, const struct db_value *v)
{
	switch (v->type) {
	case DB_NULL:
		return sqlite3_bind_null(st, at);
	case DB_INT:
		return sqlite3_bind_int64(st, at, v->num);
	case DB_TEXT:
		return sqlite3_bind_text64(
			st, at, v->data, v->len, SQLITE_STATIC, SQLITE_UTF8);
	case DB_BLOB: /* a NULL pointer would make it NULL */
		return sqlite3_bind_blob64(
			st, at, v->data ? v->data : "", v->len, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

static void read_columns(sqlite3_stmt *st, int n, struct db_value *ret)
{
	for (int i = 0; i < n; i++) {
		struct db_value *v = &ret[i];

		*v = DB_NULL_V;
		switch (sqlite3_column_type(st, i)) {
		case SQLITE_INTEGER:
			*v = DB_INT_V(sqlite3_column_int64(st, i));
			break;
		case SQLITE_TEXT:
			v->type = DB_TEXT;
			v->data = sqlite3_column_text(st, i);
			break;
		case SQLITE_BLOB:
			v->type = DB_BLOB;
			v->data = sqlite3_column_blob(st, i);
			break;
		}
		if (v->type == DB_TEXT || v->type == DB_BLOB)
			v->len = (size_t)sqlite3_column_bytes(st, i);
	}
}

static enum devid_err step_rows(struct sqlite *s, sqlite3_stmt *st,
	const struct db_call *call, struct devid_error *err)
{
	struct db_value columns[DB_COLUMNS_MAX];
	int n = sqlite3_column_count(st), got = SQLITE_ROW;
	enum devid_err rc = DEVID_OK;

	if (n > DB_COLUMNS_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"database: more than %d columns", DB_COLUMNS_MAX);
	while (rc == DEVID_OK && (got = sqlite3_step(st)) == SQLITE_ROW) {
		read_columns(st, n, columns);
		if (call->row)
			rc = call->row(call->arg, columns, (size_t)n, err);
	}
	if (rc == DEVID_OK && got != SQLITE_DONE) {
		s->db.broken = true;
		rc = fail(s->conn, err);
	}
	return rc;
}

static enum devid_err run(
	struct db *db, const struct db_call *call, struct devid_error *err)
{
	struct sqlite *s = (struct sqlite *)db;
	sqlite3_stmt **st = &s->statements[call->query.number];
	enum devid_err rc;

	if (call->query.number == DB_ONCE) {
		(void)sqlite3_finalize(*st); /* as step said */
		*st = NULL;
	}
	if (!*st && sqlite3_prepare_v3(s->conn, call->query.sql, -1,
			    SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK) {
		db->broken = true;
		return fail(s->conn, err);
	}
	for (size_t i = 0; i < call->query.n_params; i++) {
		if (bind_one(*st, (int)i + 1, &call->query.params[i]) ==
			SQLITE_OK)
			continue;
		db->broken = true;
		return fail(s->conn, err);
	}
	rc = step_rows(s, *st, call, err);
	db->changes =
		sqlite3_stmt_readonly(*st) ? 0 : sqlite3_changes64(s->conn);
	/* RETURNING would make a table for its one row. */
	if (rc == DEVID_OK && call->ret_id && db->changes > 0)
		*call->ret_id = sqlite3_last_insert_rowid(s->conn);
	(void)sqlite3_reset(*st); /* its failure was step's */
	return rc;
}

static enum devid_err script(
	struct db *db, const char *sql, struct devid_error *err)
{
	struct sqlite *s = (struct sqlite *)db;

	if (sqlite3_exec(s->conn, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(s->conn, err);
	return DEVID_OK;
}

static enum devid_err begin(struct db *db, bool write, struct devid_error *err)
{
	return script(db, write ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

static enum devid_err commit(struct db *db, struct devid_error *err)
{
	return script(db, "COMMIT", err);
}

static void rollback(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;

	/* A full disk has rolled it back already. */
	if (!sqlite3_get_autocommit(s->conn))
		(void)sqlite3_exec(s->conn, "ROLLBACK", NULL, NULL, NULL);
}

static void close_all(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;

	for (size_t i = 0; i < DB_STATEMENTS; i++)
		(void)sqlite3_finalize(s->statements[i]); /* as step said */
	(void)sqlite3_close(s->conn); /* no statement keeps it open */
	free(s);
}

/* It is no failure when it cannot be: then readers wait for a writer. */
static void share(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;
	int on = 1;

	(void)sqlite3_file_control(
		s->conn, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

static const struct db_ops sqlite_ops = {
	.kind = "sqlite",
	.close = close_all,
	.run = run,
	.script = script,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.share = share,
};

/* Nobody waits by itself for the lock that this switch takes when others open
 * the same new file. */
static enum devid_err switch_to_wal(sqlite3 *conn, struct devid_error *err)
{
	const struct timespec pause = { 0, SWITCH_MS * 1000000L };
	int rc = SQLITE_BUSY;

	for (int i = 0; i < SWITCH_TRIES && (rc & 0xff) == SQLITE_BUSY; i++) {
		if (i > 0)
			(void)nanosleep(&pause, NULL);
		rc = sqlite3_exec(
			conn, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	}
	return rc == SQLITE_OK ? DEVID_OK : fail(conn, err);
}

static enum devid_err connect_to(
	const char *path, sqlite3 **ret, struct devid_error *err)
{
	CLEANUP(cleanup_sqlite) sqlite3 *conn = NULL;
	enum devid_err rc;

	if (sqlite3_open_v2(path, &conn,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
			    SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
		    NULL) != SQLITE_OK)
		return conn ? fail(conn, err)
			    : fail_no_memory_for(err, "database");
	(void)sqlite3_busy_timeout(conn, DB_BUSY_MS); /* always SQLITE_OK */
	if (sqlite3_exec(conn, settings, NULL, NULL, NULL) != SQLITE_OK)
		return fail(conn, err);
	rc = switch_to_wal(conn, err);
	if (rc == DEVID_OK)
		*ret = STEAL(conn);
	return rc;
}

enum devid_err db_sqlite_open(
	const char *place, struct db **ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) struct sqlite *s = calloc(1, sizeof(*s));
	enum devid_err rc;

	if (!s)
		return fail_no_memory_for(err, "database");
	if (place[0] != '/')
		return devid_fail(err, DEVID_ERR_INVALID,
			"database: %s: not an absolute path", place);
	rc = secure_file(place, err);
	if (rc == DEVID_OK)
		rc = connect_to(place, &s->conn, err);
	if (rc != DEVID_OK)
		return rc;
	s->db.ops = &sqlite_ops;
	*ret = &STEAL(s)->db;
	return DEVID_OK;
}
