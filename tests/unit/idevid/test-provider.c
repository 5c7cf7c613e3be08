/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, certificates and handshakes by way of devid.so. */
#include "cmocka-all.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "provider-fixture.h"

/* Whether the key is the device's, and signs. */
static bool is_key_of(EVP_PKEY *key, unsigned i)
{
	struct certs_buf tbs = provider_verify_input();
	uint8_t sig[KEY_SIG_MAX];
	size_t len = sizeof(sig);
	EVP_MD_CTX *ctx;
	bool ok;

	device_use(&made.dev[i]);
	ctx = provider_sign_init(key, NULL, 0);
	ok = ctx && EVP_PKEY_eq(key, made.pub[i]) == 1 &&
	     EVP_DigestSign(ctx, sig, &len, tbs.data, tbs.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* ---- the key reference ---- */

static EVP_PKEY *read_pem(const void *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(
		bio, NULL, NULL, NULL, made.libctx, NULL);

	BIO_free(bio);
	return key;
}

/* @der in the armour of a key reference. */
static EVP_PKEY *read_der(const void *der, size_t len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *key;
	char *pem;
	long n;

	assert_true(
		PEM_write_bio(bio, KEYREF_PEM_NAME, "", der, (long)len) > 0);
	n = BIO_get_mem_data(bio, &pem);
	key = read_pem(pem, (size_t)n);
	BIO_free(bio);
	return key;
}

static void pem_reference_is_the_key(void **state)
{
	static const char *const types[] = { "EC", "EC", "RSA" };
	static const int bits[] = { 256, 384, 2048 };

	(void)state;
	for (unsigned i = 0; i < N_DEVICES; i++) {
		char path[128];
		EVP_PKEY *key;

		(void)snprintf(path, sizeof(path), "%s",
			tempdir_file(&made.dev[i].dir, "idevid.key"));
		key = provider_read_file(path);
		assert_non_null(key);
		assert_ptr_equal(EVP_PKEY_get0_provider(key), made.devid);
		assert_int_equal(EVP_PKEY_is_a(key, types[i]), 1);
		assert_int_equal(EVP_PKEY_get_bits(key), bits[i]);
		assert_int_equal(
			EVP_PKEY_get_size(key), EVP_PKEY_get_size(made.pub[i]));
		assert_true(is_key_of(key, i));
		EVP_PKEY_free(key);
	}
}

/* A certificate before the key, as in one file for both. */
static void pem_reference_behind_certificate_found(void **state)
{
	const struct certs_node *nodes[] = { &made.dev[P256].leaf };
	BIO *bio = BIO_new(BIO_s_mem()), *file;
	char *chain = certs_pem(nodes, 1), *pem, line[256];
	EVP_PKEY *key;
	long n;
	int len;

	(void)state;
	file = BIO_new_file(
		tempdir_file(&made.dev[P256].dir, "idevid.key"), "r");
	assert_non_null(file);
	assert_true(BIO_puts(bio, chain) > 0);
	while ((len = BIO_read(file, line, sizeof(line))) > 0)
		assert_int_equal(BIO_write(bio, line, len), len);
	n = BIO_get_mem_data(bio, &pem);
	key = read_pem(pem, (size_t)n);
	assert_non_null(key);
	EVP_PKEY_free(key);
	BIO_free(file);
	BIO_free(bio);
	free(chain);
}

static void pem_malformed_refused(void **state)
{
#define BEGIN "-----BEGIN DEVID KEY-----\n"
#define END   "-----END DEVID KEY-----\n"
	static const char *const texts[] = { "", "\n", BEGIN, BEGIN END,
		BEGIN "!!!!\n" END, BEGIN "AAA\n" END, BEGIN "AAAA\n",
		BEGIN "AAAA\n-----END EC KEY-----\n", BEGIN "MAA=\n" END,
		BEGIN "Proc-Type: 4,ENCRYPTED\n\nMAA=\n" END, END BEGIN,
		"-----BEGIN DEVID KEY", BEGIN "MAA=" END };

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		assert_null(read_pem(texts[i], strlen(texts[i])));
		ERR_clear_error();
	}
}

/* Each truncation, and each byte changed: refused, or else the same kind of
 * reference to some other key. */
static void pem_der_spoiled_never_the_key(void **state)
{
	uint8_t der[KEYREF_DER_MAX + 1];
	size_t len = 0;

	(void)state;
	assert_rc(
		keyref_encode(&made.dev[P256].ref, der, &len, NULL), DEVID_OK);
	for (size_t n = 1; n < len; n++)
		assert_null(read_der(der, n));
	der[len] = 0;
	assert_null(read_der(der, len + 1));
	for (size_t n = 0; n < len; n++) {
		EVP_PKEY *key;

		der[n] ^= 0x81;
		key = read_der(der, len);
		if (key)
			assert_false(is_key_of(key, P256));
		EVP_PKEY_free(key);
		der[n] ^= 0x81;
	}
	ERR_clear_error();
}

/* A reference to a public key that no DevID has. */
static void pem_of_other_key_type_refused(void **state)
{
	static const char *const types[] = { "P-521", "ED25519", "RSA:1024" };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		struct keyref ref = { .name = "idevid" };
		EVP_PKEY *key = certs_key(types[i]);
		uint8_t der[KEYREF_DER_MAX], *p = ref.spki;
		size_t len = 0;

		ref.spki_len = (size_t)i2d_PUBKEY(key, &p);
		assert_rc(keyref_encode(&ref, der, &len, NULL), DEVID_OK);
		if (read_der(der, len))
			fail_msg("%s taken", types[i]);
		ERR_clear_error();
		EVP_PKEY_free(key);
	}
}

