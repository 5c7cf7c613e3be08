/* SPDX-License-Identifier: Apache-2.0 */
/* Databases that several CA machines share: PostgreSQL through libpq. */
#include "db-postgres.h"

#include <inttypes.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "db-private.h"
#include "fail.h"

#define SQL_MAX 2048 /* bytes of a statement; a limit of ours */

/* Types of result columns: PostgreSQL's catalog/pg_type.dat. */
#define OID_BYTEA   17
#define OID_INT8    20
#define OID_INT2    21
#define OID_INT4    23
#define OID_TEXT    25
#define OID_VARCHAR 1043

struct postgres {
	struct db db;
	PGconn *conn;                 /* owned */
	bool prepared[DB_STATEMENTS]; /* by number; on this connection */
};

/*
 * synchronous_commit: what is answered is on disk. The timeouts end what hangs
 * on a lock or was left by a client that is no more. enable_seqscan: a plan
 * made while a table was empty is kept when it no longer is; every statement of
 * ours that looks for something has an index.
 */
static const char settings[] =
	"SET synchronous_commit = on;"
	"SET client_min_messages = error;"
	"SET enable_seqscan = off;"
	"SET standard_conforming_strings = on;"
	"SET lock_timeout = '10s';"
	"SET statement_timeout = '60s';"
	"SET idle_in_transaction_session_timeout = '60s';";

CLEANUP_DEFINE(result, PGresult *, PQclear)
CLEANUP_DEFINE(conn, PGconn *, PQfinish)

/* ---- errors ---- */

static const struct {
	const char *state; /* an SQLSTATE, or the class in its first two */
	enum devid_err code;
} states[] = {
	{ "23505", DEVID_ERR_EXISTS },
	{ "25P02", DEVID_ERR_STATE },       /* transaction failed before */
	{ "25P03", DEVID_ERR_UNREACHABLE }, /* idle in it for too long */
	{ "40", DEVID_ERR_STATE },          /* serialisation, deadlock */
	{ "55P03", DEVID_ERR_STATE },       /* lock_timeout */
	{ "57014", DEVID_ERR_STATE },       /* statement_timeout */
	{ "57P", DEVID_ERR_UNREACHABLE },   /* shutdown, crash, start */
	{ "08", DEVID_ERR_UNREACHABLE },
};

static enum devid_err code_of(const struct postgres *p, const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	if (PQstatus(p->conn) != CONNECTION_OK)
		return DEVID_ERR_UNREACHABLE;
	if (!res)
		return DEVID_ERR_NOMEM;
	for (size_t i = 0; state && i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(state, states[i].state, strlen(states[i].state)) ==
			0)
			return states[i].code;
	return DEVID_ERR_IO;
}

/* The first line of libpq's message. */
static int first_line(const char *text)
{
	return (int)strcspn(text, "\n");
}

static enum devid_err fail(
	struct postgres *p, const PGresult *res, struct devid_error *err)
{
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	p->db.broken = true;
	if (!text)
		text = PQerrorMessage(p->conn);
	return devid_fail(err, code_of(p, res), "database: postgresql: %.*s",
		first_line(text), text);
}

/* ---- connection ---- */

static void ignore_notice(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static bool succeeded(const PGresult *res)
{
	return PQresultStatus(res) == PGRES_COMMAND_OK ||
	       PQresultStatus(res) == PGRES_TUPLES_OK;
}

static enum devid_err simple(
	struct postgres *p, const char *sql, struct devid_error *err)
{
	CLEANUP(cleanup_result) PGresult *res = PQexec(p->conn, sql);

	return succeeded(res) ? DEVID_OK : fail(p, res, err);
}

static enum devid_err set_up(struct postgres *p, struct devid_error *err)
{
	memset(p->prepared, 0, sizeof(p->prepared));
	if (PQstatus(p->conn) != CONNECTION_OK)
		return devid_fail(err, DEVID_ERR_UNREACHABLE,
			"database: postgresql: %.*s",
			first_line(PQerrorMessage(p->conn)),
			PQerrorMessage(p->conn));
	return simple(p, settings, err);
}

/* ---- statements ---- */

/* ?1 in the common SQL is $1 here; no statement of ours has a '?' else. */
static enum devid_err prepare(struct postgres *p, const struct db_call *call,
	const char *name, struct devid_error *err)
{
	CLEANUP(cleanup_result) PGresult *res = NULL;
	char sql[SQL_MAX];
	int len = snprintf(sql, sizeof(sql), "%s%s", call->query.sql,
		call->ret_id ? " RETURNING id" : "");

	if (len < 0 || len >= SQL_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"database: statement longer than %d bytes", SQL_MAX);
	for (int i = 0; i < len; i++)
		if (sql[i] == '?')
			sql[i] = '$';
	res = PQprepare(p->conn, name, sql, 0, NULL);
	if (!succeeded(res))
		return fail(p, res, err);
	p->prepared[call->query.number] = call->query.number != DB_ONCE;
	return DEVID_OK;
}

/* Integers go as text, so that the server may take them for any of its integer
 * types; all else as it is. */
struct params {
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX];
	int formats[DB_PARAMS_MAX];
	char numbers[DB_PARAMS_MAX][24];
};

