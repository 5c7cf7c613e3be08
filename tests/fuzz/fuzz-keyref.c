/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key reference: as DER, and as a PEM file that libcrypto reads through
 * the provider's decoders, which are part of this program.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "keyref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

extern OSSL_provider_init_fn OSSL_provider_init;

/* What is understood is written again and must come out the same. */
static void as_der(const uint8_t *data, size_t len)
{
	uint8_t out[KEYREF_DER_MAX];
	struct keyref ref;
	size_t out_len = 0;

	if (keyref_parse(data, len, &ref, NULL) != DEVID_OK)
		return;
	if (keyref_encode(&ref, out, &out_len, NULL) != DEVID_OK ||
		out_len != len || memcmp(out, data, len) != 0)
		abort();
}

static OSSL_PROVIDER *providers[2]; /* loaded until the end */

static void stop(void)
{
	(void)OSSL_PROVIDER_unload(providers[1]);
	(void)OSSL_PROVIDER_unload(providers[0]);
}

static void start(void)
{
	if (!OSSL_PROVIDER_add_builtin(NULL, "devid", OSSL_provider_init) ||
		!(providers[0] = OSSL_PROVIDER_load(NULL, "default")) ||
		!(providers[1] = OSSL_PROVIDER_load(NULL, "devid")) ||
		atexit(stop) != 0)
		abort();
}

/* No key that comes out may hold or give a private half. */
static void as_pem(BIO *bio)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	unsigned char *der = NULL;
	int len;

	if (key && strcmp(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(key)),
			   "devid") == 0) {
		if (EVP_PKEY_get_size(key) <= 0)
			abort();
		len = i2d_PUBKEY(key, &der);
		if (len <= 0)
			abort();
		OPENSSL_free(der);
		der = NULL;
		if (i2d_PrivateKey(key, &der) > 0)
			abort();
	}
	EVP_PKEY_free(key);
	ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static int started;
	BIO *bio;

	if (!started)
		start();
	started = 1;
	as_der(data, len);
	bio = BIO_new_mem_buf(data, (int)len);
	as_pem(bio);
	BIO_free(bio);
	/* The same bytes as the content of the armour. */
	bio = BIO_new(BIO_s_mem());
	if (PEM_write_bio(bio, KEYREF_PEM_NAME, "", data, (long)len) > 0)
		as_pem(bio);
	BIO_free(bio);
	return 0;
}
