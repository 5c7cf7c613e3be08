/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_EK_H
#define DEVID_TPM_EK_H

/* The endorsement key that the TPM's maker certified, and its certificate. */

#include "tpm-handle.h"

/* The endorsement key of the EK certificate. */
struct tpm_ek {
	struct tpm_handle object; /* persistent, or derived here */
	bool with_auth; /* userWithAuth: the empty password, no policy */
	TPMI_ALG_HASH name_alg;
};

/* The certificate of the EK: of several the RSA key's, then P-256, then
 * P-384. Errors: NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err tpm_ek_cert(
	struct tpm *tpm, struct key_blob *ret_der, struct devid_error *err);

/*
 * The EK with the public key of that certificate: at its persistent handle,
 * or derived from its template. Errors: NOT_FOUND (no certificate), MISMATCH
 * (this TPM has no such key). CLEANUP(tpm_ek_done).
 */
DEVID_MUST_CHECK enum devid_err tpm_ek_load(
	struct tpm *tpm, struct tpm_ek *ret, struct devid_error *err);

void tpm_ek_done(struct tpm_ek *ek);

#endif
