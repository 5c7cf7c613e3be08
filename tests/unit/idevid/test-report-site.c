/* SPDX-License-Identifier: Apache-2.0 */
/* The report "site": what is refused, what is kept, what it shows. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "report-lines.h"
#include "report-site.h"
#include "report-text.h"
#include "site-page.h"
#include "site-rows.h"

#define HEAD "{\"report\":\"site\",\"version\":1,\"time\":1796079600}\n"

struct made {
	enum devid_err rc;
	struct devid_error err;
	char *page, *csv; /* owned */
	size_t page_len, csv_len;
};

static struct made make_len(const char *in, size_t len)
{
	struct made m = { .rc = DEVID_OK, .err = { DEVID_OK, "" } };
	struct report_source from = { fmemopen((void *)(uintptr_t)in, len, "r"),
		"in" };
	struct report_outputs out = { open_memstream(&m.page, &m.page_len),
		open_memstream(&m.csv, &m.csv_len), "units.csv" };

	assert_true(from.in && out.page && out.csv);
	m.rc = report_site(&from, &out, &m.err);
	(void)fclose(from.in);
	assert_int_equal(fclose(out.page), 0);
	assert_int_equal(fclose(out.csv), 0);
	return m;
}

static struct made make(const char *in)
{
	return make_len(in, strlen(in));
}

static void made_done(struct made *m)
{
	free(m->page);
	free(m->csv);
}

static void assert_refused(const char *in, enum devid_err rc, const char *why)
{
	struct made m = make(in);

	assert_int_equal(m.rc, rc);
	assert_string_equal(m.err.text, why);
	assert_int_equal(m.page_len, 0);
	made_done(&m);
}

static void line_that_is_none_refused_with_its_number(void **state)
{
	(void)state;
	assert_refused("\n", DEVID_ERR_SYNTAX, "in: line 1: empty");
	assert_refused("[]\n", DEVID_ERR_SYNTAX, "in: line 1: not an object");
	assert_refused("{}\n", DEVID_ERR_SYNTAX,
		"in: line 1: says not of which report it is");
	assert_refused("{\"report\":\"fleet\",\"version\":1}\n",
		DEVID_ERR_UNSUPPORTED,
		"in: line 1: is of the report \"fleet\", not \"site\"");
	assert_refused("{\"report\":\"site\",\"version\":2}\n",
		DEVID_ERR_UNSUPPORTED,
		"in: line 1: is of a version that is not known here");
	assert_refused(HEAD, DEVID_ERR_SYNTAX,
		"in: line 2: the end is missing: the input was cut off");
	assert_refused(HEAD "{\"end\":1}\n", DEVID_ERR_SYNTAX,
		"in: line 2: the end counts other lines than there are");
	assert_refused(HEAD "{\"end\":0}\n{}\n", DEVID_ERR_SYNTAX,
		"in: line 3: comes after the end");
}

static void member_that_is_wrong_refused_with_its_line(void **state)
{
	(void)state;
	assert_refused("{\"report\":\"site\",\"version\":1}\n",
		DEVID_ERR_SYNTAX, "in: line 1: time: is missing");
	assert_refused(HEAD "{\"state\":\"seen\"}\n", DEVID_ERR_SYNTAX,
		"in: line 2: unit: is missing");
	assert_refused(HEAD "{\"unit\":7,\"state\":\"seen\"}\n",
		DEVID_ERR_SYNTAX, "in: line 2: unit: not a string");
	assert_refused(HEAD "{\"unit\":\"a\",\"state\":\"sold\"}\n",
		DEVID_ERR_SYNTAX,
		"in: line 2: state: not one that is known here");
	assert_refused(HEAD "{\"unit\":\"a\",\"state\":\"seen\","
			    "\"last_seen\":-1}\n",
		DEVID_ERR_SYNTAX,
		"in: line 2: last_seen: not seconds from 1970 to 9999");
	assert_refused(HEAD "{\"unit\":\"a\",\"state\":\"seen\","
			    "\"not_after\":253402300800}\n",
		DEVID_ERR_SYNTAX,
		"in: line 2: not_after: not seconds from 1970 to 9999");
	assert_refused("{\"report\":\"site\",\"version\":1,\"time\":1,"
		       "\"chain\":{}}\n",
		DEVID_ERR_SYNTAX,
		"in: line 1: chain: not an array of at most nine certificates");
}

