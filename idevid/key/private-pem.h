/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PRIVATE_PEM_H
#define DEVID_PRIVATE_PEM_H

/*
 * A private key in the forms that people have it in, to the one that the key
 * socket takes. What the key is good for is judged by who takes it
 * (private-key.h).
 */

#include <devid/error.h>

#include "view.h"
#include "wire.h"

/* PKCS#8, DER. */
struct private_pem {
	size_t len;
	uint8_t data[WIRE_PKCS8_MAX];
};

/*
 * Reads @file, of the name @path: PKCS#8 or the older forms of RSA and EC (RFC
 * 8017 A.1.2, RFC 5915), in DER, or in PEM alone or among other blocks. *@ret
 * is to be erased. Errors: UNSUPPORTED: encrypted, or of a kind that is not
 * read; SYNTAX; TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err private_pem_parse(const char *path,
	struct view file, struct private_pem *ret, struct devid_error *err);

#endif
