/* SPDX-License-Identifier: Apache-2.0 */
#include "provider.h"

#include "cmocka-all.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

struct provider made;

#define CONTEXT "TLS 1.3, client CertificateVerify"

/* RFC 8446 4.4.3: what is signed in TLS 1.3. */
struct certs_buf provider_verify_input(void)
{
	struct certs_buf b = { .len = 64 };
	uint8_t hash[32];

	memset(b.data, ' ', 64);
	memset(hash, 0x11, sizeof(hash));
	certs_append(&b, CONTEXT, sizeof(CONTEXT));
	certs_append(&b, hash, sizeof(hash));
	return b;
}

bool provider_raised(const char *part)
{
	const char *data = "";
	bool found = false;

	while (ERR_get_error_all(NULL, NULL, NULL, &data, NULL) != 0)
		found |= strstr(data, part) != NULL;
	return found;
}

EVP_PKEY *provider_read_file(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	EVP_PKEY *key;

	assert_non_null(bio);
	key = PEM_read_bio_PrivateKey_ex(
		bio, NULL, NULL, NULL, made.libctx, NULL);
	BIO_free(bio);
	return key;
}

static void load_providers(void)
{
	made.libctx = OSSL_LIB_CTX_new();
	assert_int_equal(OSSL_PROVIDER_set_default_search_path(
				 made.libctx, device_build()),
		1);
	made.plain = OSSL_PROVIDER_load(made.libctx, "default");
	made.devid = OSSL_PROVIDER_load(made.libctx, "devid");
	assert_non_null(made.plain);
	assert_non_null(made.devid);
}

int provider_group_setup(void **state)
{
	static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
		KEY_ALG_RSA2048 };
	struct certs_spec spec = certs_ca_spec("Test CA");

	(void)state;
	(void)setenv("TSS2_LOG", "all+none", 0);
	made.ca = certs_sign(&spec, certs_key("P-256"), NULL);
	load_providers();
	for (size_t i = 0; i < N_DEVICES; i++) {
		const uint8_t *p;

		device_new(&made.dev[i], algs[i], &made.ca);
		p = made.dev[i].ref.spki;
		made.pub[i] = d2i_PUBKEY_ex(NULL, &p,
			(long)made.dev[i].ref.spki_len, made.libctx, NULL);
		made.key[i] = provider_read_file(
			tempdir_file(&made.dev[i].dir, "idevid.key"));
		assert_non_null(made.pub[i]);
		assert_non_null(made.key[i]);
	}
	return 0;
}

int provider_group_teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_DEVICES; i++) {
		EVP_PKEY_free(made.key[i]);
		EVP_PKEY_free(made.pub[i]);
		device_free(&made.dev[i]);
	}
	assert_int_equal(OSSL_PROVIDER_unload(made.devid), 1);
	assert_int_equal(OSSL_PROVIDER_unload(made.plain), 1);
	OSSL_LIB_CTX_free(made.libctx);
	certs_done(&made.ca);
	return 0;
}

int provider_setup(void **state)
{
	(void)state;
	ERR_clear_error();
	device_use(&made.dev[P256]);
	return 0;
}

EVP_MD_CTX *provider_sign_init(EVP_PKEY *key, const char *md, int padding)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;

	if (EVP_DigestSignInit_ex(
		    ctx, &pctx, md, made.libctx, NULL, key, NULL) == 1 &&
		(padding == 0 ||
			EVP_PKEY_CTX_set_rsa_padding(pctx, padding) == 1) &&
		(padding != RSA_PKCS1_PSS_PADDING ||
			EVP_PKEY_CTX_set_rsa_pss_saltlen(
				pctx, RSA_PSS_SALTLEN_DIGEST) == 1))
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}
