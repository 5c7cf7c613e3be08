/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hex.h"

#define LOG_LINE_MAX 1024

static struct {
	const char *program; /* borrowed */
	enum log_level max;
	bool journal;
} state = { "devid", LOG_LEVEL_INFO, false };

void log_init(const char *program, enum log_level max)
{
	state.program = program;
	state.max = max;
	state.journal = getenv("JOURNAL_STREAM") != NULL;
}

/* Copies @in to @out with control characters escaped; returns the length. */
static size_t escape(char *out, size_t out_len, const char *in)
{
	size_t n = 0;

	for (; *in && n + 5 < out_len; in++) {
		unsigned char c = (unsigned char)*in;

		if (c >= 0x20 && c != 0x7f) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		hex_encode(&c, 1, out + n);
		n += 2;
	}
	return n;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char raw[LOG_LINE_MAX];
	char line[LOG_LINE_MAX + 64];
	va_list ap;
	size_t n = 0;

	if (level > state.max)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap); /* may cut */
	va_end(ap);
	if (state.journal)
		n = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		n = (size_t)snprintf(
			line, sizeof(line), "%.32s: ", state.program);
	n += escape(line + n, sizeof(line) - n - 1, raw);
	line[n++] = '\n';
	/* One write, so that lines of several processes do not mix; nobody
	 * is left to tell when stderr is gone. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}