static void pem_oversize_refused(void **state)
{
	static const size_t sizes[] = { KEYREF_DER_MAX - 1, KEYREF_DER_MAX,
		KEYREF_DER_MAX + 1, 65535, 200000 };

	(void)state;
	for (size_t i = 0; i < N_OF(sizes); i++) {
		uint8_t *der = calloc(1, sizes[i]);

		assert_non_null(der);
		memcpy(der, "\x30\x82\xff\xff\x02\x01\x00\x0c\x01x\x30", 11);
		assert_null(read_der(der, sizes[i]));
		free(der);
	}
	ERR_clear_error();
}

/* ---- the key as an EVP_PKEY ---- */

static void private_key_export_refused_public_allowed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_DEVICES; i++) {
		EVP_PKEY *key = made.key[i];
		OSSL_PARAM *params = NULL;
		unsigned char *der = NULL;
		BIGNUM *d = NULL;
		BIO *bio = BIO_new(BIO_s_mem());

		assert_int_not_equal(
			EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params), 1);
		assert_null(params);
		assert_true(i2d_PrivateKey(key, &der) <= 0);
		assert_null(der);
		assert_int_not_equal(PEM_write_bio_PrivateKey(bio, key, NULL,
					     NULL, 0, NULL, NULL),
			1);
		assert_int_equal(BIO_pending(bio), 0);
		assert_int_not_equal(
			EVP_PKEY_get_bn_param(key,
				i == RSA2048 ? OSSL_PKEY_PARAM_RSA_D
					     : OSSL_PKEY_PARAM_PRIV_KEY,
				&d),
			1);
		assert_null(d);
		assert_int_equal(
			EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &params), 1);
		assert_non_null(params);
		assert_int_equal(
			i2d_PUBKEY(key, &der), made.dev[i].ref.spki_len);
		assert_memory_equal(
			der, made.dev[i].ref.spki, made.dev[i].ref.spki_len);
		assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
		OPENSSL_free(der);
		OSSL_PARAM_free(params);
		BIO_free(bio);
	}
	ERR_clear_error();
}

