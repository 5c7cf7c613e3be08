/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-suite.h"

#include <string.h>

static const struct tpm_suite rows[] = {
	{ KEY_ALG_P256, TPM2_ALG_ECC, TPM2_ECC_NIST_P256, TPM2_ALG_SHA256, 32 },
	{ KEY_ALG_P384, TPM2_ALG_ECC, TPM2_ECC_NIST_P384, TPM2_ALG_SHA384, 48 },
	{ KEY_ALG_RSA2048, TPM2_ALG_RSA, 0, TPM2_ALG_SHA256, 256 },
	{ KEY_ALG_RSA3072, TPM2_ALG_RSA, 0, TPM2_ALG_SHA384, 384 },
	{ KEY_ALG_RSA4096, TPM2_ALG_RSA, 0, TPM2_ALG_SHA384, 512 },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

const struct tpm_suite *tpm_suite_row(size_t i)
{
	return i < N_ROWS ? &rows[i] : NULL;
}

const struct tpm_suite *tpm_suite_of(enum key_alg alg)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].alg == alg)
			return &rows[i];
	}
	return NULL;
}

void tpm_suite_fill(const struct tpm_suite *suite, TPMT_PUBLIC *ret)
{
	TPMS_ECC_PARMS *ecc = &ret->parameters.eccDetail;
	TPMS_RSA_PARMS *rsa = &ret->parameters.rsaDetail;

	memset(ret, 0, sizeof(*ret));
	ret->type = suite->type;
	if (suite->type == TPM2_ALG_RSA) {
		rsa->symmetric.algorithm = TPM2_ALG_NULL;
		rsa->scheme.scheme = TPM2_ALG_NULL;
		rsa->keyBits = suite->field_len * 8;
		rsa->exponent = 0; /* 65537 */
		return;
	}
	ecc->symmetric.algorithm = TPM2_ALG_NULL;
	ecc->scheme.scheme = TPM2_ALG_ECDSA;
	ecc->scheme.details.ecdsa.hashAlg = suite->hash;
	ecc->curveID = suite->curve;
	ecc->kdf.scheme = TPM2_ALG_NULL;
}

static bool same_ecc(const TPMS_ECC_PARMS *a, const TPMS_ECC_PARMS *want)
{
	return a->symmetric.algorithm == want->symmetric.algorithm &&
	       a->scheme.scheme == want->scheme.scheme &&
	       a->scheme.details.ecdsa.hashAlg ==
		       want->scheme.details.ecdsa.hashAlg &&
	       a->curveID == want->curveID && a->kdf.scheme == want->kdf.scheme;
}

static bool same_scheme(const TPMT_RSA_SCHEME *a, const TPMT_RSA_SCHEME *want)
{
	if (want->scheme == TPM2_ALG_NULL)
		return a->scheme == TPM2_ALG_NULL;
	return (a->scheme == want->scheme ||
		       (want->scheme == TPM2_ALG_RSAPSS &&
			       a->scheme == TPM2_ALG_RSASSA)) &&
	       a->details.anySig.hashAlg == want->details.anySig.hashAlg;
}

static bool same_rsa(const TPMS_RSA_PARMS *a, const TPMS_RSA_PARMS *want)
{
	return a->symmetric.algorithm == want->symmetric.algorithm &&
	       same_scheme(&a->scheme, &want->scheme) &&
	       a->keyBits == want->keyBits &&
	       (a->exponent == 0 || a->exponent == 65537);
}

bool tpm_suite_same(const TPMT_PUBLIC *area, const TPMT_PUBLIC *want)
{
	if (area->type != want->type || area->nameAlg != want->nameAlg ||
		area->objectAttributes != want->objectAttributes ||
		area->authPolicy.size != want->authPolicy.size ||
		memcmp(area->authPolicy.buffer, want->authPolicy.buffer,
			want->authPolicy.size) != 0)
		return false;
	return want->type == TPM2_ALG_RSA
		       ? same_rsa(&area->parameters.rsaDetail,
				 &want->parameters.rsaDetail)
		       : same_ecc(&area->parameters.eccDetail,
				 &want->parameters.eccDetail);
}