static void line_too_long_refused(void **state)
{
	size_t len = strlen(HEAD) + REPORT_LINE_MAX + 1;
	char *in = malloc(len);
	struct made m;

	(void)state;
	assert_non_null(in);
	memset(in, ' ', len);
	memcpy(in, HEAD, strlen(HEAD));
	m = make_len(in, len);
	assert_int_equal(m.rc, DEVID_ERR_TOO_LARGE);
	assert_string_equal(m.err.text, "in: line 2: longer than 65536 octets");
	made_done(&m);
	free(in);
}

static void octets_that_are_no_utf8_shown(void **state)
{
	struct made m = make(HEAD "{\"unit\":\"a\xff<\",\"state\":\"seen\"}\n"
				  "{\"end\":1}");

	(void)state;
	assert_int_equal(m.rc, DEVID_OK);
	assert_non_null(strstr(m.csv, "\"a\\xFF<\""));
	assert_non_null(
		strstr(m.page, "a<span class=\"odd\">\\xFF</span>&lt;"));
	made_done(&m);
}

static void unit_is_a_row_of_both(void **state)
{
	struct made m = make(HEAD
		"{\"unit\":\"U1\",\"model\":\"M\",\"state\":\"expiring\","
		"\"last_seen\":1796076000,\"switch\":\"sw1\",\"port\":\"3\","
		"\"not_after\":1796511600,\"cause\":\"not-renewed\","
		"\"detail\":\"EST_TIMEOUT\",\"more\":[1]}\n{\"end\":1}\n");

	(void)state;
	assert_int_equal(m.rc, DEVID_OK);
	assert_non_null(strstr(m.csv,
		"\r\n\"U1\",\"M\",\"expiring\",\"2026-11-30T22:00:00Z\","
		"\"sw1\",\"3\",5,\"2026-12-05T23:00:00Z\",\"not-renewed\","
		"\"EST_TIMEOUT\"\r\n"));
	assert_non_null(strstr(m.page, "<h3>Renewal is late</h3><b>1</b>"));
	assert_non_null(strstr(m.page, "devid doctor"));
	assert_non_null(strstr(m.page, "<th scope=\"row\">U1</th>"));
	made_done(&m);
}

static void command_names_the_only_unit_as_one_word(void **state)
{
	struct made m =
		make(HEAD "{\"unit\":\"a; reboot\",\"state\":\"verified\","
			  "\"cause\":\"pending\"}\n{\"end\":1}\n");

	(void)state;
	assert_int_equal(m.rc, DEVID_OK);
	assert_non_null(
		strstr(m.page, "devid-registrar approve &#39;a; reboot&#39;<"));
	made_done(&m);
}

static void days_left_are_whole_days(void **state)
{
	(void)state;
	assert_int_equal(site_days_left(86400, 0), 1);
	assert_int_equal(site_days_left(86399, 0), 0);
	assert_int_equal(site_days_left(0, 0), 0);
	assert_int_equal(site_days_left(0, 1), -1);
	assert_int_equal(site_days_left(0, 86400), -1);
	assert_int_equal(site_days_left(0, 86401), -2);
}

