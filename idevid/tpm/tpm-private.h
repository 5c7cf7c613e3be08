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

/*
 * An object or a session in the TPM, which ends with its scope by
 * CLEANUP(tpm_handle_done). A transient one is flushed; of a persistent one
 * only ESYS's reference goes.
 */
struct tpm_handle {
	struct tpm *tpm; /* borrowed; NULL: none */
	ESYS_TR tr;      /* owned */
	bool persistent;
};

#define TPM_HANDLE_NONE                                                        \
	{                                                                      \
		.tr = ESYS_TR_NONE                                             \
	}

/* Nothing for none, and for an object behind a connection that broke. A flush
 * that fails ends no operation; the first one of a connection is logged. */
void tpm_handle_done(struct tpm_handle *handle);

/* Moves it out of a CLEANUP(tpm_handle_done) variable. */
struct tpm_handle tpm_handle_take(struct tpm_handle *handle);

/* The endorsement key of the EK certificate. */
struct tpm_ek {
	struct tpm_handle object; /* persistent, or derived here */
	bool with_auth; /* userWithAuth: the empty password, no policy */
	TPMI_ALG_HASH name_alg;
};

#endif
