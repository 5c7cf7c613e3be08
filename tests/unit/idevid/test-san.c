/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of DevID names in subjectAltName. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "certs.h"
#include "san.h"

static struct view view(const struct certs_buf *buf)
{
	return (struct view) { buf->data, buf->len };
}

static void split_good_name_found(void **state)
{
	struct certs_buf san = certs_hex(CERTS_SAN);
	struct san_parts parts;

	(void)state;
	assert_int_equal(san_split(view(&san), &parts, NULL), DEVID_OK);
	assert_int_equal(parts.n_names, 1);
	assert_non_null(parts.hw_module.data);
	assert_null(parts.perm_id.data);
}

static void split_every_name_form_accepted(void **state)
{
	/* [1] "a", [2] "b", [4] empty name, [6] "u", [7] 127.0.0.1, [8] 1.2 */
	struct certs_buf san = certs_hex("3016 8101 61 8201 62 a402 3000"
					 "8601 75 8704 7f000001 8801 2a");
	struct san_parts parts;

	(void)state;
	assert_int_equal(san_split(view(&san), &parts, NULL), DEVID_OK);
	assert_int_equal(parts.n_names, 6);
}

static const char *const bad_sans[] = {
	"", "30", "3000",                       /* no name */
	"3003 8101 61 00",                      /* bytes behind */
	"3005 8101 61",                         /* cut short */
	"308103 8101 61",                       /* length not minimal */
	"3103 8101 61",                         /* SET */
	"3080 8101 61 0000",                    /* indefinite */
	"3003 8901 61",                         /* [9] is no GeneralName */
	"3003 a101 61",                         /* rfc822Name constructed */
	"3002 0500",                            /* universal tag */
	"3002 a000",                            /* otherName without content */
	"3007 a005 0603 2a0304",                /* otherName without value */
	"300b a009 0603 2a8003 a002 0500",      /* type-id not minimal */
	"300b a009 0603 2a0304 a102 0500",      /* value in [1] */
	"300d a00b 0603 2a0304 a004 0500 0500", /* two values */
	"300d a00b 0603 2a0304 a002 0500 0500", /* bytes behind the value */
	"304c" CERTS_HW_NAME CERTS_HW_NAME,     /* twice */
};

static void split_bad_form_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_sans) / sizeof(bad_sans[0]); i++) {
		struct certs_buf san = certs_hex(bad_sans[i]);
		struct devid_error err = { 0 };
		struct san_parts parts;

		assert_int_equal(
			san_split(view(&san), &parts, &err), DEVID_ERR_SYNTAX);
		assert_true(err.text[0] != '\0');
	}
}

static void split_too_many_names_refused(void **state)
{
	struct certs_buf names = { .len = 0 }, san;
	struct san_parts parts;

	(void)state;
	for (int i = 0; i < SAN_NAMES_MAX; i++)
		certs_append(&names, "\x81\x01\x61", 3);
	san = certs_tlv(0x30, &names);
	assert_int_equal(san_split(view(&san), &parts, NULL), DEVID_OK);
	certs_append(&names, "\x81\x01\x61", 3);
	san = certs_tlv(0x30, &names);
	assert_int_equal(san_split(view(&san), &parts, NULL), DEVID_ERR_SYNTAX);
}

/* covers: RFC4108-hardware-module-name */
static void hw_module_good_value_read(void **state)
{
	struct certs_buf value = certs_hex(CERTS_HW_VALUE);
	struct san_hw_module hw;

	(void)state;
	assert_int_equal(
		san_parse_hw_module(view(&value), SAN_STRICT, &hw, NULL),
		DEVID_OK);
	assert_string_equal(hw.type, "2.23.133.1.2");
	assert_true(hw.is_tpm20);
	assert_false(hw.tolerated);
	assert_int_equal(hw.serial_len, 13);
	assert_memory_equal(hw.serial, "IBM:a1:c0ffee", 13);
}

static void hw_module_context_tag_only_tolerated(void **state)
{
	static const char *const values[] = {
		"3008 0603 2a0304 8001 41",      /* [0] IMPLICIT */
		"300a 0603 2a0304 a003 0401 41", /* [0] EXPLICIT */
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct certs_buf value = certs_hex(values[i]);
		struct san_hw_module hw;

		assert_int_equal(san_parse_hw_module(
					 view(&value), SAN_STRICT, &hw, NULL),
			DEVID_ERR_SYNTAX);
		assert_int_equal(san_parse_hw_module(
					 view(&value), SAN_TOLERANT, &hw, NULL),
			DEVID_OK);
		assert_true(hw.tolerated);
		assert_int_equal(hw.serial_len, 1);
		assert_int_equal(hw.serial[0], 'A');
	}
}

static const char *const bad_hw_modules[] = {
	"", "3000", "3108 0603 2a0304 0401 41", /* SET */
	"3008 0603 2a0304 0401 41 00",          /* bytes behind */
	"300a 0603 2a0304 0401 41 0500",        /* third member */
	"3005 0603 2a0304",                     /* no serial */
	"3007 0603 2a0304 0400",                /* empty serial */
	"3008 0603 2a0384 0401 41",             /* hwType unfinished */
	"3005 0600 0401 41",                    /* hwType empty */
	"3008 0603 2a0304 0c01 41",             /* UTF8String */
	"3008 0603 2a0304 8101 41",             /* [1] */
	"300c 0603 2a0304 a005 0401 41 0500",   /* [0] with two */
	"3009 0603 2a0304 048101 41",           /* length not minimal */
	"3006 0401 41 0601 2a",                 /* wrong order */
};

