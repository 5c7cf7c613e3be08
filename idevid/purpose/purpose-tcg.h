/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PURPOSE_TCG_H
#define DEVID_PURPOSE_TCG_H

/* A TCG-CSR-IDEVID that a key signs for itself (TCG DevID 13.1). */

#include "der.h"
#include <devid/error.h>

#include <stdbool.h>

/* Whether @in begins as a TCG-CSR-IDEVID-CONTENT: with its structVer. */
bool purpose_tcg_is(struct view in);

/*
 * The rest of it: hash and sizes are right, signingPub is the key @spki. What
 * it says of other keys is for the CA to judge. Errors: PURPOSE.
 */
DEVID_MUST_CHECK enum devid_err purpose_tcg_check(
	struct view in, struct view spki, struct devid_error *err);

#endif
