/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_PARENT_H
#define DEVID_TPM_PARENT_H

/*
 * The storage parent of the owner's keys: an ECC primary key of the owner's
 * hierarchy that can be used while the counter of erasures stands where it
 * stood when the parent was made, and in no other way. There is one for each
 * value, derived from the owner's seed.
 */

#include "tpm-handle.h"

struct tpm_parent {
	struct tpm_handle object; /* at its place, or derived */
	TPM2B_NAME name;
	TPMS_ECC_POINT point;
};

/*
 * The parent of @epoch: the one at its place, or where there is none it is
 * derived, for as long as @ret has it. Errors: EXISTS, somebody else's object
 * is at its place; STATE, ours of an older epoch is; DENIED.
 */
DEVID_MUST_CHECK enum devid_err tpm_parent_open(struct tpm *tpm, uint64_t epoch,
	struct tpm_parent *ret, struct devid_error *err);

/* Puts a derived one at its place; nothing when it is there. Errors: DENIED,
 * TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err tpm_parent_keep(
	struct tpm_parent *parent, struct devid_error *err);

void tpm_parent_done(struct tpm_parent *parent);

/* The Name that the parent of @epoch has in this TPM, whatever is at its place.
 * Errors: DENIED. */
DEVID_MUST_CHECK enum devid_err tpm_parent_name(struct tpm *tpm, uint64_t epoch,
	TPM2B_NAME *ret, struct devid_error *err);

/* Whether an object with these names is a key below the parent of @name. */
bool tpm_parent_has(const TPM2B_NAME *name, const TPM2B_NAME *object,
	const TPM2B_NAME *qualified);

/* Whether @area is that of a parent of ours, of any epoch. */
bool tpm_parent_is_ours(const TPMT_PUBLIC *area);

#define TPM_ID_LEN 32

/*
 * Another for each TPM, the same after TPM2_Clear: the digest of a key of the
 * endorsement hierarchy that nobody can use. Errors: DENIED.
 */
DEVID_MUST_CHECK enum devid_err tpm_id(
	struct tpm *tpm, uint8_t ret[TPM_ID_LEN], struct devid_error *err);

/* The same of the owner's hierarchy: another one also after TPM2_Clear. */
DEVID_MUST_CHECK enum devid_err tpm_owner_id(
	struct tpm *tpm, uint8_t ret[TPM_ID_LEN], struct devid_error *err);

#endif
