/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a sealed key: what is taken, and each refusal. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "bytes.h"
#include "sealed-fixture.h"
#include "tpm-child-template.h"

/* Places in the record of a key that was made: version, algorithm, imported,
 * epoch, then counted fields: name, "tls-0" here, id... */
#define AT_ALG      1
#define AT_IMPORTED 2
#define AT_EPOCH    3
#define AT_NAME     11
#define AT_ID       (AT_NAME + 2 + 5)
#define AT_PARENT   (AT_ID + 2 + 32)
#define AT_PUBLIC   (AT_PARENT + 2 + 34)
#define AT_AREA     (AT_PUBLIC + 2)

struct record {
	uint8_t data[4096];
	size_t len;
};

static struct record encode(const struct tpm_sealed *key)
{
	struct record r = { .len = 0 };
	struct room out = { r.data, sizeof(r.data), 0 };

	assert_rc(tpm_sealed_encode(key, &out, NULL), DEVID_OK);
	r.len = out.len;
	return r;
}

static struct record record_of(enum key_alg alg, bool imported)
{
	struct tpm_sealed key;

	sealed_fixture(alg, imported, &key);
	return encode(&key);
}

static enum devid_err parse(const struct record *r, struct devid_error *err)
{
	struct tpm_sealed key;
	uint8_t *copy = malloc(r->len ? r->len : 1); /* ends where it ends */
	enum devid_err rc;

	memcpy(copy, r->data, r->len);
	rc = tpm_sealed_parse((struct view) { copy, r->len }, &key, err);
	free(copy);
	return rc;
}

static void refused(
	const struct record *r, enum devid_err want, const char *why)
{
	struct devid_error err = { DEVID_OK, "" };

	assert_int_equal(parse(r, &err), want);
	assert_cause(&err, why);
}

static void refused_with_digest(struct record r, const char *why)
{
	sealed_fixture_digest(r.data, r.len);
	refused(&r, DEVID_ERR_SYNTAX, why);
}

static void parse_what_was_encoded_equal(void **state)
{
	static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_RSA2048 };

	(void)state;
	for (size_t i = 0; i < 2 * N_OF(algs); i++) {
		struct tpm_sealed key, got;
		struct record r, again;

		sealed_fixture(algs[i / 2], i % 2 == 1, &key);
		r = encode(&key);
		assert_rc(tpm_sealed_parse(
				  (struct view) { r.data, r.len }, &got, NULL),
			DEVID_OK);
		assert_string_equal(key_id_name(got.id), "tls-0");
		assert_int_equal(got.alg, algs[i / 2]);
		assert_int_equal(got.imported, i % 2 == 1);
		assert_int_equal(got.epoch, 7);
		assert_int_equal(got.has_tpm_id, key.has_tpm_id);
		again = encode(&got);
		assert_int_equal(again.len, r.len);
		assert_memory_equal(again.data, r.data, r.len);
	}
}

static void parse_cut_or_flipped_anywhere_refused(void **state)
{
	struct record r = record_of(KEY_ALG_P256, false);

	(void)state;
	for (size_t i = 0; i < r.len; i++) {
		struct record bad = r;

		bad.len = i;
		assert_int_not_equal(parse(&bad, NULL), DEVID_OK);
		bad = r;
		bad.data[i] ^= 1;
		assert_int_not_equal(parse(&bad, NULL), DEVID_OK);
	}
}

static void parse_frame_wrong_told(void **state)
{
	struct record r = record_of(KEY_ALG_P256, false);

	(void)state;
	r.len = 0;
	refused(&r, DEVID_ERR_SYNTAX, "sealed key: empty");
	r.len = 32;
	refused(&r, DEVID_ERR_SYNTAX, "sealed key: cut short, 32 bytes");
	r.len = 100;
	refused(&r, DEVID_ERR_SYNTAX, "sealed key: damaged");
	r.data[0] = 1;
	refused(&r, DEVID_ERR_UNSUPPORTED,
		"sealed key: version 1; this devid knows version 2");
}

