/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TCG_CSR_H
#define DEVID_TCG_CSR_H

/*
 * TCG-CSR-IDEVID: the request with which a device asks for its IDevID and
 * IAK certificates (TCG "TPM 2.0 Keys for Device Identity and Attestation"
 * 13.1). This module knows structure and sizes; what the payloads mean is
 * tpm-public.h's part, whether they prove anything the CA's
 * (pki/proof/proof.h).
 */

#include "blob.h"
#include "der.h"
#include <devid/error.h>

#define TCG_CSR_MAX        65536 /* bytes of a whole request; a limit of ours */
#define TCG_CSR_FIELD_MAX  16384 /* of one payload; a limit of ours */
#define TCG_CSR_NAME_MAX   64    /* of model and serial: RFC 5280 A.1 */
#define TCG_CSR_STRUCT_VER 0x00000100u

/* The payloads in their order. */
enum tcg_csr_field {
	TCG_CSR_PROD_MODEL,
	TCG_CSR_PROD_SERIAL,
	TCG_CSR_PROD_CA_DATA,
	TCG_CSR_BOOT_LOG,
	TCG_CSR_EK_CERT,         /* DER */
	TCG_CSR_ATTEST_PUB,      /* IAK, TPMT_PUBLIC */
	TCG_CSR_AT_CREATE_TKT,   /* empty in every request seen */
	TCG_CSR_AT_CERTIFY,      /* likewise */
	TCG_CSR_AT_CERTIFY_SIG,  /* likewise */
	TCG_CSR_SIGNING_PUB,     /* IDevID, TPMT_PUBLIC */
	TCG_CSR_SGN_CERTIFY,     /* TPMS_ATTEST over the IDevID by the IAK */
	TCG_CSR_SGN_CERTIFY_SIG, /* TPMT_SIGNATURE */
	TCG_CSR_PAD,
	TCG_CSR_N_FIELDS,
};

struct tcg_csr {
	struct view contents;  /* csrContents: what is signed */
	struct view signature; /* TPMT_SIGNATURE */
	uint32_t hash_alg;     /* TPM_ALG_ID */
	struct view hash;
	struct view hashed; /* everything behind the hash field */
	struct view field[TCG_CSR_N_FIELDS];
};

/*
 * Splits a whole request; the views point into @in. Every size is checked
 * against its limit, against what is left and against the sum. Payloads may be
 * empty here, and model and serial longer than TCG_CSR_NAME_MAX. A pad has at
 * most 15 bytes of any value; whether it fills up to 16 is not looked at,
 * because it is hashed and signed as it is. Errors: SYNTAX, TOO_LARGE; the
 * text names the field.
 */
DEVID_MUST_CHECK enum devid_err tcg_csr_parse(
	struct view in, struct tcg_csr *ret, struct devid_error *err);

/* The same for csrContents alone: contents and signature views are @in and
 * empty. */
DEVID_MUST_CHECK enum devid_err tcg_csr_parse_contents(
	struct view in, struct tcg_csr *ret, struct devid_error *err);

/* Whether the hash field is the hash of what follows. Errors: UNSUPPORTED
 * (none of SHA-256, -384, -512), SYNTAX (another length), MISMATCH. */
DEVID_MUST_CHECK enum devid_err tcg_csr_check_hash(
	const struct tcg_csr *csr, struct devid_error *err);

/*
 * Writes csrContents from @field to @ret (the pad is made here, to a multiple
 * of 16 bytes; field[TCG_CSR_PAD] is not read). @hash_alg is a TPM_ALG_ID.
 * Errors: TOO_LARGE, UNSUPPORTED.
 */
DEVID_MUST_CHECK enum devid_err tcg_csr_encode_contents(uint32_t hash_alg,
	const struct view field[TCG_CSR_N_FIELDS], struct room *ret,
	struct devid_error *err);

/* Writes the whole request to @ret. Errors: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err tcg_csr_encode(struct view contents,
	struct view signature, struct room *ret, struct devid_error *err);

/* The specification's name of @field ("ekCert"); never NULL. */
const char *tcg_csr_field_name(enum tcg_csr_field field);

#endif
