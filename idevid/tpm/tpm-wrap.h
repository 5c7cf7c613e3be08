/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_WRAP_H
#define DEVID_TPM_WRAP_H

/*
 * Encrypts a private key to a storage parent, as TPM2_Duplicate would (part 1,
 * 23.3.2): neither the way to the TPM nor the software on it sees it in the
 * clear.
 */

#include <devid/error.h>

#include <tss2/tss2_tpm2_types.h>

/* What TPM2_Import takes. */
struct tpm_wrapped {
	TPM2B_PRIVATE duplicate;
	TPM2B_ENCRYPTED_SECRET seed;
};

/* @parent is the public point of a P-256 storage key with SHA-256 and
 * AES-128-CFB; @name is that of the object whose private part @private is.
 * Errors: CRYPTO. */
DEVID_MUST_CHECK enum devid_err tpm_wrap(const TPMS_ECC_POINT *parent,
	const TPM2B_NAME *name, const TPMT_SENSITIVE *private,
	struct tpm_wrapped *ret, struct devid_error *err);

#endif
