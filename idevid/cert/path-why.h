/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PATH_WHY_H
#define DEVID_PATH_WHY_H

/*
 * Why OpenSSL refused a path where its own error names another thing: an
 * issuer that is there and cannot be used is "not found" for it, and a key
 * that it cannot decode is "too small". Words for refusals; nothing is judged.
 */

#include <openssl/x509.h>
#include <stdbool.h>

#define PATH_WHY_MAX 192

enum path_why {
	PATH_WHY_NONE,      /* nothing found but what OpenSSL says */
	PATH_WHY_EXTENSION, /* an extension is malformed or there twice */
	PATH_WHY_KEY_ID,    /* the issuer has another key identifier */
	PATH_WHY_NOT_CA,    /* the issuer may not sign certificates */
	PATH_WHY_ALGORITHM, /* key and signature algorithm do not go together */
	PATH_WHY_KEY,       /* a key cannot be decoded */
};

/*
 * Looks at the current certificate of @ctx, whose verification failed, and at
 * those that are called as its issuer is. @out continues a sentence about that
 * certificate: "its extension keyUsage is malformed".
 */
enum path_why path_why(X509_STORE_CTX *ctx, char out[PATH_WHY_MAX]);

/* The first extension of @cert that OpenSSL cannot read or that stands twice,
 * in such words; false when none of them keeps it from judging @cert. */
bool path_bad_extension(X509 *cert, char out[PATH_WHY_MAX]);

#endif
