/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUNDLE_PARTS_H
#define DEVID_BUNDLE_PARTS_H

/* The files of a bundle: what each is called, what it proves, and who makes its
 * content. For bundle.c. */

#include <devid/error.h>

#include <stdio.h>

#include "bundle.h"

/* Prints the content. An error says why there is none. */
typedef enum devid_err bundle_part_fn(
	const struct bundle_input *in, FILE *out, struct devid_error *err);

struct bundle_part {
	const char *name; /* NULL ends the list */
	bundle_part_fn *print;
	const char *proves;
};

extern const struct bundle_part bundle_parts[];

#define BUNDLE_PARTS_MAX 32 /* as many as there may be */

#endif
