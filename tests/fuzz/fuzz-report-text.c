/* SPDX-License-Identifier: Apache-2.0 */
/* Text of anybody in HTML, in a cell, in a command line, in a label. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "report-csv.h"
#include "report-text.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* @text is UTF-8, one line, and has none of the characters @never. */
static void check(const char *text, size_t len, const char *never)
{
	struct view rest = { (const uint8_t *)text, len };
	uint32_t c;
	size_t n;

	for (; rest.len; rest.data += n, rest.len -= n) {
		n = utf8_decode(rest, &c);
		if (n == 0 || c < 0x20 || (c < 0x80 && strchr(never, (int)c)))
			abort();
	}
}

static void check_html(struct view in)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	report_attr(out, in, 0);
	report_href(out, in);
	report_shell_word(out, in);
	if (fclose(out) != 0)
		abort();
	check(text, len, "<>\"'");
	free(text);
}

/* Behind the quote that opens the cell is no formula, and each quote in it is
 * doubled. */
static void check_cell(struct view in)
{
	char *text = NULL;
	size_t len = 0;
	struct report_csv csv = { open_memstream(&text, &len), 0 };

	if (!csv.out)
		abort();
	report_csv_text(&csv, in);
	if (fclose(csv.out) != 0)
		abort();
	check(text, len, "");
	if (len < 2 || text[0] != '"' || text[len - 1] != '"' ||
		strchr("=+-@", text[1]))
		abort();
	for (size_t i = 1; i < len - 1; i++) {
		if (text[i] == '"' && (i + 1 == len - 1 || text[++i] != '"'))
			abort();
	}
	free(text);
}

/* One line, whose value ends at its last quote. */
static void check_label(struct view in)
{
	struct devid_error err = { DEVID_OK, "" };
	struct metrics_label label = { "l", in };
	struct metrics *m = metrics_new();
	struct blob text;
	size_t at;

	if (!m)
		abort();
	metrics_family(m, "x", METRICS_GAUGE, "X.");
	metrics_int(m, &label, 1, 1);
	if (metrics_take(m, &text, &err) != DEVID_OK)
		abort();
	at = strlen("# HELP x X.\n# TYPE x gauge\n");
	check((char *)text.data + at, text.len - at - 1, "");
	at += strlen("x{l=\"");
	while (text.data[at] != '"')
		at += text.data[at] == '\\' ? 2 : 1;
	if (text.len - at != strlen("\"} 1\n"))
		abort();
	blob_done(&text);
	metrics_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct view in = { data, len };
	char *mended = malloc(REPORT_MENDED_MAX(len) + 1);

	if (!mended)
		return 0;
	check_html(in);
	check_cell(in);
	check_label(in);
	len = report_text_mend(in, mended);
	check_html((struct view) { (uint8_t *)mended, len });
	if (len < in.len)
		abort();
	free(mended);
	return 0;
}
