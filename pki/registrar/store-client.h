/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STORE_CLIENT_H
#define DEVID_STORE_CLIENT_H

/* What the registrar keeps for a device: its nonce, its onboarding document. */

#include "blob.h"
#include "site-key.h"
#include "store.h"

/* Keeps @nonce (hex) in place of the one that @client had. */
DEVID_MUST_CHECK enum devid_err store_nonce_put(struct store *s,
	const struct site_key *client, const char *nonce, int64_t expires,
	struct devid_error *err);

/* The nonce of @client, if it has not expired by @now. Errors: NOT_FOUND
 * without a text. */
DEVID_MUST_CHECK enum devid_err store_nonce_get(struct store *s,
	const struct site_key *client, int64_t now, char ret[STORE_HASH_MAX],
	struct devid_error *err);

/* Uses @nonce up; of two that do, one gets OK. Errors: NOT_FOUND without a
 * text. */
DEVID_MUST_CHECK enum devid_err store_nonce_use(struct store *s,
	const struct site_key *client, const char *nonce,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err store_nonce_purge(
	struct store *s, int64_t now, struct devid_error *err);

/* @unit "": the document of those that have none of their own. */
DEVID_MUST_CHECK enum devid_err store_document_put(struct store *s,
	const char *unit, struct view text, int64_t now,
	struct devid_error *err);

/* That of @unit, else the default one; *@ret is the caller's, NUL behind it.
 * Errors: NOT_FOUND without a text. */
DEVID_MUST_CHECK enum devid_err store_document_get(struct store *s,
	const char *unit, struct blob *ret, struct devid_error *err);

#endif
