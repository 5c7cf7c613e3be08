/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_LOGS_H
#define DEVID_LOGS_H

/*
 * What devid-keyd and devid-agent logged, out of systemd's journal: time, unit,
 * process, level and message of each line, nothing else of an entry. By the
 * rule of the house a line has no secret in it.
 */

#include <devid/error.h>

#include <stdio.h>

#define LOGS_LINES_MAX 5000 /* the newest; a limit of ours */

/* Prints the lines, the oldest first, and how many they are to *@ret_n: none
 * where this user may not read them, or there is no journal. Errors: IO. */
DEVID_MUST_CHECK enum devid_err logs_print(
	FILE *out, size_t *ret_n, struct devid_error *err);

struct logs_line {
	unsigned long long realtime; /* microseconds since 1970 */
	const char *unit;
	const char *pid;
	const char *level; /* a digit, as syslog(3) */
	const char *message;
	size_t message_len;
};

/* One line; control characters become '?'. */
void logs_print_line(FILE *out, const struct logs_line *line);

#endif