static void key_duplicate_signs_after_original_is_gone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_DEVICES; i++) {
		EVP_PKEY *key = provider_read_file(
			tempdir_file(&made.dev[i].dir, "idevid.key"));
		EVP_PKEY *copy = EVP_PKEY_dup(key);

		assert_non_null(copy);
		EVP_PKEY_free(key);
		assert_true(is_key_of(copy, i));
		EVP_PKEY_free(copy);
	}
}

static X509 *certificate(const struct certs_node *node)
{
	X509 *cert = X509_new_ex(made.libctx, NULL);
	const unsigned char *p = node->der.data;

	assert_non_null(d2i_X509(&cert, &p, (long)node->der.len));
	return cert;
}

static void key_equal_to_certificate_both_ways(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_DEVICES; i++) {
		X509 *cert = certificate(&made.dev[i].leaf);
		EVP_PKEY *pub = X509_get0_pubkey(cert);

		assert_int_equal(EVP_PKEY_eq(made.key[i], pub), 1);
		assert_int_equal(EVP_PKEY_eq(pub, made.key[i]), 1);
		assert_int_equal(X509_check_private_key(cert, made.key[i]), 1);
		for (unsigned k = 0; k < N_DEVICES; k++) {
			if (k == i)
				continue;
			assert_int_not_equal(EVP_PKEY_eq(made.key[k], pub), 1);
			assert_int_not_equal(EVP_PKEY_eq(pub, made.key[k]), 1);
			assert_int_not_equal(
				EVP_PKEY_eq(made.key[k], made.key[i]), 1);
		}
		X509_free(cert);
	}
	ERR_clear_error();
}

/* Two keys on one curve have equal parameters and are not equal. */
static void key_parameters_equal_to_another_on_the_curve(void **state)
{
	EVP_PKEY *other = EVP_PKEY_Q_keygen(made.libctx, NULL, "EC", "P-256");
	struct keyref ref = { .name = "other" };
	uint8_t der[KEYREF_DER_MAX], *p = ref.spki;
	EVP_PKEY *key;
	size_t len = 0;

	(void)state;
	assert_non_null(other);
	ref.spki_len = (size_t)i2d_PUBKEY(other, &p);
	assert_rc(keyref_encode(&ref, der, &len, NULL), DEVID_OK);
	key = read_der(der, len);
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_eq(made.key[P256], key), 0);
	assert_int_equal(EVP_PKEY_parameters_eq(made.key[P256], key), 1);
	assert_int_equal(EVP_PKEY_parameters_eq(made.key[P256], other), 1);
	assert_int_not_equal(EVP_PKEY_parameters_eq(made.key[P384], key), 1);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static void key_of_software_beside_unaffected(void **state)
{
	static const char *const types[] = { "EC", "RSA", "ED25519" };
	uint8_t sig[KEY_SIG_MAX];

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		EVP_PKEY *key = i == 0   ? EVP_PKEY_Q_keygen(made.libctx, NULL,
						   "EC", "P-256")
				: i == 1 ? EVP_PKEY_Q_keygen(made.libctx, NULL,
						   "RSA", (size_t)2048)
					 : EVP_PKEY_Q_keygen(
						   made.libctx, NULL, types[i]);
		BIO *bio = BIO_new(BIO_s_mem());
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		size_t len = sizeof(sig);
		EVP_PKEY *back;

		assert_non_null(key);
		assert_int_equal(PEM_write_bio_PrivateKey(
					 bio, key, NULL, NULL, 0, NULL, NULL),
			1);
		back = PEM_read_bio_PrivateKey_ex(
			bio, NULL, NULL, NULL, made.libctx, NULL);
		assert_non_null(back);
		assert_ptr_equal(EVP_PKEY_get0_provider(back), made.plain);
		assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, NULL,
					 made.libctx, NULL, back, NULL),
			1);
		assert_int_equal(EVP_DigestSign(ctx, sig, &len, sig, 8), 1);
		EVP_MD_CTX_free(ctx);
		EVP_PKEY_free(back);
		EVP_PKEY_free(key);
		BIO_free(bio);
	}
}

/* ---- devid: URIs ---- */

