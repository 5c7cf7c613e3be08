/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_ABOUT_H
#define DEVID_TPM_ABOUT_H

/* What a TPM says of itself, and what it takes for its random numbers. */

#include "tpm.h"

/* Maker, model, firmware and whether it is in FIPS mode; the rest of *@ret is
 * left alone. What it does not tell stays empty, or WIRE_UNKNOWN. */
DEVID_MUST_CHECK enum devid_err tpm_about(
	struct tpm *tpm, struct wire_about *ret, struct devid_error *err);

/* How often it was reset since it is new: TPM2_ReadClock (part 3, 29.1). */
DEVID_MUST_CHECK enum devid_err tpm_resets(
	struct tpm *tpm, uint32_t *ret, struct devid_error *err);

/* TPM2_StirRandom with 1 to WIRE_STIR_MAX bytes. Errors: INVALID. */
DEVID_MUST_CHECK enum devid_err tpm_stir(
	struct tpm *tpm, struct view in, struct devid_error *err);

#endif
