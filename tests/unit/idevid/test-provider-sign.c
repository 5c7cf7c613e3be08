/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by way of devid.so. */
#include "cmocka-all.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdbool.h>
#include <stdlib.h>

#include "provider-fixture.h"
#include "purpose.h"
#include "wire.h"

/* What TLS asks a key to do. */
static const struct way {
	unsigned dev;
	const char *md;
	int padding; /* 0: not RSA2048 */
} ways[] = {
	{ P256, "SHA256", 0 },
	{ P384, "SHA384", 0 },
	{ RSA2048, "SHA256", RSA_PKCS1_PADDING },
	{ RSA2048, "SHA384", RSA_PKCS1_PADDING },
	{ RSA2048, "SHA512", RSA_PKCS1_PADDING },
	{ RSA2048, "SHA256", RSA_PKCS1_PSS_PADDING },
	{ RSA2048, "SHA384", RSA_PKCS1_PSS_PADDING },
	{ RSA2048, "SHA512", RSA_PKCS1_PSS_PADDING },
};

struct sig {
	uint8_t data[KEY_SIG_MAX];
	size_t len;
};

static EVP_MD_CTX *begin_way(const struct way *way)
{
	EVP_MD_CTX *ctx;

	device_use(&made.dev[way->dev]);
	ctx = provider_sign_init(made.key[way->dev], way->md, way->padding);
	assert_non_null(ctx);
	return ctx;
}

/* Asks for the size as all programs do, then for the signature. */
static bool one_shot(
	EVP_MD_CTX *ctx, const void *data, size_t len, struct sig *ret)
{
	size_t size = 0;

	ret->len = sizeof(ret->data);
	if (EVP_DigestSign(ctx, NULL, &size, data, len) != 1)
		return false;
	assert_true(size > 0 && size <= ret->len);
	ret->len = size;
	return EVP_DigestSign(ctx, ret->data, &ret->len, data, len) == 1;
}

static bool finish(EVP_MD_CTX *ctx, struct sig *ret)
{
	size_t size = 0;

	if (EVP_DigestSignFinal(ctx, NULL, &size) != 1)
		return false;
	assert_true(size > 0 && size <= sizeof(ret->data));
	ret->len = size;
	return EVP_DigestSignFinal(ctx, ret->data, &ret->len) == 1;
}

/* The default provider, with the public key alone, takes the signature. */
static void assert_verifies(const struct way *way, const struct sig *sig,
	const void *data, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;

	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, &pctx, way->md,
				 made.libctx, NULL, made.pub[way->dev], NULL),
		1);
	if (way->padding)
		assert_int_equal(
			EVP_PKEY_CTX_set_rsa_padding(pctx, way->padding), 1);
	if (way->padding == RSA_PKCS1_PSS_PADDING)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(
					 pctx, RSA_PSS_SALTLEN_DIGEST),
			1);
	assert_int_equal(
		EVP_DigestVerify(ctx, sig->data, sig->len, data, len), 1);
	EVP_MD_CTX_free(ctx);
}

static void digest_sign_one_shot_verifies(void **state)
{
	struct certs_buf tbs = provider_verify_input();

	(void)state;
	for (size_t i = 0; i < N_OF(ways); i++) {
		EVP_MD_CTX *ctx = begin_way(&ways[i]);
		struct sig sig;

		assert_true(one_shot(ctx, tbs.data, tbs.len, &sig));
		assert_verifies(&ways[i], &sig, tbs.data, tbs.len);
		EVP_MD_CTX_free(ctx);
	}
}

static void digest_sign_in_parts_verifies(void **state)
{
	struct certs_buf tbs = provider_verify_input();

	(void)state;
	for (size_t i = 0; i < N_OF(ways); i++) {
		EVP_MD_CTX *ctx = begin_way(&ways[i]);
		struct sig sig;

		assert_int_equal(EVP_DigestSignUpdate(ctx, tbs.data, 0), 1);
		for (size_t n = 0; n < tbs.len; n++)
			assert_int_equal(
				EVP_DigestSignUpdate(ctx, tbs.data + n, 1), 1);
		assert_true(finish(ctx, &sig));
		assert_verifies(&ways[i], &sig, tbs.data, tbs.len);
		EVP_MD_CTX_free(ctx);
	}
}

