/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded reader and writer of big-endian integers and bytes. */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/* ---- numbers ---- */

static void load_octets_first_is_highest(void **state)
{
	static const uint8_t octets[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	assert_true(bytes_load(octets, 0) == 0);
	assert_true(bytes_load(octets, 1) == 1);
	assert_true(bytes_load(octets, 3) == 0x010203);
	assert_true(bytes_load(octets, 8) == UINT64_C(0x0102030405060708));
}

static void store_number_keeps_to_its_octets(void **state)
{
	uint8_t octets[10];

	(void)state;
	for (size_t n = 0; n <= 8; n++) {
		memset(octets, 0xee, sizeof(octets));
		bytes_store(octets + 1, n, UINT64_C(0x8182838485868788));
		assert_int_equal(octets[0], 0xee);
		assert_int_equal(octets[1 + n], 0xee);
		for (size_t i = 1; i <= n; i++)
			assert_int_equal(octets[i], 0x88 - n + i);
	}
}

/* ---- reading ---- */

/* A reader of a copy with nothing behind it, so that a read beyond is seen. */
static struct bytes_in reader(const char *data, size_t len, uint8_t **ret)
{
	*ret = malloc(len ? len : 1);
	assert_non_null(*ret);
	memcpy(*ret, data, len);
	return bytes_in_init((struct view) { *ret, len });
}

static void read_all_fields_done(void **state)
{
	uint8_t *data, copy[4];
	struct bytes_in in = reader("\x80\x01\0\2ab\3cde\xff", 11, &data);
	struct view v;

	(void)state;
	assert_true(bytes_in_uint(&in, 2) == 0x8001);
	v = bytes_in_counted(&in, 2);
	assert_int_equal(v.len, 2);
	assert_ptr_equal(v.data, data + 4);
	assert_int_equal(bytes_in_copy(&in, 1, copy, sizeof(copy)), 3);
	assert_memory_equal(copy, "cde", 3);
	assert_false(bytes_in_done(&in)); /* one byte is left */
	v = bytes_in_take(&in, 1);
	assert_ptr_equal(v.data, data + 10);
	assert_true(bytes_in_done(&in));
	free(data);
}

static void read_nothing_from_nothing_done(void **state)
{
	struct bytes_in in = bytes_in_init((struct view) { NULL, 0 });

	(void)state;
	assert_int_equal(bytes_in_take(&in, 0).len, 0);
	assert_true(bytes_in_done(&in));
	assert_true(bytes_in_uint(&in, 1) == 0);
	assert_false(bytes_in_done(&in));
}

static void read_beyond_end_stays_bad(void **state)
{
	uint8_t *data;
	struct bytes_in in = reader("\1\2\3", 3, &data);

	(void)state;
	assert_true(bytes_in_uint(&in, 4) == 0);
	/* There are three bytes still, and none is given. */
	assert_true(bytes_in_uint(&in, 1) == 0);
	assert_null(bytes_in_take(&in, 1).data);
	assert_null(bytes_in_take(&in, 0).data);
	assert_false(bytes_in_done(&in));
	free(data);
}

static void read_count_beyond_end_bad(void **state)
{
	uint8_t *data;
	struct bytes_in in =
		reader("\xff\xff\xff\xff\xff\xff\xff\xff!", 9, &data);

	(void)state;
	assert_null(bytes_in_counted(&in, 8).data);
	assert_true(in.bad);
	free(data);
	in = reader("\3ab", 3, &data);
	assert_int_equal(bytes_in_counted(&in, 1).len, 0);
	assert_true(in.bad);
	free(data);
}

static void copy_more_than_room_bad(void **state)
{
	uint8_t *data, copy[] = "zz";
	struct bytes_in in = reader("\2ab", 3, &data);

	(void)state;
	assert_int_equal(bytes_in_copy(&in, 1, copy, 1), 0);
	assert_memory_equal(copy, "zz", 2);
	assert_true(in.bad);
	assert_false(bytes_in_done(&in));
	free(data);
}

/* ---- writing ---- */

static void write_fields_fill_room(void **state)
{
	uint8_t buf[10];
	struct bytes_out out = bytes_out_init(buf, sizeof(buf));
	uint8_t *gap;

	(void)state;
	bytes_out_uint(&out, 2, 0x8001);
	gap = bytes_out_skip(&out, 1);
	bytes_out_counted(&out, 2, "abc", 3);
	bytes_out_put(&out, "de", 2);
	bytes_out_put(&out, NULL, 0);
	assert_ptr_equal(gap, buf + 2);
	*gap = 7;
	assert_int_equal(bytes_out_view(&out).len, sizeof(buf));
	assert_ptr_equal(bytes_out_view(&out).data, buf);
	assert_memory_equal(buf, "\x80\1\7\0\3abcde", sizeof(buf));
}

static void write_beyond_room_stays_bad(void **state)
{
	uint8_t buf[] = "....";
	struct bytes_out out = bytes_out_init(buf, 3);

	(void)state;
	bytes_out_uint(&out, 4, 1);
	bytes_out_put(&out, "a", 1); /* would fit */
	assert_null(bytes_out_skip(&out, 0));
	assert_null(bytes_out_view(&out).data);
	assert_int_equal(bytes_out_view(&out).len, 0);
	assert_string_equal((const char *)buf, "....");
	out = bytes_out_init(buf, 3);
	bytes_out_put(&out, "a", 1);
	bytes_out_put(&out, "bcd", SIZE_MAX);
	assert_true(out.bad);
	assert_string_equal((const char *)buf, "a...");
}

static void write_number_larger_than_its_octets_bad(void **state)
{
	uint8_t buf[300] = { 0 };
	struct bytes_out out = bytes_out_init(buf, sizeof(buf));

	(void)state;
	bytes_out_uint(&out, 1, 255);
	bytes_out_uint(&out, 8, UINT64_MAX);
	assert_false(out.bad);
	bytes_out_uint(&out, 1, 256);
	assert_true(out.bad);
	out = bytes_out_init(buf, sizeof(buf));
	bytes_out_counted(&out, 1, buf + 20, 256);
	assert_true(out.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load_octets_first_is_highest),
		cmocka_unit_test(store_number_keeps_to_its_octets),
		cmocka_unit_test(read_all_fields_done),
		cmocka_unit_test(read_nothing_from_nothing_done),
		cmocka_unit_test(read_beyond_end_stays_bad),
		cmocka_unit_test(read_count_beyond_end_bad),
		cmocka_unit_test(copy_more_than_room_bad),
		cmocka_unit_test(write_fields_fill_room),
		cmocka_unit_test(write_beyond_room_stays_bad),
		cmocka_unit_test(write_number_larger_than_its_octets_bad),
	};

	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
