/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OAEP to a key that is used once: the EK of one device. An EVP_PKEY of it
 * takes as long to make, by names, as the encryption takes, which is why these
 * are the functions that OpenSSL has had for RSA before and now calls
 * deprecated. They are the ones that its EVP interface ends in.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "credential-private.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/rsa.h>

#include "cleanup.h"

#define MODULUS_MAX 384 /* bytes, of RSA-3072 */

CLEANUP_DEFINE(rsa, RSA *, RSA_free)

static RSA *make_key(struct view modulus)
{
	CLEANUP(cleanup_rsa) RSA *rsa = RSA_new();
	BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	BIGNUM *e = BN_new();

	if (rsa && n && e && BN_set_word(e, RSA_F4) &&
		RSA_set0_key(rsa, n, e, NULL))
		return STEAL(rsa);
	BN_free(n);
	BN_free(e);
	return NULL;
}

bool credential_oaep(struct view modulus, const EVP_MD *md, struct view label,
	struct view secret, uint8_t *ret)
{
	CLEANUP(cleanup_rsa) RSA *rsa = NULL;
	uint8_t block[MODULUS_MAX];
	int len = (int)modulus.len;
	bool ok;

	/* Without @md OpenSSL would take SHA-1. */
	if (!md || modulus.len > sizeof(block))
		return false;
	rsa = make_key(modulus);
	ok = rsa &&
	     RSA_padding_add_PKCS1_OAEP_mgf1(block, len, secret.data,
		     (int)secret.len, label.data, (int)label.len, md,
		     md) == 1 &&
	     RSA_public_encrypt(len, block, ret, rsa, RSA_NO_PADDING) == len;
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}
