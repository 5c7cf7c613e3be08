/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_SIGN_H
#define DEVID_TOKEN_SIGN_H

/* Signatures by a key in a token. */

#include "token-private.h"

/* @key is a private key in @token, @public_key (a reference is taken) its
 * public one. */
DEVID_MUST_CHECK enum devid_err token_signer_new(struct token *token,
	CK_OBJECT_HANDLE key, EVP_PKEY *public_key, struct signer **ret,
	struct devid_error *err);

/* Errors: MISMATCH when they do not belong together. */
DEVID_MUST_CHECK enum devid_err token_signer_check(
	struct signer *signer, struct devid_error *err);

#endif
