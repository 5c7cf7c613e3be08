/* SPDX-License-Identifier: Apache-2.0 */
#include "report-text.h"

#include <string.h>

#include "utf8.h"

/* Where octets that are no UTF-8 are while they are in JSON. */
#define MENDED 0x10fe00u

/* Neighbours that have no form or change that of others: Unicode's Cc, Cf, Zl,
 * Zp, and blanks that look like none or another. In order. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x00, 0x1f },
	{ 0x7f, 0xa0 },
	{ 0xad, 0xad },
	{ 0x34f, 0x34f },
	{ 0x600, 0x605 },
	{ 0x61c, 0x61c },
	{ 0x6dd, 0x6dd },
	{ 0x70f, 0x70f },
	{ 0x115f, 0x1160 },
	{ 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x2800, 0x2800 },
	{ 0x3000, 0x3000 },
	{ 0x3164, 0x3164 },
	{ 0xe000, 0xf8ff }, /* private use */
	{ 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xffff },
	{ 0x110bd, 0x110bd },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, 0x10ffff },
};

static bool is_hidden(uint32_t c)
{
	size_t i = 0;

	if ((c & 0xfffe) == 0xfffe)
		return true;
	while (i < sizeof(hidden) / sizeof(hidden[0]) && hidden[i].last < c)
		i++;
	return i < sizeof(hidden) / sizeof(hidden[0]) && hidden[i].first <= c;
}

enum report_char report_char_take(struct view *rest, uint32_t *ret)
{
	size_t n = utf8_decode(*rest, ret);
	bool octet = n == 0;

	if (octet) {
		*ret = rest->data[0];
		n = 1;
	}
	rest->data += n;
	rest->len -= n;
	if (!octet && *ret >= MENDED && *ret <= MENDED + 0xff) {
		*ret -= MENDED;
		octet = true;
	}
	if (octet)
		return REPORT_CHAR_OCTET;
	return is_hidden(*ret) ? REPORT_CHAR_HIDDEN : REPORT_CHAR_PLAIN;
}

size_t report_text_mend(struct view text, char *ret)
{
	uint32_t c;
	size_t len = 0, n;

	while (text.len) {
		n = utf8_decode(text, &c);
		if (n) {
			memcpy(ret + len, text.data, n);
			len += n;
		} else {
			n = 1;
			c = MENDED + text.data[0];
			ret[len++] = (char)0xf4;
			ret[len++] = (char)(0x80 | (c >> 12 & 0x3f));
			ret[len++] = (char)(0x80 | (c >> 6 & 0x3f));
			ret[len++] = (char)(0x80 | (c & 0x3f));
		}
		text.data += n;
		text.len -= n;
	}
	return len;
}

/* What stands for a character without a form. */
static void put_number(FILE *out, enum report_char kind, uint32_t c)
{
	if (kind == REPORT_CHAR_OCTET || c < 0x80)
		(void)fprintf(out, "\\x%02X", (unsigned)c);
	else
		(void)fprintf(out, "U+%04X", (unsigned)c);
}

static void put_plain(FILE *out, struct view octets)
{
	const char *entity = NULL;

	switch (octets.data[0]) {
	case '&':
		entity = "&amp;";
		break;
	case '<':
		entity = "&lt;";
		break;
	case '>':
		entity = "&gt;";
		break;
	case '"':
		entity = "&#34;";
		break;
	case '\'':
		entity = "&#39;";
		break;
	default:
		break;
	}
	if (entity)
		(void)fputs(entity, out);
	else
		(void)fwrite(octets.data, 1, octets.len, out);
}

/* @open and @close go around a number that stands for a character. */
static void put_text(FILE *out, struct view text, size_t max, const char *open,
	const char *close)
{
	enum report_char kind;
	struct view from;
	uint32_t c;

	for (size_t n = 0; text.len; n++) {
		if (max && n == max) {
			(void)fputs("\xe2\x80\xa6", out); /* U+2026 */
			return;
		}
		from = text;
		kind = report_char_take(&text, &c);
		from.len -= text.len;
		if (kind == REPORT_CHAR_PLAIN) {
			put_plain(out, from);
			continue;
		}
		(void)fputs(open, out);
		put_number(out, kind, c);
		(void)fputs(close, out);
	}
}

void report_html(FILE *out, struct view text, size_t max)
{
	put_text(out, text, max, "<span class=\"odd\">", "</span>");
}

void report_attr(FILE *out, struct view text, size_t max)
{
	put_text(out, text, max, "[", "]");
}

/* RFC 3986, 2.3: unreserved. */
static bool is_unreserved(uint8_t c)
{
	return c != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789-._~",
				 c) != NULL;
}

void report_href(FILE *out, struct view name)
{
	/* Without it a name with a colon would be a scheme (4.2). */
	(void)fputs("./", out);
	for (size_t i = 0; i < name.len; i++) {
		if (is_unreserved(name.data[i]))
			(void)fputc(name.data[i], out);
		else
			(void)fprintf(out, "%%%02X", name.data[i]);
	}
}

/* How a word must be written: 0 as it is, 1 in quotes, 2 by numbers. */
static int quoting(struct view word)
{
	int ret = word.len ? 0 : 1;
	uint32_t c;

	while (word.len) {
		if (report_char_take(&word, &c) != REPORT_CHAR_PLAIN)
			return 2;
		if (c > 0x7f || (!is_unreserved((uint8_t)c) &&
					!strchr(":@%+=/", (int)c)))
			ret = 1;
		if (c == '~')
			ret = 1;
	}
	return ret;
}

/* As the shell has it in $'': what is not plain ASCII by its octets. */
static void put_by_numbers(FILE *out, struct view word)
{
	struct view from;
	uint32_t c;
	bool octet;

	(void)fputs("$&#39;", out);
	while (word.len) {
		from = word;
		octet = report_char_take(&word, &c) == REPORT_CHAR_OCTET;
		from.len -= word.len;
		if (!octet && c < 0x80 && is_unreserved((uint8_t)c)) {
			(void)fputc((int)c, out);
			continue;
		}
		if (octet)
			(void)fprintf(out, "\\x%02X", (unsigned)c);
		for (size_t i = 0; !octet && i < from.len; i++)
			(void)fprintf(out, "\\x%02X", from.data[i]);
	}
	(void)fputs("&#39;", out);
}

void report_shell_word(FILE *out, struct view word)
{
	int how = quoting(word);

	if (word.len && word.data[0] == '-')
		(void)fputs("-- ", out);
	if (how == 2) {
		put_by_numbers(out, word);
		return;
	}
	if (how == 1)
		(void)fputs("&#39;", out);
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] == '\'')
			(void)fputs("&#39;\\&#39;&#39;", out);
		else
			put_plain(out, (struct view) { word.data + i, 1 });
	}
	if (how == 1)
		(void)fputs("&#39;", out);
}

struct view report_view(const char *text)
{
	return (struct view) { (const uint8_t *)text, text ? strlen(text) : 0 };
}
