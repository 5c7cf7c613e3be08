/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_EPOCH_H
#define DEVID_TPM_EPOCH_H

/*
 * The counter of erasures: an NV index of the owner's that only goes up, also
 * when it is removed and made again (part 1, 37.2.2). Keys of the owner hang on
 * its value by PolicyNV, so that those of before end with one increment.
 */

#include "tpm-handle.h"

/* The open counter; all zeros is none. */
struct tpm_epoch {
	struct tpm_handle index;
	uint64_t value;
};

/* Looks for it and reads it. Errors: NOT_FOUND, none was made or it never
 * counted; EXISTS, somebody else's index is at its place. */
DEVID_MUST_CHECK enum devid_err tpm_epoch_open(
	struct tpm *tpm, struct tpm_epoch *ret, struct devid_error *err);

/* The same; makes it and counts for the first time where that was not done.
 * Errors also: DENIED, TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err tpm_epoch_begin(
	struct tpm *tpm, struct tpm_epoch *ret, struct devid_error *err);

/* Goes on to the next value. Errors: DENIED. */
DEVID_MUST_CHECK enum devid_err tpm_epoch_advance(
	struct tpm_epoch *epoch, struct devid_error *err);

void tpm_epoch_done(struct tpm_epoch *epoch);

/* The policy (part 3, 23.9) that our counter at @index stands at @value; false
 * after an error of OpenSSL. */
bool tpm_epoch_policy(uint32_t index, uint64_t value, TPM2B_DIGEST *ret);

/* A session that has satisfied that policy for @value, and ends with the first
 * command that succeeds with it. Errors: ERASED when the counter stands
 * elsewhere. */
DEVID_MUST_CHECK enum devid_err tpm_epoch_session(const struct tpm_epoch *epoch,
	uint64_t value, struct tpm_handle *ret, struct devid_error *err);

/* As tpm_result(), for the one command that was given @session: when it
 * succeeded the TPM has ended the session, else @session still has it. */
DEVID_MUST_CHECK enum devid_err tpm_epoch_result(struct tpm_handle *session,
	TSS2_RC rc, const char *what, struct devid_error *err);

#endif
