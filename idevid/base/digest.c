/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <openssl/hmac.h>

bool digest_hash(const void *data, size_t len, uint8_t ret[32])
{
	return EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL) == 1;
}

bool digest_hmac(
	const EVP_MD *md, struct view key, struct view data, uint8_t *ret)
{
	return HMAC(md, key.data, (int)key.len, data.data, data.len, ret,
		       NULL) != NULL;
}
