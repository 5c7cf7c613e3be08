/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SITE_PAGE_H
#define DEVID_SITE_PAGE_H

/* The page of the report "site", and what it is drawn from. */

#include <devid/error.h>

#include <stdint.h>
#include <stdio.h>

#include "report-picture.h"
#include "site-rows.h"

#define SITE_MONTHS 12

struct site_facts {
	struct view site; /* borrowed; its name */
	int64_t now;      /* when it was so, seconds since 1970 */
	size_t n_chain;
	struct report_link chain[REPORT_LINKS_MAX]; /* of its CA; borrowed */
	struct site_rows rows;
	/* LDevIDs by when they end: before now, in the month of now and those
	 * after it, later */
	uint64_t ended, month[SITE_MONTHS], later;
};

void site_facts_init(struct site_facts *facts);
void site_facts_done(struct site_facts *facts);

/* Takes @unit in, when now is known. Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err site_facts_add(struct site_facts *facts,
	const struct site_unit *unit, struct devid_error *err);

/* Whole days from @now until @not_after, below 0 when it is over. */
int64_t site_days_left(int64_t not_after, int64_t now);

/* Writes the page. @csv_name: of the CSV, when it lies beside it, or NULL.
 * Errors: CRYPTO. */
DEVID_MUST_CHECK enum devid_err site_page(FILE *out,
	const struct site_facts *facts, const char *csv_name,
	struct devid_error *err);

#endif
