/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CREDENTIAL_RSA_H
#define DEVID_CREDENTIAL_RSA_H

/*
 * OAEP to a key that is used once: the EK of one device. An EVP_PKEY of it
 * takes as long to make, by names, as the encryption takes, which is why these
 * are the functions that OpenSSL has had for RSA before and now calls
 * deprecated. They are the ones that its EVP interface ends in.
 */

#include "credential-private.h"

/*
 * RSAES-OAEP (RFC 8017, 7.1.1) with @md for label and mask, exponent 65537.
 * @modulus: big endian, at most 384 bytes, its first bit is set. @label counts
 * with its NUL where it has one. @secret: at most modulus.len - 2 * hash - 2
 * bytes. @ret gets modulus.len bytes. False: OpenSSL could not.
 */
bool credential_oaep(struct view modulus, const EVP_MD *md, struct view label,
	struct view secret, uint8_t *ret);

#endif
