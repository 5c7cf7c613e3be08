/* SPDX-License-Identifier: Apache-2.0 */
/* The TCG-CSR-IDEVID: each field right, cut, too large, and inconsistent. */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "csr-fixture.h"
#include "tcg-csr.h"

/* Where the size fields begin in csrContents with a SHA-256. */
#define SIZES (12 + 32)

/* csrContents with every payload filled, and a request around them. */
static uint8_t contents[TCG_CSR_MAX], request[TCG_CSR_MAX];
static size_t contents_len, request_len;
static uint8_t bytes[TCG_CSR_FIELD_MAX + 1]; /* what payloads are made of */
static struct view fields[TCG_CSR_N_FIELDS];

static struct view view(const uint8_t *data, size_t len)
{
	return (struct view) { data, len };
}

static int setup(void **state)
{
	struct room out = { contents, sizeof(contents), 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < TCG_CSR_PAD; i++)
		fields[i] = view(bytes + i, 20 + i);
	assert_rc(tcg_csr_encode_contents(TPM2_ALG_SHA256, fields, &out, NULL),
		DEVID_OK);
	contents_len = out.len;
	out = (struct room) { request, sizeof(request), 0 };
	assert_rc(tcg_csr_encode(view(contents, contents_len), view(bytes, 72),
			  &out, NULL),
		DEVID_OK);
	request_len = out.len;
	return 0;
}

static void set_u32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* Parses a copy of exactly @len bytes, so that a read beyond is seen. */
static enum devid_err parse_copy(const uint8_t *data, size_t len,
	bool only_contents, struct devid_error *err)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct tcg_csr csr;
	enum devid_err rc;

	assert_non_null(copy);
	memcpy(copy, data, len);
	*err = (struct devid_error) { DEVID_OK, "" };
	rc = only_contents ? tcg_csr_parse_contents(view(copy, len), &csr, err)
			   : tcg_csr_parse(view(copy, len), &csr, err);
	free(copy);
	return rc;
}

/* ---- reading ---- */

/* covers: TCG-13.1-structure */
static void parse_good_request_split(void **state)
{
	struct tcg_csr csr;

	(void)state;
	assert_rc(tcg_csr_parse(view(request, request_len), &csr, NULL),
		DEVID_OK);
	assert_ptr_equal(csr.contents.data, request + 12);
	assert_int_equal(csr.contents.len, contents_len);
	assert_int_equal(csr.signature.len, 72);
	assert_memory_equal(csr.signature.data, bytes, 72);
	assert_int_equal(csr.hash_alg, TPM2_ALG_SHA256);
	assert_int_equal(csr.hash.len, 32);
	assert_int_equal(csr.hashed.len, contents_len - SIZES);
	for (size_t i = 0; i < TCG_CSR_PAD; i++) {
		assert_int_equal(csr.field[i].len, fields[i].len);
		assert_memory_equal(
			csr.field[i].data, fields[i].data, fields[i].len);
	}
	assert_true(csr.field[TCG_CSR_PAD].len < 16);
	assert_rc(tcg_csr_check_hash(&csr, NULL), DEVID_OK);
}

static void parse_contents_alone_split(void **state)
{
	struct tcg_csr csr;

	(void)state;
	assert_rc(tcg_csr_parse_contents(
			  view(contents, contents_len), &csr, NULL),
		DEVID_OK);
	assert_ptr_equal(csr.contents.data, contents);
	assert_int_equal(csr.signature.len, 0);
	assert_rc(tcg_csr_check_hash(&csr, NULL), DEVID_OK);
}

/* What the fixture makes is read back by every module.
 * covers: TCG-13.1-structure */
