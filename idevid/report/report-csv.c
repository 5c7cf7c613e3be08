/* SPDX-License-Identifier: Apache-2.0 */
#include "report-csv.h"

#include <inttypes.h>
#include <stdbool.h>

#include "report-text.h"

/* What begins a formula, after blanks or not: the ASCII ones, and those of
 * full width, which some spreadsheets take for them. */
static bool begins_formula(struct view text)
{
	static const uint32_t first[] = { '=', '+', '-', '@', 0xff1d, 0xff0b,
		0xff0d, 0xff20 };
	uint32_t c;

	do {
		if (text.len == 0)
			return false;
		(void)report_char_take(&text, &c); /* c is what counts */
	} while (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\'');
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		if (c == first[i])
			return true;
	}
	return false;
}

static void begin_cell(struct report_csv *csv)
{
	if (csv->column++)
		(void)fputc(',', csv->out);
}

void report_csv_text(struct report_csv *csv, struct view text)
{
	enum report_char kind;
	struct view from;
	uint32_t c;

	begin_cell(csv);
	(void)fputc('"', csv->out);
	if (begins_formula(text))
		(void)fputc('\'', csv->out);
	while (text.len) {
		from = text;
		kind = report_char_take(&text, &c);
		if (kind == REPORT_CHAR_PLAIN) {
			if (c == '"')
				(void)fputc('"', csv->out);
			(void)fwrite(
				from.data, 1, from.len - text.len, csv->out);
		} else if (kind == REPORT_CHAR_OCTET || c < 0x80) {
			(void)fprintf(csv->out, "\\x%02X", (unsigned)c);
		} else {
			(void)fprintf(csv->out, "U+%04X", (unsigned)c);
		}
	}
	(void)fputc('"', csv->out);
}

void report_csv_int(struct report_csv *csv, int64_t number)
{
	begin_cell(csv);
	(void)fprintf(csv->out, "%" PRId64, number);
}

void report_csv_none(struct report_csv *csv)
{
	begin_cell(csv);
}

void report_csv_end(struct report_csv *csv)
{
	(void)fputs("\r\n", csv->out);
	csv->column = 0;
}
