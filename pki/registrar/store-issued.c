/* SPDX-License-Identifier: Apache-2.0 */
#include "store-issued.h"

#include <string.h>

#include "fail.h"
#include "hex.h"

/* Lists had an entry at least once: two whole weeks and the longest of them. */
#define KEPT_SECONDS INT64_C(31708800) /* 367 days */

enum devid_err store_issued_add(struct store *s,
	const struct store_issued *what, struct view der,
	struct devid_error *err)
{
	const struct db_value params[] = {
		DB_TEXT_V(what->key.issuer),
		DB_TEXT_V(what->key.certificate),
		DB_TEXT_V(what->spki),
		DB_TEXT_V(what->csr),
		DB_TEXT_V(what->unit),
		DB_TEXT_V(what->maker),
		DB_TEXT_V(what->profile),
		DB_INT_V(what->created),
		DB_INT_V(what->not_after),
		DB_BLOB_V(der.data, der.len),
	};

	return store_run(s,
		DB_QUERY("INSERT INTO issued (issuer, certificate, key, csr,"
			 " unit, maker, profile, state, created, not_after,"
			 " der) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'live', ?8,"
			 " ?9, ?10)",
			params, 10),
		NULL, err);
}

/* ---- finding ---- */

struct found {
	struct store_issued *row;
	struct blob der;
};

static enum devid_err read_issued(void *arg, const struct db_value *c,
	size_t n_columns, struct devid_error *err)
{
	struct found *f = arg;
	struct store_issued *r = f->row;
	const struct {
		char *text;
		size_t size;
	} into[] = {
		{ r->key.issuer, sizeof(r->key.issuer) },
		{ r->key.certificate, sizeof(r->key.certificate) },
		{ r->spki, sizeof(r->spki) },
		{ r->csr, sizeof(r->csr) },
		{ r->unit, sizeof(r->unit) },
		{ r->maker, sizeof(r->maker) },
		{ r->profile, sizeof(r->profile) },
	};
	enum devid_err rc = DEVID_OK;

	(void)n_columns;
	for (size_t i = 0; rc == DEVID_OK && i < sizeof(into) / sizeof(into[0]);
		i++)
		rc = store_text(&c[i], into[i].text, into[i].size, err);
	if (rc != DEVID_OK)
		return rc;
	r->created = c[7].num;
	r->not_after = c[8].num;
	blob_done(&f->der);
	f->der.data = malloc(c[9].len + 1);
	if (!f->der.data)
		return fail_no_memory_for(err, "registrar");
	if (c[9].len)
		memcpy(f->der.data, c[9].data, c[9].len);
	f->der.len = c[9].len;
	return DEVID_OK;
}

enum devid_err store_issued_live(struct store *s, const char *spki,
	struct store_issued *ret, struct blob *ret_der, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(spki);
	struct store_issued row;
	struct found f = { &row, { NULL, 0 } };
	enum devid_err rc = db_run(s->db,
		DB_QUERY("SELECT issuer, certificate, key, csr, unit, maker,"
			 " profile, created, not_after, der FROM issued"
			 " WHERE key = ?1 AND state = 'live'",
			&param, 1),
		read_issued, &f, err);

	if (rc == DEVID_OK && f.der.data) {
		*ret = row;
		*ret_der = blob_take(&f.der);
		return DEVID_OK;
	}
	blob_done(&f.der);
	return rc == DEVID_OK ? DEVID_ERR_NOT_FOUND : rc;
}

struct maker {
	char name[STORE_NAME_MAX];
	bool there;
};

static enum devid_err note_maker(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct maker *m = arg;

	(void)n_columns;
	m->there = true;
	return store_text(&columns[0], m->name, sizeof(m->name), err);
}

enum devid_err store_issued_maker(struct store *s, const struct site_key *key,
	char ret[STORE_NAME_MAX], struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(key->issuer),
		DB_TEXT_V(key->certificate) };
	struct maker m = { "", false };
	enum devid_err rc = db_run(s->db,
		DB_QUERY("SELECT maker FROM issued WHERE issuer = ?1"
			 " AND certificate = ?2",
			params, 2),
		note_maker, &m, err);

	if (rc == DEVID_OK && !m.there)
		return DEVID_ERR_NOT_FOUND;
	if (rc == DEVID_OK)
		memcpy(ret, m.name, sizeof(m.name));
	return rc;
}

