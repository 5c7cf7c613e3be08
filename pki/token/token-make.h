/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_MAKE_H
#define DEVID_TOKEN_MAKE_H

/* Keys made inside a token. */

#include "token.h"

/*
 * Makes a key pair @label inside the token: sensitive, not extractable, sign
 * only, on the token. @alg: "p256", "p384", "rsa2048", "rsa4096". Errors:
 * EXISTS, UNSUPPORTED (algorithm), INVALID (label), DENIED (the token made a
 * key that token_key() refuses; it is destroyed), CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err token_key_new(struct token *token,
	const char *label, const char *alg, struct devid_error *err);

#endif
