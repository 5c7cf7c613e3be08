/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PRIVATE_KEY_RSA_H
#define DEVID_PRIVATE_KEY_RSA_H

/*
 * RSA private keys for private-key.c, and what all kinds of keys are made
 * with there. OpenSSL's own check of an RSA key frees copies of parts of the
 * key without erasing them, so the numbers are checked here.
 */

#include "cleanup.h"
#include "der.h"
#include <devid/error.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>

/* Erases it. */
CLEANUP_DEFINE(secret_bn, BIGNUM *, BN_clear_free)
/* Erases the numbers that were had from it. */
CLEANUP_DEFINE(bn_ctx, BN_CTX *, BN_CTX_free)

/* The key of an RSAPrivateKey that is all of @in. Errors: SYNTAX, UNSUPPORTED,
 * INVALID, CRYPTO, as of private_key_read(). */
DEVID_MUST_CHECK enum devid_err rsa_private_read(
	struct view in, EVP_PKEY **ret, struct devid_error *err);

/* CRYPTO, and nothing of OpenSSL's stays in its queue. */
enum devid_err private_fail_crypto(struct devid_error *err);

/* A key of OpenSSL's @type. Errors: CRYPTO. */
DEVID_MUST_CHECK enum devid_err private_from_params(const char *type,
	OSSL_PARAM params[], EVP_PKEY **ret, struct devid_error *err);

/* A number of a key as OSSL_PARAM wants it: in the order of this machine, @len
 * bytes. */
bool private_to_native(struct view number, uint8_t *out, size_t len);

#endif
