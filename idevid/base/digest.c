/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <openssl/core_names.h>
#include <pthread.h>

#include "cleanup-openssl.h"
#include "cleanup.h"

CLEANUP_DEFINE(mac, EVP_MAC *, EVP_MAC_free)

static const EVP_MD *sha256, *sha384, *sha512; /* owned by the process */
/* Owned by the process, to be copied: they have their digest. Or NULL. */
static EVP_MAC_CTX *hmac_sha256, *hmac_sha384, *hmac_sha512;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What cannot be fetched fails where it is used. */
static const EVP_MD *fetch(const char *name, const EVP_MD *otherwise)
{
	const EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);

	return md ? md : otherwise;
}

static EVP_MAC_CTX *make_hmac(const EVP_MD *md)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
			(char *)(uintptr_t)EVP_MD_get0_name(md), 0),
		OSSL_PARAM_construct_end(),
	};
	CLEANUP(cleanup_mac) EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	CLEANUP(cleanup_mac_ctx)
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	if (!ctx || EVP_MAC_CTX_set_params(ctx, params) != 1)
		return NULL;
	return STEAL(ctx);
}

static void fetch_all(void)
{
	sha256 = fetch("SHA256", EVP_sha256());
	sha384 = fetch("SHA384", EVP_sha384());
	sha512 = fetch("SHA512", EVP_sha512());
	hmac_sha256 = make_hmac(sha256);
	hmac_sha384 = make_hmac(sha384);
	hmac_sha512 = make_hmac(sha512);
}

const EVP_MD *digest_sha256(void)
{
	(void)pthread_once(&once, fetch_all); /* cannot fail (POSIX) */
	return sha256;
}

const EVP_MD *digest_sha384(void)
{
	(void)pthread_once(&once, fetch_all);
	return sha384;
}

const EVP_MD *digest_sha512(void)
{
	(void)pthread_once(&once, fetch_all);
	return sha512;
}

bool digest_hash(const void *data, size_t len, uint8_t ret[32])
{
	return EVP_Digest(data, len, ret, NULL, digest_sha256(), NULL) == 1;
}

EVP_MAC_CTX *digest_hmac_new(const EVP_MD *md)
{
	EVP_MAC_CTX *ctx = NULL;

	(void)pthread_once(&once, fetch_all);
	if (md == sha256)
		ctx = hmac_sha256;
	else if (md == sha384)
		ctx = hmac_sha384;
	else if (md == sha512)
		ctx = hmac_sha512;
	ctx = ctx ? EVP_MAC_CTX_dup(ctx) : NULL;
	return ctx ? ctx : make_hmac(md);
}

bool digest_hmac(EVP_MAC_CTX *ctx, struct view key, struct view data,
	uint8_t *ret, size_t ret_len)
{
	size_t len = 0;

	return EVP_MAC_init(ctx, key.data, key.len, NULL) == 1 &&
	       EVP_MAC_update(ctx, data.data, data.len) == 1 &&
	       EVP_MAC_final(ctx, ret, &len, ret_len) == 1 && len == ret_len;
}
