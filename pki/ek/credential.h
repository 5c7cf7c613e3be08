/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CREDENTIAL_H
#define DEVID_CREDENTIAL_H

/*
 * TPM2_MakeCredential without a TPM (TPM 2.0 part 1, 24 and annexes B.4, C.6):
 * wraps a secret so that only the TPM with the private EK gives it out, and
 * only when it holds the object with the given Name.
 */

#include "challenge.h"
#include "der.h"
#include <devid/error.h>

#include <openssl/evp.h>

/* A public EK. An RSA key is its modulus alone: what OpenSSL makes of one takes
 * as long as to use it, and each is used once. */
struct ek_key {
	EVP_PKEY *ec;        /* owned; NULL: RSA, or no key */
	struct view modulus; /* borrowed: big endian, its first bit set; the
			      * exponent is 65537 */
};

/*
 * @ek: RSA-2048 or -3072, P-256 or P-384; its template (name algorithm,
 * symmetric key) follows from the type (TCG EK Credential Profile B.3, B.4).
 * @name: Name of the object, with its algorithm. @secret has
 * CHALLENGE_SECRET_LEN bytes. Fills id_object and enc_secret of @ret.
 * Errors: UNSUPPORTED, INVALID (no Name), CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err credential_make(const struct ek_key *ek,
	struct view name, const uint8_t *secret, struct challenge *ret,
	struct devid_error *err);

#endif
