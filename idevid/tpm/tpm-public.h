/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_PUBLIC_H
#define DEVID_TPM_PUBLIC_H

/*
 * Structures of TPM 2.0 part 2 that leave a TPM, read from bytes without one:
 * public areas, attestations, signatures. Unmarshalling is tpm2-tss's; here
 * are the bounds around it, Names, and signatures checked with OpenSSL.
 * Not checked here: what a key's attributes permit (tpm-template.h).
 */

#include "blob.h"
#include "der.h"
#include <devid/error.h>
#include "key.h"

#include <openssl/evp.h>
#include <tss2/tss2_tpm2_types.h>

#define TPM_NAME_MAX (2 + 64) /* nameAlg and its digest, part 1, 16 */

struct tpm_public {
	TPMT_PUBLIC area;
	uint8_t name[TPM_NAME_MAX]; /* over the bytes as they came */
	size_t name_len;
};

/* The digest of TPM_ALG_ID @alg: SHA-256, SHA-384, SHA-512; else NULL. */
const EVP_MD *tpm_hash_md(unsigned alg);

/* Reads a TPMT_PUBLIC that is all of @in. Errors: SYNTAX, UNSUPPORTED (a type
 * other than RSA and ECC, a name algorithm that tpm_hash_md() lacks). */
DEVID_MUST_CHECK enum devid_err tpm_public_parse(
	struct view in, struct tpm_public *ret, struct devid_error *err);

/*
 * The qualified name of a primary key (part 1, 16): over the handle of its
 * @hierarchy (TPM2_RH_ENDORSEMENT and so on) and its Name. A child, or a key of
 * another hierarchy, has another one. Errors: CRYPTO.
 */
DEVID_MUST_CHECK enum devid_err tpm_public_qualify(const struct tpm_public *pub,
	TPM2_HANDLE hierarchy, uint8_t ret[TPM_NAME_MAX],
	struct devid_error *err);

/* Writes the TPMT_PUBLIC @area to @ret. Errors: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err tpm_public_encode(
	const TPMT_PUBLIC *area, struct room *ret, struct devid_error *err);

/* The public key as DER SubjectPublicKeyInfo: RSA of 2048 to 4096 bits, P-256,
 * P-384, P-521. Errors: SYNTAX (no point of the curve, a modulus of another
 * size), UNSUPPORTED. */
DEVID_MUST_CHECK enum devid_err tpm_public_spki(
	const TPMT_PUBLIC *area, struct key_blob *ret, struct devid_error *err);

/* The public key for OpenSSL; the caller frees it. Errors: as above. */
DEVID_MUST_CHECK enum devid_err tpm_public_pkey(
	const TPMT_PUBLIC *area, EVP_PKEY **ret, struct devid_error *err);

/*
 * Whether an object with @name and @qualified is right below what @above names:
 * the handle of a hierarchy, for its primary objects, or the qualified name of
 * a parent (part 1, 16).
 */
bool tpm_name_is_below(
	struct view above, const TPM2B_NAME *name, const TPM2B_NAME *qualified);

/* TPMS_ATTEST of type TPM_ST_ATTEST_CERTIFY (part 2, 10.12.12). */
struct tpm_certify {
	uint8_t name[TPM_NAME_MAX]; /* of the certified object */
	size_t name_len;
	/* Qualified names: of the certified object, of who signed. Not checked
	 * to be those of a name algorithm; they are compared. */
	uint8_t qualified[TPM_NAME_MAX], signer[TPM_NAME_MAX];
	size_t qualified_len, signer_len;
	uint64_t firmware;
	uint64_t clock;            /* milliseconds */
	uint32_t resets, restarts; /* part 1, 36 */
	uint8_t extra[64];         /* extraData */
	size_t extra_len;
};

/* Reads an attestation that is all of @in. Errors: SYNTAX (also: magic is not
 * TPM_GENERATED_VALUE, another type, a name that is none of an object). */
DEVID_MUST_CHECK enum devid_err tpm_certify_parse(
	struct view in, struct tpm_certify *ret, struct devid_error *err);

#endif
