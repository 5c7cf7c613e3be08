/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROOF_SPKI_H
#define DEVID_PROOF_SPKI_H

/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7) of the template's keys: all octets
 * before the key are the same for keys of a kind. */

#include "proof-private.h"

/*
 * tpm_public_spki() for an area whose key could be decoded, without doing so
 * again: OpenSSL's encoder takes longer than a verification.
 */
DEVID_MUST_CHECK enum devid_err proof_write_spki(
	const TPMT_PUBLIC *area, struct key_blob *ret, struct devid_error *err);

#endif
