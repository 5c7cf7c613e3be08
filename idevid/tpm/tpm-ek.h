/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_EK_H
#define DEVID_TPM_EK_H

/* The endorsement key that the TPM's maker certified, and its certificate. */

#include "tpm-handle.h"

struct tpm_ek {
	struct tpm_handle object; /* persistent, or derived here */
	bool with_auth; /* userWithAuth: the empty password, no policy */
	TPMI_ALG_HASH name_alg;
};

/* The certificate of the EK in NV: of several an RSA key's, then P-256, then
 * P-384. An index that holds something else is passed over where another has
 * one. Errors: NOT_FOUND, SYNTAX (there is but such an index). */
DEVID_MUST_CHECK enum devid_err tpm_ek_cert(
	struct tpm *tpm, struct key_blob *ret_der, struct devid_error *err);

/* Whether this TPM has the EK of the certificate @der, which came from
 * elsewhere. Errors: SYNTAX, UNSUPPORTED (no EK template is of that kind),
 * MISMATCH (no such key). */
DEVID_MUST_CHECK enum devid_err tpm_ek_check(
	struct tpm *tpm, const struct key_blob *der, struct devid_error *err);

/*
 * An EK that a credential with an encrypted secret of @secret_len bytes can be
 * for, at its persistent handle or derived from its template. *@next is 0 for
 * the first and moves on to the next. Where NV has its certificate, which can
 * be read, it is that key. Errors: NOT_FOUND (no more), MISMATCH (this TPM has
 * another key than its certificate says). CLEANUP(tpm_ek_done).
 */
DEVID_MUST_CHECK enum devid_err tpm_ek_next(struct tpm *tpm, size_t secret_len,
	size_t *next, struct tpm_ek *ret, struct devid_error *err);

void tpm_ek_done(struct tpm_ek *ek);

#endif
