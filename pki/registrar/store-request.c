/* SPDX-License-Identifier: Apache-2.0 */
#include "store-request.h"

#include <string.h>

#include "store-list.h"

#define COLUMNS                                                                \
	"key, csr, issuer, certificate, unit, profile, who, state,"            \
	" coalesce(epoch, -1), asked, decided"

static const char *const decisions[] = {
	[STORE_PENDING] = "pending",
	[STORE_APPROVED] = "approved",
	[STORE_REFUSED] = "refused",
};
#define N_DECISIONS (sizeof(decisions) / sizeof(decisions[0]))

const char *store_decision_name(enum store_decision decision)
{
	return decisions[decision];
}

/* ---- reading ---- */

static enum devid_err read_decision(const struct db_value *v,
	enum store_decision *ret, struct devid_error *err)
{
	char name[16];
	enum devid_err rc = store_text(v, name, sizeof(name), err);

	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; i < N_DECISIONS; i++) {
		if (strcmp(decisions[i], name) != 0)
			continue;
		*ret = (enum store_decision)i;
		return DEVID_OK;
	}
	return devid_fail(err, DEVID_ERR_IO,
		"registrar: a request in the database is damaged");
}

static enum devid_err read_request(const struct db_value *c,
	struct store_request *r, struct devid_error *err)
{
	const struct {
		char *text;
		size_t size;
	} into[] = {
		{ r->spki, sizeof(r->spki) },
		{ r->csr, sizeof(r->csr) },
		{ r->client.issuer, sizeof(r->client.issuer) },
		{ r->client.certificate, sizeof(r->client.certificate) },
		{ r->unit, sizeof(r->unit) },
		{ r->profile, sizeof(r->profile) },
		{ r->who, sizeof(r->who) },
	};
	enum devid_err rc = read_decision(&c[7], &r->decision, err);

	for (size_t i = 0; rc == DEVID_OK && i < sizeof(into) / sizeof(into[0]);
		i++)
		rc = store_text(&c[i], into[i].text, into[i].size, err);
	r->epoch = c[8].num;
	r->asked = c[9].num;
	r->decided = c[10].num;
	return rc;
}

struct walk {
	store_request_fn *fn;
	void *arg;
};

static enum devid_err give(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	const struct walk *w = arg;
	struct store_request request;
	enum devid_err rc = read_request(columns, &request, err);

	(void)n_columns;
	return rc == DEVID_OK ? w->fn(w->arg, &request, err) : rc;
}

struct found {
	struct store_request *request;
	bool there;
};

static enum devid_err keep(
	void *arg, const struct store_request *request, struct devid_error *err)
{
	struct found *f = arg;

	(void)err;
	*f->request = *request;
	f->there = true;
	return DEVID_OK;
}

enum devid_err store_request_find(struct store *s, const char *spki,
	struct store_request *ret, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(spki);
	struct store_request request;
	struct found f = { &request, false };
	struct walk w = { keep, &f };
	enum devid_err rc = db_run(s->db,
		DB_QUERY("SELECT " COLUMNS " FROM request WHERE key = ?1",
			&param, 1),
		give, &w, err);

	if (rc == DEVID_OK && !f.there)
		return DEVID_ERR_NOT_FOUND;
	if (rc == DEVID_OK)
		*ret = request;
	return rc;
}

enum devid_err store_request_each(struct store *s, store_request_fn *fn,
	void *arg, struct devid_error *err)
{
	struct walk w = { fn, arg };

	return db_run(s->db,
		DB_QUERY("SELECT " COLUMNS " FROM request ORDER BY asked, key",
			NULL, 0),
		give, &w, err);
}

/* ---- writing ---- */

enum devid_err store_request_put(struct store *s,
	const struct store_request *what, struct devid_error *err)
{
	const struct db_value client[] = { DB_TEXT_V(what->client.issuer),
		DB_TEXT_V(what->client.certificate), DB_TEXT_V(what->spki) };
	const struct db_value params[] = {
		DB_TEXT_V(what->spki),
		DB_TEXT_V(what->csr),
		DB_TEXT_V(what->client.issuer),
		DB_TEXT_V(what->client.certificate),
		DB_TEXT_V(what->unit),
		DB_TEXT_V(what->profile),
		what->epoch == STORE_NO_EPOCH ? DB_NULL_V
					      : DB_INT_V(what->epoch),
		DB_INT_V(what->asked),
	};
	enum devid_err rc = store_run(s,
		DB_QUERY("DELETE FROM request WHERE key = ?3 OR (issuer = ?1"
			 " AND certificate = ?2 AND state = 'pending')",
			client, 3),
		NULL, err);

	if (rc == DEVID_OK)
		rc = store_run(s,
			DB_QUERY("INSERT INTO request (key, csr, issuer,"
				 " certificate, unit, profile, state, epoch,"
				 " asked) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
				 " 'pending', ?7, ?8)",
				params, 8),
			NULL, err);
	return rc;
}

enum devid_err store_request_drop(
	struct store *s, const char *spki, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(spki);

	return store_run(s,
		DB_QUERY("DELETE FROM request WHERE key = ?1", &param, 1), NULL,
		err);
}

enum devid_err store_request_purge(
	struct store *s, int64_t before, struct devid_error *err)
{
	const struct db_value param = DB_INT_V(before);

	return store_run(s,
		DB_QUERY("DELETE FROM request WHERE asked < ?1", &param, 1),
		NULL, err);
}

enum devid_err store_request_decide(struct store *s,
	const struct store_request *what, int64_t *ret_n,
	struct devid_error *err)
{
	const struct db_value params[] = {
		DB_TEXT_V(what->unit),
		DB_TEXT_V(store_decision_name(what->decision)),
		DB_INT_V(what->decided),
		DB_TEXT_V(what->who),
	};

	return store_run(s,
		DB_QUERY("UPDATE request SET state = ?2, decided = ?3,"
			 " who = ?4 WHERE unit = ?1 AND state = 'pending'",
			params, 4),
		ret_n, err);
}