static void fill_params(const struct db_call *call, struct params *ret)
{
	for (size_t i = 0; i < call->query.n_params; i++) {
		const struct db_value *v = &call->query.params[i];

		ret->values[i] = NULL;
		ret->lengths[i] = (int)v->len;
		ret->formats[i] = 1;
		switch (v->type) {
		case DB_NULL:
			break;
		case DB_INT:
			(void)snprintf(ret->numbers[i], sizeof(ret->numbers[i]),
				"%" PRId64, v->num);
			ret->values[i] = ret->numbers[i];
			ret->formats[i] = 0;
			break;
		case DB_TEXT:
		case DB_BLOB:
			ret->values[i] = v->data ? v->data : "";
			break;
		}
	}
}

static int64_t read_int(const char *data, size_t len)
{
	uint64_t value = bytes_load((const uint8_t *)data, len);

	switch (len) {
	case 8:
		return (int64_t)value;
	case 4:
		return (int32_t)value;
	default:
		return (int16_t)value;
	}
}

static enum devid_err read_value(const PGresult *res, int row, int column,
	struct db_value *ret, struct devid_error *err)
{
	const char *data = PQgetvalue(res, row, column);
	size_t len = (size_t)PQgetlength(res, row, column);

	*ret = DB_NULL_V;
	if (PQgetisnull(res, row, column))
		return DEVID_OK;
	switch (PQftype(res, column)) {
	case OID_INT8:
	case OID_INT4:
	case OID_INT2:
		*ret = DB_INT_V(read_int(data, len));
		return DEVID_OK;
	case OID_TEXT:
	case OID_VARCHAR:
		*ret = (struct db_value) { DB_TEXT, 0, data, len };
		return DEVID_OK;
	case OID_BYTEA:
		*ret = DB_BLOB_V(data, len);
		return DEVID_OK;
	}
	return devid_fail(err, DEVID_ERR_INVALID,
		"database: postgresql: column %s has type %u",
		PQfname(res, column), PQftype(res, column));
}

static enum devid_err give_rows(const PGresult *res, const struct db_call *call,
	struct devid_error *err)
{
	struct db_value columns[DB_COLUMNS_MAX];
	int n_rows = PQntuples(res), n = PQnfields(res);
	enum devid_err rc = DEVID_OK;

	if (n > DB_COLUMNS_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"database: more than %d columns", DB_COLUMNS_MAX);
	for (int row = 0; row < n_rows && rc == DEVID_OK; row++) {
		for (int i = 0; i < n && rc == DEVID_OK; i++)
			rc = read_value(res, row, i, &columns[i], err);
		if (rc == DEVID_OK && call->row)
			rc = call->row(call->arg, columns, (size_t)n, err);
	}
	return rc;
}

static enum devid_err give_id(const PGresult *res, const struct db_call *call,
	struct devid_error *err)
{
	struct db_value id = DB_INT_V(0);
	enum devid_err rc = DEVID_OK;

	if (PQntuples(res) > 0)
		rc = read_value(res, 0, 0, &id, err);
	*call->ret_id = id.num;
	return rc;
}

static enum devid_err run(
	struct db *db, const struct db_call *call, struct devid_error *err)
{
	struct postgres *p = (struct postgres *)db;
	CLEANUP(cleanup_result) PGresult *res = NULL;
	struct params params;
	enum devid_err rc = DEVID_OK;
	char name[16] = ""; /* which the next one takes over */

