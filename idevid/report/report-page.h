/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_PAGE_H
#define DEVID_REPORT_PAGE_H

/*
 * A page: one HTML file that needs nothing else, runs nothing and loads
 * nothing; its own Content-Security-Policy says so to the browser. What others
 * wrote gets in by report-text.h alone, but for what is said to be the
 * program's own text. Failures of writing stay in the FILE.
 */

#include <devid/error.h>

#include <stdint.h>
#include <stdio.h>

#include "view.h"

#define REPORT_TEXT_SHOWN 96 /* characters of one text in a page */

/* Begins it: head, and a heading with @what (the program's) and @whose; it was
 * true at @when, seconds since 1970. Errors: CRYPTO. */
DEVID_MUST_CHECK enum devid_err report_page_begin(FILE *out, const char *what,
	struct view whose, int64_t when, struct devid_error *err);
void report_page_end(FILE *out);

/* A part of it under a heading; @id is its name in links. Both are the
 * program's. */
void report_section_begin(FILE *out, const char *id, const char *heading);
void report_section_end(FILE *out);

struct report_column {
	const char *name; /* the program's */
	/* 'n': a number; 't': a time; else text: 's' short, 'u' and 'w' wide,
	 * 'm' neither */
	char form;
};

/* A table, which scrolls alone where it is too wide. @caption is the
 * program's. The first cell of a row is its heading. */
void report_table_begin(FILE *out, const char *caption,
	const struct report_column *columns, size_t n_columns);
void report_table_end(FILE *out);

/* Cells. Those of times and numbers are empty when it is negative. */
void report_cell_text(FILE *out, struct view text);
void report_cell_head(FILE *out, struct view text); /* begins a row */
void report_cell_time(FILE *out, int64_t seconds);
void report_cell_int(FILE *out, int64_t number);

/* "1,204 devices" or "1 device": @one and @many are the program's. */
void report_count(FILE *out, uint64_t n, const char *one, const char *many);

#endif
