/* SPDX-License-Identifier: Apache-2.0 */
/* The outer form of what a CA key signs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "der-write.h"
#include "der.h"
#include "memory-signer.h"
#include "rsa-keys.h"

static const uint8_t tbs[] = { 0x30, 0x03, 0x02, 0x01, 0x07 };

static void uint_each_size_minimal(void **state)
{
	static const struct {
		uint64_t value;
		const char *want;
		size_t len;
	} cases[] = {
		{ 0, "\x02\x01\x00", 3 },
		{ 0x7f, "\x02\x01\x7f", 3 },
		{ 0x80, "\x02\x02\x00\x80", 4 },
		{ 0x100, "\x02\x02\x01\x00", 4 },
		{ UINT64_MAX, "\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff",
			11 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t buf[16];
		struct der_out out = der_out_init(buf, sizeof(buf));
		struct view view;

		der_out_uint(&out, DER_INTEGER, cases[i].value);
		view = der_out_view(&out);
		assert_non_null(view.data);
		assert_int_equal(view.len, cases[i].len);
		assert_memory_equal(view.data, cases[i].want, view.len);
	}
}

static void wrap_long_content_length_read_back(void **state)
{
	static const size_t lens[] = { 0, 127, 128, 255, 256, 65535, 65536 };
	static uint8_t content[65536], buf[65536 + DER_HEADER_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct der_out out = der_out_init(buf, sizeof(buf));
		struct view view, read;

		der_out_element(&out, DER_OCTET_STRING, content, lens[i]);
		view = der_out_view(&out);
		assert_non_null(view.data);
		assert_true(der_take_tag(&view, DER_OCTET_STRING, &read));
		assert_int_equal(read.len, lens[i]);
		assert_int_equal(view.len, 0);
	}
}

static void element_too_long_full(void **state)
{
	uint8_t buf[8];
	struct der_out out = der_out_init(buf, sizeof(buf));

	(void)state;
	der_out_element(&out, DER_OCTET_STRING, "1234567", 7);
	assert_null(der_out_view(&out).data);
	der_out_element(&out, DER_OCTET_STRING, "1", 1);
	assert_null(der_out_view(&out).data);
}

static void nid_each_key_fits(void **state)
{
	static const struct {
		const char *alg;
		int nid;
	} cases[] = {
		{ "p256", NID_ecdsa_with_SHA256 },
		{ "p384", NID_ecdsa_with_SHA384 },
		{ "rsa2048", NID_sha256WithRSAEncryption },
		{ "rsa4096", NID_sha256WithRSAEncryption },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct signer *s = memory_signer_new(cases[i].alg);
		X509_ALGOR *want = X509_ALGOR_new();
		unsigned char *der = NULL;
		struct view alg;
		int n;

		assert_int_equal(signer_nid(s->public_key), cases[i].nid);
		assert_int_equal(
			signer_algorithm(s->public_key, &alg, NULL), DEVID_OK);
		assert_int_equal(
			X509_ALGOR_set0(want, OBJ_nid2obj(cases[i].nid),
				cases[i].alg[0] == 'r' ? V_ASN1_NULL
						       : V_ASN1_UNDEF,
				NULL),
			1);
		n = i2d_X509_ALGOR(want, &der);
		assert_int_equal(n, alg.len);
		assert_memory_equal(der, alg.data, alg.len);
		OPENSSL_free(der);
		X509_ALGOR_free(want);
		signer_free(s);
	}
}

static void nid_other_key_undefined(void **state)
{
	EVP_PKEY *keys[] = { EVP_EC_gen("P-521"), EVP_EC_gen("secp256k1"),
		EVP_EC_gen("brainpoolP384r1"), rsa_keys_next(3072),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct view alg;

		assert_non_null(keys[i]);
		assert_int_equal(signer_nid(keys[i]), NID_undef);
		assert_int_equal(signer_algorithm(keys[i], &alg, NULL),
			DEVID_ERR_UNSUPPORTED);
		EVP_PKEY_free(keys[i]);
	}
}

static void wrap_with_extra_all_parts_there(void **state)
{
	static const uint8_t extra[] = { 0xa0, 0x02, 0x30, 0x00 };
	struct signer *s = memory_signer_new("p256");
	struct view whole, seq, part, sig;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct blob der;

	(void)state;
	assert_int_equal(
		signer_wrap(s, (struct view) { tbs, sizeof(tbs) },
			(struct view) { extra, sizeof(extra) }, &der, NULL),
		DEVID_OK);
	whole = blob_view(&der);
	assert_true(der_take_tag(&whole, DER_SEQUENCE, &seq));
	assert_int_equal(whole.len, 0);
	assert_memory_equal(seq.data, tbs, sizeof(tbs));
	assert_true(der_take_tag(&seq, DER_SEQUENCE, &part));
	assert_true(der_take_tag(&seq, DER_SEQUENCE, &part));
	assert_true(der_take_tag(&seq, DER_BIT_STRING, &sig));
	assert_int_equal(seq.len, sizeof(extra));
	assert_memory_equal(seq.data, extra, sizeof(extra));
	assert_int_equal(sig.data[0], 0);
	assert_int_equal(EVP_DigestVerifyInit(
				 ctx, NULL, EVP_sha256(), NULL, s->public_key),
		1);
	assert_int_equal(EVP_DigestVerify(ctx, sig.data + 1, sig.len - 1, tbs,
				 sizeof(tbs)),
		1);
	EVP_MD_CTX_free(ctx);
	blob_done(&der);
	signer_free(s);
}

static void wrap_token_gone_refused(void **state)
{
	struct signer *s = memory_signer_new("p256");
	struct blob der = { NULL, 0 };

	(void)state;
	memory_signer_break(s, true);
	assert_int_equal(signer_wrap(s, (struct view) { tbs, sizeof(tbs) },
				 (struct view) { NULL, 0 }, &der, NULL),
		DEVID_ERR_UNREACHABLE);
	assert_null(der.data);
	signer_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uint_each_size_minimal),
		cmocka_unit_test(wrap_long_content_length_read_back),
		cmocka_unit_test(element_too_long_full),
		cmocka_unit_test(nid_each_key_fits),
		cmocka_unit_test(nid_other_key_undefined),
		cmocka_unit_test(wrap_with_extra_all_parts_there),
		cmocka_unit_test(wrap_token_gone_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
