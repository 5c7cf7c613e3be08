/* SPDX-License-Identifier: Apache-2.0 */
/* The error type. */
#include "cmocka-all.h"

static void fail_first_cause_wins(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(devid_fail(&err, DEVID_ERR_IO, "first %d", 1), DEVID_ERR_IO);
	assert_rc(devid_fail(&err, DEVID_ERR_TPM, "second"), DEVID_ERR_TPM);
	assert_int_equal(err.code, DEVID_ERR_IO);
	assert_string_equal(err.text, "first 1");
}

static void fail_null_struct_returns_code(void **state)
{
	(void)state;
	assert_rc(devid_fail(NULL, DEVID_ERR_IO, "x"), DEVID_ERR_IO);
}

static void fail_control_characters_replaced(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	(void)devid_fail(&err, DEVID_ERR_IO, "a%cb%cc%cd", '\n', 0x1b, 0x7f);
	assert_string_equal(err.text, "a?b?c?d");
}

/* Of what is no UTF-8 a terminal may obey any byte. */
static void fail_utf8_kept_and_other_bytes_replaced(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "/srv/M\xc3\xbcller/\xe2\x82\xac/\xf0\x9f\x94\x91",
			"/srv/M\xc3\xbcller/\xe2\x82\xac/\xf0\x9f\x94\x91" },
		{ "\x9b[2J", "?[2J" },      /* CSI as Latin-1 has it */
		{ "\xc2\x9b[2J", "??[2J" }, /* and as UTF-8 has it */
		{ "\xc3", "?" },
		{ "\xe2\x82", "??" },
		{ "\xc0\x9b", "??" },
		{ "\xf5\x80\x80\x80", "????" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(devid_fail(&err, DEVID_ERR_IO, "%s", cases[i].in),
			DEVID_ERR_IO);
		assert_string_equal(err.text, cases[i].out);
	}
}

static void fail_long_text_cut_and_terminated(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	(void)devid_fail(&err, DEVID_ERR_IO, "%s", text);
	assert_int_equal(strlen(err.text), DEVID_ERROR_TEXT_MAX - 1);
}

static void clear_lets_next_cause_in(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	(void)devid_fail(&err, DEVID_ERR_IO, "old");
	devid_error_clear(&err);
	assert_int_equal(err.code, DEVID_OK);
	(void)devid_fail(&err, DEVID_ERR_TPM, "new");
	assert_string_equal(err.text, "new");
}

/* covers: 802.1AR-7.2-err-distinct */
static void name_every_code_has_its_own(void **state)
{
	(void)state;
	for (int a = DEVID_ERR_MIN; a <= 0; a++) {
		const char *name = devid_err_name((enum devid_err)a);

		assert_string_not_equal(name, "unknown error");
		for (int b = a + 1; b <= 0; b++)
			assert_string_not_equal(
				name, devid_err_name((enum devid_err)b));
	}
}

static void name_foreign_code_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(devid_err_name((enum devid_err)1), "unknown error");
	assert_string_equal(devid_err_name((enum devid_err)(DEVID_ERR_MIN - 1)),
		"unknown error");
}

static void text_without_cause_is_name(void **state)
{
	struct devid_error err = { DEVID_ERR_TIMEOUT, "" };

	(void)state;
	assert_string_equal(devid_error_text(&err), "timeout");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_first_cause_wins),
		cmocka_unit_test(fail_null_struct_returns_code),
		cmocka_unit_test(fail_control_characters_replaced),
		cmocka_unit_test(fail_utf8_kept_and_other_bytes_replaced),
		cmocka_unit_test(fail_long_text_cut_and_terminated),
		cmocka_unit_test(clear_lets_next_cause_in),
		cmocka_unit_test(name_every_code_has_its_own),
		cmocka_unit_test(name_foreign_code_is_unknown),
		cmocka_unit_test(text_without_cause_is_name),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
