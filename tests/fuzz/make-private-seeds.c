/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of fuzz-private-key into tests/fuzz/corpus: keys that are
 * taken and keys that are not. Run by hand when a format changes:
 *
 *	make build/tests/fuzz/make-private-seeds
 *	build/tests/fuzz/make-private-seeds
 */
#include <openssl/core_names.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <stdlib.h>

#include "pkcs8.h"
#include "roca-key.h"

static void save(const char *name, const void *data, size_t len)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "tests/fuzz/corpus/private-key/%s",
		name); /* fits */
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
}

/* The key is freed. */
static void save_key(const char *name, EVP_PKEY *key)
{
	struct certs_buf der = pkcs8_of(key);

	save(name, der.data, der.len);
	EVP_PKEY_free(key);
}

static void save_explicit(void)
{
	EVP_PKEY *key = certs_key("P-256");

	if (EVP_PKEY_set_utf8_string_param(
		    key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit") != 1)
		abort();
	save_key("explicit", key);
}

static void save_encrypted(void)
{
	EVP_PKEY *key = certs_key("P-256");
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	X509_SIG *sealed = PKCS8_encrypt(
		-1, EVP_aes_256_cbc(), "x", 1, NULL, 0, 1000, info);
	uint8_t *der = NULL;
	int len = i2d_X509_SIG(sealed, &der);

	if (len <= 0)
		abort();
	save("encrypted", der, (size_t)len);
	OPENSSL_free(der);
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
}

/* RFC 5958, with attributes and a public half, which is of no key. */
static void save_version_2(void)
{
	static const uint8_t one[32] = { [31] = 1 };
	struct certs_buf der = pkcs8_ec(one, sizeof(one), "");

	der = pkcs8_wrap(1, PKCS8_P256, &der, "a000 8103 000400");
	save("version-2", der.data, der.len);
}

int main(void)
{
	static const char *const types[][2] = { { "p256", "P-256" },
		{ "p384", "P-384" }, { "p521", "P-521" },
		{ "ed25519", "ED25519" }, { "rsa1024", "RSA:1024" },
		{ "rsa2048", "RSA:2048" } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		save_key(types[i][0], certs_key(types[i][1]));
	save_key("roca", roca_key(2048));
	save_explicit();
	save_encrypted();
	save_version_2();
	return 0;
}
