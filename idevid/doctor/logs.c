/* SPDX-License-Identifier: Apache-2.0 */
#include "logs.h"

#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

#include "cleanup.h"

#define FIELD_MAX   64
#define MESSAGE_MAX 1024 /* what log.h cuts at */

CLEANUP_DEFINE(journal, sd_journal *, sd_journal_close)

void logs_print_line(FILE *out, const struct logs_line *line)
{
	time_t seconds = (time_t)(line->realtime / 1000000);
	size_t len = line->message_len < MESSAGE_MAX ? line->message_len
						     : MESSAGE_MAX;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)fprintf(out, "%s.%06lluZ %s[%s] <%s> ", text,
		line->realtime % 1000000, line->unit, line->pid, line->level);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line->message[i];

		(void)fputc(c < ' ' || c == 0x7f ? '?' : c, out);
	}
	(void)fputc('\n', out);
}

/* The value of a field of the entry; its length is returned. */
static size_t get(
	sd_journal *j, const char *name, const char **ret, size_t *ret_len)
{
	size_t before = strlen(name) + 1; /* NAME= */
	const void *data;
	size_t len;

	*ret = "";
	*ret_len = 0;
	if (sd_journal_get_data(j, name, &data, &len) < 0 || len < before)
		return 0;
	*ret = (const char *)data + before;
	*ret_len = len - before;
	return *ret_len;
}

/* The same as text, cut. */
static void get_text(sd_journal *j, const char *name, char ret[FIELD_MAX])
{
	const char *value;
	size_t len;

	(void)get(j, name, &value, &len); /* none is empty */
	if (len >= FIELD_MAX)
		len = FIELD_MAX - 1;
	memcpy(ret, value, len);
	ret[len] = '\0';
}

static void print_entry(sd_journal *j, FILE *out)
{
	char unit[FIELD_MAX], pid[FIELD_MAX], level[FIELD_MAX];
	struct logs_line line = { .unit = unit, .pid = pid, .level = level };
	uint64_t time = 0;

	(void)sd_journal_get_realtime_usec(j, &time); /* or 1970 */
	line.realtime = time;
	/* What a field points to ends with the next one. */
	get_text(j, "_SYSTEMD_UNIT", unit);
	get_text(j, "_PID", pid);
	get_text(j, "PRIORITY", level);
	(void)get(j, "MESSAGE", &line.message, &line.message_len);
	logs_print_line(out, &line);
}

/* Before the oldest of the lines that are wanted. */
static int seek(sd_journal *j)
{
	int r = sd_journal_seek_tail(j);

	if (r >= 0)
		r = sd_journal_previous_skip(j, LOGS_LINES_MAX);
	return r;
}

enum devid_err logs_print(FILE *out, size_t *ret_n, struct devid_error *err)
{
	CLEANUP(cleanup_journal) sd_journal *j = NULL;
	int r = sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY);

	*ret_n = 0;
	/* Matches of one field are alternatives. */
	if (r >= 0)
		r = sd_journal_add_match(
			j, "_SYSTEMD_UNIT=devid-keyd.service", 0);
	if (r >= 0)
		r = sd_journal_add_match(
			j, "_SYSTEMD_UNIT=devid-agent.service", 0);
	if (r >= 0)
		r = seek(j);
	for (; r > 0 && *ret_n < LOGS_LINES_MAX; ++*ret_n) {
		print_entry(j, out);
		r = sd_journal_next(j);
	}
	if (r < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "journal: %s", strerror(-r));
	return DEVID_OK;
}
