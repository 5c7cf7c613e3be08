/* SPDX-License-Identifier: Apache-2.0 */
/* minimum_certification: read exactly, and held against what is asserted. */
#include "cmocka-all.h"

#include "certification.h"
#include "conf.h"

static struct certification parse(const char *text)
{
	struct certification min;
	struct devid_error err = { DEVID_OK, "" };

	memset(&min, 0xff, sizeof(min));
	if (certification_parse(text, &min, &err) != DEVID_OK)
		fail_msg("%s: %s", text, err.text);
	return min;
}

static void parse_each_form_read(void **state)
{
	struct certification min = parse("fips140-2:2, cc:4");

	(void)state;
	assert_int_equal(min.fips_version, 2);
	assert_int_equal(min.fips_level, 2);
	assert_int_equal(min.cc_eal, 4);
	assert_false(min.cc_plus);
	assert_false(min.fips_mode);
	min = parse("fips-mode");
	assert_true(min.fips_mode);
	assert_int_equal(min.fips_level, 0);
	assert_int_equal(min.cc_eal, 0);
	min = parse("  cc:7+ ,fips140-3:4\t,\tfips-mode  ");
	assert_int_equal(min.fips_version, 3);
	assert_int_equal(min.fips_level, 4);
	assert_int_equal(min.cc_eal, 7);
	assert_true(min.cc_plus);
	assert_true(min.fips_mode);
}

static void parse_wrong_text_refused_exactly(void **state)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{ "", "nothing before or behind a ," },
		{ "cc:4,", "nothing before or behind a ," },
		{ ",cc:4", "nothing before or behind a ," },
		{ "cc:4,,fips-mode", "nothing before or behind a ," },
		{ "fips", "fips: none of fips140-2:LEVEL, fips140-3:LEVEL, "
			  "cc:LEVEL, fips-mode" },
		{ "FIPS-mode", "FIPS-mode: none of " },
		{ "fips140-1:1", "fips140-1:1: none of " },
		{ "cc:4 fips-mode", "cc:4 fips-mode: a level of Common" },
		{ "fips140-2:", "fips140-2:: a level of FIPS 140 is 1 to 4" },
		{ "fips140-2:0", "fips140-2:0: a level of FIPS 140 is 1 to 4" },
		{ "fips140-3:5", "fips140-3:5: a level of FIPS 140 is 1 to 4" },
		{ "fips140-2:2+", "a level of FIPS 140 is 1 to 4" },
		{ "fips140-2:22", "a level of FIPS 140 is 1 to 4" },
		{ "cc:", "cc:: a level of Common Criteria is 1 to 7, or 1+ to "
			 "7+" },
		{ "cc:0", "cc:0: a level of Common Criteria is 1 to 7" },
		{ "cc:8", "cc:8: a level of Common Criteria is 1 to 7" },
		{ "cc:+", "cc:+: a level of Common Criteria is 1 to 7" },
		{ "cc:4++", "cc:4++: a level of Common Criteria is 1 to 7" },
		{ "cc:44", "cc:44: a level of Common Criteria is 1 to 7" },
		{ "cc:4444444444", "a level of Common Criteria is 1 to 7" },
		{ "cc: 4", "cc: 4: a level of Common Criteria is 1 to 7" },
		{ "cc:4, cc:5", "a level of Common Criteria: given twice" },
		{ "fips140-2:1, fips140-3:1",
			"a level of FIPS 140: given twice" },
		{ "fips-mode,fips-mode", "fips-mode: given twice" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct certification min = { .cc_eal = 77 };
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(certification_parse(cases[i].text, &min, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, cases[i].cause);
		assert_int_equal(min.cc_eal, 77); /* untouched */
	}
}

static void convert_says_where_it_is_wrong(void **state)
{
	static const struct conf_setting rows[] = {
		{ "keyd", "minimum_certification", certification_convert, 0, 0,
			0 },
		{ NULL, NULL, NULL, 0, 0, 0 },
	};
	struct certification min = { .cc_eal = 0 };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(conf_parse("x.conf", "[keyd]\nminimum_certification = cc:4\n",
			  rows, &min, NULL),
		DEVID_OK);
	assert_int_equal(min.cc_eal, 4);
	assert_rc(conf_parse("x.conf", "[keyd]\nminimum_certification = cc:9\n",
			  rows, &min, &err),
		DEVID_ERR_INVALID);
	assert_string_equal(err.text,
		"x.conf:2: keyd.minimum_certification: cc:9: a level of Common "
		"Criteria is 1 to 7, or 1+ to 7+");
}

