/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "files.h"
#include "utf8.h"

#define FILE_MODE 0644

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS  "0123456789"

struct metrics {
	char *text;         /* owned; of out, set when that is closed */
	size_t len;         /* likewise */
	FILE *out;          /* owned, or NULL once taken */
	const char *family; /* borrowed from the call of metrics_family() */
	bool bad;           /* a name was wrong */
};

struct metrics *metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->out = open_memstream(&m->text, &m->len);
	if (!m->out) {
		free(m);
		return NULL;
	}
	return m;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	if (m->out)
		(void)fclose(m->out); /* nobody wants it any more */
	free(m->text);
	free(m);
}

/* metric_name and label_name of Prometheus' data model; @more are characters
 * that are letters as well. */
static bool is_name(const char *name, const char *more)
{
	const char *p = name;

	for (; *p; p++) {
		if (!strchr(LETTERS, *p) && !strchr(more, *p) &&
			(p == name || !strchr(DIGITS, *p)))
			return false;
	}
	return p != name;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

/* @also, and the backslash, get one before them; a line's end becomes \n. */
static void put_escaped(FILE *out, struct view text, char also)
{
	uint32_t c;
	size_t n;

	while (text.len) {
		n = utf8_decode(text, &c);
		if (n == 0 || (c < 0x20 && c != '\n') ||
			(c >= 0x7f && c < 0xa0))
			(void)fputs("\xef\xbf\xbd", out); /* U+FFFD */
		else if (c == '\n')
			(void)fputs("\\n", out);
		else if (c == '\\' || (also && c == (uint32_t)also))
			(void)fprintf(out, "\\%c", (char)c);
		else
			(void)fwrite(text.data, 1, n, out);
		n += n == 0;
		text.data += n;
		text.len -= n;
	}
}

void metrics_family(struct metrics *m, const char *name, enum metrics_type type,
	const char *help)
{
	m->bad |= !is_name(name, ":") ||
		  ends_with(name, "_total") != (type == METRICS_COUNTER);
	m->family = name;
	if (m->bad)
		return;
	(void)fprintf(m->out, "# HELP %s ", name);
	put_escaped(m->out,
		(struct view) { (const uint8_t *)help, strlen(help) }, '\0');
	(void)fprintf(m->out, "\n# TYPE %s %s\n", name,
		type == METRICS_COUNTER ? "counter" : "gauge");
}

/* All of a sample but its value. */
static void begin_sample(
	struct metrics *m, const struct metrics_label *labels, size_t n_labels)
{
	m->bad |= !m->family;
	for (size_t i = 0; i < n_labels; i++)
		m->bad |= !is_name(labels[i].name, "") ||
			  strncmp(labels[i].name, "__", 2) == 0;
	if (m->bad)
		return;
	(void)fputs(m->family, m->out);
	for (size_t i = 0; i < n_labels; i++) {
		(void)fprintf(m->out, "%c%s=\"", i ? ',' : '{', labels[i].name);
		put_escaped(m->out, labels[i].value, '"');
		(void)fputc('"', m->out);
	}
	(void)fputs(n_labels ? "} " : " ", m->out);
}

void metrics_int(struct metrics *m, const struct metrics_label *labels,
	size_t n_labels, int64_t value)
{
	begin_sample(m, labels, n_labels);
	if (!m->bad)
		(void)fprintf(m->out, "%" PRId64 "\n", value);
}

void metrics_real(struct metrics *m, const struct metrics_label *labels,
	size_t n_labels, double value)
{
	begin_sample(m, labels, n_labels);
	if (m->bad)
		return;
	if (isnan(value))
		(void)fputs("NaN\n", m->out);
	else if (isinf(value))
		(void)fputs(value < 0 ? "-Inf\n" : "+Inf\n", m->out);
	else
		(void)fprintf(m->out, "%.17g\n", value);
}

enum devid_err metrics_take(
	struct metrics *m, struct blob *ret, struct devid_error *err)
{
	bool lost = ferror(m->out) != 0;

	lost |= fclose(m->out) != 0;
	m->out = NULL;
	if (lost)
		return fail_no_memory_for(err, "metrics");
	if (m->bad)
		return devid_fail(err, DEVID_ERR_INVALID,
			"metrics: %s: not a name of a family with its labels",
			m->family ? m->family : "(none)");
	ret->data = (uint8_t *)STEAL(m->text);
	ret->len = m->len;
	return DEVID_OK;
}

enum devid_err metrics_write(
	struct metrics *m, const char *path, struct devid_error *err)
{
	struct blob text CLEANUP(blob_done) = { NULL, 0 };
	enum devid_err rc = metrics_take(m, &text, err);

	if (rc != DEVID_OK)
		return rc;
	return files_write_unsynced(path, text.data, text.len, FILE_MODE, err);
}
