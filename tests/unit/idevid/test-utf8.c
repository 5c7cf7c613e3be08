/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 against the table of RFC 3629, 4. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* In memory of its own, so that a read beyond is seen. */
static size_t decode(const char *text, size_t len, uint32_t *ret)
{
	uint8_t *copy = malloc(len ? len : 1);
	size_t n;

	assert_non_null(copy);
	memcpy(copy, text, len);
	n = utf8_decode((struct view) { copy, len }, ret);
	free(copy);
	return n;
}

static void decode_ends_of_each_length_accepted(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		uint32_t c;
	} good[] = {
		{ "\0", 1, 0 },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	};
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		c = 1;
		assert_int_equal(
			decode(good[i].text, good[i].len, &c), good[i].len);
		assert_int_equal(c, good[i].c);
	}
}

static void decode_what_is_none_refused(void **state)
{
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80",
		"\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xff", "\xc2", "\xe2\x82", "\xf0\x9f",
		"\xc2\x41", "\xe2\x41\x80", "\xe2\x82\x41",
		"\xf0\x9f\x98\xc0" };
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(decode(bad[i], strlen(bad[i]), &c), 0);
	assert_int_equal(decode("", 0, &c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_ends_of_each_length_accepted),
		cmocka_unit_test(decode_what_is_none_refused),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
