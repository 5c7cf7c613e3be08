/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_RESULT_H
#define DEVID_TPM_RESULT_H

/* What the return codes of TSS2 and TPM mean, in the words of those who can do
 * something about it. */

#include <devid/error.h>

#include <stdbool.h>
#include <tss2/tss2_esys.h>

struct tpm;

/*
 * Turns a TSS2 return code into a project error: anything from the transport
 * is TPM_ABSENT (and ends this connection), TPM_RC_LOCKOUT is TPM_LOCKOUT,
 * TPM_RC_FAILURE is TPM_FAILURE (part 2, 6.6.3); no room in NV is TOO_LARGE,
 * what this TPM does not implement UNSUPPORTED, the rest TPM. @what names the
 * action in the message. OK stays OK.
 */
enum devid_err tpm_result(
	struct tpm *tpm, TSS2_RC rc, const char *what, struct devid_error *err);

/*
 * The same for a command that @hierarchy authorized with the password that the
 * connection has for it: DENIED when it has another or is disabled.
 */
enum devid_err tpm_result_by(struct tpm *tpm, ESYS_TR hierarchy, TSS2_RC rc,
	const char *what, struct devid_error *err);

/* Whether @rc is the TPM's error @what (part 2, 6.6), whichever handle,
 * parameter or session it is about. */
bool tpm_rc_is(TSS2_RC rc, TPM2_RC what);

/* Whether it says that no object is at a handle: TPM_RC_HANDLE for a persistent
 * one, TPM_RC_REFERENCE_H0 to H6 for one that was loaded. */
bool tpm_rc_is_gone(TSS2_RC rc);

#endif
