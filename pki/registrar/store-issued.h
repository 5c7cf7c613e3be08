/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STORE_ISSUED_H
#define DEVID_STORE_ISSUED_H

/* LDevIDs that were issued. Each is in the site's list as well. */

#include "blob.h"
#include "build.h"
#include "site-key.h"
#include "store.h"

struct store_issued {
	struct site_key key;
	char spki[STORE_HASH_MAX]; /* SHA-256 of its SubjectPublicKeyInfo */
	char csr[STORE_HASH_MAX];  /* SHA-256 of the request */
	char unit[STORE_NAME_MAX];
	char maker[STORE_NAME_MAX];
	char profile[STORE_NAME_MAX];
	int64_t created, not_after;
};

/* @der: the certificate. Errors: EXISTS (another lives for this key). */
DEVID_MUST_CHECK enum devid_err store_issued_add(struct store *s,
	const struct store_issued *what, struct view der,
	struct devid_error *err);

/* The live one for the key @spki; *@ret_der is the caller's. Errors: NOT_FOUND
 * without a text; of the database. */
DEVID_MUST_CHECK enum devid_err store_issued_live(struct store *s,
	const char *spki, struct store_issued *ret, struct blob *ret_der,
	struct devid_error *err);

/* Whose device the LDevID @key is; the same errors. */
DEVID_MUST_CHECK enum devid_err store_issued_maker(struct store *s,
	const struct site_key *key, char ret[STORE_NAME_MAX],
	struct devid_error *err);

/*
 * Retires the oldest live ones of @unit, here and in the list, so that @keep
 * are left, not counting the one with the serial number @spare ("": none),
 * which stays.
 */
DEVID_MUST_CHECK enum devid_err store_issued_make_room(struct store *s,
	const char *unit, unsigned keep, const char *spare,
	struct devid_error *err);

/* Retires the live one for the key @spki, here and in the list. */
DEVID_MUST_CHECK enum devid_err store_issued_replace(
	struct store *s, const char *spki, struct devid_error *err);

/* Revokes (or, with @reason < 0, retires) all live ones of @unit, here alone.
 * What is retired already is revoked too. */
DEVID_MUST_CHECK enum devid_err store_issued_end(struct store *s,
	const char *unit, int64_t when, int reason, struct devid_error *err);

typedef enum devid_err store_revoked_fn(
	void *arg, const struct build_revoked *entry, struct devid_error *err);

/* Whose, and for a list of what time. */
struct store_revoked {
	const char *issuer; /* borrowed */
	int64_t now;
};

/* Those for a revocation list: expired ones are in it no more (RFC 5280 3.3
 * allows it once one list had them). */
DEVID_MUST_CHECK enum devid_err store_issued_revoked(struct store *s,
	const struct store_revoked *which, store_revoked_fn *fn, void *arg,
	struct devid_error *err);

#endif
