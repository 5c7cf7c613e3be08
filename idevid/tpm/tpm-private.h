/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_PRIVATE_H
#define DEVID_TPM_PRIVATE_H

/* What the files of the TPM module share; nobody else sees a handle. */

#include "tpm.h"

#include "cleanup.h"

/* ESYS returns memory of its own allocator. */
static inline void cleanup_esys(void *p)
{
	Esys_Free(*(void **)p);
}

/* A policy session; ended with its scope by CLEANUP(tpm_session_end). */
struct tpm_session {
	struct tpm *tpm; /* borrowed */
	ESYS_TR handle;  /* ESYS_TR_NONE, or owned */
};

/* The endorsement key of the EK certificate. */
struct tpm_ek {
	struct tpm *tpm; /* borrowed */
	ESYS_TR object;  /* ESYS_TR_NONE, or owned */
	bool transient;  /* derived here: to be flushed */
	bool with_auth;  /* userWithAuth: the empty password, no policy */
	TPMI_ALG_HASH name_alg;
};

#endif
