/* SPDX-License-Identifier: Apache-2.0 */
#include "key.h"

#include <string.h>

static const struct {
	enum key_alg alg;
	const char *name, *title;
	bool suite;         /* IEEE 802.1AR 9 has one with it */
	unsigned rsa_bits;  /* 0: EC */
	enum sig_hash hash; /* of the template (tpm-template.c) */
	/* The AlgorithmIdentifier and what frames it, up to the key itself. */
	const uint8_t *prefix;
	size_t prefix_len;
	size_t spki_len;
} algs[] = {
	{ KEY_ALG_P256, "p256", "P-256", true, 0, HASH_SHA256,
		(const uint8_t *)"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d"
				 "\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01"
				 "\x07\x03\x42\x00\x04",
		27, 91 },
	{ KEY_ALG_P384, "p384", "P-384", true, 0, HASH_SHA384,
		(const uint8_t *)"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d"
				 "\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62"
				 "\x00\x04",
		24, 120 },
	{ KEY_ALG_RSA2048, "rsa2048", "RSA-2048", true, 2048, HASH_SHA256,
		(const uint8_t *)"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48"
				 "\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01"
				 "\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00",
		33, 294 },
	{ KEY_ALG_RSA3072, "rsa3072", "RSA-3072", false, 3072, HASH_SHA384,
		(const uint8_t *)"\x30\x82\x01\xa2\x30\x0d\x06\x09\x2a\x86\x48"
				 "\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01"
				 "\x8f\x00\x30\x82\x01\x8a\x02\x82\x01\x81\x00",
		33, 422 },
	{ KEY_ALG_RSA4096, "rsa4096", "RSA-4096", false, 4096, HASH_SHA384,
		(const uint8_t *)"\x30\x82\x02\x22\x30\x0d\x06\x09\x2a\x86\x48"
				 "\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x02"
				 "\x0f\x00\x30\x82\x02\x0a\x02\x82\x02\x01\x00",
		33, 550 },
};

#define N_ALGS (sizeof(algs) / sizeof(algs[0]))

bool key_blob_equal(const struct key_blob *a, const struct key_blob *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* The place of @alg, N_ALGS when it is none of ours. */
static size_t find(enum key_alg alg)
{
	size_t i = 0;

	while (i < N_ALGS && algs[i].alg != alg)
		i++;
	return i;
}

const char *key_alg_name(enum key_alg alg)
{
	size_t i = find(alg);

	return i < N_ALGS ? algs[i].name : "none";
}

const char *key_alg_title(enum key_alg alg)
{
	size_t i = find(alg);

	return i < N_ALGS ? algs[i].title : "none";
}

bool key_alg_is_known(enum key_alg alg)
{
	return find(alg) < N_ALGS;
}

bool key_alg_has_suite(enum key_alg alg)
{
	size_t i = find(alg);

	return i < N_ALGS && algs[i].suite;
}

unsigned key_alg_rsa_bits(enum key_alg alg)
{
	size_t i = find(alg);

	return i < N_ALGS ? algs[i].rsa_bits : 0;
}

enum sig_scheme key_alg_scheme(enum key_alg alg)
{
	return key_alg_rsa_bits(alg) > 0 ? SIG_RSASSA : SIG_ECDSA;
}

enum sig_hash key_alg_hash(enum key_alg alg)
{
	size_t i = find(alg);

	return i < N_ALGS ? algs[i].hash : HASH_SHA256;
}

const char *key_alg_why_not(const char *name)
{
	if (strcmp(name, "p521") == 0)
		return "IEEE 802.1AR has no signature suite with P-521 "
		       "(clause 9), so that no peer has to take such a key";
	return NULL;
}

enum key_alg key_alg_by_name(const char *name)
{
	for (size_t i = 0; i < N_ALGS; i++) {
		if (strcmp(algs[i].name, name) == 0)
			return algs[i].alg;
	}
	return KEY_ALG_NONE;
}

enum key_alg key_alg_of_spki(const uint8_t *spki, size_t len)
{
	for (size_t i = 0; i < N_ALGS; i++) {
		if (len == algs[i].spki_len &&
			memcmp(spki, algs[i].prefix, algs[i].prefix_len) == 0)
			return algs[i].alg;
	}
	return KEY_ALG_NONE;
}

size_t sig_hash_len(unsigned hash)
{
	switch (hash) {
	case HASH_SHA256:
		return 32;
	case HASH_SHA384:
		return 48;
	case HASH_SHA512:
		return 64;
	default:
		return 0;
	}
}

int key_alg_allows(enum key_alg alg, unsigned scheme, unsigned hash)
{
	switch (alg) {
	case KEY_ALG_P256:
	case KEY_ALG_P384:
		return scheme == SIG_ECDSA && hash == key_alg_hash(alg);
	case KEY_ALG_RSA2048:
	case KEY_ALG_RSA3072:
	case KEY_ALG_RSA4096:
		return (scheme == SIG_RSASSA || scheme == SIG_RSAPSS) &&
		       sig_hash_len(hash) != 0;
	case KEY_ALG_NONE:
		break;
	}
	return 0;
}
