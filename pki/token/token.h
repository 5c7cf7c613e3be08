/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_H
#define DEVID_TOKEN_H

/*
 * A PKCS#11 token (v2.40) that holds CA keys: opened by module path and token
 * label, logged in once. A wrong PIN is never tried twice, and not even once
 * by a program alone when the token already counts a wrong one.
 */

#include <devid/error.h>
#include "signer.h"

#include <stdbool.h>

#define TOKEN_PIN_MAX 255 /* bytes */

struct token;

struct token_place {
	const char *module; /* path of the PKCS#11 module */
	const char *label;  /* of the token */
};

/* Where a PIN comes from; the first that is set. */
struct pin_source {
	int fd; /* -1: not this one; read to its end or first newline */
	const char *file; /* NULL: not; owner only (mode 0600 or less) */
	bool prompt;      /* /dev/tty, without echo */
	const char *what; /* named at the prompt */
};

struct pin {
	char text[TOKEN_PIN_MAX + 1];
	size_t len;
	bool by_hand; /* typed at a prompt */
};

/*
 * Opens and logs in as user. Errors: NOT_FOUND (module, token), DENIED (wrong
 * PIN: the text tells how many tries are left as far as the token says; or
 * not tried because it might be the last one), STATE (locked, not
 * initialised, open in this process already), EXISTS (two tokens with that
 * label), INVALID (module or label), CRYPTO. A program ends after DENIED and
 * is not started again by itself: a token that counts silently would be
 * locked.
 */
DEVID_MUST_CHECK enum devid_err token_open(const struct token_place *place,
	const struct pin *pin, struct token **ret, struct devid_error *err);

/* Whether a signature failed because the token, a session or the login was
 * lost. It does not come back: who goes on opens the token anew. */
bool token_gone(struct token *token);

/* Logs out, unloads; all its signers are freed before. */
void token_close(struct token *token);

enum token_tries {
	TOKEN_TRIES_UNKNOWN, /* not counted, or none wrong so far */
	TOKEN_TRIES_FEW,     /* CKF_USER_PIN_COUNT_LOW */
	TOKEN_TRIES_LAST,    /* CKF_USER_PIN_FINAL_TRY */
	TOKEN_TRIES_NONE     /* CKF_USER_PIN_LOCKED */
};

/* What the token says before anybody logs in, to warn who types the PIN.
 * Errors: as token_open() before the login. */
DEVID_MUST_CHECK enum devid_err token_tries_left(
	const struct token_place *place, enum token_tries *ret,
	struct devid_error *err);
const char *token_tries_text(enum token_tries tries);

#endif
