/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_SITE_H
#define DEVID_REPORT_SITE_H

/*
 * The report "site": each unit of a site, how far it has come, and what keeps
 * it from going on. devid-report(1) has the members of its JSON lines; their
 * words are those of site-words.h.
 */

#include <devid/error.h>

#include <stdio.h>

#include "report-lines.h"

/* Where the report goes. */
struct report_outputs {
	FILE *page;           /* borrowed */
	FILE *csv;            /* borrowed, or NULL */
	const char *csv_name; /* of a file beside the page, or NULL */
};

/*
 * Reads JSON lines, writes each as a row of
 * the CSV at once, and the page when all was good. Above 10,000 units the page
 * has those in trouble alone, of each cause some. Failures of writing stay in
 * the FILEs. Errors: as report_lines_next(); CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err report_site(const struct report_source *from,
	const struct report_outputs *out, struct devid_error *err);

#endif
