/* SPDX-License-Identifier: Apache-2.0 */
#include "proof-template.h"

#include <stdio.h>
#include <string.h>

#include "proof-private.h"
#include "tpm-template.h"

static const struct {
	TPMA_OBJECT bit;
	const char *name;
} attributes[] = {
	{ TPMA_OBJECT_FIXEDTPM, "fixedTPM" },
	{ TPMA_OBJECT_STCLEAR, "stClear" },
	{ TPMA_OBJECT_FIXEDPARENT, "fixedParent" },
	{ TPMA_OBJECT_SENSITIVEDATAORIGIN, "sensitiveDataOrigin" },
	{ TPMA_OBJECT_USERWITHAUTH, "userWithAuth" },
	{ TPMA_OBJECT_ADMINWITHPOLICY, "adminWithPolicy" },
	{ TPMA_OBJECT_NODA, "noDA" },
	{ TPMA_OBJECT_ENCRYPTEDDUPLICATION, "encryptedDuplication" },
	{ TPMA_OBJECT_RESTRICTED, "restricted" },
	{ TPMA_OBJECT_DECRYPT, "decrypt" },
	{ TPMA_OBJECT_SIGN_ENCRYPT, "sign" },
};

static enum devid_err refuse(struct devid_error *err, const char *cause)
{
	return devid_fail(err, DEVID_ERR_MISMATCH, "%s", cause);
}

static enum key_alg alg_of(const TPMT_PUBLIC *area)
{
	unsigned bits = area->parameters.rsaDetail.keyBits;

	if (area->type == TPM2_ALG_RSA) {
		for (int a = KEY_ALG_LAST; a > KEY_ALG_NONE; a--) {
			if (key_alg_rsa_bits((enum key_alg)a) == bits)
				return (enum key_alg)a;
		}
		return KEY_ALG_NONE;
	}
	if (area->type != TPM2_ALG_ECC)
		return KEY_ALG_NONE;
	switch (area->parameters.eccDetail.curveID) {
	case TPM2_ECC_NIST_P256:
		return KEY_ALG_P256;
	case TPM2_ECC_NIST_P384:
		return KEY_ALG_P384;
	default: /* tpm2-tss's numbers */
		return KEY_ALG_NONE;
	}
}

static enum devid_err check_attributes(
	TPMA_OBJECT have, TPMA_OBJECT want, struct devid_error *err)
{
	size_t n = sizeof(attributes) / sizeof(attributes[0]);

	for (size_t i = 0; i < n; i++) {
		if (!((have ^ want) & attributes[i].bit))
			continue;
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"attributes: 0x%08x: %s %s", have,
			have & attributes[i].bit ? "has" : "lacks",
			attributes[i].name);
	}
	if (have == want)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"attributes: 0x%08x: reserved bits", have);
}

/* An RSA IDevID signs TLS in two schemes, so it has none; an RSA IAK may have
 * either, with the hash of the template (TCG 7.3.4.1). */
static enum devid_err check_rsa(
	enum key_role role, const TPMT_PUBLIC *area, struct devid_error *err)
{
	const TPMS_RSA_PARMS *p = &area->parameters.rsaDetail;

	if (p->exponent != 0 && p->exponent != 65537)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"RSA exponent: %u in place of 65537", p->exponent);
	if (p->symmetric.algorithm != TPM2_ALG_NULL)
		return refuse(err, "symmetric algorithm: a signing key has "
				   "none");
	if (role == KEY_ROLE_IDEVID)
		return p->scheme.scheme == TPM2_ALG_NULL
			       ? DEVID_OK
			       : refuse(err, "scheme: not left open");
	if (p->scheme.scheme != TPM2_ALG_RSAPSS &&
		p->scheme.scheme != TPM2_ALG_RSASSA)
		return refuse(err, "scheme: neither RSAPSS nor RSASSA");
	/* both keep their hash at the same place */
	if (p->scheme.details.anySig.hashAlg != area->nameAlg)
		return refuse(err, "scheme: hash is not the name algorithm's");
	return DEVID_OK;
}

static enum devid_err check_ecc(
	const TPMT_PUBLIC *area, struct devid_error *err)
{
	const TPMS_ECC_PARMS *p = &area->parameters.eccDetail;

	if (p->symmetric.algorithm != TPM2_ALG_NULL)
		return refuse(err, "symmetric algorithm: a signing key has "
				   "none");
	if (p->kdf.scheme != TPM2_ALG_NULL)
		return refuse(err, "key derivation: a signing key has none");
	if (p->scheme.scheme != TPM2_ALG_ECDSA)
		return refuse(err, "scheme: not ECDSA");
	if (p->scheme.details.ecdsa.hashAlg != area->nameAlg)
		return refuse(err, "scheme: hash is not the name algorithm's");
	return DEVID_OK;
}

enum devid_err proof_check_template(enum key_role role, const TPMT_PUBLIC *area,
	enum key_alg *ret_alg, struct devid_error *err)
{
	enum key_alg alg = alg_of(area);
	const TPMT_PUBLIC *t;
	enum devid_err rc;
	TPM2B_PUBLIC want;

	if (!template_get(role, alg, UNIQUE_EMPTY, &want))
		return refuse(err, "algorithm: none of P-256, P-384, RSA-2048, "
				   "RSA-3072, RSA-4096");
	t = &want.publicArea;
	if (area->nameAlg != t->nameAlg)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"name algorithm: 0x%04x in place of 0x%04x",
			area->nameAlg, t->nameAlg);
	rc = check_attributes(area->objectAttributes, t->objectAttributes, err);
	if (rc != DEVID_OK)
		return rc;
	if (area->authPolicy.size != t->authPolicy.size ||
		memcmp(area->authPolicy.buffer, t->authPolicy.buffer,
			t->authPolicy.size) != 0)
		return refuse(err, "policy: another digest");
	rc = area->type == TPM2_ALG_RSA ? check_rsa(role, area, err)
					: check_ecc(area, err);
	if (rc != DEVID_OK)
		return rc;
	if (!template_matches(role, area, ret_alg))
		return refuse(err, "not the template");
	return DEVID_OK;
}
