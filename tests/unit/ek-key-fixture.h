/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EK_KEY_FIXTURE_H
#define TESTS_EK_KEY_FIXTURE_H

/* An EVP_PKEY as the key of an EK that credential.h takes. */

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "credential.h"

/* What the key is made of. */
struct ek_key_room {
	struct ek_key key;
	uint8_t modulus[512];
};

/* Borrows @key; what is returned lives in @room. */
static inline const struct ek_key *ek_key_of(
	EVP_PKEY *key, struct ek_key_room *room)
{
	BIGNUM *n = NULL;

	memset(room, 0, sizeof(*room));
	if (!EVP_PKEY_is_a(key, "RSA")) {
		room->key.ec = key;
		return &room->key;
	}
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
		(size_t)BN_num_bytes(n) > sizeof(room->modulus))
		abort();
	room->key.modulus = (struct der_view) { room->modulus,
		(size_t)BN_bn2bin(n, room->modulus) };
	BN_free(n);
	return &room->key;
}

/* Whether the public key @a is that of @b. */
static inline bool ek_key_is(const struct ek_key *a, EVP_PKEY *b)
{
	struct ek_key_room room;
	const struct ek_key *key = ek_key_of(b, &room);

	if (a->ec || key->ec)
		return a->ec && key->ec && EVP_PKEY_eq(a->ec, key->ec) == 1;
	return a->modulus.len == key->modulus.len &&
	       memcmp(a->modulus.data, key->modulus.data, a->modulus.len) == 0;
}

#endif
