/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_CHILD_H
#define DEVID_TPM_CHILD_H

/*
 * Keys below the owner's storage parent: made, brought, loaded. Each of these
 * needs a policy session of its own, and leaves none.
 */

#include "tpm-epoch.h"
#include "tpm-key.h"
#include "tpm-sealed.h"

#include <openssl/types.h>

/* Where keys are made and loaded now; borrowed. */
struct tpm_above {
	const struct tpm_epoch *epoch;
	const struct tpm_parent *parent;
};

/* TPM2_Create; fills all of *@ret but the TPM's id. Errors: UNSUPPORTED, this
 * TPM makes none of @alg; ERASED, the counter went on meanwhile. */
DEVID_MUST_CHECK enum devid_err tpm_child_make(struct tpm_above at,
	enum key_alg alg, struct tpm_sealed *ret, struct devid_error *err);

/* TPM2_Import of @private, which has both halves. Errors: UNSUPPORTED, a key of
 * another kind or size, or one that this TPM does not take; CRYPTO. */
DEVID_MUST_CHECK enum devid_err tpm_child_import(struct tpm_above at,
	EVP_PKEY *private, struct tpm_sealed *ret, struct devid_error *err);

/* TPM2_Load. Errors: ERASED, the counter does not stand where it stood;
 * MISMATCH, the TPM does not take it: tpm_owner_explain() says why. */
DEVID_MUST_CHECK enum devid_err tpm_child_load(struct tpm_above at,
	const struct tpm_sealed *key, struct tpm_handle *ret,
	struct devid_error *err);

#endif
