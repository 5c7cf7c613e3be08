/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_CSV_H
#define DEVID_REPORT_CSV_H

/*
 * Tables for spreadsheets (RFC 4180): every text is quoted, one record is one
 * line. A spreadsheet takes a cell for a formula by its first character; such a
 * cell gets an apostrophe before it. Characters without a form are shown as in
 * report-text.h. Failures of writing stay in the FILE.
 */

#include <stdint.h>
#include <stdio.h>

#include "view.h"

struct report_csv {
	FILE *out;       /* borrowed */
	unsigned column; /* cells in this record */
};

void report_csv_text(struct report_csv *csv, struct view text);
void report_csv_int(struct report_csv *csv, int64_t number);
/* A cell without a value. */
void report_csv_none(struct report_csv *csv);
/* Ends the record. */
void report_csv_end(struct report_csv *csv);

#endif
