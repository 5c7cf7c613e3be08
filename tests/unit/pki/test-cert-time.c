/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <openssl/asn1.h>

#include "cert-time.h"

static int64_t seconds_of(const char *text)
{
	ASN1_TIME *t = ASN1_TIME_new();
	int64_t seconds;

	assert_non_null(t);
	assert_int_equal(ASN1_TIME_set_string(t, text), 1);
	assert_true(pki_time_seconds(t, &seconds));
	ASN1_TIME_free(t);
	return seconds;
}

static void seconds_counts_beyond_2038(void **state)
{
	(void)state;
	assert_int_equal(seconds_of("19700101000000Z"), 0);
	assert_int_equal(seconds_of("19691231235959Z"), -1);
	assert_int_equal(seconds_of("20380119031408Z"), INT64_C(2147483648));
	assert_int_equal(seconds_of("491231235959Z"), INT64_C(2524607999));
	assert_int_equal(seconds_of("99991231235959Z"), PKI_TIME_NEVER);
}

static void seconds_no_time_refused(void **state)
{
	ASN1_TIME *t = ASN1_TIME_new();
	int64_t seconds = 7;

	(void)state;
	assert_non_null(t);
	assert_int_equal(ASN1_STRING_set(t, "x", 1), 1);
	assert_false(pki_time_seconds(t, &seconds));
	assert_false(pki_time_seconds(NULL, &seconds));
	assert_int_equal(seconds, 7);
	ASN1_TIME_free(t);
}

static void parse_form_of_rfc5280_taken(void **state)
{
	int64_t t;

	(void)state;
	assert_rc(pki_time_parse("20301231235959Z", &t, NULL), DEVID_OK);
	assert_int_equal(t, INT64_C(1924991999));
	assert_rc(pki_time_parse("99991231235959Z", &t, NULL), DEVID_OK);
	assert_int_equal(t, PKI_TIME_NEVER);
}

static void parse_other_forms_refused(void **state)
{
	static const char *const bad[] = { "", "20301231235959",
		"20301231235959z", "2030123123595Z", "20301331235959Z",
		"203012312359599Z", "301231235959Z", "20301231235959.5Z",
		"20301231235959+0100" };
	int64_t t = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_rc(pki_time_parse(bad[i], &t, NULL), DEVID_ERR_SYNTAX);
	assert_int_equal(t, 7);
}

static void utc_each_part_and_weekday(void **state)
{
	struct tm tm;

	(void)state;
	assert_true(pki_time_utc(PKI_TIME_NEVER, &tm));
	assert_int_equal(tm.tm_year, 8099);
	assert_int_equal(tm.tm_mon, 11);
	assert_int_equal(tm.tm_mday, 31);
	assert_int_equal(tm.tm_hour, 23);
	assert_int_equal(tm.tm_min, 59);
	assert_int_equal(tm.tm_sec, 59);
	assert_int_equal(tm.tm_wday, 5);
	assert_true(pki_time_utc(INT64_C(2147483648), &tm));
	assert_int_equal(tm.tm_year, 138);
	assert_int_equal(tm.tm_hour, 3);
	assert_int_equal(tm.tm_wday, 2);
	assert_true(pki_time_utc(0, &tm));
	assert_int_equal(tm.tm_wday, 4);
}

static void utc_other_times_refused(void **state)
{
	struct tm tm;

	(void)state;
	assert_false(pki_time_utc(-1, &tm));
	assert_false(pki_time_utc(PKI_TIME_NEVER + 1, &tm));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_counts_beyond_2038),
		cmocka_unit_test(seconds_no_time_refused),
		cmocka_unit_test(parse_form_of_rfc5280_taken),
		cmocka_unit_test(parse_other_forms_refused),
		cmocka_unit_test(utc_each_part_and_weekday),
		cmocka_unit_test(utc_other_times_refused),
	};

	return cmocka_run_group_tests_name("pki-time", tests, NULL, NULL);
}
