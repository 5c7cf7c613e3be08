/* SPDX-License-Identifier: Apache-2.0 */
#include "register.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "ordered-id.h"
#include "register-private.h"

/* ---- what all parts use ---- */

static enum devid_err note_int(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)n_columns;
	(void)err;
	*(int64_t *)arg = columns[0].num;
	return DEVID_OK;
}

enum devid_err register_int(struct reg *reg, struct db_query query,
	int64_t *ret, struct devid_error *err)
{
	return db_run(reg->db, query, note_int, ret, err);
}

bool register_copy_text(const struct db_value *v, char *ret, size_t size)
{
	if (v->type != DB_TEXT || v->len >= size)
		return false;
	memcpy(ret, v->data, v->len);
	ret[v->len] = '\0';
	return true;
}

bool register_copy_blob(const struct db_value *v, void *ret, size_t len)
{
	if (v->type != DB_BLOB || v->len != len)
		return false;
	memcpy(ret, v->data, len);
	return true;
}

enum devid_err register_damaged(struct devid_error *err, const char *what)
{
	return devid_fail(
		err, DEVID_ERR_IO, "register: %s: row is damaged", what);
}

const uint8_t *register_hold(struct reg *reg, const struct db_value *v)
{
	uint8_t *held = malloc(v->len + 1);

	if (!held)
		return NULL;
	if (v->len)
		memcpy(held, v->data, v->len);
	held[v->len] = '\0';
	free(reg->held);
	reg->held = held;
	return held;
}

enum devid_err register_issuer_number(struct reg *reg, const uint8_t hash[32],
	bool make, int64_t *ret, struct devid_error *err)
{
	const struct db_value param = DB_BLOB_V(hash, 32);
	int64_t number = 0;
	enum devid_err rc = register_int(
		reg, REG_QUERY(ISSUER_NUMBER_FIND, &param, 1), &number, err);

	if (rc == DEVID_OK && !number && make) {
		rc = db_run(reg->db, REG_QUERY(ISSUER_NUMBER_ADD, &param, 1),
			NULL, NULL, err);
		if (rc == DEVID_OK)
			rc = register_int(reg,
				REG_QUERY(ISSUER_NUMBER_FIND, &param, 1),
				&number, err);
	}
	if (rc == DEVID_OK)
		*ret = number;
	return rc;
}

/* ---- transactions ---- */

void register_close(struct reg *reg)
{
	if (!reg)
		return;
	db_close(reg->db);
	free(reg->held);
	free(reg);
}

struct db *register_db(struct reg *reg)
{
	return reg->db;
}

enum devid_err register_begin(struct reg *reg, struct devid_error *err)
{
	reg->audit_number = 0;
	return db_begin(reg->db, err);
}

enum devid_err register_begin_read(struct reg *reg, struct devid_error *err)
{
	return db_begin_read(reg->db, err);
}

enum devid_err register_commit(struct reg *reg, struct devid_error *err)
{
	return db_commit(reg->db, err);
}

void register_rollback(struct reg *reg)
{
	db_rollback(reg->db);
}

static enum devid_err note_secret(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)n_columns; /* one */
	return register_copy_blob(&columns[0], arg, REGISTER_SECRET_LEN)
		       ? DEVID_OK
		       : register_damaged(err, "register");
}

enum devid_err register_secret(struct reg *reg,
	uint8_t ret[REGISTER_SECRET_LEN], struct devid_error *err)
{
	return db_run(
		reg->db, REG_QUERY(SECRET, NULL, 0), note_secret, ret, err);
}

/* ---- answered challenges ---- */

enum devid_err register_challenge_use(struct reg *reg,
	const uint8_t id[CHALLENGE_ID_LEN], struct devid_error *err)
{
	const struct db_value param = DB_BLOB_V(id, CHALLENGE_ID_LEN);
	enum devid_err rc = db_run(
		reg->db, REG_QUERY(CHALLENGE_USE, &param, 1), NULL, NULL, err);

	if (rc == DEVID_OK && db_changes(reg->db) == 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"register: challenge: was answered already");
	return rc;
}

enum devid_err register_challenge_purge(struct reg *reg, int64_t before,
	int64_t limit, int64_t *ret_n, struct devid_error *err)
{
	uint8_t first[ORDERED_ID_TIME];
	const struct db_value params[] = { DB_BLOB_V(first, sizeof(first)),
		DB_INT_V(limit) };
	enum devid_err rc;

	ordered_id_at(before > 0 ? (uint64_t)before * 1000 : 0, first);
	rc = db_run(reg->db, REG_QUERY(CHALLENGE_PURGE, params, 2), NULL, NULL,
		err);
	if (rc == DEVID_OK)
		*ret_n = db_changes(reg->db);
	return rc;
}

/* ---- numbers, publications ---- */

enum devid_err register_crl_number(struct reg *reg, const uint8_t issuer[32],
	uint64_t *ret, struct devid_error *err)
{
	struct db_value param = DB_INT_V(0);
	int64_t number = 0;
	enum devid_err rc =
		register_issuer_number(reg, issuer, true, &param.num, err);

	if (rc == DEVID_OK)
		rc = register_int(
			reg, REG_QUERY(CRL_NUMBER, &param, 1), &number, err);
	if (rc == DEVID_OK)
		*ret = (uint64_t)number;
	return rc;
}

enum devid_err register_blob_put(struct reg *reg, const char *name,
	const struct register_blob *what, struct devid_error *err)
{
	const struct db_value params[] = {
		DB_TEXT_V(name),
		DB_INT_V(what->expires),
		DB_INT_V(what->made),
		DB_BLOB_V(what->data.data, what->data.len),
	};

	return db_run(reg->db, REG_QUERY(BLOB_PUT, params, 4), NULL, NULL, err);
}

struct held_blob {
	struct reg *reg;
	struct register_blob blob; /* data NULL: not there */
};

static enum devid_err note_blob(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct held_blob *h = arg;

	(void)n_columns;
	if (columns[2].type != DB_BLOB)
		return register_damaged(err, "publication");
	h->blob.expires = columns[0].num;
	h->blob.made = columns[1].num;
	h->blob.data.data = register_hold(h->reg, &columns[2]);
	h->blob.data.len = columns[2].len;
	return h->blob.data.data ? DEVID_OK
				 : fail_no_memory_for(err, "register");
}

enum devid_err register_blob_get(struct reg *reg, const char *name,
	struct register_blob *ret, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(name);
	struct held_blob h = { .reg = reg };
	enum devid_err rc = db_run(
		reg->db, REG_QUERY(BLOB_GET, &param, 1), note_blob, &h, err);

	if (rc != DEVID_OK)
		return rc;
	if (!h.blob.data.data)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"register: %s: not published", name);
	*ret = h.blob;
	return DEVID_OK;
}
