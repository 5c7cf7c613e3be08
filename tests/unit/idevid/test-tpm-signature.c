/* SPDX-License-Identifier: Apache-2.0 */
/* TPM structures from bytes: signatures. */
#include "cmocka-all.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "csr-suites.h"
#include "tpm-public.h"
#include "tpm-signature.h"

/* ---- reading ---- */

static const uint8_t text[] = "signed by a TPM";

/* A signature in the scheme and with the hash given. */
static size_t sign_as(
	EVP_PKEY *key, bool ecc, unsigned scheme, unsigned hash, uint8_t *buf)
{
	TPMT_PUBLIC form = { .type = ecc ? TPM2_ALG_ECC : TPM2_ALG_RSA };

	if (ecc) {
		form.parameters.eccDetail.scheme.scheme = (uint16_t)scheme;
		form.parameters.eccDetail.scheme.details.ecdsa.hashAlg =
			(uint16_t)hash;
	} else {
		form.parameters.rsaDetail.scheme.scheme = (uint16_t)scheme;
		form.parameters.rsaDetail.scheme.details.rsapss.hashAlg =
			(uint16_t)hash;
	}
	return csr_fixture_sign(key, &form, view(text, sizeof(text)), buf);
}

static enum devid_err check(const TPMT_PUBLIC *key, const uint8_t *sig,
	size_t len, struct devid_error *err)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum devid_err rc;

	assert_non_null(copy);
	memcpy(copy, sig, len);
	*err = (struct devid_error) { DEVID_OK, "" };
	rc = tpm_signature_check(
		key, NULL, view(text, sizeof(text)), view(copy, len), err);
	free(copy);
	return rc;
}

static void signature_good_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		const struct csr_fixture *f = &fixtures[algs[i]];
		const struct tcg_csr *csr = &csrs[algs[i]];

		assert_rc(tpm_signature_check(&f->idevid_area, NULL,
				  csr->contents, csr->signature, NULL),
			DEVID_OK);
		assert_rc(tpm_signature_check(&f->idevid_area, f->idevid,
				  csr->contents, csr->signature, NULL),
			DEVID_OK);
		assert_rc(tpm_signature_check(&f->iak_area, NULL,
				  csr->field[TCG_CSR_SGN_CERTIFY],
				  csr->field[TCG_CSR_SGN_CERTIFY_SIG], NULL),
			DEVID_OK);
	}
}

static void signature_by_other_or_over_other_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		const struct csr_fixture *f = &fixtures[algs[i]];
		struct devid_error err = { DEVID_OK, "" };
		uint8_t sig[600];
		size_t len = csr_fixture_sign(f->other, &f->idevid_area,
			view(text, sizeof(text)), sig);

		assert_rc(check(&f->idevid_area, sig, len, &err),
			DEVID_ERR_MISMATCH);
		assert_cause(&err, "not by this key");
		len = csr_fixture_sign(f->idevid, &f->idevid_area,
			view(text, sizeof(text)), sig);
		assert_rc(tpm_signature_check(&f->idevid_area, NULL,
				  view(text, sizeof(text) - 1), view(sig, len),
				  NULL),
			DEVID_ERR_MISMATCH);
		/* @pkey is what counts. */
		assert_rc(
			tpm_signature_check(&f->idevid_area, f->other,
				view(text, sizeof(text)), view(sig, len), NULL),
			DEVID_ERR_MISMATCH);
	}
}

static void signature_any_byte_changed_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		const struct csr_fixture *f = &fixtures[algs[i]];
		uint8_t sig[600];
		size_t len = csr_fixture_sign(
			f->iak, &f->iak_area, view(text, sizeof(text)), sig);
		struct devid_error err;

		assert_rc(check(&f->iak_area, sig, len, &err), DEVID_OK);
		for (size_t j = 0; j < len; j++) {
			sig[j] ^= 1;
			assert_int_not_equal(
				check(&f->iak_area, sig, len, &err), DEVID_OK);
			assert_cause(&err, "signature: ");
			sig[j] ^= 1;
		}
	}
}

static void signature_every_cut_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		const struct csr_fixture *f = &fixtures[algs[i]];
		uint8_t sig[600];
		size_t len = csr_fixture_sign(
			f->iak, &f->iak_area, view(text, sizeof(text)), sig);
		struct devid_error err;

		for (size_t n = 0; n < len; n++)
			assert_rc(check(&f->iak_area, sig, n, &err),
				DEVID_ERR_SYNTAX);
		sig[len] = 0;
		assert_rc(check(&f->iak_area, sig, len + 1, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, "1 bytes behind it");
	}
}

