/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded reader of DER. */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdlib.h>

#include "certs.h"
#include "der.h"

/* Takes one element of the hex text; the rest must be @rest bytes. */
static bool takes(const char *hex, size_t content_len, size_t rest)
{
	struct certs_buf buf = certs_hex(hex);
	struct view in = { buf.data, buf.len }, content, whole;
	uint8_t tag;

	if (!der_take(&in, &tag, &content, &whole)) {
		assert_ptr_equal(in.data, buf.data); /* untouched */
		assert_int_equal(in.len, buf.len);
		return false;
	}
	assert_int_equal(tag, buf.data[0]);
	assert_int_equal(content.len, content_len);
	assert_int_equal(in.len, rest);
	assert_ptr_equal(whole.data, buf.data);
	assert_int_equal(whole.len + in.len, buf.len);
	assert_ptr_equal(content.data + content.len, in.data);
	return true;
}

static void take_short_form_accepted(void **state)
{
	(void)state;
	assert_true(takes("0500", 0, 0));
	assert_true(takes("0201 2a", 1, 0));
	assert_true(takes("0201 2a 0500", 1, 2));
}

/* A header that claims @len content bytes, with them behind it. */
static bool takes_long(const char *header, size_t len)
{
	struct certs_buf head = certs_hex(header);
	uint8_t *all = calloc(1, head.len + len);
	struct view in = { all, head.len + len }, content;
	uint8_t tag;
	bool ok;

	memcpy(all, head.data, head.len);
	ok = der_take(&in, &tag, &content, NULL) && content.len == len &&
	     in.len == 0;
	free(all);
	return ok;
}

static void take_minimal_long_form_accepted(void **state)
{
	(void)state;
	assert_true(takes_long("047f", 127));
	assert_true(takes_long("048180", 128));
	assert_true(takes_long("0481ff", 255));
	assert_true(takes_long("04820100", 256));
	assert_true(takes_long("0482ffff", 65535));
	assert_true(takes_long("0483010000", 65536));
}

static void take_what_is_not_der_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"30",                 /* nothing, a tag alone */
		"3001",               /* content missing */
		"3002 00",            /* content cut short */
		"3080 0000",          /* indefinite length */
		"3081 01 00",         /* 8.1.3: short form was possible */
		"308200 01 00",       /* leading zero octet */
		"3081",               /* length cut short */
		"3082 01",            /* the same */
		"3085 0000000001 00", /* five octets of length */
		"30ff 00",            /* reserved */
		"1f01 00",            /* tag of several octets */
		"bf01 00",
		"3084 ffffffff 00",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		if (takes(bad[i], 0, 0))
			fail_msg("took '%s'", bad[i]);
	}
	assert_false(takes_long("04817f", 127));
	assert_false(takes_long("0482ff", 128));
	assert_false(takes_long("04820080", 128));
	assert_false(takes_long("048300ffff", 65535));
}

static void take_tag_other_tag_leaves_input(void **state)
{
	const uint8_t data[] = { 0x02, 0x01, 0x05 };
	struct view in = { data, sizeof(data) }, content = { NULL, 7 };

	(void)state;
	assert_false(der_take_tag(&in, DER_SEQUENCE, &content));
	assert_int_equal(in.len, 3);
	assert_int_equal(content.len, 7);
	assert_true(der_take_tag(&in, DER_INTEGER, &content));
	assert_int_equal(content.len, 1);
	assert_int_equal(in.len, 0);
}

static bool object(const char *hex)
{
	struct certs_buf buf = certs_hex(hex);

	return der_is_object(buf.data, buf.len);
}

static void object_sequence_or_set_of_elements_accepted(void **state)
{
	(void)state;
	assert_true(object("3000"));
	assert_true(object("3003 0201 05"));
	assert_true(object("3105 0201 05 0500"));
}

static bool ber_object(const char *hex)
{
	struct certs_buf buf = certs_hex(hex);

	return der_is_ber_object((struct view) { buf.data, buf.len });
}

static void ber_object_any_form_of_tag_and_length_accepted(void **state)
{
	(void)state;
	assert_true(ber_object("3000"));
	assert_true(ber_object("3103 040101"));
	assert_true(ber_object("308103 040101"));
	assert_true(ber_object("30820004 04810101"));
	assert_true(ber_object("308a 00000000000000000003 040101"));
	assert_true(ber_object("3f1003 040101"));
	assert_true(ber_object("3f80801103 040101"));
	assert_true(ber_object("3080 0000"));
	assert_true(ber_object("3080 ff 0000"));
	assert_true(ber_object("3005 30800000ff")); /* ends where it likes */
	assert_true(ber_object("3006 1f840202ffff"));
}

static void ber_object_everything_else_refused(void **state)
{
	(void)state;
	assert_false(der_is_ber_object((struct view) { NULL, 0 }));
	assert_false(ber_object("30"));
	assert_false(ber_object("3003 0401"));
	assert_false(ber_object("3003 04010105"));
	assert_false(ber_object("3003 040201")); /* a member cut short */
	assert_false(ber_object("3004 040101 05"));
	assert_false(ber_object("3082 00"));
	assert_false(ber_object("3089 010000000000000003 040101"));
	assert_false(ber_object("3080"));
	assert_false(ber_object("3080 00"));
	assert_false(ber_object("3080 0001"));
	assert_false(ber_object("1003 040101")); /* primitive */
	assert_false(ber_object("b003 040101")); /* of another class */
	assert_false(ber_object("2403 040101"));
	assert_false(ber_object("3f2003 040101"));
	assert_false(ber_object("3fff"));
}

static void object_everything_else_refused(void **state)
{
	(void)state;
	assert_false(der_is_object(NULL, 0));
	assert_false(object("3000 00"));
	assert_false(object("3003 0201"));
	assert_false(object("3003 0202 05"));
	assert_false(object("3004 0201 0505"));
	assert_false(object("0403 0201 05"));
	assert_false(object("a003 0201 05"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(take_short_form_accepted),
		cmocka_unit_test(take_minimal_long_form_accepted),
		cmocka_unit_test(take_what_is_not_der_refused),
		cmocka_unit_test(take_tag_other_tag_leaves_input),
		cmocka_unit_test(object_sequence_or_set_of_elements_accepted),
		cmocka_unit_test(object_everything_else_refused),
		cmocka_unit_test(
			ber_object_any_form_of_tag_and_length_accepted),
		cmocka_unit_test(ber_object_everything_else_refused),
	};

	return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
