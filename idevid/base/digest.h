/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DIGEST_H
#define DEVID_DIGEST_H

/* Digests and HMACs of bytes that lie in one piece. */

#include "der.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SHA-256 of @data; false after an error of OpenSSL. */
bool digest_hash(const void *data, size_t len, uint8_t ret[32]);

/* HMAC with @md; @ret has room for its digest. False after an error of
 * OpenSSL. */
bool digest_hmac(
	const EVP_MD *md, struct view key, struct view data, uint8_t *ret);

#endif
