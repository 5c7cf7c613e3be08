/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_KEY_H
#define DEVID_TPM_KEY_H

#include "tpm-private.h"
#include "tpm.h"

/* Whether a persistent object is at @handle: TPM2_GetCapability, because
 * TPM2_ReadPublic would make ESYS print an error of its own. */
DEVID_MUST_CHECK enum devid_err tpm_find_handle(struct tpm *tpm,
	TPM2_HANDLE handle, bool *ret_found, struct devid_error *err);

/* The object at the persistent @handle, and its public area, which the caller
 * Esys_Free()s. */
DEVID_MUST_CHECK enum devid_err tpm_open_persistent(struct tpm *tpm,
	TPM2_HANDLE handle, struct tpm_handle *ret, TPM2B_PUBLIC **ret_pub,
	struct devid_error *err);

/* Loads the public part of the key for @role from its persistent handle.
 * Errors: NOT_FOUND, UNSUPPORTED (an object that is none of our keys). */
DEVID_MUST_CHECK enum devid_err tpm_key_load(struct tpm *tpm,
	enum key_role role, struct tpm_key *ret, struct devid_error *err);

/* TPM2_CreatePrimary below the endorsement hierarchy with nothing but a
 * template; the caller Esys_Free()s *@ret_pub. */
DEVID_MUST_CHECK enum devid_err tpm_create_primary(struct tpm *tpm,
	const TPM2B_PUBLIC *template, struct tpm_handle *ret,
	TPM2B_PUBLIC **ret_pub, struct devid_error *err);

/*
 * Derives the primary key of @role and @alg from the endorsement seed and
 * puts it at its persistent handle. With @expected, the variants of the
 * template are tried until the public key is equal; if none is, nothing is
 * made persistent and the error is MISMATCH. Errors also: EXISTS.
 */
DEVID_MUST_CHECK enum devid_err tpm_key_create(struct tpm *tpm,
	enum key_role role, enum key_alg alg, const struct key_blob *expected,
	struct devid_error *err);

/* TPM2_Sign, one command. The signature is in the form of its scheme.
 * Errors: NOT_FOUND when the key has gone from its handle. */
DEVID_MUST_CHECK enum devid_err tpm_key_sign(struct tpm *tpm,
	const struct tpm_key *key, const struct key_sign *what,
	struct key_sig *ret, struct devid_error *err);

#endif