/* ---- ends ---- */

/* The list first: the second statement no longer knows which they are. */
#define ROOM                                                                   \
	"(SELECT certificate FROM issued WHERE unit = ?1 AND state = 'live'"   \
	" AND certificate <> ?3 ORDER BY created DESC, certificate DESC"       \
	" LIMIT 1000000 OFFSET ?2)"

enum devid_err store_issued_make_room(struct store *s, const char *unit,
	unsigned keep, const char *spare, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(unit), DB_INT_V(keep),
		DB_TEXT_V(spare) };
	enum devid_err rc = store_run(s,
		DB_QUERY("UPDATE site SET state = 'retired' WHERE unit = ?1"
			 " AND kind = 'LDevID' AND state = 'listed'"
			 " AND certificate IN " ROOM,
			params, 3),
		NULL, err);

	if (rc == DEVID_OK)
		rc = store_run(s,
			DB_QUERY("UPDATE issued SET state = 'retired'"
				 " WHERE unit = ?1 AND certificate IN " ROOM,
				params, 3),
			NULL, err);
	return rc;
}

enum devid_err store_issued_replace(
	struct store *s, const char *spki, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(spki);
	enum devid_err rc = store_run(s,
		DB_QUERY("UPDATE site SET state = 'retired' WHERE state ="
			 " 'listed' AND EXISTS (SELECT 1 FROM issued"
			 " WHERE issued.issuer = site.issuer"
			 " AND issued.certificate = site.certificate"
			 " AND issued.key = ?1 AND issued.state = 'live')",
			&param, 1),
		NULL, err);

	if (rc == DEVID_OK)
		rc = store_run(s,
			DB_QUERY("UPDATE issued SET state = 'retired'"
				 " WHERE key = ?1 AND state = 'live'",
				&param, 1),
			NULL, err);
	return rc;
}

enum devid_err store_issued_end(struct store *s, const char *unit, int64_t when,
	int reason, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(unit), DB_INT_V(when),
		DB_INT_V(reason) };

	if (reason < 0)
		return store_run(s,
			DB_QUERY("UPDATE issued SET state = 'retired'"
				 " WHERE unit = ?1 AND state = 'live'",
				params, 1),
			NULL, err);
	return store_run(s,
		DB_QUERY("UPDATE issued SET state = 'revoked',"
			 " revoked_at = ?2, reason = ?3"
			 " WHERE unit = ?1 AND state <> 'revoked'",
			params, 3),
		NULL, err);
}

/* ---- for revocation lists ---- */

struct walk {
	store_revoked_fn *fn;
	void *arg;
};

static enum devid_err give(void *arg, const struct db_value *c,
	size_t n_columns, struct devid_error *err)
{
	const struct walk *w = arg;
	struct build_revoked entry = { .when = c[1].num,
		.reason = (int)c[2].num };
	char serial[2 * SERIAL_LEN + 1];
	enum devid_err rc = store_text(&c[0], serial, sizeof(serial), err);

	(void)n_columns;
	if (rc != DEVID_OK)
		return rc;
	entry.serial_len = strlen(serial) / 2;
	if (!hex_decode(serial, entry.serial, entry.serial_len))
		return devid_fail(err, DEVID_ERR_IO,
			"registrar: a serial number in the database is "
			"damaged");
	return w->fn(w->arg, &entry, err);
}

enum devid_err store_issued_revoked(struct store *s,
	const struct store_revoked *which, store_revoked_fn *fn, void *arg,
	struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(which->issuer),
		DB_INT_V(which->now - KEPT_SECONDS) };
	struct walk w = { fn, arg };

	return db_run(s->db,
		DB_QUERY("SELECT certificate, revoked_at, reason FROM issued"
			 " WHERE state = 'revoked' AND issuer = ?1"
			 " AND not_after > ?2",
			params, 2),
		give, &w, err);
}
