/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TOKEN_H
#define DEVID_TOKEN_H

/*
 * A PKCS#11 token (v2.40) that holds CA keys: opened by module path and token
 * label, logged in once. A wrong PIN is never tried twice, and not even once
 * by a program alone when the token already counts a wrong one.
 */

#include "error.h"
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

/* Errors: DENIED (mode, owner), NOT_FOUND, INVALID (empty, too long, no source
 * given), IO. */
DEVID_MUST_CHECK enum devid_err pin_read(const struct pin_source *source,
	struct pin *ret, struct devid_error *err);

/* Erases. */
void pin_done(struct pin *pin);

/*
 * Opens and logs in as user. Errors: NOT_FOUND (module, token), DENIED (wrong
 * PIN: the text tells how many tries are left as far as the token says; or
 * not tried because it might be the last one), STATE (locked, not
 * initialised), CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err token_open(const struct token_place *place,
	const struct pin *pin, struct token **ret, struct devid_error *err);

/* Logs out, unloads; all its signers are freed before. */
void token_close(struct token *token);

/* What a key may be: "p256", "p384", "rsa2048", "rsa4096". */

/*
 * Makes a key pair @label inside the token: sensitive, not extractable, sign
 * only, on the token. Errors: EXISTS, UNSUPPORTED (algorithm), CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err token_key_new(struct token *token,
	const char *label, const char *alg, struct devid_error *err);

/* The key @label. *@ret is the caller's; @token outlives it. Errors:
 * NOT_FOUND, EXISTS (more than one), UNSUPPORTED, DENIED (extractable, or
 * not generated in the token). */
DEVID_MUST_CHECK enum devid_err token_key(struct token *token,
	const char *label, struct signer **ret, struct devid_error *err);

#endif
