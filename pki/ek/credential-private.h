/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CREDENTIAL_PRIVATE_H
#define DEVID_CREDENTIAL_PRIVATE_H

/* Between the parts of credential.h. */

#include "der.h"

#include <openssl/evp.h>
#include <stdbool.h>

/*
 * RSAES-OAEP (RFC 8017, 7.1.1) with @md for label and mask, exponent 65537.
 * @modulus: big endian, at most 384 bytes, its first bit is set. @label counts
 * with its NUL where it has one. @secret: at most modulus.len - 2 * hash - 2
 * bytes. @ret gets modulus.len bytes. False: OpenSSL could not.
 */
bool credential_oaep(struct view modulus, const EVP_MD *md, struct view label,
	struct view secret, uint8_t *ret);

#endif
