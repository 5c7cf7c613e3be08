/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SITE_ROWS_H
#define DEVID_SITE_ROWS_H

/*
 * The units that the page of the report "site" has, in bounded memory: all of
 * them up to SITE_ROWS_MAX; of more, those with a cause alone, and when these
 * are too many as well, as many of each cause as there is room for. All are
 * counted.
 */

#include <devid/error.h>

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "report-lines.h"
#include "site-words.h"

#define SITE_ROWS_MAX 10000 /* in a page; a limit of ours */

/* One unit; views are of its JSON, texts of a site_row kept are cut. */
struct site_unit {
	struct view unit, model, switch_name, port, detail;
	struct view cause_name; /* as it was given */
	enum report_site_state state;
	enum report_site_cause cause;
	int64_t seen;      /* seconds since 1970, or -1 */
	int64_t not_after; /* likewise, of the LDevID in use */
};

/* Reads a unit's JSON, whose @object must live as long as *@ret is used.
 * Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err site_unit_read(const struct report_lines *lines,
	const json_t *object, struct site_unit *ret, struct devid_error *err);

struct site_row; /* a unit that is kept */

struct site_rows {
	uint64_t n;                            /* units that were added */
	uint64_t by_state[REPORT_SITE_STATES]; /* of them */
	uint64_t by_cause[REPORT_SITE_CAUSES];
	bool all; /* each is kept: true at first */
	size_t n_kept;
	struct site_row *first[REPORT_SITE_CAUSES]; /* owned */
	struct site_row **end[REPORT_SITE_CAUSES];
	uint64_t kept[REPORT_SITE_CAUSES];
};

void site_rows_init(struct site_rows *rows);
void site_rows_done(struct site_rows *rows);

/* Counts @unit and keeps a copy as far as there is room. Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err site_rows_add(struct site_rows *rows,
	const struct site_unit *unit, struct devid_error *err);

/* The units that are kept with @cause, in the order in which they came: the
 * first, and the one after @row; NULL when there is none. */
const struct site_row *site_rows_first(
	const struct site_rows *rows, enum report_site_cause cause);
const struct site_row *site_rows_next(const struct site_row *row);

/* Borrowed from @row. */
const struct site_unit *site_row_unit(const struct site_row *row);

#endif