/* A key without a scheme signs with each; one with a scheme with that. */
static void signature_scheme_of_key_only(void **state)
{
	static const struct {
		unsigned key_scheme, key_hash; /* hash 0: none */
		unsigned scheme, hash;
		enum devid_err rc;
	} cases[] = {
		{ TPM2_ALG_NULL, 0, TPM2_ALG_RSASSA, TPM2_ALG_SHA256, 0 },
		{ TPM2_ALG_NULL, 0, TPM2_ALG_RSASSA, TPM2_ALG_SHA512, 0 },
		{ TPM2_ALG_NULL, 0, TPM2_ALG_RSAPSS, TPM2_ALG_SHA256, 0 },
		{ TPM2_ALG_NULL, 0, TPM2_ALG_RSAPSS, TPM2_ALG_SHA384, 0 },
		{ TPM2_ALG_RSASSA, TPM2_ALG_SHA256, TPM2_ALG_RSASSA,
			TPM2_ALG_SHA256, 0 },
		{ TPM2_ALG_RSAPSS, TPM2_ALG_SHA256, TPM2_ALG_RSASSA,
			TPM2_ALG_SHA256, DEVID_ERR_MISMATCH },
		{ TPM2_ALG_RSASSA, TPM2_ALG_SHA256, TPM2_ALG_RSAPSS,
			TPM2_ALG_SHA256, DEVID_ERR_MISMATCH },
		{ TPM2_ALG_RSAPSS, TPM2_ALG_SHA256, TPM2_ALG_RSAPSS,
			TPM2_ALG_SHA384, DEVID_ERR_MISMATCH },
	};
	const struct csr_fixture *f = &fixtures[KEY_ALG_RSA2048];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		TPMT_PUBLIC area = f->idevid_area;
		TPMT_RSA_SCHEME *own = &area.parameters.rsaDetail.scheme;
		struct devid_error err;
		uint8_t sig[600];
		size_t len = sign_as(
			f->idevid, false, cases[i].scheme, cases[i].hash, sig);

		own->scheme = (uint16_t)cases[i].key_scheme;
		own->details.rsapss.hashAlg = (uint16_t)cases[i].key_hash;
		assert_rc(check(&area, sig, len, &err), cases[i].rc);
		if (cases[i].rc != DEVID_OK)
			assert_cause(&err, "is not the key's");
	}
}

static void signature_other_hash_of_ecc_refused(void **state)
{
	const struct csr_fixture *f = &fixtures[KEY_ALG_P256];
	TPMT_PUBLIC area = f->idevid_area;
	struct devid_error err;
	uint8_t sig[600];
	size_t len =
		sign_as(f->idevid, true, TPM2_ALG_ECDSA, TPM2_ALG_SHA384, sig);

	(void)state;
	assert_rc(check(&area, sig, len, &err), DEVID_ERR_MISMATCH);
	assert_cause(&err, "is not the key's");
	area.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	assert_rc(check(&area, sig, len, &err), DEVID_OK);
	/* A signature of the other kind of key. */
	assert_rc(check(&fixtures[KEY_ALG_RSA2048].idevid_area, sig, len, &err),
		DEVID_ERR_MISMATCH);
	assert_cause(&err, "is not the key's");
}

static void signature_other_algorithm_refused(void **state)
{
	static const struct {
		size_t offset;
		uint16_t value;
		const char *cause;
	} cases[] = {
		{ 0, TPM2_ALG_HMAC, "sigAlg" },
		{ 0, TPM2_ALG_ECDAA, "sigAlg" },
		{ 0, TPM2_ALG_NULL, "sigAlg" },
		{ 2, TPM2_ALG_SHA1, "hash" },
		{ 2, TPM2_ALG_NULL, "hash" },
	};
	const struct csr_fixture *f = &fixtures[KEY_ALG_P256];
	uint8_t sig[600];
	size_t len = csr_fixture_sign(
		f->iak, &f->iak_area, view(text, sizeof(text)), sig);

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err;
		uint8_t copy[600];

		memcpy(copy, sig, len);
		copy[cases[i].offset] = (uint8_t)(cases[i].value >> 8);
		copy[cases[i].offset + 1] = (uint8_t)cases[i].value;
		assert_rc(check(&f->iak_area, copy, len, &err),
			DEVID_ERR_UNSUPPORTED);
		assert_cause(&err, cases[i].cause);
	}
}

