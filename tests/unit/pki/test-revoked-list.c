/* SPDX-License-Identifier: Apache-2.0 */
/* The list of revoked issuing CAs: what is read and what is refused. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "revoked-list.h"

#define GOOD "0102aF 20260102030405Z superseded"

static struct devid_error err;

static enum devid_err parse(
	const char *text, struct build_revoked **ret, size_t *ret_n)
{
	devid_error_clear(&err);
	return revoked_list_parse(text, strlen(text), ret, ret_n, &err);
}

static void refused(const char *text, const char *cause)
{
	struct build_revoked *list = NULL;
	size_t n = 77;

	assert_rc(parse(text, &list, &n), DEVID_ERR_SYNTAX);
	assert_null(list);
	assert_int_equal(n, 77);
	assert_cause(&err, cause);
}

static void parse_entries_comments_and_no_last_newline(void **state)
{
	struct build_revoked *list = NULL;
	size_t n = 0;

	(void)state;
	assert_rc(parse("# text\n\n" GOOD "\n#\n"
			"7fffffffffffffffffffffffffffffffffffffff "
			"99991231235959Z cACompromise",
			  &list, &n),
		DEVID_OK);
	assert_int_equal(n, 2);
	assert_int_equal(list[0].serial_len, 3);
	assert_memory_equal(list[0].serial, "\x01\x02\xaf", 3);
	assert_int_equal(list[0].when, 1767323045);
	assert_int_equal(list[0].reason, 4);
	assert_int_equal(list[1].serial_len, 20);
	assert_int_equal(list[1].when, 253402300799);
	assert_int_equal(list[1].reason, 2);
	free(list);
}

static void parse_nothing_gives_nothing(void **state)
{
	struct build_revoked *list = NULL;
	size_t n = 1;

	(void)state;
	assert_rc(parse("", &list, &n), DEVID_OK);
	assert_int_equal(n, 0);
	assert_null(list);
	assert_rc(parse("# none\n", &list, &n), DEVID_OK);
	assert_null(list);
}

static void parse_each_reason(void **state)
{
	static const struct {
		const char *name;
		int reason;
	} cases[] = {
		{ "unspecified", 0 },
		{ "cACompromise", 2 },
		{ "affiliationChanged", 3 },
		{ "superseded", 4 },
		{ "cessationOfOperation", 5 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct build_revoked *list = NULL;
		char line[100];
		size_t n = 0;

		(void)snprintf(line, sizeof(line), "01 20260102030405Z %s\n",
			cases[i].name);
		assert_rc(parse(line, &list, &n), DEVID_OK);
		assert_int_equal(list[0].reason, cases[i].reason);
		free(list);
	}
}

static void parse_bad_line_names_it(void **state)
{
	static const char *const bad[] = {
		"0102a 20260102030405Z superseded", /* half an octet */
		" 20260102030405Z superseded",      /* no serial number */
		"0002 20260102030405Z superseded",  /* not minimal */
		"01g2 20260102030405Z superseded",  /* not hex */
		"010203040506070809101112131415161718192021 "
		"20260102030405Z superseded",         /* 21 octets */
		"01 20261302030405Z superseded",      /* month 13 */
		"01 20260102030405 superseded",       /* no Z */
		"01 260102030405Z superseded",        /* UTCTime */
		"01 20260102030405Z certificateHold", /* not for CAs */
		"01 20260102030405Z removeFromCRL",
		"01 20260102030405Z superseded ",
		"01  20260102030405Z superseded",
		"01 20260102030405Z",
		"01",
		"01 20260102030405Z superseded\r",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		(void)snprintf(text, sizeof(text), "#\n%s\n" GOOD "\n", bad[i]);
		refused(text, "line 2: not SERIAL TIME REASON");
	}
}

static void parse_long_line_or_nul_refused(void **state)
{
	static const char nul[] = "01 20260102030405Z superseded\0x";
	struct build_revoked *list = NULL;
	char text[200];
	size_t n;

	(void)state;
	memset(text, 'a', 129);
	text[129] = '\0';
	refused(text, "line 1: too long");
	devid_error_clear(&err);
	assert_rc(revoked_list_parse(nul, sizeof(nul) - 1, &list, &n, &err),
		DEVID_ERR_SYNTAX);
	assert_cause(&err, "NUL");
}

static void parse_serial_twice_refused(void **state)
{
	(void)state;
	refused(GOOD "\n0102AF 20260102030406Z unspecified\n",
		"line 2: this serial number is there twice");
}

static void parse_too_many_refused(void **state)
{
	struct build_revoked *list = NULL;
	char *text = malloc(40 * (REVOKED_LIST_MAX + 1));
	size_t len = 0, n = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < REVOKED_LIST_MAX; i++)
		len += (size_t)sprintf(
			text + len, "01%04x 20260102030405Z superseded\n", i);
	assert_rc(parse(text, &list, &n), DEVID_OK);
	assert_int_equal(n, REVOKED_LIST_MAX);
	free(list);
	(void)sprintf(text + len, "0a 20260102030405Z superseded\n");
	assert_rc(parse(text, &list, &n), DEVID_ERR_TOO_LARGE);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_entries_comments_and_no_last_newline),
		cmocka_unit_test(parse_nothing_gives_nothing),
		cmocka_unit_test(parse_each_reason),
		cmocka_unit_test(parse_bad_line_names_it),
		cmocka_unit_test(parse_long_line_or_nul_refused),
		cmocka_unit_test(parse_serial_twice_refused),
		cmocka_unit_test(parse_too_many_refused),
	};

	return cmocka_run_group_tests_name("revoked-list", tests, NULL, NULL);
}