	if (call->query.number != DB_ONCE)
		(void)snprintf(name, sizeof(name), "s%u", call->query.number);
	if (!p->prepared[call->query.number])
		rc = prepare(p, call, name, err);
	if (rc != DEVID_OK)
		return rc;
	fill_params(call, &params);
	res = PQexecPrepared(p->conn, name, (int)call->query.n_params,
		params.values, params.lengths, params.formats, 1);
	if (!succeeded(res))
		return fail(p, res, err);
	if (strncmp(PQcmdStatus(res), "SELECT", 6) != 0)
		db->changes = strtoll(PQcmdTuples(res), NULL, 10);
	return call->ret_id ? give_id(res, call, err)
			    : give_rows(res, call, err);
}

static enum devid_err script(
	struct db *db, const char *sql, struct devid_error *err)
{
	return simple((struct postgres *)db, sql, err);
}

/* ---- transactions ---- */

static enum devid_err begin(struct db *db, bool write, struct devid_error *err)
{
	struct postgres *p = (struct postgres *)db;
	/* A reader may wait for whoever reads its output. */
	const char *sql =
		write ? "BEGIN ISOLATION LEVEL READ COMMITTED"
		      : "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
			"SET LOCAL idle_in_transaction_session_timeout = 0";
	enum devid_err rc = DEVID_ERR_UNREACHABLE;
	struct devid_error cause = { 0 };

	if (PQstatus(p->conn) == CONNECTION_OK)
		rc = simple(p, sql, &cause);
	/* That the server has gone shows in the first thing that is sent, and
	 * nothing is lost with it here. */
	if (rc == DEVID_ERR_UNREACHABLE) {
		devid_error_clear(&cause);
		PQreset(p->conn);
		rc = set_up(p, &cause);
		if (rc == DEVID_OK)
			rc = simple(p, sql, &cause);
	}
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	return DEVID_OK;
}

static enum devid_err commit(struct db *db, struct devid_error *err)
{
	struct postgres *p = (struct postgres *)db;
	CLEANUP(cleanup_result) PGresult *res = NULL;

	if (PQstatus(p->conn) != CONNECTION_OK)
		return devid_fail(err, DEVID_ERR_UNREACHABLE,
			"database: postgresql: connection lost before commit");
	res = PQexec(p->conn, "COMMIT");
	if (PQstatus(p->conn) != CONNECTION_OK)
		return devid_fail(err, DEVID_ERR_UNREACHABLE,
			"database: postgresql: connection lost during commit, "
			"outcome unknown");
	if (!succeeded(res))
		return fail(p, res, err);
	/* COMMIT of a failed transaction succeeds as ROLLBACK. */
	if (strcmp(PQcmdStatus(res), "COMMIT") != 0)
		return devid_fail(err, DEVID_ERR_STATE,
			"database: postgresql: the transaction failed before");
	return DEVID_OK;
}

static void rollback(struct db *db)
{
	struct postgres *p = (struct postgres *)db;

	/* One that the server does not hear of is none. */
	if (PQtransactionStatus(p->conn) != PQTRANS_IDLE)
		PQclear(PQexec(p->conn, "ROLLBACK"));
}

static void close_all(struct db *db)
{
	struct postgres *p = (struct postgres *)db;

	PQfinish(p->conn);
	free(p);
}

static const struct db_ops postgres_ops = {
	.kind = "postgresql",
	.close = close_all,
	.run = run,
	.script = script,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
};

enum devid_err db_postgres_open(
	const char *place, struct db **ret, struct devid_error *err)
{
	/* What is before dbname is a default that @place may change. */
	const char *const keys[] = { "connect_timeout", "tcp_user_timeout",
		"keepalives_idle", "dbname", "client_encoding",
		"fallback_application_name", NULL };
	const char *const values[] = { "10", "30000", "10", place, "UTF8",
		"devid-ca", NULL };
	CLEANUP(cleanup_free) struct postgres *p = calloc(1, sizeof(*p));
	CLEANUP(cleanup_conn) PGconn *conn = PQconnectdbParams(keys, values, 1);
	enum devid_err rc;

	if (!p || !conn)
		return fail_no_memory_for(err, "database");
	(void)PQsetNoticeProcessor(conn, ignore_notice, NULL);
	p->db.ops = &postgres_ops;
	p->conn = conn;
	rc = set_up(p, err);
	if (rc != DEVID_OK)
		return rc;
	conn = NULL;
	*ret = &STEAL(p)->db;
	return DEVID_OK;
}
