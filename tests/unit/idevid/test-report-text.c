/* SPDX-License-Identifier: Apache-2.0 */
/* Text of others in pages, tables and command lines. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "report-csv.h"
#include "report-text.h"
#include "report-time.h"

enum form {
	HTML,
	ATTR,
	HREF,
	SHELL,
	CSV
};

static void put(FILE *out, enum form form, struct view in)
{
	struct report_csv csv = { out, 0 };

	switch (form) {
	case HTML:
		report_html(out, in, 0);
		break;
	case ATTR:
		report_attr(out, in, 0);
		break;
	case HREF:
		report_href(out, in);
		break;
	case SHELL:
		report_shell_word(out, in);
		break;
	case CSV:
		report_csv_text(&csv, in);
		break;
	}
}

static void assert_form_len(
	enum form form, const char *in, size_t len, const char *want)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	put(out, form, (struct view) { (const uint8_t *)in, len });
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, want);
	free(text);
}

static void assert_form(enum form form, const char *in, const char *want)
{
	assert_form_len(form, in, strlen(in), want);
}

static void html_markup_is_text(void **state)
{
	(void)state;
	assert_form(HTML, "<script>alert('x')&\"</script>",
		"&lt;script&gt;alert(&#39;x&#39;)&amp;&#34;&lt;/script&gt;");
	assert_form(ATTR, "\" onload=\"x", "&#34; onload=&#34;x");
	assert_form(HTML, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xb7",
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xb7");
	assert_form(HTML, "", "");
}

static void html_without_a_form_shown_by_number(void **state)
{
	(void)state;
	assert_form(HTML, "a\x1b[31m", "a<span class=\"odd\">\\x1B</span>[31m");
	assert_form_len(HTML, "\0", 1, "<span class=\"odd\">\\x00</span>");
	assert_form(HTML, "\xe2\x80\xae", "<span class=\"odd\">U+202E</span>");
	assert_form(HTML, "\xff", "<span class=\"odd\">\\xFF</span>");
	assert_form(ATTR, "\xc2\x85\n\x7f\xe2\x80\x8b\xef\xbb\xbf",
		"[U+0085][\\x0A][\\x7F][U+200B][U+FEFF]");
	assert_form(ATTR, "\xf3\xa0\x81\x81\xef\xbf\xbf\xe2\x81\xa6",
		"[U+E0041][U+FFFF][U+2066]");
}

static void html_cut_at_characters(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	assert_non_null(out);
	report_html(out, report_view("\xc3\xa4\xc3\xb6\xc3\xbc"), 2);
	report_html(out, report_view("\xc3\xa4\xc3\xb6"), 2);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(
		text, "\xc3\xa4\xc3\xb6\xe2\x80\xa6\xc3\xa4\xc3\xb6");
	free(text);
}

static void mend_keeps_utf8_and_each_other_octet(void **state)
{
	static const char in[] = "a\xc3\xa4\x80\xff\xed\xa0\x80z";
	char mended[REPORT_MENDED_MAX(sizeof(in))];
	size_t len;

	(void)state;
	len = report_text_mend(report_view(in), mended);
	assert_form_len(ATTR, mended, len,
		"a\xc3\xa4[\\x80][\\xFF][\\xED][\\xA0][\\x80]z");
}

static void href_leads_to_a_file_beside_alone(void **state)
{
	(void)state;
	assert_form(HREF, "units.csv", "./units.csv");
	assert_form(HREF, "javascript:alert(1)", "./javascript%3Aalert%281%29");
	assert_form(HREF, "\"><\xff", "./%22%3E%3C%FF");
}

static void shell_word_is_one_word(void **state)
{
	(void)state;
	assert_form(SHELL, "ACCC8E-01:2", "ACCC8E-01:2");
	assert_form(SHELL, "", "&#39;&#39;");
	assert_form(SHELL, "x; rm -rf /", "&#39;x; rm -rf /&#39;");
	assert_form(SHELL, "$(id)`id`", "&#39;$(id)`id`&#39;");
	assert_form(SHELL, "it's", "&#39;it&#39;\\&#39;&#39;s&#39;");
	assert_form(SHELL, "-f", "-- -f");
	assert_form(SHELL, "~root", "&#39;~root&#39;");
	assert_form(SHELL, "a\nb", "$&#39;a\\x0Ab&#39;");
	assert_form(SHELL, "'\\\x1b", "$&#39;\\x27\\x5C\\x1B&#39;");
	assert_form(SHELL, "\xff\xc3\xa4", "$&#39;\\xFF\\xC3\\xA4&#39;");
}

static void csv_formula_gets_an_apostrophe(void **state)
{
	(void)state;
	assert_form(CSV, "=1+1", "\"'=1+1\"");
	assert_form(CSV, "+1", "\"'+1\"");
	assert_form(CSV, "-1", "\"'-1\"");
	assert_form(CSV, "@SUM(A1)", "\"'@SUM(A1)\"");
	assert_form(CSV, "  =1", "\"'  =1\"");
	assert_form(CSV, "\t=1", "\"'\\x09=1\"");
	assert_form(CSV, "\r=1", "\"'\\x0D=1\"");
	assert_form(CSV, "'=1", "\"''=1\"");
	assert_form(CSV,
		"\xef\xbc\x9d"
		"1",
		"\"'\xef\xbc\x9d"
		"1\"");
	assert_form(CSV, "a=1", "\"a=1\"");
	assert_form(CSV, " ", "\" \"");
	assert_form(CSV, "", "\"\"");
}

static void csv_record_is_one_line(void **state)
{
	(void)state;
	assert_form(CSV, "a\"b,c;d", "\"a\"\"b,c;d\"");
	assert_form(CSV, "a\r\nb\x1b\xff\xe2\x80\xa8",
		"\"a\\x0D\\x0Ab\\x1B\\xFFU+2028\"");
}

static void csv_cells_are_divided(void **state)
{
	char *text = NULL;
	size_t n = 0;
	struct report_csv csv = { open_memstream(&text, &n), 0 };

	(void)state;
	assert_non_null(csv.out);
	report_csv_text(&csv, report_view("a"));
	report_csv_int(&csv, -5);
	report_csv_none(&csv);
	report_csv_text(&csv, report_view(NULL));
	report_csv_end(&csv);
	report_csv_int(&csv, 1);
	report_csv_end(&csv);
	assert_int_equal(fclose(csv.out), 0);
	assert_string_equal(text, "\"a\",-5,,\"\"\r\n1\r\n");
	free(text);
}

static void time_of_each_end_shown(void **state)
{
	static const struct {
		int64_t at;
		const char *want;
	} times[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 951868799, "2000-02-29T23:59:59Z" },
		{ 951868800, "2000-03-01T00:00:00Z" },
		{ 1796079007, "2026-11-30T22:50:07Z" },
		{ INT64_C(4107542400), "2100-03-01T00:00:00Z" },
		{ INT64_C(4107542399), "2100-02-28T23:59:59Z" },
		{ REPORT_TIME_MAX, "9999-12-31T23:59:59Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" },
		{ -1, "1970-01-01T00:00:00Z" },
	};
	char text[REPORT_STAMP_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		report_time_exact(times[i].at, text);
		assert_string_equal(text, times[i].want);
	}
	report_time_text(1796079007, text);
	assert_string_equal(text, "2026-11-30 22:50 UTC");
	report_day_text(1796079007, text);
	assert_string_equal(text, "2026-11-30");
}

static void number_is_grouped(void **state)
{
	char text[REPORT_STAMP_MAX];

	(void)state;
	report_number_text(0, text);
	assert_string_equal(text, "0");
	report_number_text(999, text);
	assert_string_equal(text, "999");
	report_number_text(1000, text);
	assert_string_equal(text, "1,000");
	report_number_text(UINT64_MAX, text);
	assert_string_equal(text, "18,446,744,073,709,551,615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_markup_is_text),
		cmocka_unit_test(html_without_a_form_shown_by_number),
		cmocka_unit_test(html_cut_at_characters),
		cmocka_unit_test(mend_keeps_utf8_and_each_other_octet),
		cmocka_unit_test(href_leads_to_a_file_beside_alone),
		cmocka_unit_test(shell_word_is_one_word),
		cmocka_unit_test(csv_formula_gets_an_apostrophe),
		cmocka_unit_test(csv_record_is_one_line),
		cmocka_unit_test(csv_cells_are_divided),
		cmocka_unit_test(time_of_each_end_shown),
		cmocka_unit_test(number_is_grouped),
	};

	return cmocka_run_group_tests_name("report-text", tests, NULL, NULL);
}
