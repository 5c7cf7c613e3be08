/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUNDLE_PARTS_H
#define DEVID_BUNDLE_PARTS_H

/* The files of a bundle: what each is called, what it proves, and who makes its
 * content. For bundle.c. */

#include <devid/error.h>

#include <stdio.h>

#include "bundle.h"
#include "role.h"

/* Prints the content. An error says why there is none. */
typedef enum devid_err bundle_part_fn(
	const struct bundle_input *in, FILE *out, struct devid_error *err);

/* The same of one key. */
typedef enum devid_err bundle_key_fn(const struct bundle_input *in,
	enum key_id id, FILE *out, struct devid_error *err);

/* A file, or where @of_key is set, one of each key of @role that there is, and
 * of its number 0 in any case: @name then has a %s for the key's name. */
struct bundle_part {
	const char *name; /* NULL ends the list */
	bundle_part_fn *print;
	const char *proves;
	bundle_key_fn *of_key;
	enum key_role role;
};

extern const struct bundle_part bundle_parts[];

/* As many files as there may be. */
#define BUNDLE_PARTS_MAX (16 + 5 * N_KEY_PAIRS)

#define BUNDLE_NAME_MAX 63

#endif