/* r and s: empty, and larger than any curve's. */
static void signature_bad_numbers_refused(void **state)
{
	const struct csr_fixture *f = &fixtures[KEY_ALG_P256];
	struct devid_error err;
	uint8_t sig[300] = { 0, TPM2_ALG_ECDSA, 0, TPM2_ALG_SHA256 };

	(void)state;
	assert_rc(check(&f->iak_area, sig, 8, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "r or s: empty");
	sig[5] = sig[4 + 2 + 128 + 1] = 128;
	memset(sig + 6, 0x7f, 128);
	memset(sig + 4 + 2 + 128 + 2, 0x7f, 128);
	assert_rc(
		check(&f->iak_area, sig, 4 + 2 * 130, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "r or s: too large");
}

/* The key's own errors come through. */
static void signature_bad_key_refused(void **state)
{
	const struct csr_fixture *f = &fixtures[KEY_ALG_P256];
	TPMT_PUBLIC area = f->iak_area;
	struct devid_error err;
	uint8_t sig[600];
	size_t len = csr_fixture_sign(
		f->iak, &f->iak_area, view(text, sizeof(text)), sig);

	(void)state;
	area.unique.ecc.y.buffer[5] ^= 1;
	assert_rc(check(&area, sig, len, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "no point of its curve");
}

/* ---- writing ---- */

/* OpenSSL's signature, as a keystore gives it. */
static size_t plain_sign(EVP_PKEY *key, const char *md, uint8_t *ret)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 600;

	assert_int_equal(
		EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, ret, &len, text, sizeof(text)), 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

static void signature_encode_checked_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		const struct csr_fixture *f = &fixtures[algs[i]];
		size_t rsa = key_alg_rsa_bits(algs[i]) / 8;
		enum sig_scheme scheme = key_alg_scheme(algs[i]);
		enum sig_hash hash = key_alg_hash(algs[i]);
		uint8_t plain[600], buf[600];
		struct view sig = view(plain,
			plain_sign(f->idevid,
				hash == HASH_SHA384 ? "SHA384" : "SHA256",
				plain));
		struct room out = { buf, sizeof(buf), 0 };
		struct devid_error err;

		assert_rc(tpm_signature_encode(scheme, hash, sig, &out, NULL),
			DEVID_OK);
		assert_int_equal(out.len,
			rsa > 0 ? 6 + rsa : 4 + 2 * (2 + sig_hash_len(hash)));
		assert_rc(check(&f->idevid_area, out.data, out.len, &err),
			DEVID_OK);
		out.size = out.len - 1;
		assert_rc(tpm_signature_encode(scheme, hash, sig, &out, NULL),
			DEVID_ERR_TOO_LARGE);
	}
}

static void signature_encode_bad_input_refused(void **state)
{
	static const uint8_t large[KEY_SIG_MAX + 1];
	static const struct {
		enum sig_scheme scheme;
		unsigned hash;
		const char *sig;
		size_t len;
		enum devid_err rc;
	} cases[] = {
		{ SIG_ECDSA, 0x0004, "\x30\x06\2\1\1\2\1\1", 8,
			DEVID_ERR_UNSUPPORTED },
		{ SIG_ECDSA, HASH_SHA256, "\x30\x06\2\1\1\2\1\1", 8, 0 },
		{ SIG_ECDSA, HASH_SHA256, "\x30\x06\2\1\1\2\1\1\0", 9,
			DEVID_ERR_SYNTAX },
		{ SIG_ECDSA, HASH_SHA256, "\x30\x06\2\1\1\2\1", 7,
			DEVID_ERR_SYNTAX },
		{ SIG_ECDSA, HASH_SHA256, "\x30\x06\2\1\xff\2\1\1", 8,
			DEVID_ERR_SYNTAX }, /* negative */
		{ SIG_ECDSA, HASH_SHA256, "", 0, DEVID_ERR_SYNTAX },
		{ SIG_RSASSA, HASH_SHA256, "", 0, DEVID_ERR_SYNTAX },
		{ SIG_RSAPSS, HASH_SHA256, (const char *)large, sizeof(large),
			DEVID_ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		uint8_t buf[600];
		struct room out = { buf, sizeof(buf), 0 };

		assert_rc(tpm_signature_encode(cases[i].scheme,
				  (enum sig_hash)cases[i].hash,
				  view((const uint8_t *)cases[i].sig,
					  cases[i].len),
				  &out, &err),
			cases[i].rc);
		if (cases[i].rc != DEVID_OK)
			assert_cause(&err, "signature: ");
	}
}

/* A number longer than the hash is none of the curve that goes with it. */
static void signature_encode_large_number_refused(void **state)
{
	const struct csr_fixture *f = &fixtures[KEY_ALG_P384];
	uint8_t plain[600], buf[600];
	struct room out = { buf, sizeof(buf), 0 };
	struct devid_error err = { DEVID_OK, "" };
	size_t plain_len = plain_sign(f->idevid, "SHA384", plain);

	(void)state;
	assert_rc(tpm_signature_encode(SIG_ECDSA, HASH_SHA256,
			  view(plain, plain_len), &out, &err),
		DEVID_ERR_SYNTAX);
	assert_cause(&err, "r or s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signature_good_accepted),
		cmocka_unit_test(signature_by_other_or_over_other_refused),
		cmocka_unit_test(signature_any_byte_changed_refused),
		cmocka_unit_test(signature_every_cut_refused),
		cmocka_unit_test(signature_scheme_of_key_only),
		cmocka_unit_test(signature_other_hash_of_ecc_refused),
		cmocka_unit_test(signature_other_algorithm_refused),
		cmocka_unit_test(signature_bad_numbers_refused),
		cmocka_unit_test(signature_bad_key_refused),
		cmocka_unit_test(signature_encode_checked_back),
		cmocka_unit_test(signature_encode_bad_input_refused),
		cmocka_unit_test(signature_encode_large_number_refused),
	};

	return cmocka_run_group_tests(tests, csr_suites_new, csr_suites_done);
}