/* covers: RFC4108-hardware-module-name */
static void hw_module_bad_form_refused(void **state)
{
	(void)state;
	for (size_t i = 0;
		i < sizeof(bad_hw_modules) / sizeof(bad_hw_modules[0]); i++) {
		struct certs_buf value = certs_hex(bad_hw_modules[i]);
		struct san_hw_module hw;

		assert_int_equal(san_parse_hw_module(
					 view(&value), SAN_TOLERANT, &hw, NULL),
			DEVID_ERR_SYNTAX);
	}
}

static void hw_module_serial_of_256_refused(void **state)
{
	struct certs_buf serial = { .len = 256 }, seq, value;
	struct san_hw_module hw;

	(void)state;
	for (size_t len = 255; len <= 256; len++) {
		serial.len = len;
		seq = certs_hex("0603 2a0304");
		value = certs_tlv(0x04, &serial);
		certs_append(&seq, value.data, value.len);
		value = certs_tlv(0x30, &seq);
		assert_int_equal(san_parse_hw_module(
					 view(&value), SAN_STRICT, &hw, NULL),
			len == 255 ? DEVID_OK : DEVID_ERR_TOO_LARGE);
	}
}

/* covers: RFC4043-permanent-identifier */
static void perm_id_all_forms_read(void **state)
{
	struct certs_buf both = certs_hex("3009 0c02 6162 0603 2a0304");
	struct certs_buf none = certs_hex("3000");
	struct certs_buf utf8 = certs_hex("3007 0c05 c3a5 e282ac");
	struct san_perm_id id;

	(void)state;
	assert_int_equal(san_parse_perm_id(view(&both), &id, NULL), DEVID_OK);
	assert_string_equal(id.value, "ab");
	assert_string_equal(id.assigner, "1.2.3.4");
	assert_int_equal(san_parse_perm_id(view(&none), &id, NULL), DEVID_OK);
	assert_string_equal(id.value, "");
	assert_string_equal(id.assigner, "");
	assert_int_equal(san_parse_perm_id(view(&utf8), &id, NULL), DEVID_OK);
}

static const char *const bad_perm_ids[] = {
	"", "3000 00", "3003 0c01 00", /* NUL */
	"3003 0c01 0a",                /* line feed */
	"3003 0c01 80",                /* stray continuation */
	"3004 0c02 c080",              /* overlong */
	"3005 0c03 e08080",            /* overlong */
	"3005 0c03 eda080",            /* surrogate */
	"3006 0c04 f4908080",          /* beyond U+10FFFF */
	"3004 0c02 e282",              /* cut short */
	"3003 1301 61",                /* PrintableString */
	"3003 0601 80",                /* assigner not minimal */
	"3008 0601 2a 0c03 616263",    /* wrong order */
	"3006 0c01 61 0c01 61",        /* twice */
};

/* covers: RFC4043-permanent-identifier */
static void perm_id_bad_form_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_perm_ids) / sizeof(bad_perm_ids[0]);
		i++) {
		struct certs_buf value = certs_hex(bad_perm_ids[i]);
		struct san_perm_id id;

		assert_int_equal(san_parse_perm_id(view(&value), &id, NULL),
			DEVID_ERR_SYNTAX);
	}
}

static void perm_id_of_256_refused(void **state)
{
	struct certs_buf text = { .len = 256 }, seq, value;
	struct san_perm_id id;

	(void)state;
	memset(text.data, 'a', text.len);
	seq = certs_tlv(0x0c, &text);
	value = certs_tlv(0x30, &seq);
	assert_int_equal(san_parse_perm_id(view(&value), &id, NULL),
		DEVID_ERR_TOO_LARGE);
}

static void oid_to_text_limits_held(void **state)
{
	static const struct {
		const char *hex;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ "2a0304", "1.2.3.4" },
		{ "883703", "2.999.3" }, /* X.690 8.19.5 example */
		{ "00", "0.0" }, { "4f", "1.39" }, { "50", "2.0" },
		{ "2a81ffffffffffffffff7f", "1.2.18446744073709551615" },
		{ "2a82808080808080808000", NULL }, /* 2^64 */
		{ "2a80", NULL }, { "", NULL },
		{ "2a"
		  "8fffffffffffffff7f"
		  "8fffffffffffffff7f"
		  "8fffffffffffffff7f"
		  "8fffffffffffffff7f",
			NULL }, /* long */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct certs_buf oid = certs_hex(cases[i].hex);
		char text[OID_TEXT_MAX] = "";

		assert_int_equal(
			oid_to_text(view(&oid), text), cases[i].text != NULL);
		if (cases[i].text)
			assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_good_name_found),
		cmocka_unit_test(split_every_name_form_accepted),
		cmocka_unit_test(split_bad_form_refused),
		cmocka_unit_test(split_too_many_names_refused),
		cmocka_unit_test(hw_module_good_value_read),
		cmocka_unit_test(hw_module_context_tag_only_tolerated),
		cmocka_unit_test(hw_module_bad_form_refused),
		cmocka_unit_test(hw_module_serial_of_256_refused),
		cmocka_unit_test(perm_id_all_forms_read),
		cmocka_unit_test(perm_id_bad_form_refused),
		cmocka_unit_test(perm_id_of_256_refused),
		cmocka_unit_test(oid_to_text_limits_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
