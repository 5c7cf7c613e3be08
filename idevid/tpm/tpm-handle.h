/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_HANDLE_H
#define DEVID_TPM_HANDLE_H

/*
 * An object, a session or an NV index of the TPM, held by what names it for
 * ESYS. It ends with its scope, and with the thing that owns it.
 */

#include "cleanup.h"
#include "tpm.h"

/* ESYS returns memory of its own allocator. */
static inline void cleanup_esys(void *p)
{
	Esys_Free(*(void **)p);
}

/* All zeros is none. */
struct tpm_handle {
	struct tpm *tpm; /* borrowed; NULL: none */
	ESYS_TR tr;      /* owned */
	bool persistent; /* stays in the TPM when this one ends */
};

/*
 * Ends it: a transient object and a session are flushed, of a persistent
 * object and of an NV index only ESYS's reference goes. Nothing for none, nor
 * for an object behind a connection that broke. A flush that fails ends no
 * operation; the first one of a connection is logged.
 */
void tpm_handle_done(struct tpm_handle *handle);

/* Whether there is one. */
bool tpm_handle_is_open(const struct tpm_handle *handle);

/* Moves it out of a CLEANUP(tpm_handle_done) variable. */
struct tpm_handle tpm_handle_take(struct tpm_handle *handle);

/* Whether @handle, a persistent object or an NV index, is in the TPM:
 * TPM2_GetCapability, because to read its public area would make ESYS print an
 * error of its own. */
DEVID_MUST_CHECK enum devid_err tpm_handle_find(struct tpm *tpm,
	TPM2_HANDLE handle, bool *ret_found, struct devid_error *err);

#define TPM_HANDLES_MAX 128 /* more than any TPM has room for */

/* The persistent objects of a TPM. */
struct tpm_handles {
	size_t n;
	TPM2_HANDLE at[TPM_HANDLES_MAX];
};

/* All of them: one TPM2_GetCapability, more on a TPM that tells few at once.
 * Errors: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err tpm_handles_list(
	struct tpm *tpm, struct tpm_handles *ret, struct devid_error *err);

bool tpm_handles_have(const struct tpm_handles *list, TPM2_HANDLE handle);

/* A persistent object, and what it is. */
struct tpm_found {
	struct tpm_handle object;
	TPMT_PUBLIC area;
	TPM2B_NAME name, qualified;
};

void tpm_found_done(struct tpm_found *found);

/* The object at the persistent @handle. */
DEVID_MUST_CHECK enum devid_err tpm_handle_read(struct tpm *tpm,
	TPM2_HANDLE handle, struct tpm_found *ret, struct devid_error *err);

/* TPM2_CreatePrimary below the endorsement hierarchy with nothing but a
 * template; the caller Esys_Free()s *@ret_pub. */
DEVID_MUST_CHECK enum devid_err tpm_handle_create(struct tpm *tpm,
	const TPM2B_PUBLIC *template, struct tpm_handle *ret,
	TPM2B_PUBLIC **ret_pub, struct devid_error *err);

#endif
