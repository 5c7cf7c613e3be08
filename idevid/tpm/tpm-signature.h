/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_SIGNATURE_H
#define DEVID_TPM_SIGNATURE_H

#include "tpm-public.h"

/*
 * Whether @signature, a TPMT_SIGNATURE that is all of its view, is @key's over
 * @message. The scheme must be one that the key allows: its own with its own
 * hash, or for a key without one RSASSA, RSAPSS or ECDSA. @pkey is @key's
 * public key when the caller has it already, else NULL. Errors: SYNTAX,
 * UNSUPPORTED (scheme or hash), MISMATCH (a scheme that is not the key's; not a
 * valid signature).
 */
DEVID_MUST_CHECK enum devid_err tpm_signature_check(const TPMT_PUBLIC *key,
	EVP_PKEY *pkey, struct view message, struct view signature,
	struct devid_error *err);

/* The same for a key of which nothing is known but its public key: by RSASSA,
 * RSAPSS or ECDSA. Errors also: UNSUPPORTED, neither RSA nor EC. */
DEVID_MUST_CHECK enum devid_err tpm_signature_check_pkey(EVP_PKEY *pkey,
	struct view message, struct view signature, struct devid_error *err);

/*
 * Writes a signature in the form of key.h (@sig) as TPMT_SIGNATURE to
 * @ret; r and s as long as the hash, as they are for the curves of key.h.
 * Errors: SYNTAX, UNSUPPORTED (hash), TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err tpm_signature_encode(enum sig_scheme scheme,
	enum sig_hash hash, struct view sig, struct room *ret,
	struct devid_error *err);

#endif
