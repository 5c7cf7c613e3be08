/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STORE_REQUEST_H
#define DEVID_STORE_REQUEST_H

/* Requests that a person has to approve. */

#include "site-key.h"
#include "store.h"

enum store_decision {
	STORE_PENDING,
	STORE_APPROVED,
	STORE_REFUSED,
};

const char *store_decision_name(enum store_decision decision);

struct store_request {
	char spki[STORE_HASH_MAX]; /* SHA-256 of its SubjectPublicKeyInfo */
	char csr[STORE_HASH_MAX];  /* SHA-256 of the whole */
	struct site_key client;
	char unit[STORE_NAME_MAX];
	char profile[STORE_NAME_MAX];
	enum store_decision decision;
	int64_t epoch; /* or STORE_NO_EPOCH */
	int64_t asked, decided;
	char who[REGISTER_WHO_MAX]; /* decided */
};

/* Errors: NOT_FOUND without a text; of the database. */
DEVID_MUST_CHECK enum devid_err store_request_find(struct store *s,
	const char *spki, struct store_request *ret, struct devid_error *err);

/* Puts a pending one in place of what the same client asked before and of
 * what there was for its key. */
DEVID_MUST_CHECK enum devid_err store_request_put(struct store *s,
	const struct store_request *what, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err store_request_drop(
	struct store *s, const char *spki, struct devid_error *err);

/* Drops those that were asked before @before. */
DEVID_MUST_CHECK enum devid_err store_request_purge(
	struct store *s, int64_t before, struct devid_error *err);

/* Decides all pending requests of @unit; *@ret_n: how many there were. */
DEVID_MUST_CHECK enum devid_err store_request_decide(struct store *s,
	const struct store_request *what, int64_t *ret_n,
	struct devid_error *err);

typedef enum devid_err store_request_fn(void *arg,
	const struct store_request *request, struct devid_error *err);

/* All of them, the oldest first. */
DEVID_MUST_CHECK enum devid_err store_request_each(struct store *s,
	store_request_fn *fn, void *arg, struct devid_error *err);

#endif
