/* SPDX-License-Identifier: Apache-2.0 */
/* JSON lines of the report "site": what comes out is UTF-8 without markup of
 * anybody's, or nothing. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report-site.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* UTF-8 without controls, but for ends of lines. */
static void check_text(const char *text, size_t len)
{
	struct view rest = { (const uint8_t *)text, len };
	uint32_t c;
	size_t n;

	for (; rest.len; rest.data += n, rest.len -= n) {
		n = utf8_decode(rest, &c);
		if (n == 0 || (c < 0x20 && c != '\n' && c != '\r') ||
			(c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e))
			abort();
	}
}

/* Elements that only texts of others could have brought. */
static void check_page(const char *page)
{
	static const char *const never[] = { "<script", "<img", "<iframe",
		"<object", "<link", "<base", "<a href=\"java" };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (strstr(page, never[i]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct devid_error err = { DEVID_OK, "" };
	struct report_outputs out = { NULL, NULL, "u.csv" };
	char *page = NULL, *csv = NULL;
	size_t page_len = 0, csv_len = 0;
	struct report_source from = {
		len ? fmemopen((void *)(uintptr_t)data, len, "r") : NULL, "in"
	};
	enum devid_err rc;

	if (!from.in)
		return 0;
	out.page = open_memstream(&page, &page_len);
	out.csv = open_memstream(&csv, &csv_len);
	if (!out.page || !out.csv)
		abort();
	rc = report_site(&from, &out, &err);
	(void)fclose(from.in);
	(void)fclose(out.page);
	(void)fclose(out.csv);
	if ((rc == DEVID_OK) != (page_len > 0) ||
		(rc != DEVID_OK && strncmp(err.text, "in: line ", 9) != 0))
		abort();
	check_text(page, page_len);
	check_text(csv, csv_len);
	check_page(page);
	free(page);
	free(csv);
	return 0;
}
