/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HTTP_TLS_H
#define DEVID_HTTP_TLS_H

/*
 * TLS of a server: 1.2 or later, no session is resumed (each connection proves
 * who it is), little memory. Whom it believes is the service's part.
 */

#include <devid/error.h>

#include <openssl/ssl.h>

struct http_tls_files {
	const char *certificate; /* PEM: the service's own, then its chain */
	const char *key;         /* PEM; nobody else may read it */
};

/* Asks for no certificate yet. Errors: INVALID, NOT_FOUND, IO, MISMATCH (the
 * key is another one's), DENIED (a key that others can read). */
DEVID_MUST_CHECK enum devid_err http_tls_new(const struct http_tls_files *files,
	SSL_CTX **ret, struct devid_error *err);

/* INVALID: "serve: @what @path: " and what OpenSSL says. */
enum devid_err http_tls_fail(
	const char *what, const char *path, struct devid_error *err);

#endif
