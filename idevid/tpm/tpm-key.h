/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_KEY_H
#define DEVID_TPM_KEY_H

/* The DevID keys at their places: found, made, used. */

#include "tpm-handle.h"

/* A key at its persistent handle; all zeros is none. */
struct tpm_key {
	struct tpm_handle object;
	enum key_role role;
	enum key_alg alg;
	TPMI_ALG_HASH name_alg;
	struct key_blob spki;
};

/* Loads the public part of the key for @role from its persistent handle.
 * *@ret is the caller's: tpm_key_done(). Errors: NOT_FOUND, UNSUPPORTED (an
 * object that is none of our keys: not of the template, or not a primary
 * object of the endorsement hierarchy). */
DEVID_MUST_CHECK enum devid_err tpm_key_load(struct tpm *tpm,
	enum key_role role, struct tpm_key *ret, struct devid_error *err);

/* Lets go of it; the key stays in the TPM. */
void tpm_key_done(struct tpm_key *key);

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
