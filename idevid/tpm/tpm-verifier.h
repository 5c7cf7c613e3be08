/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_VERIFIER_H
#define DEVID_TPM_VERIFIER_H

/*
 * Checks the signatures of one TPM key after another. To make an OpenSSL key
 * of a point, with its curve, and to set it up takes a third as long as the
 * verification; here both are made once per curve and get each key's point.
 * One thread uses a verifier.
 */

#include "tpm-public.h"

struct tpm_verifier;

/* NULL: no memory. The caller frees it. */
struct tpm_verifier *tpm_verifier_new(void);
void tpm_verifier_free(struct tpm_verifier *v);

/* The signatures to come are of @area's key. Errors: as tpm_public_pkey();
 * @v has no key then. Also NOMEM, when @v is NULL. */
DEVID_MUST_CHECK enum devid_err tpm_verifier_set_key(struct tpm_verifier *v,
	const TPMT_PUBLIC *area, struct devid_error *err);

/* As tpm_signature_check(), for the key that was set. Errors: as there; STATE
 * when @v has no key. */
DEVID_MUST_CHECK enum devid_err tpm_verifier_check(struct tpm_verifier *v,
	struct view message, struct view signature, struct devid_error *err);

#endif