static OSSL_STORE_CTX *open_store(const char *uri)
{
	return OSSL_STORE_open_ex(
		uri, made.libctx, NULL, NULL, NULL, NULL, NULL, NULL);
}

static void store_gives_key_and_its_certificates(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_DEVICES; i++) {
		const struct certs_node *want[] = { &made.dev[i].leaf,
			&made.ca };
		unsigned keys = 0, certs = 0;
		OSSL_STORE_INFO *info;
		OSSL_STORE_CTX *ctx;

		device_use(&made.dev[i]);
		ctx = open_store("devid:idevid");
		assert_non_null(ctx);
		while (!OSSL_STORE_eof(ctx)) {
			info = OSSL_STORE_load(ctx);
			assert_non_null(info);
			if (OSSL_STORE_INFO_get_type(info) ==
				OSSL_STORE_INFO_PKEY) {
				keys++;
				assert_true(is_key_of(
					OSSL_STORE_INFO_get0_PKEY(info), i));
			} else {
				X509 *cert = certificate(want[certs++]);

				assert_int_equal(
					X509_cmp(
						cert, OSSL_STORE_INFO_get0_CERT(
							      info)),
					0);
				X509_free(cert);
			}
			OSSL_STORE_INFO_free(info);
		}
		assert_int_equal(keys, 1);
		assert_int_equal(certs, 2);
		assert_int_equal(OSSL_STORE_close(ctx), 1);
	}
}

/* All that can be used: the IDevID and its certificates, no IAK. */
static void store_of_no_name_is_all_that_sign(void **state)
{
	OSSL_STORE_CTX *ctx = open_store("devid:");
	unsigned keys = 0, certs = 0;

	(void)state;
	assert_non_null(ctx);
	while (!OSSL_STORE_eof(ctx)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(ctx);

		if (!info)
			continue;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			keys++;
		else
			certs++;
		OSSL_STORE_INFO_free(info);
	}
	assert_int_equal(keys, 1);
	assert_int_equal(certs, 2);
	assert_int_equal(OSSL_STORE_close(ctx), 1);
}

/* Left before its end: nothing is lost. */
static void store_closed_early(void **state)
{
	OSSL_STORE_CTX *ctx = open_store("devid:idevid");

	(void)state;
	assert_non_null(ctx);
	assert_int_equal(OSSL_STORE_close(ctx), 1);
	ctx = open_store("devid:idevid");
	assert_non_null(ctx);
	OSSL_STORE_INFO_free(OSSL_STORE_load(ctx));
	assert_int_equal(OSSL_STORE_close(ctx), 1);
}

static void store_expecting_certificates_skips_key(void **state)
{
	OSSL_STORE_CTX *ctx = open_store("devid:idevid");
	unsigned certs = 0;

	(void)state;
	assert_non_null(ctx);
	assert_int_equal(OSSL_STORE_expect(ctx, OSSL_STORE_INFO_CERT), 1);
	while (!OSSL_STORE_eof(ctx)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(ctx);

		if (!info)
			continue;
		assert_int_equal(
			OSSL_STORE_INFO_get_type(info), OSSL_STORE_INFO_CERT);
		certs++;
		OSSL_STORE_INFO_free(info);
	}
	assert_int_equal(certs, 2);
	assert_int_equal(OSSL_STORE_close(ctx), 1);
}

