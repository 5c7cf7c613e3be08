/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CERT_CHECK_H
#define DEVID_CERT_CHECK_H

/* Files of certificates that others made: is it what it is named as? */

#include <devid/error.h>

#include <openssl/x509.h>
#include <stddef.h>

/*
 * Where one certificate or request is expected, a second one would be shown to
 * nobody. @what is for the message: "certificate". Errors: SYNTAX (@path has
 * more than one block of PEM, of whatever kind).
 */
DEVID_MUST_CHECK enum devid_err cert_check_one(const char *path,
	const char *what, const void *pem, size_t len, struct devid_error *err);

/*
 * Whether clients take answers signed by @cert for answers of @ca (RFC 6960
 * 4.2.2.2): issued by it, for OCSP, valid now. Errors: MISMATCH, INVALID.
 */
DEVID_MUST_CHECK enum devid_err cert_check_ocsp(
	const char *path, X509 *cert, X509 *ca, struct devid_error *err);

#endif
