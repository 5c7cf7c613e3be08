/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STORE_LIST_H
#define DEVID_STORE_LIST_H

/* The site's list: rows of site.sql. */

#include "site-key.h"
#include "store.h"

#include <stdbool.h>

enum store_kind {
	STORE_IDEVID,
	STORE_LDEVID,
};

enum store_state {
	STORE_LISTED,
	STORE_REVOKED,
	STORE_RETIRED,
};

/* As in the table: "IDevID", "listed", ... */
const char *store_kind_name(enum store_kind kind);
const char *store_state_name(enum store_state state);

/* The opposite; false: no such name. */
bool store_kind_parse(const char *name, enum store_kind *ret);
bool store_state_parse(const char *name, enum store_state *ret);

#define STORE_NO_EPOCH (-1)

struct store_row {
	struct site_key key;
	enum store_kind kind;
	char unit[STORE_NAME_MAX];
	char model[STORE_NAME_MAX];
	enum store_state state;
	char profile[STORE_NAME_MAX];
	int64_t epoch; /* or STORE_NO_EPOCH */
};

/* Errors: NOT_FOUND without a text; of the database. */
DEVID_MUST_CHECK enum devid_err store_list_find(struct store *s,
	const struct site_key *key, struct store_row *ret,
	struct devid_error *err);

/* Errors: EXISTS. */
DEVID_MUST_CHECK enum devid_err store_list_add(
	struct store *s, const struct store_row *row, struct devid_error *err);

typedef enum devid_err store_list_fn(
	void *arg, const struct store_row *row, struct devid_error *err);

/* Rows of @unit (NULL: all), by unit, then in the order of certificates. */
DEVID_MUST_CHECK enum devid_err store_list_each(struct store *s,
	const char *unit, store_list_fn *fn, void *arg,
	struct devid_error *err);

/* Keeps others from changing the rows of @unit until the end of the
 * transaction; *@ret_n: how many there are. */
DEVID_MUST_CHECK enum devid_err store_list_hold(struct store *s,
	const char *unit, int64_t *ret_n, struct devid_error *err);

/* Sets the state of every row of @unit: what is revoked stays so. *@ret_n:
 * rows that changed. */
DEVID_MUST_CHECK enum devid_err store_list_set_unit(struct store *s,
	const char *unit, enum store_state state, int64_t *ret_n,
	struct devid_error *err);

/* The same of one row. */
DEVID_MUST_CHECK enum devid_err store_list_set(struct store *s,
	const struct site_key *key, enum store_state state,
	struct devid_error *err);

/* The highest epoch of @unit's rows, or STORE_NO_EPOCH. */
DEVID_MUST_CHECK enum devid_err store_list_epoch(struct store *s,
	const char *unit, int64_t *ret, struct devid_error *err);

#endif
