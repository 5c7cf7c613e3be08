/* SPDX-License-Identifier: Apache-2.0 */
#include "store-client.h"

#include <string.h>

#include "fail.h"

/* ---- nonces ---- */

enum devid_err store_nonce_put(struct store *s, const struct site_key *client,
	const char *nonce, int64_t expires, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(client->issuer),
		DB_TEXT_V(client->certificate), DB_TEXT_V(nonce),
		DB_INT_V(expires) };

	return store_run(s,
		DB_QUERY("INSERT INTO nonce (issuer, certificate, nonce,"
			 " expires) VALUES (?1, ?2, ?3, ?4)"
			 " ON CONFLICT (issuer, certificate) DO UPDATE"
			 " SET nonce = excluded.nonce,"
			 " expires = excluded.expires",
			params, 4),
		NULL, err);
}

struct text {
	char *into;
	bool there;
};

static enum devid_err note_text(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct text *t = arg;

	(void)n_columns;
	t->there = true;
	return store_text(&columns[0], t->into, STORE_HASH_MAX, err);
}

enum devid_err store_nonce_get(struct store *s, const struct site_key *client,
	int64_t now, char ret[STORE_HASH_MAX], struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(client->issuer),
		DB_TEXT_V(client->certificate), DB_INT_V(now) };
	struct text t = { ret, false };
	enum devid_err rc = db_run(s->db,
		DB_QUERY("SELECT nonce FROM nonce WHERE issuer = ?1"
			 " AND certificate = ?2 AND expires > ?3",
			params, 3),
		note_text, &t, err);

	return rc == DEVID_OK && !t.there ? DEVID_ERR_NOT_FOUND : rc;
}

enum devid_err store_nonce_use(struct store *s, const struct site_key *client,
	const char *nonce, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(client->issuer),
		DB_TEXT_V(client->certificate), DB_TEXT_V(nonce) };
	int64_t n = 0;
	enum devid_err rc = store_run(s,
		DB_QUERY("DELETE FROM nonce WHERE issuer = ?1"
			 " AND certificate = ?2 AND nonce = ?3",
			params, 3),
		&n, err);

	return rc == DEVID_OK && n == 0 ? DEVID_ERR_NOT_FOUND : rc;
}

enum devid_err store_nonce_purge(
	struct store *s, int64_t now, struct devid_error *err)
{
	const struct db_value param = DB_INT_V(now);

	return store_run(s,
		DB_QUERY("DELETE FROM nonce WHERE expires <= ?1", &param, 1),
		NULL, err);
}

/* ---- documents ---- */

enum devid_err store_document_put(struct store *s, const char *unit,
	struct view text, int64_t now, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(unit),
		{ DB_TEXT, 0, text.data, text.len }, DB_INT_V(now) };

	return store_run(s,
		DB_QUERY("INSERT INTO document (unit, text, changed)"
			 " VALUES (?1, ?2, ?3) ON CONFLICT (unit) DO UPDATE"
			 " SET text = excluded.text,"
			 " changed = excluded.changed",
			params, 3),
		NULL, err);
}

static enum devid_err keep(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct blob *out = arg;

	(void)n_columns;
	if (columns[0].type != DB_TEXT)
		return devid_fail(err, DEVID_ERR_IO,
			"registrar: a document in the database is damaged");
	blob_done(out);
	out->data = malloc(columns[0].len + 1);
	if (!out->data)
		return fail_no_memory_for(err, "registrar");
	memcpy(out->data, columns[0].data, columns[0].len);
	out->data[columns[0].len] = '\0';
	out->len = columns[0].len;
	return DEVID_OK;
}

/* The last row counts: that of the unit, whose name is not empty. */
enum devid_err store_document_get(struct store *s, const char *unit,
	struct blob *ret, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(unit);
	struct blob out = { NULL, 0 };
	enum devid_err rc = db_run(s->db,
		DB_QUERY("SELECT text FROM document WHERE unit IN ('', ?1)"
			 " ORDER BY unit",
			&param, 1),
		keep, &out, err);

	if (rc == DEVID_OK && !out.data)
		return DEVID_ERR_NOT_FOUND;
	if (rc == DEVID_OK)
		*ret = out;
	else
		blob_done(&out);
	return rc;
}