static void parse_fixture_every_suite_split(void **state)
{
	static struct csr_fixture f;

	(void)state;
	for (int alg = KEY_ALG_P256; alg <= KEY_ALG_RSA2048; alg++) {
		struct tcg_csr csr;

		csr_fixture_new(&f, (enum key_alg)alg, "P-256");
		csr_fixture_encode(&f);
		assert_rc(tcg_csr_parse(view(f.data, f.len), &csr, NULL),
			DEVID_OK);
		assert_rc(tcg_csr_check_hash(&csr, NULL), DEVID_OK);
		assert_int_equal(
			csr.field[TCG_CSR_EK_CERT].len, f.ek_cert.der.len);
		assert_memory_equal(csr.field[TCG_CSR_PROD_SERIAL].data,
			CSR_FIXTURE_SERIAL, strlen(CSR_FIXTURE_SERIAL));
		csr_fixture_done(&f);
	}
}

static void parse_empty_payloads_split(void **state)
{
	static const struct view none[TCG_CSR_N_FIELDS];
	uint8_t buf[256];
	struct room out = { buf, sizeof(buf), 0 };
	struct tcg_csr csr;

	(void)state;
	assert_rc(tcg_csr_encode_contents(TPM2_ALG_SHA256, none, &out, NULL),
		DEVID_OK);
	assert_rc(tcg_csr_parse_contents(view(buf, out.len), &csr, NULL),
		DEVID_OK);
	for (size_t i = 0; i < TCG_CSR_PAD; i++)
		assert_int_equal(csr.field[i].len, 0);
}

