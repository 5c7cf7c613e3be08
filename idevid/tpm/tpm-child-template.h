/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_CHILD_TEMPLATE_H
#define DEVID_TPM_CHILD_TEMPLATE_H

/*
 * Public areas of the owner's keys. They sign with the empty authorization
 * value, no failure counts as an attack (noDA), and their policy is empty,
 * which nobody satisfies: one that was brought, and is not tied to its parent,
 * cannot be duplicated all the same (part 1, 23).
 */

#include "key.h"

#include <stdbool.h>
#include <tss2/tss2_tpm2_types.h>

/* That of a key to be made, or of one that is @imported, without its public
 * key. False: there is none for @alg. */
bool child_template_get(enum key_alg alg, bool imported, TPM2B_PUBLIC *ret);

/* Whether @area is of one of these; which. */
bool child_template_matches(
	const TPMT_PUBLIC *area, enum key_alg *ret_alg, bool *ret_imported);

#endif
