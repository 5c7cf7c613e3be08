/* SPDX-License-Identifier: Apache-2.0 */
/* TPM structures from bytes: public areas and attestations. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>

#include "csr-suites.h"
#include "tpm-public.h"

/* Parses a copy of exactly @len bytes, so that a read beyond is seen. */
static enum devid_err parse_public(
	const uint8_t *data, size_t len, struct devid_error *err)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct tpm_public pub;
	enum devid_err rc;

	assert_non_null(copy);
	memcpy(copy, data, len);
	*err = (struct devid_error) { DEVID_OK, "" };
	rc = tpm_public_parse(view(copy, len), &pub, err);
	free(copy);
	return rc;
}

static enum devid_err parse_certify(
	const uint8_t *data, size_t len, struct devid_error *err)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct tpm_certify certify;
	enum devid_err rc;

	assert_non_null(copy);
	memcpy(copy, data, len);
	*err = (struct devid_error) { DEVID_OK, "" };
	rc = tpm_certify_parse(view(copy, len), &certify, err);
	free(copy);
	return rc;
}

/* ---- public areas ---- */

/* covers: TPM-16-names */
static void parse_every_suite_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		const struct csr_fixture *f = &fixtures[algs[i]];
		struct view in = csrs[algs[i]].field[TCG_CSR_ATTEST_PUB];
		uint8_t buf[sizeof(TPMT_PUBLIC)];
		struct room again = { buf, sizeof(buf), 0 };
		struct tpm_public pub;

		assert_rc(tpm_public_parse(in, &pub, NULL), DEVID_OK);
		assert_int_equal(pub.name_len, f->iak_name_len);
		assert_memory_equal(pub.name, f->iak_name, pub.name_len);
		assert_rc(tpm_public_encode(&pub.area, &again, NULL), DEVID_OK);
		assert_int_equal(again.len, in.len);
		assert_memory_equal(again.data, in.data, again.len);
	}
}

static void parse_every_cut_area_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		struct view in = csrs[algs[i]].field[TCG_CSR_SIGNING_PUB];
		uint8_t longer[1000];
		struct devid_error err;

		for (size_t len = 0; len < in.len; len++) {
			assert_rc(parse_public(in.data, len, &err),
				DEVID_ERR_SYNTAX);
			assert_cause(&err, "public area");
		}
		memcpy(longer, in.data, in.len);
		longer[in.len] = 0;
		assert_rc(parse_public(longer, in.len + 1, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, "public area: 1 bytes behind it");
	}
}

/* Sizes inside the structure: authPolicy, x, y of P-256. */
static void parse_oversized_member_refused(void **state)
{
	static const size_t offsets[] = { 8, 52, 86 };
	static const uint16_t sizes[] = { 31, 33, 65, 129, 0x7fff, 0xffff };
	struct view in = csrs[KEY_ALG_P256].field[TCG_CSR_SIGNING_PUB];

	(void)state;
	assert_int_equal(in.len, 86 + 2 + 32);
	for (size_t i = 0; i < N_OF(offsets); i++) {
		for (size_t j = 0; j < N_OF(sizes); j++) {
			uint8_t copy[200];
			struct devid_error err;

			memcpy(copy, in.data, in.len);
			assert_int_equal(copy[offsets[i] + 1], 32);
			copy[offsets[i]] = (uint8_t)(sizes[j] >> 8);
			copy[offsets[i] + 1] = (uint8_t)sizes[j];
			assert_rc(parse_public(copy, in.len, &err),
				DEVID_ERR_SYNTAX);
		}
	}
}

