/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_PARMS_H
#define DEVID_TPM_PARMS_H

/* Which kinds of keys a TPM makes. */

#include "tpm.h"

/*
 * Asks the TPM (TPM2_TestParms, part 3, 30.3) whether it knows keys of @area's
 * type, which is @alg's for the message. For when a command with them has
 * failed: what that returns differs between TPMs. Errors: UNSUPPORTED, it makes
 * none, and those of the TPM, which then says neither yes nor no.
 */
DEVID_MUST_CHECK enum devid_err tpm_parms_check(struct tpm *tpm,
	const TPMT_PUBLIC *area, enum key_alg alg, struct devid_error *err);

/* Why there is no key of @area: @cause, a command's, or that this TPM makes
 * none such. Returns its code. */
DEVID_MUST_CHECK enum devid_err tpm_parms_fail(struct tpm *tpm,
	const TPMT_PUBLIC *area, enum key_alg alg,
	const struct devid_error *cause, struct devid_error *err);

#endif
