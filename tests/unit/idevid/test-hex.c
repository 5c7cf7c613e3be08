/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to hex and back. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "hex.h"

static void encode_every_octet_decodes_again(void **state)
{
	uint8_t all[256], again[256];
	char text[2 * sizeof(all) + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	hex_encode(all, sizeof(all), text);
	assert_int_equal(strlen(text), 2 * sizeof(all));
	assert_memory_equal(text, "000102", 6);
	assert_string_equal(text + 2 * sizeof(all) - 4, "feff");
	assert_true(hex_decode(text, again, sizeof(again)));
	assert_memory_equal(all, again, sizeof(all));
}

static void encode_nothing_is_empty_text(void **state)
{
	char text[] = "x";

	(void)state;
	hex_encode(NULL, 0, text);
	assert_string_equal(text, "");
}

static void decode_either_case_accepted(void **state)
{
	uint8_t octets[3];

	(void)state;
	assert_true(hex_decode("aBCd09", octets, 3));
	assert_memory_equal(octets, "\xab\xcd\x09", 3);
	assert_true(hex_decode("", octets, 0));
}

static void decode_only_what_is_asked_for(void **state)
{
	uint8_t octets[] = { 1, 2 };

	(void)state;
	assert_true(hex_decode("ff!", octets, 1));
	assert_memory_equal(octets, "\xff\x02", 2);
}

/* A copy without room behind it, so that a read beyond is seen. */
static bool decodes(const char *text, size_t len)
{
	char *copy = strdup(text);
	uint8_t octets[8];
	bool ok;

	assert_non_null(copy);
	ok = hex_decode(copy, octets, len);
	free(copy);
	return ok;
}

static void decode_no_digit_or_too_few_refused(void **state)
{
	(void)state;
	assert_true(decodes("00", 1));
	assert_false(decodes("0", 1));
	assert_false(decodes("", 1));
	assert_false(decodes("0011", 3));
	assert_false(decodes("001", 2));
	assert_false(decodes("0g", 1));
	assert_false(decodes("g0", 1));
	assert_false(decodes("/0", 1));
	assert_false(decodes(":0", 1));
	assert_false(decodes("@0", 1));
	assert_false(decodes("`0", 1));
	assert_false(decodes("0x", 1));
	assert_false(decodes(" 0", 1));
	assert_false(decodes("-1", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode_every_octet_decodes_again),
		cmocka_unit_test(encode_nothing_is_empty_text),
		cmocka_unit_test(decode_either_case_accepted),
		cmocka_unit_test(decode_only_what_is_asked_for),
		cmocka_unit_test(decode_no_digit_or_too_few_refused),
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