static void words_are_found_by_their_names(void **state)
{
	enum report_site_state found;

	(void)state;
	for (int i = 0; i < REPORT_SITE_STATES; i++) {
		assert_int_equal(report_site_state_find(
					 report_site_state_name(
						 (enum report_site_state)i),
					 &found),
			DEVID_OK);
		assert_int_equal(found, i);
	}
	for (int i = 1; i < REPORT_SITE_CAUSES; i++)
		assert_int_equal(report_site_cause_find(report_site_help(
					 (enum report_site_cause)i)
								->name),
			i);
	assert_int_equal(report_site_cause_find("fire"), REPORT_SITE_OTHER);
}

/* ---- what is kept of many ---- */

static void add(struct site_rows *rows, enum report_site_cause cause, int n)
{
	struct devid_error err = { DEVID_OK, "" };
	struct site_unit unit = { .unit = report_view("U"),
		.state = REPORT_SITE_SEEN,
		.cause = cause,
		.seen = -1,
		.not_after = -1 };

	for (int i = 0; i < n; i++)
		assert_int_equal(site_rows_add(rows, &unit, &err), DEVID_OK);
}

static void rows_up_to_the_limit_kept(void **state)
{
	struct site_rows rows;

	(void)state;
	site_rows_init(&rows);
	add(&rows, REPORT_SITE_NONE, SITE_ROWS_MAX - 1);
	add(&rows, REPORT_SITE_SILENT, 1);
	assert_true(rows.all);
	assert_int_equal(rows.n_kept, SITE_ROWS_MAX);
	site_rows_done(&rows);
	assert_int_equal(rows.n_kept, 0);
}

static void rows_above_the_limit_are_those_in_trouble(void **state)
{
	struct site_rows rows;

	(void)state;
	site_rows_init(&rows);
	add(&rows, REPORT_SITE_NONE, SITE_ROWS_MAX);
	add(&rows, REPORT_SITE_SILENT, 1);
	assert_false(rows.all);
	add(&rows, REPORT_SITE_NONE, 1);
	assert_int_equal(rows.n_kept, 1);
	assert_int_equal(rows.n, SITE_ROWS_MAX + 2);
	assert_int_equal(rows.by_cause[REPORT_SITE_NONE], SITE_ROWS_MAX + 1);
	assert_null(site_rows_first(&rows, REPORT_SITE_NONE));
	site_rows_done(&rows);
}

static void rows_of_each_cause_find_room(void **state)
{
	struct site_rows rows;

	(void)state;
	site_rows_init(&rows);
	add(&rows, REPORT_SITE_SILENT, 3 * SITE_ROWS_MAX);
	add(&rows, REPORT_SITE_PENDING, 7);
	add(&rows, REPORT_SITE_EXPIRED, 2 * SITE_ROWS_MAX);
	add(&rows, REPORT_SITE_SILENT, SITE_ROWS_MAX);
	assert_int_equal(rows.n_kept, SITE_ROWS_MAX);
	assert_int_equal(rows.kept[REPORT_SITE_PENDING], 7);
	assert_in_range(rows.kept[REPORT_SITE_EXPIRED],
		(SITE_ROWS_MAX - 7) / 2 - 1, (SITE_ROWS_MAX - 7) / 2 + 1);
	assert_int_equal(rows.by_cause[REPORT_SITE_SILENT], 4 * SITE_ROWS_MAX);
	site_rows_done(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_that_is_none_refused_with_its_number),
		cmocka_unit_test(member_that_is_wrong_refused_with_its_line),
		cmocka_unit_test(line_too_long_refused),
		cmocka_unit_test(octets_that_are_no_utf8_shown),
		cmocka_unit_test(unit_is_a_row_of_both),
		cmocka_unit_test(command_names_the_only_unit_as_one_word),
		cmocka_unit_test(days_left_are_whole_days),
		cmocka_unit_test(words_are_found_by_their_names),
		cmocka_unit_test(rows_up_to_the_limit_kept),
		cmocka_unit_test(rows_above_the_limit_are_those_in_trouble),
		cmocka_unit_test(rows_of_each_cause_find_room),
	};

	return cmocka_run_group_tests_name("report-site", tests, NULL, NULL);
}