/* Both go on by themselves; one of them leads to nothing that is signed. */
static void digest_sign_copied_midway_both_go_on(void **state)
{
	struct certs_buf tbs = provider_verify_input();

	(void)state;
	for (size_t i = 0; i < N_OF(ways); i++) {
		EVP_MD_CTX *ctx = begin_way(&ways[i]);
		EVP_MD_CTX *copy = EVP_MD_CTX_new(), *other = EVP_MD_CTX_new();
		struct sig sig;

		assert_int_equal(EVP_MD_CTX_copy_ex(other, ctx), 1);
		assert_int_equal(EVP_DigestSignUpdate(ctx, tbs.data, 70), 1);
		assert_int_equal(EVP_MD_CTX_copy_ex(copy, ctx), 1);
		/* Without it libcrypto 3.5 crashes in a copy onto a copy, with
		 * keys of the default provider as well. */
		assert_int_equal(EVP_MD_CTX_reset(other), 1);
		assert_int_equal(EVP_MD_CTX_copy_ex(other, ctx), 1);
		assert_int_equal(EVP_DigestSignUpdate(other, "x", 1), 1);
		assert_false(finish(other, &sig));
		assert_int_equal(
			EVP_DigestSignUpdate(ctx, tbs.data + 70, tbs.len - 70),
			1);
		assert_true(finish(ctx, &sig));
		EVP_MD_CTX_free(ctx);
		assert_int_equal(
			EVP_DigestSignUpdate(copy, tbs.data + 70, tbs.len - 70),
			1);
		assert_true(finish(copy, &sig));
		assert_verifies(&ways[i], &sig, tbs.data, tbs.len);
		EVP_MD_CTX_free(copy);
		EVP_MD_CTX_free(other);
	}
}

/* One context for one signature after another. */
static void digest_sign_context_used_again_starts_anew(void **state)
{
	struct certs_buf tbs = provider_verify_input();
	EVP_MD_CTX *ctx = begin_way(&ways[0]);
	struct sig sig;

	(void)state;
	assert_int_equal(EVP_DigestSignUpdate(ctx, "left over", 9), 1);
	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", made.libctx,
				 NULL, made.key[P256], NULL),
		1);
	assert_int_equal(EVP_DigestSignUpdate(ctx, tbs.data, tbs.len), 1);
	assert_true(finish(ctx, &sig));
	assert_verifies(&ways[0], &sig, tbs.data, tbs.len);
	EVP_MD_CTX_free(ctx);
}

static void digest_sign_default_digest_fits_key(void **state)
{
	struct certs_buf tbs = provider_verify_input();

	(void)state;
	for (unsigned i = 0; i < 3; i++) { /* RSA: PKCS#1 */
		EVP_MD_CTX *ctx;
		struct sig sig;
		char name[16] = "";

		device_use(&made.dev[i]);
		ctx = provider_sign_init(made.key[i], NULL, 0);
		assert_non_null(ctx);
		assert_true(one_shot(ctx, tbs.data, tbs.len, &sig));
		assert_verifies(&ways[i], &sig, tbs.data, tbs.len);
		EVP_MD_CTX_free(ctx);
		assert_int_equal(EVP_PKEY_get_default_digest_name(
					 made.key[i], name, sizeof(name)),
			i == RSA2048 ? 1 : 2); /* 2: mandatory */
		assert_string_equal(name, ways[i].md);
	}
}

static void digest_sign_other_digest_refused(void **state)
{
	static const struct {
		unsigned dev;
		const char *md;
	} wrong[] = { { P256, "SHA384" }, { P256, "SHA512" }, { P256, "SHA1" },
		{ P256, "SHA3-256" }, { P384, "SHA256" }, { P384, "SHA1" },
		{ RSA2048, "SHA1" }, { RSA2048, "MD5" },
		{ RSA2048, "SHA224" } };

	(void)state;
	for (size_t i = 0; i < N_OF(wrong); i++) {
		assert_null(provider_sign_init(
			made.key[wrong[i].dev], wrong[i].md, 0));
		assert_true(provider_raised("hash algorithm"));
	}
}

static void rsa_other_padding_refused(void **state)
{
	static const int wrong[] = { RSA_NO_PADDING, RSA_PKCS1_OAEP_PADDING,
		RSA_X931_PADDING };

	(void)state;
	for (size_t i = 0; i < N_OF(wrong); i++)
		assert_null(provider_sign_init(
			made.key[RSA2048], "SHA256", wrong[i]));
	ERR_clear_error();
}

static bool set_text(EVP_PKEY_CTX *ctx, const char *name, const char *value)
{
	return EVP_PKEY_CTX_ctrl_str(ctx, name, value) > 0;
}

static void rsa_pss_parameters_other_than_of_digest_refused(void **state)
{
	static const char *const bad_salt[] = { "0", "31", "33", "max", "x",
		"-7" };
	EVP_MD_CTX *ctx = begin_way(&ways[5]);
	EVP_PKEY_CTX *pctx = EVP_MD_CTX_get_pkey_ctx(ctx);

	(void)state;
	for (size_t i = 0; i < N_OF(bad_salt); i++)
		assert_false(set_text(pctx, "rsa_pss_saltlen", bad_salt[i]));
	assert_true(set_text(pctx, "rsa_pss_saltlen", "32"));
	assert_true(set_text(pctx, "rsa_pss_saltlen", "digest"));
	assert_int_not_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 20), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32), 1);
	assert_false(set_text(pctx, "rsa_mgf1_md", "SHA512"));
	assert_true(set_text(pctx, "rsa_mgf1_md", "SHA256"));
	EVP_MD_CTX_free(ctx);
}

