/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROOF_TEMPLATE_H
#define DEVID_PROOF_TEMPLATE_H

/* Which part of a public area is not that of its template. */

#include "proof-private.h"

/*
 * Whether @area is of the template for @role, in an algorithm *@ret_alg
 * (TCG 7.3). Errors: MISMATCH, text names the first part that differs.
 */
DEVID_MUST_CHECK enum devid_err proof_check_template(enum key_role role,
	const TPMT_PUBLIC *area, enum key_alg *ret_alg,
	struct devid_error *err);

#endif
