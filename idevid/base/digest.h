/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DIGEST_H
#define DEVID_DIGEST_H

/*
 * Digests that were fetched. EVP_sha256() and its like name an algorithm that
 * OpenSSL looks up at each use, which takes longer than to hash a key. These
 * are looked up once in the life of the process, never change, and are
 * nobody's to free. For any thread.
 */

#include "der.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In place of the functions of OpenSSL with these names. */
const EVP_MD *digest_sha256(void);
const EVP_MD *digest_sha384(void);
const EVP_MD *digest_sha512(void);

/* A context for HMACs with @md, one of those above, that needs its key still:
 * EVP_MAC_init(). The caller's; NULL after an error of OpenSSL. */
EVP_MAC_CTX *digest_hmac_new(const EVP_MD *md);

/* One with @ctx, as often as wanted; @ret_len: the hash's length. */
bool digest_hmac(EVP_MAC_CTX *ctx, struct view key, struct view data,
	uint8_t *ret, size_t ret_len);

/* SHA-256 of @data; false after an error of OpenSSL. */
bool digest_hash(const void *data, size_t len, uint8_t ret[32]);

#endif
