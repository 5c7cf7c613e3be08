/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_KEY_H
#define DEVID_TOKEN_KEY_H

/* Keys in a token, found by their label. */

#include "token-private.h"
#include "token.h"

/* NULL: no CA key is of this kind. */
const struct token_alg *token_alg_find(const char *name);

/* The one private key @label. Errors: NOT_FOUND, EXISTS. */
DEVID_MUST_CHECK enum devid_err token_find_private(const struct token *token,
	CK_SESSION_HANDLE session, const char *label, CK_OBJECT_HANDLE *ret,
	struct devid_error *err);

/* Whether a private key is one for a CA. Errors: DENIED, and says why. */
DEVID_MUST_CHECK enum devid_err token_check_private(const struct token *token,
	CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
	struct devid_error *err);

/* The key @label, with a session of its own: threads may sign at once with
 * several signers, and with one in turns. *@ret is the caller's; @token
 * outlives it. One signature is made to see that private and public key belong
 * together. Errors: NOT_FOUND, EXISTS (more than one), UNSUPPORTED, DENIED
 * (extractable, or not generated in the token), MISMATCH, UNREACHABLE (the
 * token or the login is gone), CRYPTO. */
DEVID_MUST_CHECK enum devid_err token_key(struct token *token,
	const char *label, struct signer **ret, struct devid_error *err);

#endif