/* FIPS 140-2 level 2, EAL 4+, in FIPS mode. */
static const struct wire_about good = {
	.fips_mode = WIRE_YES,
	.cc_eal = 4,
	.cc_plus = 1,
	.fips_level = 2,
	.fips_version = "140-2",
};

static void assert_fits(const char *min, const struct wire_about *about)
{
	struct certification m = parse(min);
	struct devid_error err = { DEVID_OK, "" };

	if (certification_check(&m, about, &err) != DEVID_OK)
		fail_msg("%s: %s", min, err.text);
}

static void assert_lacks(
	const char *min, const struct wire_about *about, const char *sentence)
{
	struct certification m = parse(min);
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(certification_check(&m, about, &err), DEVID_ERR_UNSUPPORTED);
	assert_string_equal(err.text, sentence);
	/* what is told of a certificate is called asserted, nothing else is */
	if (strncmp(min, "fips-mode", 9) != 0)
		assert_cause(&err, "assert");
}

static void check_what_is_there_passes(void **state)
{
	struct certification none = { .fips_mode = false };
	const struct wire_about nothing = { .cc_eal = 0 };
	struct wire_about about = good;

	(void)state;
	assert_rc(certification_check(&none, &nothing, NULL), DEVID_OK);
	assert_fits("fips140-2:2, cc:4+, fips-mode", &good);
	assert_fits("fips140-2:1", &good);
	assert_fits("cc:4", &good);
	assert_fits("cc:3+", &good);
	about.cc_eal = 5;
	about.cc_plus = 0;
	assert_fits("cc:4+", &about);
	(void)strcpy(about.fips_version, "140-3");
	assert_fits("fips140-2:2", &about);
	(void)strcpy(about.fips_version, "FIPS 140-2");
	assert_fits("fips140-2:2", &about);
}

static void check_what_lacks_is_said_in_a_sentence(void **state)
{
	struct wire_about about = good;

	(void)state;
	about.fips_level = 1;
	assert_lacks("fips140-2:2", &about,
		"the TPM's EK certificate asserts FIPS 140-2 level 1; "
		"minimum_certification asks for level 2");
	assert_lacks("fips140-3:1", &good,
		"the TPM's EK certificate asserts FIPS 140-2 level 2; "
		"minimum_certification asks for FIPS 140-3");
	(void)strcpy(about.fips_version, "140");
	assert_lacks("fips140-2:1", &about,
		"the asserted FIPS level of the TPM's EK certificate is of no "
		"known version; minimum_certification asks for FIPS 140-2");
	(void)strcpy(about.fips_version, "140-22");
	assert_lacks("fips140-3:1", &about,
		"the asserted FIPS level of the TPM's EK certificate is of no "
		"known version; minimum_certification asks for FIPS 140-3");
	about.fips_level = 0;
	assert_lacks("fips140-2:1", &about,
		"no FIPS level is asserted by the TPM's EK certificate; "
		"minimum_certification asks for FIPS 140-2 level 1");
	assert_lacks("cc:5", &good,
		"the TPM's EK certificate asserts Common Criteria EAL 4+; "
		"minimum_certification asks for EAL 5");
	about.cc_plus = 0;
	assert_lacks("cc:4+", &about,
		"the TPM's EK certificate asserts Common Criteria EAL 4; "
		"minimum_certification asks for EAL 4+");
	about.cc_eal = 0;
	assert_lacks("cc:1", &about,
		"no completed Common Criteria evaluation is asserted by the "
		"TPM's EK certificate; minimum_certification asks for EAL 1");
}

static void check_mode_is_the_tpms_word(void **state)
{
	struct wire_about about = good;

	(void)state;
	about.fips_mode = WIRE_NO;
	assert_lacks("fips-mode", &about,
		"the TPM says that it is not in FIPS mode; "
		"minimum_certification asks for it");
	about.fips_mode = WIRE_UNKNOWN;
	assert_lacks("fips-mode", &about,
		"the TPM does not say whether it is in FIPS mode; "
		"minimum_certification asks for it");
	assert_fits("fips140-2:2, cc:4", &about);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_each_form_read),
		cmocka_unit_test(parse_wrong_text_refused_exactly),
		cmocka_unit_test(convert_says_where_it_is_wrong),
		cmocka_unit_test(check_what_is_there_passes),
		cmocka_unit_test(check_what_lacks_is_said_in_a_sentence),
		cmocka_unit_test(check_mode_is_the_tpms_word),
	};

	return cmocka_run_group_tests_name("certification", tests, NULL, NULL);
}
