/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_KEY_H
#define DEVID_TPM_KEY_H

/* The DevID keys at their places: found, made, used. */

#include "tpm-handle.h"

/* A key at its persistent handle, or derived and not made persistent; all zeros
 * is none. */
struct tpm_key {
	struct tpm_handle object;
	enum key_id id;
	enum key_alg alg;
	TPMI_ALG_HASH name_alg;
	struct key_blob spki;
};

/* Loads the public part of the key for @role from its persistent handle.
 * *@ret is the caller's: tpm_key_done(). Errors: NOT_FOUND, UNSUPPORTED (an
 * object that is none of our keys: not of the template, or not a primary
 * object of the endorsement hierarchy). */
DEVID_MUST_CHECK enum devid_err tpm_key_load(struct tpm *tpm, enum key_id id,
	struct tpm_key *ret, struct devid_error *err);

/* Lets go of it: a persistent key stays in the TPM, a derived one is flushed.
 */
void tpm_key_done(struct tpm_key *key);

/* The same for one that has gone from the TPM, as an error told. */
void tpm_key_forget(struct tpm_key *key);

/*
 * Derives the primary key of @key's role and algorithm from the endorsement
 * seed, for as long as @key has it. With @expected, the variants of the
 * template are tried until the public key is equal; MISMATCH if none is.
 * Errors also: EXISTS when there is an object at its persistent handle, DENIED
 * when the endorsement hierarchy cannot be used, UNSUPPORTED (this TPM makes no
 * key of that algorithm).
 */
DEVID_MUST_CHECK enum devid_err tpm_key_derive(struct tpm *tpm,
	const struct key_blob *expected, struct tpm_key *key,
	struct devid_error *err);

/* Makes a derived key persistent at its handle; @key stays the derived one.
 * Errors: DENIED when the owner's hierarchy cannot be used, TOO_LARGE when
 * there is no room. */
DEVID_MUST_CHECK enum devid_err tpm_key_keep(
	const struct tpm_key *key, struct devid_error *err);

/* TPM2_Sign, one command. The signature is in the form of its scheme.
 * Errors: NOT_FOUND when the key has gone from its handle. */
DEVID_MUST_CHECK enum devid_err tpm_key_sign(struct tpm *tpm,
	const struct tpm_key *key, const struct key_sign *what,
	struct key_sig *ret, struct devid_error *err);

#endif
