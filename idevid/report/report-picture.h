/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_PICTURE_H
#define DEVID_REPORT_PICTURE_H

/*
 * Pictures in a page: SVG that is part of it. Each has a caption, and a name
 * and a description for who does not see it, which say all that it shows
 * (WCAG 2.2, 1.1.1). Names of parts and captions are the program's, unless
 * they are views.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "view.h"

/* A part of a whole. */
struct report_part {
	const char *name;
	uint64_t n;
	unsigned colour; /* 0 to 8: c0 to c8 of the style sheet */
};

#define REPORT_PARTS_MAX 16

struct report_picture {
	const char *id;      /* of its elements; once in a page */
	const char *caption; /* shown above, and its name */
};

/* One bar, divided as the parts are, with what each is below it. None that is
 * there is too thin to be seen. */
void report_bar(FILE *out, const struct report_picture *what,
	const struct report_part *parts, size_t n_parts);

/* A time line: a column for each part, in order, as high as its number. Names
 * are short ("Nov 26"). Not drawn without a number above 0. */
void report_timeline(FILE *out, const struct report_picture *what,
	const struct report_part *parts, size_t n_parts);

/* A certificate of a chain. */
struct report_link {
	struct view name;
	int64_t until; /* its end, seconds since 1970, or -1: not told */
	int64_t n;     /* how many there are of it, or -1: it is one */
};

#define REPORT_LINKS_MAX 10

/* A chain of certificates, from the root down. @when: one that ended before is
 * said to have. */
void report_chain(FILE *out, const struct report_picture *what,
	const struct report_link *links, size_t n_links, int64_t when);

#endif