static void parse_other_algorithm_refused(void **state)
{
	static const struct {
		size_t offset;
		uint16_t value;
		enum devid_err rc;
		const char *cause;
	} cases[] = {
		{ 0, TPM2_ALG_KEYEDHASH, DEVID_ERR_UNSUPPORTED, "type" },
		{ 0, TPM2_ALG_SYMCIPHER, DEVID_ERR_UNSUPPORTED, "type" },
		{ 0, TPM2_ALG_NULL, DEVID_ERR_UNSUPPORTED, "type" },
		{ 0, 0x7777, DEVID_ERR_UNSUPPORTED, "type" },
		{ 2, TPM2_ALG_SHA1, DEVID_ERR_UNSUPPORTED, "nameAlg" },
		{ 2, TPM2_ALG_NULL, DEVID_ERR_UNSUPPORTED, "nameAlg" },
		{ 2, 0x7777, DEVID_ERR_UNSUPPORTED, "nameAlg" },
		/* symmetric and scheme: selectors that tpm2-tss lacks */
		{ 42, 0x7777, DEVID_ERR_SYNTAX, "TPMT_PUBLIC" },
		{ 44, 0x7777, DEVID_ERR_SYNTAX, "TPMT_PUBLIC" },
	};
	struct view in = csrs[KEY_ALG_P256].field[TCG_CSR_SIGNING_PUB];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		uint8_t copy[200];
		struct devid_error err;

		memcpy(copy, in.data, in.len);
		copy[cases[i].offset] = (uint8_t)(cases[i].value >> 8);
		copy[cases[i].offset + 1] = (uint8_t)cases[i].value;
		assert_rc(parse_public(copy, in.len, &err), cases[i].rc);
		assert_cause(&err, cases[i].cause);
	}
}

static void encode_small_buffer_refused(void **state)
{
	const struct csr_fixture *f = &fixtures[KEY_ALG_P256];
	uint8_t buf[200];
	struct room out = { buf, 120, 0 };

	(void)state;
	assert_rc(tpm_public_encode(&f->iak_area, &out, NULL), DEVID_OK);
	assert_int_equal(out.len, 120);
	for (out.size = 0; out.size < 120; out.size++)
		assert_rc(tpm_public_encode(&f->iak_area, &out, NULL),
			DEVID_ERR_TOO_LARGE);
}

/* ---- public keys ---- */

static void spki_every_suite_is_the_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		const struct csr_fixture *f = &fixtures[algs[i]];
		struct key_blob spki;
		EVP_PKEY *pkey = NULL;
		uint8_t *want = NULL;
		int len = i2d_PUBKEY(f->idevid, &want);

		assert_rc(tpm_public_spki(&f->idevid_area, &spki, NULL),
			DEVID_OK);
		assert_int_equal(spki.len, len);
		assert_memory_equal(spki.data, want, spki.len);
		assert_int_equal(key_alg_of_spki(spki.data, spki.len), algs[i]);
		OPENSSL_free(want);
		assert_rc(tpm_public_pkey(&f->idevid_area, &pkey, NULL),
			DEVID_OK);
		assert_int_equal(EVP_PKEY_eq(pkey, f->idevid), 1);
		EVP_PKEY_free(pkey);
	}
}

static void pkey_p521_and_rsa4096_read(void **state)
{
	static const char *const types[] = { "P-521", "RSA:3072", "RSA:4096" };

	(void)state;
	for (size_t i = 0; i < N_OF(types); i++) {
		bool rsa = types[i][0] == 'R';
		TPMT_PUBLIC area =
			fixtures[rsa ? KEY_ALG_RSA2048 : KEY_ALG_P256]
				.idevid_area;
		EVP_PKEY *key = certs_key(types[i]), *read = NULL;

		if (rsa)
			area.parameters.rsaDetail.keyBits =
				(uint16_t)EVP_PKEY_get_bits(key);
		else
			area.parameters.eccDetail.curveID = TPM2_ECC_NIST_P521;
		csr_fixture_set_key(&area, key);
		assert_rc(tpm_public_pkey(&area, &read, NULL), DEVID_OK);
		assert_int_equal(EVP_PKEY_eq(key, read), 1);
		EVP_PKEY_free(key);
		EVP_PKEY_free(read);
	}
}

/* Older TPMs leave out leading zeros of a coordinate. */
static void pkey_short_coordinate_padded(void **state)
{
	TPMT_PUBLIC area = fixtures[KEY_ALG_P256].idevid_area;
	TPM2B_ECC_PARAMETER *x = &area.unique.ecc.x;
	EVP_PKEY *key = NULL, *read = NULL;

	(void)state;
	do {
		EVP_PKEY_free(key);
		key = certs_key("P-256");
		csr_fixture_set_key(&area, key);
	} while (x->buffer[0] != 0);
	memmove(x->buffer, x->buffer + 1, 31);
	x->size = 31;
	assert_rc(tpm_public_pkey(&area, &read, NULL), DEVID_OK);
	assert_int_equal(EVP_PKEY_eq(key, read), 1);
	EVP_PKEY_free(key);
	EVP_PKEY_free(read);
}

