/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUILD_CERT_H
#define DEVID_BUILD_CERT_H

/*
 * A device's certificates, written piece by piece: this costs 1 us beside 22
 * us for a P-256 signature. Through OpenSSL's X509 objects the same bytes
 * cost 190 to 350 us, because each certificate decodes or encodes its public
 * key again (measured with OpenSSL 3.0).
 */

#include "build.h"
#include "cleanup.h"

/* @n of them at once, with one draw of random bytes. */
DEVID_MUST_CHECK enum devid_err build_serials(
	uint8_t (*ret)[SERIAL_LEN], size_t n, struct devid_error *err);

/*
 * A serial number: the time in milliseconds (6 bytes, first bit pattern 01 so
 * that it is positive and of full length), then 112 random bits. Ascending in
 * time, so that an index over ten million of them grows at its end; never
 * repeating is the register's unique index. RFC 5280 4.1.2.2: at most 20.
 */
DEVID_MUST_CHECK enum devid_err build_serial(
	uint8_t ret[SERIAL_LEN], struct devid_error *err);

/* @cert: the CA's own certificate (copied), whose key is @signer's (borrowed).
 * @urls is copied. Errors: MISMATCH, NOMEM. */
DEVID_MUST_CHECK enum devid_err build_issuer_new(X509 *cert,
	struct signer *signer, const struct build_urls *urls,
	struct build_issuer **ret, struct devid_error *err);
void build_issuer_free(struct build_issuer *issuer);
CLEANUP_DEFINE(issuer, struct build_issuer *, build_issuer_free)

DEVID_MUST_CHECK enum devid_err build_devid(struct build_issuer *issuer,
	const struct build_devid *what, struct blob *ret,
	struct devid_error *err);

#endif
