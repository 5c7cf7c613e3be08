/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUNDLE_H
#define DEVID_BUNDLE_H

/*
 * What support and forensics want of a device, as one tar. In it is what a list
 * names, and of files that others wrote only what was understood of them:
 * certificates, key references, known settings, known members of JSON. No file
 * is copied as it is.
 */

#include <devid/error.h>

#include <jansson.h>

#include "judge.h"
#include "output.h"
#include "places.h"

struct bundle_input {
	const struct places *places;     /* borrowed, as all here */
	const json_t *facts;             /* of facts_gather() */
	const struct findings *findings; /* of judge_facts() on them */
};

/* Writes the tar to @out, without committing. How many files are in it and how
 * many could not be had is in *@ret_n and *@ret_missing. Errors: NOMEM, IO. */
DEVID_MUST_CHECK enum devid_err bundle_write(const struct bundle_input *in,
	struct output *out, size_t *ret_n, size_t *ret_missing,
	struct devid_error *err);

#endif
