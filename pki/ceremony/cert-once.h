/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CERT_ONCE_H
#define DEVID_CERT_ONCE_H

/*
 * Certificates that a ceremony makes once: what is at --out and right is kept,
 * what is there and not right is never replaced, and what was signed is looked
 * at again before it is written. So a ceremony can be repeated after a failure
 * at any step.
 */

#include "build.h"
#include "token-cmd.h"

/* What a certificate must be. */
struct cert_wanted {
	EVP_PKEY *key;         /* borrowed: the subject's */
	EVP_PKEY *signed_by;   /* borrowed */
	const X509_NAME *name; /* borrowed, or NULL: --org and --cn */
	int64_t until;         /* 0: no end */
	bool ocsp;             /* OCSP signer, not CA; --until is not compared,
				* and one that ends within 30 days is made anew */
};

/* Looks at --out; *@ret_done: it is right and has been told. Errors: EXISTS,
 * SYNTAX, IO. */
DEVID_MUST_CHECK enum devid_err cert_once_look(struct token_cmd *cmd,
	const struct cert_wanted *want, bool *ret_done,
	struct devid_error *err);

/* Signs (@issuer NULL: with the key itself), checks, writes, tells. Errors: as
 * build_ca(); CRYPTO when what was signed is not what was wanted. */
DEVID_MUST_CHECK enum devid_err cert_once_make(const struct token_cmd *cmd,
	struct build_issuer *issuer, const struct build_ca *what,
	const struct cert_wanted *want, struct devid_error *err);

/* Whether @name is what --org and --cn say and nothing else. */
bool cert_once_name_is(const X509_NAME *name, const struct token_cmd *cmd);

/* EXISTS: @path is there and @why. */
enum devid_err cert_once_other(
	const char *path, const char *why, struct devid_error *err);

#endif
