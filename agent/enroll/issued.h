/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ISSUED_H
#define DEVID_ISSUED_H

/*
 * Whether what a registrar issued is a certificate that this device may use:
 * one of the answer is for its key, says its serial number and no other, is no
 * CA's, is valid now, and leads to a root of the same server's cacerts. The
 * rest of its form is judged by devid-keyd, which installs it.
 */

#include <devid/error.h>

#include "blob.h"
#include "key.h"

#include <openssl/x509.h>
#include <time.h>

struct issued_ask {
	STACK_OF(X509) * answer;     /* what the server sent, any order */
	STACK_OF(X509) * cacerts;    /* roots, and what is below them */
	const struct key_blob *spki; /* of the key, DER */
	X509 *identity;              /* whose serialNumber it has to have */
	time_t now;
	bool clock_is_wrong; /* time says nothing then */
};

/* Checks, and gives what is to be installed: DER, the leaf first, and what is
 * between it and its root. *@ret is the caller's. Errors: MISMATCH (key, serial
 * number), INVALID, NOT_GENUINE (chain, time), NOMEM. */
DEVID_MUST_CHECK enum devid_err issued_check(const struct issued_ask *ask,
	struct blob *ret, struct devid_error *err);

#endif
