/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_TCTI_H
#define DEVID_TPM_TCTI_H

/*
 * The name of a way to a TPM, as the loader of the TPM software stack takes it
 * (tss2-tctildr(3)): checked before anybody waits for a TPM that cannot come.
 */

#include <devid/error.h>

/* Whether @tcti is "auto" (tpm-device.h), or has a module of this machine
 * before its ':' and a form that this one takes behind it. Whether the TPM is
 * there is not looked at: it may come later. Errors: INVALID, with the cause
 * alone. */
DEVID_MUST_CHECK enum devid_err tpm_tcti_check(
	const char *tcti, struct devid_error *err);

#endif