static void parse_every_cut_request_refused(void **state)
{
	struct devid_error err;

	(void)state;
	for (size_t len = 0; len < request_len; len++) {
		assert_rc(parse_copy(request, len, false, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, len == 0                  ? "is empty"
				   : len < 4                 ? "structVer"
				   : len < 8                 ? "csrContents"
				   : len < 12                ? "signature"
				   : len < 12 + contents_len ? "csrContents"
							     : "signature");
	}
	assert_rc(parse_copy(request, request_len, false, &err), DEVID_OK);
}

static void parse_file_of_another_kind_named(void **state)
{
	static const char answer[] = "-----BEGIN DEVID ANSWER-----\nMAA=\n";
	struct devid_error err = { 0 };
	struct tcg_csr csr;

	(void)state;
	assert_rc(
		tcg_csr_parse(view((const uint8_t *)answer, sizeof(answer) - 1),
			&csr, &err),
		DEVID_ERR_SYNTAX);
	assert_string_equal(
		err.text, "TCG-CSR: the file is an answer to a challenge");
}

static void parse_byte_behind_request_refused(void **state)
{
	uint8_t longer[sizeof(request)];
	struct devid_error err;

	(void)state;
	memcpy(longer, request, request_len);
	longer[request_len] = 0;
	assert_rc(parse_copy(longer, request_len + 1, false, &err),
		DEVID_ERR_SYNTAX);
	assert_cause(&err, "signature: 1 bytes behind it");
}

/* csrContents that end in a field: the field is named. */
static void parse_each_cut_field_named(void **state)
{
	static const char *const header[] = { "structVer", "hashAlgoId",
		"hash" };
	size_t end = SIZES + 4 * TCG_CSR_N_FIELDS;
	struct devid_error err;
	struct tcg_csr csr;

	(void)state;
	for (size_t i = 0; i < N_OF(header); i++) {
		assert_rc(parse_copy(contents, 4 * i + 3, true, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, header[i]);
	}
	assert_rc(
		parse_copy(contents, SIZES - 1, true, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "TCG-CSR: hash: 32 bytes announced, 31 left");
	assert_rc(tcg_csr_parse_contents(
			  view(contents, contents_len), &csr, NULL),
		DEVID_OK);
	for (size_t i = 0; i < TCG_CSR_N_FIELDS; i++) {
		const char *name = tcg_csr_field_name((enum tcg_csr_field)i);
		char want[64];

		(void)snprintf(want, sizeof(want), "TCG-CSR: %s: ", name);
		assert_rc(parse_copy(contents, SIZES + 4 * i + 3, true, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, want);
		end += csr.field[i].len;
		assert_true(csr.field[i].len > 0);
		assert_rc(parse_copy(contents, end - 1, true, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, want);
	}
	assert_int_equal(end, contents_len);
}

/* A size beyond the limit is refused by that size alone. */
static void parse_each_oversized_field_named(void **state)
{
	uint8_t copy[sizeof(contents)];
	struct devid_error err;

	(void)state;
	for (size_t i = 0; i <= TCG_CSR_N_FIELDS; i++) {
		bool hash = i == TCG_CSR_N_FIELDS;
		uint8_t *p = copy + (hash ? 8 : SIZES + 4 * i);
		uint32_t max = hash               ? 64
			       : i == TCG_CSR_PAD ? 15
						  : TCG_CSR_FIELD_MAX;
		const uint32_t sizes[] = { max + 1, 0x7fffffff, 0x80000000,
			0xffffffff };
		char want[64];

		(void)snprintf(want, sizeof(want), "%sSz",
			hash ? "hash"
			     : tcg_csr_field_name((enum tcg_csr_field)i));
		for (size_t j = 0; j < N_OF(sizes); j++) {
			memcpy(copy, contents, contents_len);
			set_u32(p, sizes[j]);
			assert_rc(parse_copy(copy, contents_len, true, &err),
				DEVID_ERR_TOO_LARGE);
			assert_cause(&err, want);
		}
	}
}

/* Sizes that do not add up to what is there.
 * covers: TCG-13.1-structure */
static void parse_each_inconsistent_size_refused(void **state)
{
	uint8_t copy[sizeof(contents)];
	struct devid_error err;

	(void)state;
	for (size_t i = 0; i < TCG_CSR_N_FIELDS; i++) {
		uint8_t *p = copy + SIZES + 4 * i;

		memcpy(copy, contents, contents_len);
		set_u32(p, get_u32(p) + 1);
		assert_rc(parse_copy(copy, contents_len, true, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, "pad: ");
		set_u32(p, get_u32(p) - 2);
		assert_rc(parse_copy(copy, contents_len, true, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, "csrContents: 1 bytes behind pad");
	}
}

/* covers: TCG-13.1-structure */
static void parse_outer_inconsistent_refused(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		enum devid_err rc;
		const char *cause;
	} cases[] = {
		{ 0, 0, DEVID_ERR_SYNTAX, "TCG-CSR: structVer" },
		{ 0, 0x101, DEVID_ERR_SYNTAX, "TCG-CSR: structVer" },
		{ 4, TCG_CSR_MAX + 1, DEVID_ERR_TOO_LARGE, "csrContentsSz" },
		{ 4, 0xffffffff, DEVID_ERR_TOO_LARGE, "csrContentsSz" },
		{ 4, TCG_CSR_MAX, DEVID_ERR_SYNTAX, "csrContents: " },
		{ 4, 0, DEVID_ERR_SYNTAX, "signature: " },
		{ 8, TCG_CSR_FIELD_MAX + 1, DEVID_ERR_TOO_LARGE,
			"signatureSz" },
		{ 8, 0xffffffff, DEVID_ERR_TOO_LARGE, "signatureSz" },
		{ 8, 73, DEVID_ERR_SYNTAX, "signature: " },
		{ 8, 71, DEVID_ERR_SYNTAX, "signature: 1 bytes behind" },
		{ 12, 0, DEVID_ERR_SYNTAX, "csrContents.structVer" },
	};
	struct devid_error err;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		uint8_t copy[sizeof(request)];

		memcpy(copy, request, request_len);
		set_u32(copy + cases[i].offset, cases[i].value);
		assert_rc(parse_copy(copy, request_len, false, &err),
			cases[i].rc);
		assert_cause(&err, cases[i].cause);
	}
}

static void parse_too_large_request_refused(void **state)
{
	static uint8_t large[TCG_CSR_MAX + 1];
	struct devid_error err;

	(void)state;
	assert_rc(parse_copy(large, sizeof(large), false, &err),
		DEVID_ERR_TOO_LARGE);
	assert_rc(parse_copy(large, sizeof(large), true, &err),
		DEVID_ERR_TOO_LARGE);
}

/* ---- hash ---- */

/* covers: TCG-13.1-structure */
static void check_hash_any_bit_refused(void **state)
{
	uint8_t copy[sizeof(contents)];
	struct tcg_csr csr;

	(void)state;
	memcpy(copy, contents, contents_len);
	assert_rc(tcg_csr_parse_contents(view(copy, contents_len), &csr, NULL),
		DEVID_OK);
	for (size_t i = 12; i < contents_len; i++) {
		struct devid_error err = { DEVID_OK, "" };

		copy[i] ^= 0x10;
		assert_rc(tcg_csr_check_hash(&csr, &err), DEVID_ERR_MISMATCH);
		assert_cause(&err, "hash");
		copy[i] ^= 0x10;
	}
	assert_rc(tcg_csr_check_hash(&csr, NULL), DEVID_OK);
}

/* covers: TCG-13.1-structure */
static void check_hash_each_algorithm(void **state)
{
	static const struct {
		uint32_t alg;
		enum devid_err rc;
	} cases[] = {
		{ TPM2_ALG_SHA256, DEVID_OK },
		{ TPM2_ALG_SHA384, DEVID_OK },
		{ TPM2_ALG_SHA512, DEVID_OK },
		{ TPM2_ALG_SHA1, DEVID_ERR_UNSUPPORTED },
		{ TPM2_ALG_NULL, DEVID_ERR_UNSUPPORTED },
		{ 0x1000b, DEVID_ERR_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		uint8_t buf[2048];
		struct room out = { buf, sizeof(buf), 0 };
		struct tcg_csr csr;

		assert_rc(tcg_csr_encode_contents(
				  cases[i].alg, fields, &out, NULL),
			cases[i].rc);
		if (cases[i].rc == DEVID_OK) {
			assert_rc(tcg_csr_parse_contents(
					  view(buf, out.len), &csr, NULL),
				DEVID_OK);
			assert_int_equal(out.len % 16, 0);
			assert_rc(tcg_csr_check_hash(&csr, NULL), DEVID_OK);
			continue;
		}
		assert_rc(tcg_csr_parse_contents(
				  view(contents, contents_len), &csr, NULL),
			DEVID_OK);
		csr.hash_alg = cases[i].alg;
		assert_rc(tcg_csr_check_hash(&csr, &err), cases[i].rc);
		assert_cause(&err, "hashAlgoId");
	}
}

static void check_hash_other_length_refused(void **state)
{
	static const size_t sizes[] = { 0, 31, 33, 48 };
	struct tcg_csr csr;

	(void)state;
	assert_rc(tcg_csr_parse_contents(
			  view(contents, contents_len), &csr, NULL),
		DEVID_OK);
	for (size_t i = 0; i < N_OF(sizes); i++) {
		struct devid_error err = { DEVID_OK, "" };

		csr.hash.len = sizes[i];
		assert_rc(tcg_csr_check_hash(&csr, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "hashSz");
	}
}

/* ---- writing ---- */

/* covers: TCG-13.1-structure */
static void encode_pad_fills_to_sixteen(void **state)
{
	struct view some[TCG_CSR_N_FIELDS] = { { NULL, 0 } };
	uint8_t buf[512];
	struct room out = { buf, sizeof(buf), 0 };
	struct tcg_csr csr;

	(void)state;
	for (size_t n = 0; n < 40; n++) {
		some[TCG_CSR_PROD_MODEL] = view(bytes, n);
		assert_rc(tcg_csr_encode_contents(
				  TPM2_ALG_SHA384, some, &out, NULL),
			DEVID_OK);
		assert_int_equal(out.len % 16, 0);
		assert_rc(
			tcg_csr_parse_contents(view(buf, out.len), &csr, NULL),
			DEVID_OK);
		assert_int_equal(csr.field[TCG_CSR_PROD_MODEL].len, n);
	}
}

static void encode_each_oversized_field_refused(void **state)
{
	static uint8_t buf[TCG_CSR_MAX];
	struct room out = { buf, sizeof(buf), 0 };

	(void)state;
	for (size_t i = 0; i < TCG_CSR_PAD; i++) {
		struct view some[TCG_CSR_N_FIELDS] = { { NULL, 0 } };
		struct devid_error err = { DEVID_OK, "" };

		some[i] = view(bytes, TCG_CSR_FIELD_MAX);
		assert_rc(tcg_csr_encode_contents(
				  TPM2_ALG_SHA256, some, &out, NULL),
			DEVID_OK);
		some[i].len++;
		assert_rc(tcg_csr_encode_contents(
				  TPM2_ALG_SHA256, some, &out, &err),
			DEVID_ERR_TOO_LARGE);
		assert_cause(&err, tcg_csr_field_name((enum tcg_csr_field)i));
	}
}

static void encode_small_buffer_refused(void **state)
{
	static uint8_t buf[TCG_CSR_MAX + 12];
	struct room out = { buf, contents_len, 0 };

	(void)state;
	assert_rc(tcg_csr_encode_contents(TPM2_ALG_SHA256, fields, &out, NULL),
		DEVID_OK);
	out.size = contents_len - 1;
	assert_rc(tcg_csr_encode_contents(TPM2_ALG_SHA256, fields, &out, NULL),
		DEVID_ERR_TOO_LARGE);
	out.size = request_len;
	assert_rc(tcg_csr_encode(view(contents, contents_len), view(bytes, 72),
			  &out, NULL),
		DEVID_OK);
	out.size = request_len - 1;
	assert_rc(tcg_csr_encode(view(contents, contents_len), view(bytes, 72),
			  &out, NULL),
		DEVID_ERR_TOO_LARGE);
	/* Together more than a request may have. */
	out.size = sizeof(buf);
	assert_rc(tcg_csr_encode(view(contents, TCG_CSR_MAX - 12 - 71),
			  view(bytes, 72), &out, NULL),
		DEVID_ERR_TOO_LARGE);
	assert_rc(tcg_csr_encode(view(contents, 100),
			  view(bytes, TCG_CSR_FIELD_MAX + 1), &out, NULL),
		DEVID_ERR_TOO_LARGE);
}

/* All fields at once at their limit are more than a request. */
static void encode_too_large_sum_refused(void **state)
{
	static uint8_t buf[2 * TCG_CSR_N_FIELDS * TCG_CSR_FIELD_MAX];
	struct room out = { buf, sizeof(buf), 0 };
	struct view some[TCG_CSR_N_FIELDS];

	(void)state;
	for (size_t i = 0; i < TCG_CSR_N_FIELDS; i++)
		some[i] = view(bytes, TCG_CSR_FIELD_MAX);
	assert_rc(tcg_csr_encode_contents(TPM2_ALG_SHA256, some, &out, NULL),
		DEVID_ERR_TOO_LARGE);
}

static void field_name_all_differ(void **state)
{
	(void)state;
	for (int i = 0; i <= TCG_CSR_N_FIELDS; i++) {
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				tcg_csr_field_name((enum tcg_csr_field)i),
				tcg_csr_field_name((enum tcg_csr_field)j));
	}
	assert_string_equal(tcg_csr_field_name(TCG_CSR_EK_CERT), "ekCert");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_good_request_split),
		cmocka_unit_test(parse_contents_alone_split),
		cmocka_unit_test(parse_fixture_every_suite_split),
		cmocka_unit_test(parse_empty_payloads_split),
		cmocka_unit_test(parse_every_cut_request_refused),
		cmocka_unit_test(parse_file_of_another_kind_named),
		cmocka_unit_test(parse_byte_behind_request_refused),
		cmocka_unit_test(parse_each_cut_field_named),
		cmocka_unit_test(parse_each_oversized_field_named),
		cmocka_unit_test(parse_each_inconsistent_size_refused),
		cmocka_unit_test(parse_outer_inconsistent_refused),
		cmocka_unit_test(parse_too_large_request_refused),
		cmocka_unit_test(check_hash_any_bit_refused),
		cmocka_unit_test(check_hash_each_algorithm),
		cmocka_unit_test(check_hash_other_length_refused),
		cmocka_unit_test(encode_pad_fills_to_sixteen),
		cmocka_unit_test(encode_each_oversized_field_refused),
		cmocka_unit_test(encode_small_buffer_refused),
		cmocka_unit_test(encode_too_large_sum_refused),
		cmocka_unit_test(field_name_all_differ),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
