/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_LOAD_H
#define DEVID_EK_LOAD_H

/* Reads the folder of TPM vendors' certificates and revocation lists. */

#include "ek-cert.h"

/*
 * Loads the folder @dir: every file *.pem, *.crt, *.cer, *.der in it, PEM or
 * DER. A self-signed CA certificate is a trust anchor, any other an
 * intermediate; the system's trust store is never used. CRLs (*.crl) are used
 * where they are, for the certificates of their issuer, and must be in time. A
 * list that is a delta, is indirect, covers only some reasons or is by another
 * key than the CA's makes that issuer's certificates be refused; loading goes
 * on, and ek_trust_get_note() tells. A separate signer of lists is not used.
 * Accepted are keys and signatures of 112 bits and more (RSA-2048, P-256,
 * SHA-256); only an anchor's signature on itself may be SHA-1. Errors:
 * NOT_FOUND, SYNTAX (names the file), DENIED (writable by others), INVALID (no
 * anchor).
 */
DEVID_MUST_CHECK enum devid_err ek_trust_new(
	const char *dir, struct ek_trust **ret, struct devid_error *err);

#endif
