/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_PRIVATE_H
#define DEVID_TOKEN_PRIVATE_H

/* What the parts of token.h share. Clauses are those of PKCS#11 v2.40. */

#include "oid.h"
#include "token.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <stdatomic.h>
#include <stdbool.h>

#define TOKEN_LABEL_MAX 32 /* CK_TOKEN_INFO, 3.2 */

struct token {
	CK_FUNCTION_LIST *module; /* owned: loaded */
	bool initialized;         /* C_Initialize was called for us */
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* keeps the login alive */
	bool open;                 /* @session is one */
	bool logged_in;
	atomic_bool gone; /* see token_gone() */
	char label[TOKEN_LABEL_MAX + 1];
};

/*
 * DEVID_OK for CKR_OK; else the cause, named as `token: label: what: ...`, as
 * UNREACHABLE when the token or the login is gone and as CRYPTO otherwise.
 */
DEVID_MUST_CHECK enum devid_err token_result(const struct token *token,
	CK_RV rv, const char *what, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err token_session(const struct token *token,
	bool writable, CK_SESSION_HANDLE *ret, struct devid_error *err);

struct token_alg {
	const char *name; /* "p256" */
	CK_MECHANISM_TYPE mechanism;
	const char *group; /* EC: OpenSSL's name */
	enum oid curve;    /* EC: CKA_EC_PARAMS, RFC 5480 2.1.1.1 */
	CK_ULONG bits;     /* RSA */
};

#endif
