/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_POLICY_H
#define DEVID_TPM_POLICY_H

/*
 * The authorization policy of the DevID templates (TCG "TPM 2.0 Keys for
 * Device Identity and Attestation" 7.3.6), taken apart: the digests that
 * TPM2_PolicyOR is to be given.
 */

#include "key.h"

#include <stdbool.h>
#include <tss2/tss2_tpm2_types.h>

/* The branches in their order. */
enum policy_branch {
	POLICY_SECRET,       /* A: PolicySecret(TPM_RH_ENDORSEMENT) */
	POLICY_CERTIFY,      /* B: A, PolicyCommandCode(TPM2_Certify) */
	POLICY_ACTIVATE,     /* C: A, PolicyCommandCode(TPM2_Activate...) */
	POLICY_AUTHORIZE_NV, /* D: PolicyAuthorizeNV of the role's index */
	N_POLICY_BRANCHES,
};

/* The digests with @alg, SHA-256 or SHA-384; false for any other. */
bool policy_branches(enum key_role role, TPMI_ALG_HASH alg, TPML_DIGEST *ret);

#endif
