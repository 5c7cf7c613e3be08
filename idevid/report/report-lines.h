/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_LINES_H
#define DEVID_REPORT_LINES_H

/*
 * What a report is made of: JSON lines, an object each. The first says of
 * which kind ("report": "KIND", "version": 1), the last that nothing is missing
 * ("end": how many were between). Octets in them that are no UTF-8 are mended
 * as in report-text.h. One line at a time is in memory.
 */

#include <devid/error.h>

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "cleanup.h"
#include "view.h"

#define REPORT_LINE_MAX 65536 /* octets of one line; a limit of ours */

struct report_lines;

/* Where lines come from; both are borrowed. */
struct report_source {
	FILE *in;
	const char *name; /* for messages */
};

/*
 * Reads from @from, which must stay, until the first line; its object is
 * *@ret_head, the caller's. Errors, all with
 * `NAME: line N: cause`: SYNTAX, TOO_LARGE, UNSUPPORTED (another kind or
 * version), IO, NOMEM.
 */
DEVID_MUST_CHECK enum devid_err report_lines_open(
	const struct report_source *from, const char *kind,
	struct report_lines **ret, json_t **ret_head, struct devid_error *err);
void report_lines_close(struct report_lines *lines);

CLEANUP_DEFINE(report_lines, struct report_lines *, report_lines_close)

/* The next object, the caller's; NULL when the last line was there, its count
 * was right, and nothing came after it. Errors: as above. */
DEVID_MUST_CHECK enum devid_err report_lines_next(
	struct report_lines *lines, json_t **ret, struct devid_error *err);

/* SYNTAX and `NAME: line N: cause`, of the line that was read last. */
DEVID_MUST_CHECK enum devid_err report_lines_refuse(
	const struct report_lines *lines, const char *cause,
	struct devid_error *err);

/* The text of member @key; empty when there is none or null. Valid as long as
 * @object. Errors: SYNTAX when it is no string. */
DEVID_MUST_CHECK enum devid_err report_lines_text(
	const struct report_lines *lines, const json_t *object, const char *key,
	struct view *ret, struct devid_error *err);

/* Seconds since 1970; -1 when there is none or null. Errors: SYNTAX when it is
 * no integer from 0 to the end of 9999. */
DEVID_MUST_CHECK enum devid_err report_lines_time(
	const struct report_lines *lines, const json_t *object, const char *key,
	int64_t *ret, struct devid_error *err);

#endif