static void refused(
	const TPMT_PUBLIC *area, enum devid_err rc, const char *cause)
{
	struct devid_error err = { DEVID_OK, "" };
	struct key_blob spki;
	EVP_PKEY *pkey = NULL;

	assert_rc(tpm_public_pkey(area, &pkey, &err), rc);
	assert_null(pkey);
	assert_cause(&err, cause);
	assert_rc(tpm_public_spki(area, &spki, NULL), rc);
}

static void pkey_bad_point_refused(void **state)
{
	const TPMT_PUBLIC good = fixtures[KEY_ALG_P256].idevid_area;
	TPMT_PUBLIC area = good;
	TPMS_ECC_POINT *point = &area.unique.ecc;

	(void)state;
	point->x.buffer[31] ^= 1;
	refused(&area, DEVID_ERR_SYNTAX, "no point of its curve");
	area = good;
	point->y.buffer[0] ^= 1;
	refused(&area, DEVID_ERR_SYNTAX, "no point of its curve");
	area = good;
	memset(point->x.buffer, 0xff, 32); /* not below the field's prime */
	refused(&area, DEVID_ERR_SYNTAX, "no point of its curve");
	area = good;
	memset(point, 0, sizeof(*point)); /* infinity has no such form */
	point->x.size = point->y.size = 32;
	refused(&area, DEVID_ERR_SYNTAX, "no point of its curve");
	area = good;
	point->x.size = 33;
	refused(&area, DEVID_ERR_SYNTAX, "x or y");
	area = good;
	point->y.size = 33;
	refused(&area, DEVID_ERR_SYNTAX, "x or y");
	area = good;
	point->x.size = 0;
	refused(&area, DEVID_ERR_SYNTAX, "x or y");
	area = good;
	point->y.size = 0;
	refused(&area, DEVID_ERR_SYNTAX, "x or y");
	area = good;
	area.parameters.eccDetail.curveID = TPM2_ECC_BN_P256;
	refused(&area, DEVID_ERR_UNSUPPORTED, "curve");
	area = good;
	area.type = TPM2_ALG_KEYEDHASH;
	refused(&area, DEVID_ERR_UNSUPPORTED, "type");
}

static void pkey_bad_rsa_refused(void **state)
{
	const TPMT_PUBLIC good = fixtures[KEY_ALG_RSA2048].idevid_area;
	static const uint16_t bad_bits[] = { 0, 1024, 2047, 2049, 5120,
		0xffff };
	static const uint32_t bad_exponents[] = { 1, 2, 3, 17, 65535, 65538 };
	TPMT_PUBLIC area = good;
	TPM2B_PUBLIC_KEY_RSA *mod = &area.unique.rsa;

	(void)state;
	for (size_t i = 0; i < N_OF(bad_bits); i++) {
		area = good;
		area.parameters.rsaDetail.keyBits = bad_bits[i];
		refused(&area, DEVID_ERR_UNSUPPORTED, "keyBits");
	}
	for (size_t i = 0; i < N_OF(bad_exponents); i++) {
		area = good;
		area.parameters.rsaDetail.exponent = bad_exponents[i];
		refused(&area, DEVID_ERR_UNSUPPORTED, "exponent");
	}
	area = good;
	area.parameters.rsaDetail.keyBits = 3072;
	refused(&area, DEVID_ERR_SYNTAX, "modulus");
	area = good;
	mod->size = 255;
	refused(&area, DEVID_ERR_SYNTAX, "modulus");
	area = good;
	mod->size = 0;
	refused(&area, DEVID_ERR_SYNTAX, "modulus");
	area = good;
	mod->buffer[0] &= 0x7f;
	refused(&area, DEVID_ERR_SYNTAX, "modulus");
	area = good;
	mod->buffer[255] &= 0xfe;
	refused(&area, DEVID_ERR_SYNTAX, "modulus");
}

/* ---- attestations ---- */

/* covers: TPM-10.12.12-attest */
static void certify_every_suite_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		const struct csr_fixture *f = &fixtures[algs[i]];
		struct tpm_certify certify;

		assert_rc(tpm_certify_parse(
				  csrs[algs[i]].field[TCG_CSR_SGN_CERTIFY],
				  &certify, NULL),
			DEVID_OK);
		assert_int_equal(certify.name_len, f->idevid_name_len);
		assert_memory_equal(
			certify.name, f->idevid_name, certify.name_len);
		assert_true(certify.firmware == f->attest.firmwareVersion);
		assert_int_equal(certify.extra_len, 0);
	}
}