/* devid-keyd wants to see what is signed. */
static void raw_operations_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_DEVICES; i++) {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(
			made.libctx, made.key[i], NULL);

		assert_non_null(ctx);
		assert_true(EVP_PKEY_sign_init(ctx) <= 0);
		assert_true(EVP_PKEY_decrypt_init(ctx) <= 0);
		assert_true(EVP_PKEY_derive_init(ctx) <= 0);
		EVP_PKEY_CTX_free(ctx);
	}
}

static void digest_sign_of_other_bytes_refused(void **state)
{
	struct certs_buf tbs = provider_verify_input();

	(void)state;
	for (size_t i = 0; i < N_OF(ways); i++) {
		EVP_MD_CTX *ctx = begin_way(&ways[i]);
		struct sig sig;

		assert_false(one_shot(ctx, tbs.data, tbs.len - 1, &sig));
		assert_true(provider_raised("not 32 or 48"));
		EVP_MD_CTX_free(ctx);
		ctx = begin_way(&ways[i]);
		assert_false(finish(ctx, &sig)); /* nothing at all */
		EVP_MD_CTX_free(ctx);
		ctx = begin_way(&ways[i]);
		assert_false(one_shot(ctx, NULL, 0, &sig));
		EVP_MD_CTX_free(ctx);
	}
}

static void digest_sign_too_many_bytes_refused(void **state)
{
	uint8_t *data = calloc(1, WIRE_DATA_MAX + 1);
	EVP_MD_CTX *ctx = begin_way(&ways[0]);
	struct sig sig;

	(void)state;
	assert_non_null(data);
	assert_false(one_shot(ctx, data, WIRE_DATA_MAX + 1, &sig));
	assert_true(provider_raised("bytes"));
	EVP_MD_CTX_free(ctx);
	ctx = begin_way(&ways[0]);
	assert_int_equal(EVP_DigestSignUpdate(ctx, data, WIRE_DATA_MAX), 1);
	assert_int_not_equal(EVP_DigestSignUpdate(ctx, data, 1), 1);
	assert_true(provider_raised("more bytes than a handshake has"));
	assert_int_not_equal(EVP_DigestSignUpdate(ctx, data, SIZE_MAX), 1);
	EVP_MD_CTX_free(ctx);
	free(data);
}

static void keyd_absent_told_and_back_without_reload(void **state)
{
	struct certs_buf tbs = provider_verify_input();
	EVP_MD_CTX *ctx = begin_way(&ways[0]);
	struct sig sig;

	(void)state;
	device_stop_keyd(&made.dev[P256]);
	assert_false(one_shot(ctx, tbs.data, tbs.len, &sig));
	assert_true(provider_raised("devid-keyd not reachable"));
	assert_null(OSSL_STORE_open_ex("devid:idevid", made.libctx, NULL, NULL,
		NULL, NULL, NULL, NULL));
	assert_true(provider_raised("devid-keyd not reachable"));
	device_start_keyd(&made.dev[P256]);
	EVP_MD_CTX_free(ctx);
	ctx = begin_way(&ways[0]);
	assert_true(one_shot(ctx, tbs.data, tbs.len, &sig));
	assert_verifies(&ways[0], &sig, tbs.data, tbs.len);
	EVP_MD_CTX_free(ctx);
}

/* A certification request, and so the AlgorithmIdentifier of each way. */
static void csr_of_own_key_verifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(ways); i++) {
		X509_REQ *req = X509_REQ_new_ex(made.libctx, NULL);
		EVP_MD_CTX *ctx = begin_way(&ways[i]);

		/* OpenSSL 3.5 verifies none without a version. */
		assert_int_equal(
			X509_REQ_set_version(req, X509_REQ_VERSION_1), 1);
		assert_int_equal(
			X509_REQ_set_pubkey(req, made.key[ways[i].dev]), 1);
		assert_true(X509_REQ_sign_ctx(req, ctx) > 0);
		assert_int_equal(X509_REQ_verify_ex(req, made.pub[ways[i].dev],
					 made.libctx, NULL),
			1);
		EVP_MD_CTX_free(ctx);
		X509_REQ_free(req);
	}
}

#define CASE(f) cmocka_unit_test_setup(f, provider_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(digest_sign_one_shot_verifies),
		CASE(digest_sign_in_parts_verifies),
		CASE(digest_sign_copied_midway_both_go_on),
		CASE(digest_sign_context_used_again_starts_anew),
		CASE(digest_sign_default_digest_fits_key),
		CASE(digest_sign_other_digest_refused),
		CASE(rsa_other_padding_refused),
		CASE(rsa_pss_parameters_other_than_of_digest_refused),
		CASE(raw_operations_refused),
		CASE(digest_sign_of_other_bytes_refused),
		CASE(digest_sign_too_many_bytes_refused),
		CASE(keyd_absent_told_and_back_without_reload),
		CASE(csr_of_own_key_verifies),
	};

	return cmocka_run_group_tests_name("provider-sign", tests,
		provider_group_setup, provider_group_teardown);
}
