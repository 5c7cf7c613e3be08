/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PRIVATE_KEY_H
#define DEVID_PRIVATE_KEY_H

/*
 * A private key that was made elsewhere and is brought, as PKCS#8 in DER (RFC
 * 5208, RFC 5958), never PEM and never encrypted. It is read and checked by
 * hand and not by OpenSSL's decoders and checks: these leave copies of what
 * they read in freed memory. Whether anybody else has a copy of the key,
 * nothing here can know.
 */

#include "der.h"
#include <devid/error.h>
#include "key.h"

#include <openssl/evp.h>
#include <stdbool.h>

/*
 * Reads the key that is all of @pkcs8, which stays the caller's to erase, and
 * checks it by computing (that takes a long RSA key a second). *@ret is the
 * caller's: EVP_PKEY_free(), which erases it. Errors, with the cause in
 * the text: TOO_LARGE; SYNTAX: no PKCS#8, PEM, bytes behind it; UNSUPPORTED:
 * encrypted, another algorithm than RSA and EC, RSA of another size than 2048,
 * 3072 and 4096 or with another exponent than 65537, another curve than P-256
 * and P-384 or one that is not named; INVALID: RSA of the form of
 * CVE-2017-15361, numbers that are no key pair; MISMATCH: its public half is
 * another's; CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err private_key_read(
	struct view pkcs8, EVP_PKEY **ret, struct devid_error *err);

/* The public half of @key as DER SubjectPublicKeyInfo. Errors: CRYPTO. */
DEVID_MUST_CHECK enum devid_err private_key_spki(
	EVP_PKEY *key, struct key_blob *ret, struct devid_error *err);

/* Whether @spki is the public half of @key. */
bool private_key_fits(EVP_PKEY *key, const struct key_blob *spki);

#endif