static void certify_extra_data_read(void **state)
{
	const struct csr_fixture *f = &fixtures[KEY_ALG_P256];
	TPMS_ATTEST at = f->attest;
	struct tpm_certify certify;
	uint8_t buf[1000];

	(void)state;
	at.attested.certify.name.size = 34;
	memcpy(at.attested.certify.name.name, f->idevid_name, 34);
	at.extraData.size = 64;
	memset(at.extraData.buffer, 0x77, 64);
	assert_rc(tpm_certify_parse(
			  view(buf, csr_fixture_attest(&at, buf, sizeof(buf))),
			  &certify, NULL),
		DEVID_OK);
	assert_int_equal(certify.extra_len, 64);
	assert_memory_equal(certify.extra, at.extraData.buffer, 64);
}

static void certify_every_cut_refused(void **state)
{
	struct view in = csrs[KEY_ALG_P384].field[TCG_CSR_SGN_CERTIFY];
	uint8_t longer[1000];
	struct devid_error err;

	(void)state;
	for (size_t len = 0; len < in.len; len++) {
		assert_rc(parse_certify(in.data, len, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "attestation");
	}
	memcpy(longer, in.data, in.len);
	longer[in.len] = 0;
	assert_rc(parse_certify(longer, in.len + 1, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "attestation: 1 bytes behind it");
}

/* covers: TPM-10.12.12-attest */
static void certify_other_content_refused(void **state)
{
	struct view in = csrs[KEY_ALG_P256].field[TCG_CSR_SGN_CERTIFY];
	static const uint16_t types[] = { TPM2_ST_ATTEST_QUOTE,
		TPM2_ST_ATTEST_CREATION, TPM2_ST_ATTEST_TIME, TPM2_ST_ATTEST_NV,
		TPM2_ST_ATTEST_SESSION_AUDIT, 0 };
	struct devid_error err;
	uint8_t copy[1000];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		memcpy(copy, in.data, in.len);
		copy[i] ^= 1;
		assert_rc(parse_certify(copy, in.len, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "magic");
	}
	memcpy(copy, in.data, in.len);
	for (size_t i = 0; i < N_OF(types); i++) {
		copy[4] = (uint8_t)(types[i] >> 8);
		copy[5] = (uint8_t)types[i];
		assert_rc(parse_certify(copy, in.len, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "type");
	}
}

/* Names that no object has: none, a handle, the wrong length. */
static void certify_bad_name_refused(void **state)
{
	static const struct {
		uint16_t alg, size;
	} cases[] = {
		{ 0, 0 },
		{ TPM2_ALG_SHA256, 1 },
		{ 0x8102, 4 },
		{ TPM2_ALG_SHA256, 33 },
		{ TPM2_ALG_SHA256, 35 },
		{ TPM2_ALG_SHA384, 34 },
		{ TPM2_ALG_SHA1, 22 },
		{ TPM2_ALG_SHA512, 68 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		TPMS_ATTEST at = fixtures[KEY_ALG_P256].attest;
		TPM2B_NAME *name = &at.attested.certify.name;
		struct devid_error err;
		uint8_t buf[1000];

		name->size = cases[i].size;
		name->name[0] = (uint8_t)(cases[i].alg >> 8);
		name->name[1] = (uint8_t)cases[i].alg;
		assert_rc(parse_certify(buf,
				  csr_fixture_attest(&at, buf, sizeof(buf)),
				  &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, "attestation: name");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_every_suite_named),
		cmocka_unit_test(parse_every_cut_area_refused),
		cmocka_unit_test(parse_oversized_member_refused),
		cmocka_unit_test(parse_other_algorithm_refused),
		cmocka_unit_test(encode_small_buffer_refused),
		cmocka_unit_test(spki_every_suite_is_the_key),
		cmocka_unit_test(pkey_p521_and_rsa4096_read),
		cmocka_unit_test(pkey_short_coordinate_padded),
		cmocka_unit_test(pkey_bad_point_refused),
		cmocka_unit_test(pkey_bad_rsa_refused),
		cmocka_unit_test(certify_every_suite_read),
		cmocka_unit_test(certify_extra_data_read),
		cmocka_unit_test(certify_every_cut_refused),
		cmocka_unit_test(certify_other_content_refused),
		cmocka_unit_test(certify_bad_name_refused),
	};

	return cmocka_run_group_tests(tests, csr_suites_new, csr_suites_done);
}
