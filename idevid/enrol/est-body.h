/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_BODY_H
#define DEVID_EST_BODY_H

/*
 * Bodies of EST (RFC 7030, RFC 8951): Base64 text, and certificates in a CMS
 * message without signers. Both sides use it. What the certificates are worth
 * is not judged here.
 */

#include <devid/error.h>

#include "blob.h"
#include "view.h"

#include <openssl/x509.h>

#define EST_BODY_MAX                                                           \
	65536            /* bytes of a body as it is sent; a limit of ours     \
			  */
#define EST_CERTS_MAX 16 /* certificates in one; a limit of ours */

/*
 * The bytes of Base64 text in lines of any length: blanks, tabs and line ends
 * are passed over (RFC 8951 3.1), anything else is refused, and so is '='
 * other than at the end. *@ret is the caller's. Errors: SYNTAX, also when there
 * are no bytes; TOO_LARGE, NOMEM.
 */
DEVID_MUST_CHECK enum devid_err est_base64_read(
	struct view text, struct blob *ret, struct devid_error *err);

/* The Base64 text of 1 to EST_BODY_MAX / 4 * 3 bytes on one line, which is what
 * every client reads; a NUL is behind its length. *@ret is the caller's.
 * Errors: INVALID, NOMEM. */
DEVID_MUST_CHECK enum devid_err est_base64_write(
	struct view data, struct blob *ret, struct devid_error *err);

/*
 * The certificates, one at least, of a certs-only message (RFC 7030 4.1.3, RFC
 * 5652 5), DER or BER: *@ret is the caller's, in the order of the message,
 * which means nothing. CRLs beside them are passed over. Errors: SYNTAX
 * (another content, a signer, bytes behind it, no certificate), TOO_LARGE,
 * NOMEM.
 */
DEVID_MUST_CHECK enum devid_err est_certs_read(
	struct view cms, STACK_OF(X509) * *ret, struct devid_error *err);

/* Writes the @n certificates, DER, 1 to EST_CERTS_MAX, as such a message.
 * *@ret is the caller's. Errors: INVALID, NOMEM. */
DEVID_MUST_CHECK enum devid_err est_certs_write(const struct view *certs,
	size_t n, struct blob *ret, struct devid_error *err);

#endif
