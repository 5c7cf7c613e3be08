/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "memory-signer.h"

#include <assert.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

struct memory_signer {
	struct signer base;
	EVP_MD_CTX *ctx;  /* owned */
	const EVP_MD *md; /* borrowed, static */
	bool broken;
	unsigned count;
};

static void memory_free(struct signer *s)
{
	struct memory_signer *m = (struct memory_signer *)s;

	EVP_MD_CTX_free(m->ctx);
	EVP_PKEY_free(m->base.public_key);
	free(m);
}

static enum devid_err memory_sign(struct signer *s, const uint8_t *data,
	size_t len, uint8_t *ret_sig, size_t *ret_len, struct devid_error *err)
{
	struct memory_signer *m = (struct memory_signer *)s;
	size_t sig_len = SIGNER_SIG_MAX;

	if (m->broken)
		return devid_fail(err, DEVID_ERR_STATE, "token: gone");
	assert(EVP_DigestSignInit(m->ctx, NULL, m->md, NULL, s->public_key) ==
		1);
	assert(EVP_DigestSign(m->ctx, ret_sig, &sig_len, data, len) == 1);
	*ret_len = sig_len;
	m->count++;
	return DEVID_OK;
}

static const struct signer_ops ops = { memory_free, memory_sign };

struct signer *memory_signer_of(EVP_PKEY *key)
{
	struct memory_signer *m = calloc(1, sizeof(*m));
	int digest = NID_undef;

	assert(m && key);
	m->base.ops = &ops;
	m->base.public_key = key;
	assert(OBJ_find_sigid_algs(signer_nid(key), &digest, NULL) == 1);
	m->md = EVP_get_digestbynid(digest);
	m->ctx = EVP_MD_CTX_new();
	assert(m->md && m->ctx);
	return &m->base;
}

struct signer *memory_signer_new(const char *alg)
{
	if (strncmp(alg, "rsa", 3) == 0)
		return memory_signer_of(EVP_RSA_gen((unsigned)atoi(alg + 3)));
	return memory_signer_of(
		EVP_EC_gen(strcmp(alg, "p384") == 0 ? "P-384" : "P-256"));
}

void memory_signer_break(struct signer *signer, bool broken)
{
	((struct memory_signer *)signer)->broken = broken;
}

unsigned memory_signer_count(const struct signer *signer)
{
	return ((const struct memory_signer *)signer)->count;
}
