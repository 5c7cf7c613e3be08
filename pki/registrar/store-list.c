/* SPDX-License-Identifier: Apache-2.0 */
#include "store-list.h"

#include <string.h>

#define COLUMNS                                                                \
	"issuer, certificate, kind, unit, model, state, profile,"              \
	" coalesce(epoch, -1)"

static const char *const kinds[] = {
	[STORE_IDEVID] = "IDevID",
	[STORE_LDEVID] = "LDevID",
};

static const char *const states[] = {
	[STORE_LISTED] = "listed",
	[STORE_REVOKED] = "revoked",
	[STORE_RETIRED] = "retired",
};

const char *store_kind_name(enum store_kind kind)
{
	return kinds[kind];
}

const char *store_state_name(enum store_state state)
{
	return states[state];
}

static bool find_name(
	const char *const *names, size_t n, const char *name, size_t *ret)
{
	for (*ret = 0; *ret < n; (*ret)++) {
		if (strcmp(names[*ret], name) == 0)
			return true;
	}
	return false;
}

bool store_kind_parse(const char *name, enum store_kind *ret)
{
	size_t i;
	bool found = find_name(kinds, 2, name, &i);

	if (found)
		*ret = (enum store_kind)i;
	return found;
}

bool store_state_parse(const char *name, enum store_state *ret)
{
	size_t i;
	bool found = find_name(states, 3, name, &i);

	if (found)
		*ret = (enum store_state)i;
	return found;
}

/* ---- reading ---- */

struct walk {
	store_list_fn *fn;
	void *arg;
};

static enum devid_err read_row(const struct db_value *c, struct store_row *ret,
	struct devid_error *err)
{
	const struct {
		char *text;
		size_t size;
	} into[] = {
		{ ret->key.issuer, sizeof(ret->key.issuer) },
		{ ret->key.certificate, sizeof(ret->key.certificate) },
		{ NULL, 0 }, /* kind */
		{ ret->unit, sizeof(ret->unit) },
		{ ret->model, sizeof(ret->model) },
		{ NULL, 0 }, /* state */
		{ ret->profile, sizeof(ret->profile) },
	};
	char kind[16], state[16];
	enum devid_err rc = store_text(&c[2], kind, sizeof(kind), err);

	if (rc == DEVID_OK)
		rc = store_text(&c[5], state, sizeof(state), err);
	for (size_t i = 0; rc == DEVID_OK && i < sizeof(into) / sizeof(into[0]);
		i++) {
		if (into[i].text)
			rc = store_text(&c[i], into[i].text, into[i].size, err);
	}
	if (rc == DEVID_OK && (!store_kind_parse(kind, &ret->kind) ||
				      !store_state_parse(state, &ret->state)))
		rc = devid_fail(err, DEVID_ERR_IO,
			"registrar: the list: a row is damaged");
	ret->epoch = c[7].num;
	return rc;
}

static enum devid_err give(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	const struct walk *w = arg;
	struct store_row row;
	enum devid_err rc = read_row(columns, &row, err);

	(void)n_columns;
	return rc == DEVID_OK ? w->fn(w->arg, &row, err) : rc;
}

struct found {
	struct store_row *row;
	bool there;
};

static enum devid_err keep(
	void *arg, const struct store_row *row, struct devid_error *err)
{
	struct found *f = arg;

	(void)err;
	*f->row = *row;
	f->there = true;
	return DEVID_OK;
}

enum devid_err store_list_find(struct store *s, const struct site_key *key,
	struct store_row *ret, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(key->issuer),
		DB_TEXT_V(key->certificate) };
	struct store_row row;
	struct found f = { &row, false };
	struct walk w = { keep, &f };
	enum devid_err rc = db_run(s->db,
		DB_QUERY("SELECT " COLUMNS " FROM site WHERE issuer = ?1"
			 " AND certificate = ?2",
			params, 2),
		give, &w, err);

	if (rc == DEVID_OK && !f.there)
		return DEVID_ERR_NOT_FOUND;
	if (rc == DEVID_OK)
		*ret = row;
	return rc;
}

enum devid_err store_list_each(struct store *s, const char *unit,
	store_list_fn *fn, void *arg, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(unit ? unit : "");
	struct walk w = { fn, arg };

	return db_run(s->db,
		unit ? DB_QUERY("SELECT " COLUMNS " FROM site WHERE unit = ?1"
				" ORDER BY kind, certificate",
			       &param, 1)
		     : DB_QUERY("SELECT " COLUMNS " FROM site"
				" ORDER BY unit, kind, certificate",
			       NULL, 0),
		give, &w, err);
}

enum devid_err store_list_epoch(struct store *s, const char *unit, int64_t *ret,
	struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(unit);

	*ret = STORE_NO_EPOCH;
	return store_int(s,
		DB_QUERY("SELECT coalesce(max(epoch), -1) FROM site"
			 " WHERE unit = ?1",
			&param, 1),
		ret, err);
}

/* ---- writing ---- */

enum devid_err store_list_add(
	struct store *s, const struct store_row *row, struct devid_error *err)
{
	const struct db_value params[] = {
		DB_TEXT_V(row->key.issuer),
		DB_TEXT_V(row->key.certificate),
		DB_TEXT_V(store_kind_name(row->kind)),
		DB_TEXT_V(row->unit),
		DB_TEXT_V(row->model),
		DB_TEXT_V(store_state_name(row->state)),
		DB_TEXT_V(row->profile),
		row->epoch == STORE_NO_EPOCH ? DB_NULL_V : DB_INT_V(row->epoch),
	};

	return store_run(s,
		DB_QUERY("INSERT INTO site (issuer, certificate, kind, unit,"
			 " model, state, profile, epoch)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			params, 8),
		NULL, err);
}

enum devid_err store_list_hold(struct store *s, const char *unit,
	int64_t *ret_n, struct devid_error *err)
{
	const struct db_value param = DB_TEXT_V(unit);

	return store_run(s,
		DB_QUERY("UPDATE site SET state = state WHERE unit = ?1",
			&param, 1),
		ret_n, err);
}

/* What was revoked was so for a reason that retiring does not undo. */
#define CHANGES " state <> ?1 AND (state = 'listed' OR ?1 = 'revoked')"

enum devid_err store_list_set_unit(struct store *s, const char *unit,
	enum store_state state, int64_t *ret_n, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(store_state_name(state)),
		DB_TEXT_V(unit) };

	return store_run(s,
		DB_QUERY(
			"UPDATE site SET state = ?1 WHERE unit = ?2 AND" CHANGES,
			params, 2),
		ret_n, err);
}

enum devid_err store_list_set(struct store *s, const struct site_key *key,
	enum store_state state, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(store_state_name(state)),
		DB_TEXT_V(key->issuer), DB_TEXT_V(key->certificate) };

	return store_run(s,
		DB_QUERY("UPDATE site SET state = ?1 WHERE issuer = ?2"
			 " AND certificate = ?3 AND" CHANGES,
			params, 3),
		NULL, err);
}
