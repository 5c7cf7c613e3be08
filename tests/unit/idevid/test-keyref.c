/* SPDX-License-Identifier: Apache-2.0 */
/* The key reference. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "certs.h"
#include "keyref.h"

/* A reference with a public key of @len bytes in one SEQUENCE. */
static struct keyref make(const char *name, size_t len)
{
	struct keyref ref = { .spki_len = len };

	strcpy(ref.name, name);
	memset(ref.spki, 0x55, len);
	ref.spki[0] = 0x30;
	if (len < 0x82) {
		ref.spki[1] = (uint8_t)(len - 2);
	} else if (len < 0x103) {
		ref.spki[1] = 0x81;
		ref.spki[2] = (uint8_t)(len - 3);
	} else {
		ref.spki[1] = 0x82;
		ref.spki[2] = (uint8_t)((len - 4) >> 8);
		ref.spki[3] = (uint8_t)(len - 4);
	}
	return ref;
}

static void round_trip_every_length_of_header(void **state)
{
	static const size_t lens[] = { 2, 91, 100, 120, 129, 131, 200, 245, 258,
		260, 294, 550, KEYREF_SPKI_MAX };
	static const char *const names[] = { "a", "idevid",
		"a-name-of-thirty-one-characters" };

	(void)state;
	for (size_t i = 0; i < N_OF(lens) * N_OF(names); i++) {
		struct keyref in =
			make(names[i % N_OF(names)], lens[i / N_OF(names)]);
		uint8_t der[KEYREF_DER_MAX];
		struct keyref out;
		size_t len = 0;

		assert_rc(keyref_encode(&in, der, &len, NULL), DEVID_OK);
		assert_true(len <= sizeof(der));
		assert_rc(keyref_parse(der, len, &out, NULL), DEVID_OK);
		assert_string_equal(out.name, in.name);
		assert_int_equal(out.spki_len, in.spki_len);
		assert_memory_equal(out.spki, in.spki, in.spki_len);
	}
}

static void parse_every_truncation_refused(void **state)
{
	struct keyref in = make("idevid", 91), out;
	uint8_t der[KEYREF_DER_MAX];
	size_t len = 0;

	(void)state;
	assert_rc(keyref_encode(&in, der, &len, NULL), DEVID_OK);
	for (size_t n = 0; n < len; n++) {
		uint8_t *exact = malloc(n ? n : 1); /* so that ASan sees */

		memcpy(exact, der, n);
		assert_rc(keyref_parse(exact, n, &out, NULL), DEVID_ERR_SYNTAX);
		free(exact);
	}
}

static const struct {
	const char *hex;
	const char *cause;
} bad[] = {
	{ "310c 020100 0c0161 3004 0201 0505", "not one DER sequence" },
	{ "300c 020100 0c0161 3004 0201 0505 00", "not one DER sequence" },
	{ "300c 020101 0c0161 3004 02020505", "version is not 0" },
	{ "300d 02020000 0c0161 3004 02020505", "version is not 0" },
	{ "3009 0c0161 3004 02020505", "version is not 0" },
	{ "300b 020100 0c00 3004 02020505", "bad key name" },
	{ "300c 020100 130161 3004 02020505", "bad key name" },
	{ "300c 020100 0c0141 3004 02020505", "bad key name" },
	{ "300c 020100 0c012f 3004 02020505", "bad key name" },
	{ "300d 020100 0c026100 3004 02020505", "bad key name" },
	{ "302b 020100 0c20 6161616161616161616161616161616161616161616161616161"
	  "616161616161 3004 02020505",
		"bad key name" },
	{ "3006 020100 0c0161", "bad public key" },
	{ "300c 020100 0c0161 3104 02020505", "bad public key" },
	{ "300e 020100 0c0161 3004 02020505 0500", "bad public key" },
};

static void parse_each_rule_trips_alone(void **state)
{
	struct certs_buf good = certs_hex("300c 020100 0c0161 3004 02020505");
	struct keyref out;

	(void)state;
	assert_rc(keyref_parse(good.data, good.len, &out, NULL), DEVID_OK);
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct certs_buf der = certs_hex(bad[i].hex);
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(keyref_parse(der.data, der.len, &out, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, bad[i].cause);
	}
}

static void parse_key_too_large_refused(void **state)
{
	struct certs_buf der = certs_hex("3082040c 020100 0c0161 30820402");
	struct devid_error err = { DEVID_OK, "" };
	struct keyref out;

	(void)state;
	memset(der.data + der.len, 0, 0x402);
	der.len += 0x402;
	der.data[2] = (uint8_t)((der.len - 4) >> 8);
	der.data[3] = (uint8_t)(der.len - 4);
	assert_rc(
		keyref_parse(der.data, der.len, &out, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "bad public key");
}

static void encode_bad_name_or_key_refused(void **state)
{
	struct keyref ref = make("Idevid", 91);
	uint8_t der[KEYREF_DER_MAX];
	size_t len;

	(void)state;
	assert_rc(keyref_encode(&ref, der, &len, NULL), DEVID_ERR_INVALID);
	ref = make("", 91);
	assert_rc(keyref_encode(&ref, der, &len, NULL), DEVID_ERR_INVALID);
	ref = make("idevid", 91);
	ref.spki_len = 0;
	assert_rc(keyref_encode(&ref, der, &len, NULL), DEVID_ERR_INVALID);
	ref.spki_len = KEYREF_SPKI_MAX + 1;
	assert_rc(keyref_encode(&ref, der, &len, NULL), DEVID_ERR_INVALID);
	ref = make("idevid", 91);
	memset(ref.name, 'a', sizeof(ref.name)); /* not terminated */
	assert_rc(keyref_encode(&ref, der, &len, NULL), DEVID_ERR_INVALID);
}

static void name_only_small_letters_digits_hyphen(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char name[1] = { (char)c };
		int good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			   c == '-';

		assert_int_equal(keyref_name_ok(name, 1), good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_every_length_of_header),
		cmocka_unit_test(parse_every_truncation_refused),
		cmocka_unit_test(parse_each_rule_trips_alone),
		cmocka_unit_test(parse_key_too_large_refused),
		cmocka_unit_test(encode_bad_name_or_key_refused),
		cmocka_unit_test(name_only_small_letters_digits_hyphen),
	};

	return cmocka_run_group_tests_name("keyref", tests, NULL, NULL);
}
