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

/* Whether a persistent object is at @handle: TPM2_GetCapability, because
 * TPM2_ReadPublic would make ESYS print an error of its own. */
DEVID_MUST_CHECK enum devid_err tpm_find_handle(struct tpm *tpm,
	TPM2_HANDLE handle, bool *ret_found, struct devid_error *err);

/* TPM2_CreatePrimary below the endorsement hierarchy with nothing but a
 * template; the caller Esys_Free()s *@ret_pub. */
DEVID_MUST_CHECK enum devid_err tpm_create_primary(struct tpm *tpm,
	const TPM2B_PUBLIC *template, struct tpm_handle *ret,
	TPM2B_PUBLIC **ret_pub, struct devid_error *err);

/* The object at the persistent @handle, and its public area, which the caller
 * Esys_Free()s. */
DEVID_MUST_CHECK enum devid_err tpm_open_persistent(struct tpm *tpm,
	TPM2_HANDLE handle, struct tpm_handle *ret, TPM2B_PUBLIC **ret_pub,
	struct devid_error *err);

/* The one DER SEQUENCE that the NV index begins with; what follows it is
 * padding. @what names it in messages. Errors: NOT_FOUND, SYNTAX. */
DEVID_MUST_CHECK enum devid_err tpm_nv_read_der(struct tpm *tpm,
	TPM2_HANDLE index, const char *what, struct keystore_blob *ret,
	struct devid_error *err);

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

/* The endorsement key of the EK certificate. */
struct tpm_ek {
	struct tpm_handle object; /* persistent, or derived here */
	bool with_auth; /* userWithAuth: the empty password, no policy */
	TPMI_ALG_HASH name_alg;
};

/* The certificate of the EK: of several the RSA key's, then P-256, then
 * P-384. Errors: NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err tpm_ek_cert(struct tpm *tpm,
	struct keystore_blob *ret_der, struct devid_error *err);

/*
 * The EK with the public key of that certificate: at its persistent handle,
 * or derived from its template. Errors: NOT_FOUND (no certificate), MISMATCH
 * (this TPM has no such key). CLEANUP(tpm_ek_done).
 */
DEVID_MUST_CHECK enum devid_err tpm_ek_load(
	struct tpm *tpm, struct tpm_ek *ret, struct devid_error *err);

void tpm_ek_done(struct tpm_ek *ek);

#endif
