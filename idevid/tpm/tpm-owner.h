/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_OWNER_H
#define DEVID_TPM_OWNER_H

/*
 * What the owner's keys hang on, the counter of erasures and the storage
 * parent, together: begun, erased, and asked why a key is not taken.
 */

#include "tpm-child.h"

/* Both, open on one connection; all zeros is none. */
struct tpm_owner {
	struct tpm_epoch epoch;
	struct tpm_parent parent;
};

/* Errors: as tpm_epoch_open() and tpm_parent_open(). */
DEVID_MUST_CHECK enum devid_err tpm_owner_open(
	struct tpm *tpm, struct tpm_owner *ret, struct devid_error *err);

/* Makes what is not there, for good. An interruption leaves nothing that the
 * next call does not go on with. Errors also: DENIED, TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err tpm_owner_begin(
	struct tpm *tpm, struct tpm_owner *ret, struct devid_error *err);

void tpm_owner_done(struct tpm_owner *owner);

/* For tpm-child.h. */
struct tpm_above tpm_owner_above(const struct tpm_owner *owner);

/*
 * Ends all keys of the owner: evicts what is persistent of them, wherever it
 * is, and the parent, and then lets the counter go on. After an interruption
 * the next call ends what is left. What somebody else has at our places stays.
 * Nothing when none was ever made. Errors: DENIED, TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err tpm_owner_erase(
	struct tpm *tpm, struct devid_error *err);

/*
 * Why the TPM does not take @key; never OK. ERASED: it is of before an erasure,
 * or the counter was removed, made anew or incremented by others. MISMATCH: of
 * another TPM, or this one was cleared since. SYNTAX: damaged. EXISTS: somebody
 * else has one of our places.
 */
DEVID_MUST_CHECK enum devid_err tpm_owner_explain(
	struct tpm *tpm, const struct tpm_sealed *key, struct devid_error *err);

/*
 * The object at @place, where there is one, if it is @key. Errors: EXISTS, it
 * is something else.
 */
DEVID_MUST_CHECK enum devid_err tpm_owner_find(struct tpm *tpm,
	TPM2_HANDLE place, const struct tpm_sealed *key, struct tpm_handle *ret,
	struct devid_error *err);

/*
 * Takes @key away from every place that it has but @stays (0: from all), also
 * from one that devid.conf had for it before. Errors: DENIED.
 */
DEVID_MUST_CHECK enum devid_err tpm_owner_evict(struct tpm *tpm,
	const struct tpm_sealed *key, TPM2_HANDLE stays,
	struct devid_error *err);

/*
 * The same for the key @id when there is no record of it that can be read: the
 * one with @spki, below the parent that there is now, or at a place of ours.
 * Where @spki is not known either (NULL), what looks like a key of the owner's
 * at the place of @id. Errors: DENIED.
 */
DEVID_MUST_CHECK enum devid_err tpm_owner_evict_lost(struct tpm *tpm,
	enum key_id id, const struct key_blob *spki, struct devid_error *err);

#endif
