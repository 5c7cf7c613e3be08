/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <inttypes.h>
#include <stdlib.h>

#include "fail.h"
#include "register-audit.h"
#include "register-open.h"
#include "site-sql.h"

#define STORE_VERSION 1
#define TRIES         8 /* of a transaction; each time another got on */

/* ---- tables ---- */

static enum devid_err note_int(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)n_columns;
	(void)err;
	*(int64_t *)arg = columns[0].num;
	return DEVID_OK;
}

enum devid_err store_int(struct store *s, struct db_query query, int64_t *ret,
	struct devid_error *err)
{
	return db_run(s->db, query, note_int, ret, err);
}

static enum devid_err ask_int(
	struct store *s, const char *sql, int64_t *ret, struct devid_error *err)
{
	return store_int(s, DB_QUERY(sql, NULL, 0), ret, err);
}

static enum devid_err count_tables(
	struct store *s, int64_t *ret, struct devid_error *err)
{
	return ask_int(s,
		db_is_postgres(s->db)
			? "SELECT count(*) FROM pg_tables WHERE schemaname ="
			  " current_schema() AND tablename IN"
			  " ('site', 'registrar')"
			: "SELECT count(*) FROM sqlite_schema WHERE type ="
			  " 'table' AND name IN ('site', 'registrar')",
		ret, err);
}

/* Two that come at once must not both make them. SQLite's write transaction is
 * lock enough; PostgreSQL has locks by number. */
static enum devid_err make_tables(
	struct store *s, void *arg, struct devid_error *err)
{
	const struct db_value version = DB_INT_V(STORE_VERSION);
	enum devid_err rc = DEVID_OK;
	int64_t n = 0;

	(void)arg;
	if (db_is_postgres(s->db))
		rc = db_script(
			s->db, "SELECT pg_advisory_xact_lock(7268436)", err);
	if (rc == DEVID_OK)
		rc = count_tables(s, &n, err);
	if (rc != DEVID_OK || n == 2)
		return rc;
	if (n != 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"registrar: the database has some of its tables only");
	rc = db_script(s->db, site_sql, err);
	if (rc == DEVID_OK)
		rc = db_script(s->db, registrar_sql, err);
	if (rc == DEVID_OK)
		rc = store_run(s,
			DB_QUERY("INSERT INTO registrar (version) VALUES (?1)",
				&version, 1),
			NULL, err);
	return rc;
}

static enum devid_err look(struct store *s, void *arg, struct devid_error *err)
{
	int64_t *version = arg;
	int64_t n = 0;
	enum devid_err rc = count_tables(s, &n, err);

	if (rc == DEVID_OK && n == 2)
		rc = ask_int(s, "SELECT version FROM registrar", version, err);
	return rc;
}

static enum devid_err check_tables(struct store *s, struct devid_error *err)
{
	int64_t version = 0;
	enum devid_err rc = store_read(s, look, &version, err);

	if (rc == DEVID_OK && version == 0)
		rc = store_write(s, NULL, make_tables, NULL, err);
	if (rc == DEVID_OK && version == 0)
		rc = store_read(s, look, &version, err);
	if (rc == DEVID_OK && version != STORE_VERSION)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"registrar: the schema of its database is %" PRId64
			", the one here is %d",
			version, STORE_VERSION);
	return rc;
}

enum devid_err store_open(const char *uri, const char *instance,
	struct store **ret, struct devid_error *err)
{
	CLEANUP(cleanup_store) struct store *s = calloc(1, sizeof(*s));
	enum devid_err rc;

	if (!s)
		return fail_no_memory_for(err, "registrar");
	rc = register_open(uri, instance, &s->reg, err);
	if (rc != DEVID_OK)
		return rc;
	s->db = register_db(s->reg);
	db_share(s->db); /* the RADIUS server reads the list */
	rc = check_tables(s, err);
	if (rc == DEVID_OK)
		*ret = STEAL(s);
	return rc;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	register_close(s->reg);
	free(s);
}

/* ---- transactions ---- */

static enum devid_err write_once(struct store *s, struct signer *signer,
	store_work *work, void *arg, struct devid_error *err)
{
	enum devid_err rc = register_begin(s->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = work(s, arg, err);
	if (rc == DEVID_OK && signer)
		rc = register_audit_sign(s->reg, signer, err);
	if (rc == DEVID_OK)
		return register_commit(s->reg, err);
	register_rollback(s->reg);
	return rc;
}

enum devid_err store_write(struct store *s, struct signer *signer,
	store_work *work, void *arg, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_ERR_STATE;

	for (int i = 0; i < TRIES; i++) {
		devid_error_clear(&cause);
		rc = write_once(s, signer, work, arg, &cause);
		if (rc != DEVID_ERR_STATE && rc != DEVID_ERR_EXISTS)
			break;
	}
	return rc == DEVID_OK ? DEVID_OK : fail_with(err, rc, &cause);
}

enum devid_err store_read(
	struct store *s, store_work *work, void *arg, struct devid_error *err)
{
	enum devid_err rc = register_begin_read(s->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = work(s, arg, err);
	register_rollback(s->reg); /* nothing to keep */
	return rc;
}

/* ---- statements ---- */

enum devid_err store_run(struct store *s, struct db_query query, int64_t *ret_n,
	struct devid_error *err)
{
	enum devid_err rc = db_run(s->db, query, NULL, NULL, err);

	if (rc == DEVID_OK && ret_n)
		*ret_n = db_changes(s->db);
	return rc;
}

enum devid_err store_text(const struct db_value *v, char *ret, size_t size,
	struct devid_error *err)
{
	if (v->type != DB_TEXT || v->len >= size)
		return devid_fail(err, DEVID_ERR_IO,
			"registrar: a row of the database is damaged");
	memcpy(ret, v->data, v->len);
	ret[v->len] = '\0';
	return DEVID_OK;
}
