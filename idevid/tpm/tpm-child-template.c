/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-child-template.h"

#include <stddef.h>
#include <string.h>

#define ATTRS_IMPORTED                                                         \
	(TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT)
#define ATTRS_MADE                                                             \
	(ATTRS_IMPORTED | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |     \
		TPMA_OBJECT_SENSITIVEDATAORIGIN)

/* The hash of an EC key is that of its suite (802.1AR); RSA leaves it open. */
static const struct {
	enum key_alg alg;
	TPMI_ECC_CURVE curve; /* 0: RSA */
	TPMI_ALG_HASH hash;
	uint16_t rsa_bits;
} rows[] = {
	{ KEY_ALG_P256, TPM2_ECC_NIST_P256, TPM2_ALG_SHA256, 0 },
	{ KEY_ALG_P384, TPM2_ECC_NIST_P384, TPM2_ALG_SHA384, 0 },
	{ KEY_ALG_RSA2048, 0, 0, 2048 },
	{ KEY_ALG_RSA3072, 0, 0, 3072 },
	{ KEY_ALG_RSA4096, 0, 0, 4096 },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void fill(size_t row, bool imported, TPMT_PUBLIC *t)
{
	TPMS_ECC_PARMS *ecc = &t->parameters.eccDetail;
	TPMS_RSA_PARMS *rsa = &t->parameters.rsaDetail;

	memset(t, 0, sizeof(*t));
	t->nameAlg = TPM2_ALG_SHA256;
	t->objectAttributes = imported ? ATTRS_IMPORTED : ATTRS_MADE;
	if (rows[row].curve == 0) {
		t->type = TPM2_ALG_RSA;
		rsa->symmetric.algorithm = TPM2_ALG_NULL;
		rsa->scheme.scheme = TPM2_ALG_NULL;
		rsa->keyBits = rows[row].rsa_bits;
		return;
	}
	t->type = TPM2_ALG_ECC;
	ecc->symmetric.algorithm = TPM2_ALG_NULL;
	ecc->scheme.scheme = TPM2_ALG_ECDSA;
	ecc->scheme.details.ecdsa.hashAlg = rows[row].hash;
	ecc->curveID = rows[row].curve;
	ecc->kdf.scheme = TPM2_ALG_NULL;
}

bool child_template_get(enum key_alg alg, bool imported, TPM2B_PUBLIC *ret)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].alg != alg)
			continue;
		ret->size = 0;
		fill(i, imported, &ret->publicArea);
		return true;
	}
	return false;
}

static bool same_parameters(const TPMT_PUBLIC *a, const TPMT_PUBLIC *b)
{
	const TPMS_ECC_PARMS *ea = &a->parameters.eccDetail;
	const TPMS_ECC_PARMS *eb = &b->parameters.eccDetail;
	const TPMS_RSA_PARMS *ra = &a->parameters.rsaDetail;
	const TPMS_RSA_PARMS *rb = &b->parameters.rsaDetail;

	if (a->type == TPM2_ALG_RSA)
		return ra->symmetric.algorithm == rb->symmetric.algorithm &&
		       ra->scheme.scheme == rb->scheme.scheme &&
		       ra->keyBits == rb->keyBits &&
		       (ra->exponent == 0 || ra->exponent == 65537);
	return ea->symmetric.algorithm == eb->symmetric.algorithm &&
	       ea->scheme.scheme == eb->scheme.scheme &&
	       ea->scheme.details.ecdsa.hashAlg ==
		       eb->scheme.details.ecdsa.hashAlg &&
	       ea->curveID == eb->curveID && ea->kdf.scheme == eb->kdf.scheme;
}

static bool matches(size_t row, bool imported, const TPMT_PUBLIC *area)
{
	TPMT_PUBLIC want;

	fill(row, imported, &want);
	return area->type == want.type && area->nameAlg == want.nameAlg &&
	       area->objectAttributes == want.objectAttributes &&
	       area->authPolicy.size == 0 && same_parameters(area, &want);
}

bool child_template_matches(
	const TPMT_PUBLIC *area, enum key_alg *ret_alg, bool *ret_imported)
{
	for (size_t i = 0; i < 2 * N_ROWS; i++) {
		if (!matches(i / 2, i % 2 == 1, area))
			continue;
		*ret_alg = rows[i / 2].alg;
		*ret_imported = i % 2 == 1;
		return true;
	}
	return false;
}
