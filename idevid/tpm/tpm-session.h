/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_SESSION_H
#define DEVID_TPM_SESSION_H

/* Policy sessions: what the templates ask before a key is used. */

#include "tpm-key.h"

/*
 * Starts a session that has satisfied PolicySecret(TPM_RH_ENDORSEMENT) with
 * the empty authorization value: branch A of the DevID templates and the
 * whole policy of the low-range EK templates. @hash is the name algorithm of
 * the key that it is for.
 */
DEVID_MUST_CHECK enum devid_err tpm_session_start(struct tpm *tpm,
	TPMI_ALG_HASH hash, struct tpm_handle *ret, struct devid_error *err);

/*
 * The same, and then the policy of @key's template for one @command (ADMIN
 * role), TPM2_CC_Certify or TPM2_CC_ActivateCredential.
 */
DEVID_MUST_CHECK enum devid_err tpm_session_start_admin(struct tpm *tpm,
	const struct tpm_key *key, TPM2_CC command, struct tpm_handle *ret,
	struct devid_error *err);

#endif
