/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SITE_KEY_H
#define DEVID_SITE_KEY_H

/* What a certificate is found by in the site's list: site.sql says what the two
 * are. */

#include <devid/error.h>

#include <openssl/x509.h>
#include <stdbool.h>

#define SITE_ISSUER_MAX 65  /* SHA-256 in hex, with the NUL */
#define SITE_SERIAL_MAX 129 /* 64 octets in hex, with the NUL */

struct site_key {
	char issuer[SITE_ISSUER_MAX];
	char certificate[SITE_SERIAL_MAX];
};

/* Errors: INVALID (a serial number that is negative or longer than 64
 * octets), CRYPTO. */
DEVID_MUST_CHECK enum devid_err site_key_of(
	X509 *cert, struct site_key *ret, struct devid_error *err);

/* The issuer's part, of any Name. Errors: CRYPTO. */
DEVID_MUST_CHECK enum devid_err site_key_issuer(const X509_NAME *name,
	char ret[SITE_ISSUER_MAX], struct devid_error *err);

/* Whether both texts have their form, as somebody else has written them. */
bool site_key_is_good(const char *issuer, const char *certificate);

#endif
