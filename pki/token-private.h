/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_PRIVATE_H
#define DEVID_TOKEN_PRIVATE_H

/* What token.c and token-key.c share. Clauses are those of PKCS#11 v2.40. */

#include "token.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>

#define TOKEN_LABEL_MAX 32 /* CK_TOKEN_INFO, 3.2 */

struct token {
	CK_FUNCTION_LIST *module; /* owned: loaded */
	bool initialized;         /* C_Initialize was called for us */
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* keeps the login alive */
	bool open;                 /* @session is one */
	bool logged_in;
	char label[TOKEN_LABEL_MAX + 1];
};

/*
 * DEVID_OK for CKR_OK; else the cause, named as `token: label: what: ...`, as
 * STATE when the token or the login is gone and as CRYPTO otherwise.
 */
DEVID_MUST_CHECK enum devid_err token_result(const struct token *token,
	CK_RV rv, const char *what, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err token_session(const struct token *token,
	bool writable, CK_SESSION_HANDLE *ret, struct devid_error *err);

/* @key is a private key in @token, @public_key (a reference is taken) its
 * public one. */
DEVID_MUST_CHECK enum devid_err token_signer_new(const struct token *token,
	CK_OBJECT_HANDLE key, EVP_PKEY *public_key, struct signer **ret,
	struct devid_error *err);

/* Errors: MISMATCH when they do not belong together. */
DEVID_MUST_CHECK enum devid_err token_signer_check(
	struct signer *signer, struct devid_error *err);

#endif