/* Each with the digest that fits it. */
static void parse_fields_wrong_told(void **state)
{
	/* None, one with something behind it, another way to write one. */
	static const char names[][6] = { "tls-9", "iak\0x", "iak-0" };
	const char *why = "its fields are not those of version 2";
	struct record r = record_of(KEY_ALG_P256, false);
	struct record bad = r;
	struct tpm_sealed key;

	(void)state;
	memset(bad.data + AT_EPOCH, 0, 8);
	refused_with_digest(bad, why);
	for (size_t i = 0; i < N_OF(names); i++) {
		bad = r;
		memcpy(bad.data + AT_NAME + 2, names[i], 5);
		refused_with_digest(bad, why);
	}
	bad = r;
	bad.data[AT_ID + 1] = 31;
	memmove(bad.data + AT_ID + 2, bad.data + AT_ID + 3,
		bad.len - AT_ID - 3);
	bad.len--;
	refused_with_digest(bad, why);
	bad = r;
	bad.data[bad.len++] = 0; /* something behind it */
	refused_with_digest(bad, why);
	sealed_fixture(KEY_ALG_P256, false, &key);
	key.parent.size = 33;
	refused_with_digest(encode(&key), why);
	sealed_fixture(KEY_ALG_P256, false, &key);
	key.private.size = 0;
	refused_with_digest(encode(&key), why);
}

static void parse_area_not_ours_told(void **state)
{
	const char *why = "public area: not as devid makes it";
	struct record r = record_of(KEY_ALG_P256, false);
	struct record bad = r;
	struct tpm_sealed key;

	(void)state;
	bad.data[AT_ALG] = KEY_ALG_P384;
	refused_with_digest(bad, "algorithm 2, imported 0: not those of");
	bad = r;
	bad.data[AT_IMPORTED] = 1;
	refused_with_digest(bad, "algorithm 1, imported 1: not those of");
	bad = r;
	bad.data[AT_AREA + 1] ^= 1; /* its type */
	sealed_fixture_digest(bad.data, bad.len);
	assert_int_not_equal(parse(&bad, NULL), DEVID_OK);
	sealed_fixture(KEY_ALG_P256, false, &key);
	key.pub.publicArea.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_NODA;
	refused_with_digest(encode(&key), why);
	sealed_fixture(KEY_ALG_P256, false, &key);
	key.pub.publicArea.objectAttributes |= TPMA_OBJECT_RESTRICTED;
	refused_with_digest(encode(&key), why);
	sealed_fixture(KEY_ALG_P256, true, &key);
	key.pub.publicArea.authPolicy.size = 32;
	refused_with_digest(encode(&key), why);
	sealed_fixture(KEY_ALG_P256, true, &key);
	key.pub.publicArea.nameAlg = TPM2_ALG_SHA384;
	refused_with_digest(encode(&key), why);
	sealed_fixture(KEY_ALG_RSA2048, true, &key);
	key.pub.publicArea.parameters.rsaDetail.exponent = 3;
	refused_with_digest(encode(&key), why);
}

static void encode_no_room_too_large(void **state)
{
	struct tpm_sealed key;
	uint8_t buf[4096];
	struct room out = { buf, 0, 0 };

	(void)state;
	sealed_fixture(KEY_ALG_P256, false, &key);
	out.size = record_of(KEY_ALG_P256, false).len;
	assert_rc(tpm_sealed_encode(&key, &out, NULL), DEVID_OK);
	out.size--;
	assert_rc(tpm_sealed_encode(&key, &out, NULL), DEVID_ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_what_was_encoded_equal),
		cmocka_unit_test(parse_cut_or_flipped_anywhere_refused),
		cmocka_unit_test(parse_frame_wrong_told),
		cmocka_unit_test(parse_fields_wrong_told),
		cmocka_unit_test(parse_area_not_ours_told),
		cmocka_unit_test(encode_no_room_too_large),
	};

	(void)setenv("TSS2_LOG", "all+none", 0);
	return cmocka_run_group_tests_name("tpm-sealed", tests, NULL, NULL);
}
