/* SPDX-License-Identifier: Apache-2.0 */
#include "report-page.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>

#include "digest.h"
#include "report-style.h"
#include "report-text.h"
#include "report-time.h"

#define HASH_LEN    32
#define HASH_BASE64 (4 * ((HASH_LEN + 2) / 3) + 1)

/* The style sheet that the page has, and no other; all else is forbidden
 * (Content Security Policy Level 3, 2.3.1). */
static enum devid_err put_policy(FILE *out, struct devid_error *err)
{
	unsigned char text[HASH_BASE64];
	uint8_t hash[HASH_LEN];

	if (!digest_hash(report_style, strlen(report_style), hash))
		return devid_fail(err, DEVID_ERR_CRYPTO, "page: no SHA-256");
	(void)EVP_EncodeBlock(text, hash, HASH_LEN);
	(void)fprintf(out,
		"<meta http-equiv=\"Content-Security-Policy\" "
		"content=\"default-src &#39;none&#39;; style-src "
		"&#39;sha256-%s&#39;; base-uri &#39;none&#39;; "
		"form-action &#39;none&#39;\">\n",
		(const char *)text);
	return DEVID_OK;
}

enum devid_err report_page_begin(FILE *out, const char *what, struct view whose,
	int64_t when, struct devid_error *err)
{
	char shown[REPORT_STAMP_MAX], exact[REPORT_STAMP_MAX];
	enum devid_err rc;

	report_time_text(when, shown);
	report_time_exact(when, exact);
	(void)fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		    "<meta charset=\"utf-8\">\n",
		out);
	rc = put_policy(out, err);
	if (rc != DEVID_OK)
		return rc;
	(void)fputs("<meta name=\"viewport\" content=\"width=device-width, "
		    "initial-scale=1\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n"
		    "<title>",
		out);
	(void)fprintf(out, "%s%s", what, whose.len ? ": " : "");
	report_attr(out, whose, REPORT_TEXT_SHOWN);
	(void)fprintf(out,
		"</title>\n<style>%s</style>\n</head>\n<body>\n"
		"<a class=\"skip\" href=\"#main\">To the content</a>\n"
		"<header>\n<h1>%s%s",
		report_style, what, whose.len ? ": " : "");
	report_html(out, whose, REPORT_TEXT_SHOWN);
	(void)fprintf(out,
		"</h1>\n<p>As of <time datetime=\"%s\">%s</time></p>\n"
		"</header>\n<main id=\"main\">\n",
		exact, shown);
	return DEVID_OK;
}

void report_page_end(FILE *out)
{
	(void)fputs("</main>\n<footer>Made by devid-report " DEVID_VERSION
		    ". Times are UTC.</footer>\n</body>\n</html>\n",
		out);
}

void report_section_begin(FILE *out, const char *id, const char *heading)
{
	(void)fprintf(out,
		"<section id=\"%s\" aria-labelledby=\"%s-h\">\n"
		"<h2 id=\"%s-h\">%s</h2>\n",
		id, id, id, heading);
}

void report_section_end(FILE *out)
{
	(void)fputs("</section>\n", out);
}

void report_table_begin(FILE *out, const char *caption,
	const struct report_column *columns, size_t n_columns)
{
	(void)fprintf(out,
		"<div class=\"wide\">\n<table>\n<caption>%s</caption>\n"
		"<thead><tr>",
		caption);
	for (size_t i = 0; i < n_columns; i++)
		(void)fprintf(out, "<th scope=\"col\" class=\"%c\">%s</th>",
			columns[i].form, columns[i].name);
	(void)fputs("</tr></thead>\n<tbody>\n", out);
}

void report_table_end(FILE *out)
{
	(void)fputs("</tbody>\n</table>\n</div>\n", out);
}

void report_cell_text(FILE *out, struct view text)
{
	(void)fputs("<td>", out);
	report_html(out, text, REPORT_TEXT_SHOWN);
	(void)fputs("</td>", out);
}

void report_cell_head(FILE *out, struct view text)
{
	(void)fputs("<th scope=\"row\">", out);
	report_html(out, text, REPORT_TEXT_SHOWN);
	(void)fputs("</th>", out);
}

void report_cell_time(FILE *out, int64_t seconds)
{
	char shown[REPORT_STAMP_MAX], exact[REPORT_STAMP_MAX];

	if (seconds < 0) {
		(void)fputs("<td></td>", out);
		return;
	}
	report_time_text(seconds, shown);
	report_time_exact(seconds, exact);
	shown[16] = '\0'; /* the foot of the page says UTC */
	(void)fprintf(out,
		"<td class=\"t\"><time datetime=\"%s\">%s</time></td>", exact,
		shown);
}

void report_cell_int(FILE *out, int64_t number)
{
	char text[REPORT_STAMP_MAX];

	report_number_text(number < 0 ? 0 : (uint64_t)number, text);
	(void)fprintf(out, "<td class=\"n\">%s</td>", number < 0 ? "" : text);
}

void report_count(FILE *out, uint64_t n, const char *one, const char *many)
{
	char text[REPORT_STAMP_MAX];

	report_number_text(n, text);
	(void)fprintf(out, "%s %s", text, n == 1 ? one : many);
}
