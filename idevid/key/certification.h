/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CERTIFICATION_H
#define DEVID_CERTIFICATION_H

/*
 * The setting minimum_certification: what a module's maker must assert before
 * keys are made in it. An assertion is what the certificate of its endorsement
 * key has in it; nobody looks here whether it is true.
 */

#include "conf.h"
#include "wire.h"

/* All zeros asks for nothing. */
struct certification {
	bool fips_mode;        /* the module says that it is in it */
	unsigned fips_version; /* 2 for FIPS 140-2, 3 for 140-3; 0: any */
	unsigned fips_level;   /* 1 to 4 */
	unsigned cc_eal;       /* 1 to 7 */
	bool cc_plus;          /* augmented */
};

/* Reads "fips140-2:2, cc:4+, fips-mode": each of the three at most once.
 * Errors: INVALID. */
DEVID_MUST_CHECK enum devid_err certification_parse(
	const char *text, struct certification *ret, struct devid_error *err);

/* The same for a row of devid.conf. */
conf_fn certification_convert;

/*
 * Whether a module of which @about is known has what @min asks for. A later
 * version of FIPS 140 counts as an earlier one, a higher level as a lower.
 * Errors: UNSUPPORTED, one sentence on the first thing that is lacking.
 */
DEVID_MUST_CHECK enum devid_err certification_check(
	const struct certification *min, const struct wire_about *about,
	struct devid_error *err);

#endif