static void store_of_unknown_or_bad_name_refused(void **state)
{
	static const char *const uris[] = { "devid:IDEVID", "devid:../idevid",
		"devid:nobody", "devid://idevid",
		"devid:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "devid:idevid?x" };

	(void)state;
	for (size_t i = 0; i < N_OF(uris); i++) {
		if (open_store(uris[i]))
			fail_msg("%s opened", uris[i]);
		assert_true(provider_raised("devid:") ||
			    provider_raised("no such key"));
	}
}

/* ---- TLS ---- */

static SSL_CTX *tls_context(const SSL_METHOD *method, unsigned i, int version)
{
	SSL_CTX *ctx = SSL_CTX_new_ex(made.libctx, NULL, method);
	X509 *cert = certificate(&made.dev[i].leaf);
	X509 *ca = certificate(&made.ca);

	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, made.key[i]), 1);
	assert_int_equal(SSL_CTX_check_private_key(ctx), 1);
	assert_int_equal(
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca), 1);
	SSL_CTX_set_verify(
		ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	assert_int_equal(SSL_CTX_set_min_proto_version(ctx, version), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
	X509_free(cert);
	X509_free(ca);
	return ctx;
}

static void shake_hands(SSL *client, SSL *server)
{
	int done = 0;
	char word[8] = "";

	for (int n = 0; n < 20 && done < 2; n++)
		done = (SSL_do_handshake(client) == 1) +
		       (SSL_do_handshake(server) == 1);
	if (done < 2) {
		ERR_print_errors_fp(stderr);
		fail_msg("no handshake");
	}
	assert_int_equal(SSL_write(client, "hello", 5), 5);
	assert_int_equal(SSL_read(server, word, sizeof(word)), 5);
	assert_memory_equal(word, "hello", 5);
}

static void tls_both_ends(unsigned i, int version)
{
	SSL_CTX *sctx = tls_context(TLS_server_method(), i, version);
	SSL_CTX *cctx = tls_context(TLS_client_method(), i, version);
	SSL *server = SSL_new(sctx), *client = SSL_new(cctx);
	BIO *a, *b;

	device_use(&made.dev[i]);
	assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(server, a, a);
	SSL_set_bio(client, b, b);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	shake_hands(client, server);
	assert_int_equal(SSL_version(client), version);
	assert_int_equal(SSL_get_verify_result(client), X509_V_OK);
	assert_int_equal(SSL_get_verify_result(server), X509_V_OK);
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(cctx);
	SSL_CTX_free(sctx);
}

static void tls12_handshake_of_each_key_both_ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_DEVICES; i++)
		tls_both_ends(i, TLS1_2_VERSION);
}

static void tls13_handshake_of_each_key_both_ends(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_DEVICES; i++)
		tls_both_ends(i, TLS1_3_VERSION);
}

static void provider_describes_itself(void **state)
{
	char *name = NULL, *version = NULL;
	int status = 0;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_NAME, &name, 0),
		OSSL_PARAM_construct_utf8_ptr(
			OSSL_PROV_PARAM_VERSION, &version, 0),
		OSSL_PARAM_construct_int(OSSL_PROV_PARAM_STATUS, &status),
		OSSL_PARAM_construct_end(),
	};

	(void)state;
	assert_int_equal(OSSL_PROVIDER_get_params(made.devid, params), 1);
	assert_non_null(strstr(name, "devid"));
	assert_string_equal(version, DEVID_VERSION);
	assert_int_equal(status, 1);
}

#define CASE(f) cmocka_unit_test_setup(f, provider_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(pem_reference_is_the_key),
		CASE(pem_reference_behind_certificate_found),
		CASE(pem_malformed_refused),
		CASE(pem_der_spoiled_never_the_key),
		CASE(pem_of_other_key_type_refused),
		CASE(pem_oversize_refused),
		CASE(private_key_export_refused_public_allowed),
		CASE(key_duplicate_signs_after_original_is_gone),
		CASE(key_equal_to_certificate_both_ways),
		CASE(key_parameters_equal_to_another_on_the_curve),
		CASE(key_of_software_beside_unaffected),
		CASE(store_gives_key_and_its_certificates),
		CASE(store_of_no_name_is_all_that_sign),
		CASE(store_closed_early),
		CASE(store_expecting_certificates_skips_key),
		CASE(store_of_unknown_or_bad_name_refused),
		CASE(tls12_handshake_of_each_key_both_ends),
		CASE(tls13_handshake_of_each_key_both_ends),
		CASE(provider_describes_itself),
	};

	return cmocka_run_group_tests_name("provider", tests,
		provider_group_setup, provider_group_teardown);
}
