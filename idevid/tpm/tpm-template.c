/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-template.h"

#include <string.h>

#include "tpm-suite.h"

/* Attributes, section 7.3.4: fixedTPM, fixedParent, sensitiveDataOrigin,
 * userWithAuth, adminWithPolicy, sign; IAK also restricted. */
#define ATTRS_IDEVID 0x000400f2u
#define ATTRS_IAK    0x000500f2u

/* PolicyOR digests, section 7.3.6: PolicySecret(endorsement) alone, with
 * Certify, with ActivateCredential, or PolicyAuthorizeNV. */
static const uint8_t policy_idevid_sha256[32] = { 0xad, 0x6b, 0x3a, 0x22, 0x84,
	0xfd, 0x69, 0x8a, 0x07, 0x10, 0xbf, 0x5c, 0xc1, 0xb9, 0xbd, 0xf1, 0x5e,
	0x25, 0x32, 0xe3, 0xf6, 0x01, 0xfa, 0x4b, 0x93, 0xa6, 0xa8, 0xfa, 0x8d,
	0xe5, 0x79, 0xea };
static const uint8_t policy_idevid_sha384[48] = { 0x4d, 0xb1, 0xaa, 0x83, 0x6d,
	0x0b, 0x56, 0x15, 0xdf, 0x6e, 0xe5, 0x3a, 0x40, 0xef, 0x70, 0xc6, 0x1c,
	0x21, 0x7f, 0x43, 0x03, 0xd4, 0x46, 0x95, 0x92, 0x59, 0x72, 0xbc, 0x92,
	0x70, 0x06, 0xcf, 0xa5, 0xcb, 0xdf, 0x6d, 0xc1, 0x8c, 0x4d, 0xbe, 0x32,
	0x9b, 0x2f, 0x15, 0x42, 0xc3, 0xdd, 0x33 };
static const uint8_t policy_iak_sha256[32] = { 0x54, 0x37, 0x18, 0x23, 0x26,
	0xe4, 0x14, 0xfc, 0xa7, 0x97, 0xd5, 0xf1, 0x74, 0x61, 0x5a, 0x16, 0x41,
	0xf6, 0x12, 0x55, 0x79, 0x7c, 0x3a, 0x2b, 0x22, 0xc2, 0x1d, 0x12, 0x0b,
	0x2d, 0x1e, 0x07 };
static const uint8_t policy_iak_sha384[48] = { 0x12, 0x9d, 0x94, 0xeb, 0xf8,
	0x45, 0x56, 0x65, 0x2c, 0x6e, 0xef, 0x43, 0xbb, 0xb7, 0x57, 0x51, 0x2a,
	0xc8, 0x7e, 0x52, 0xbe, 0x7b, 0x34, 0x9c, 0xa6, 0xce, 0x4d, 0x82, 0x6f,
	0x74, 0x9f, 0xcf, 0x67, 0x2f, 0x51, 0x71, 0x6c, 0x5c, 0xbb, 0x60, 0x5f,
	0x31, 0x3b, 0xf3, 0x45, 0xaa, 0xb3, 0x12 };

static void set_policy(
	enum key_role role, TPMI_ALG_HASH name_alg, TPM2B_DIGEST *ret)
{
	bool idevid = role == KEY_ROLE_IDEVID;

	if (name_alg == TPM2_ALG_SHA256) {
		ret->size = sizeof(policy_idevid_sha256);
		memcpy(ret->buffer,
			idevid ? policy_idevid_sha256 : policy_iak_sha256,
			ret->size);
	} else {
		ret->size = sizeof(policy_idevid_sha384);
		memcpy(ret->buffer,
			idevid ? policy_idevid_sha384 : policy_iak_sha384,
			ret->size);
	}
}

/* Fills one unique field of at most @field_len bytes; returns its size. */
static uint16_t set_unique(enum key_role role, enum template_unique unique,
	uint8_t *buf, uint16_t field_len)
{
	const char *name = role == KEY_ROLE_IDEVID ? "IDEVID" : "IAK";
	uint16_t len = (uint16_t)strlen(name);

	if (unique == UNIQUE_EMPTY)
		return 0;
	memset(buf, 0, field_len);
	memcpy(buf, name, len);
	return unique == UNIQUE_PADDED ? field_len : len;
}

static void set_ecc(enum key_role role, uint16_t len, enum template_unique u,
	TPMT_PUBLIC *t)
{
	TPMS_ECC_POINT *point = &t->unique.ecc;

	point->x.size = set_unique(role, u, point->x.buffer, len);
	if (u != UNIQUE_X_ONLY)
		point->y.size = set_unique(role, u, point->y.buffer, len);
}

static void set_rsa(enum key_role role, uint16_t len, enum template_unique u,
	TPMT_PUBLIC *t)
{
	TPMS_RSA_PARMS *p = &t->parameters.rsaDetail;

	if (role == KEY_ROLE_IAK) {
		/* The provisioners that we read differ (RSAPSS, RSASSA); we
		 * take the one that most use. */
		p->scheme.scheme = TPM2_ALG_RSAPSS;
		p->scheme.details.rsapss.hashAlg = t->nameAlg;
	}
	t->unique.rsa.size = set_unique(role, u, t->unique.rsa.buffer, len);
}

/*
 * TCG's list (7.3.4) ends with H-5 and has no RSA above 2048 bits. Those are
 * ours: template H-1 with the name algorithm, and so the policies, of H-3, as
 * the EK Credential Profile has for its RSA-3072 (B.4, template H-6).
 */
bool template_get(enum key_role role, enum key_alg alg,
	enum template_unique unique, TPM2B_PUBLIC *ret)
{
	const struct tpm_suite *suite = tpm_suite_of(alg);
	TPMT_PUBLIC *t = &ret->publicArea;

	if (!suite)
		return false;
	ret->size = 0;
	tpm_suite_fill(suite, t);
	t->nameAlg = suite->hash;
	t->objectAttributes =
		role == KEY_ROLE_IDEVID ? ATTRS_IDEVID : ATTRS_IAK;
	set_policy(role, t->nameAlg, &t->authPolicy);
	if (t->type == TPM2_ALG_ECC)
		set_ecc(role, suite->field_len, unique, t);
	else
		set_rsa(role, suite->field_len, unique, t);
	return true;
}

bool template_matches(
	enum key_role role, const TPMT_PUBLIC *pub, enum key_alg *ret_alg)
{
	const struct tpm_suite *suite;

	for (size_t i = 0; (suite = tpm_suite_row(i)); i++) {
		TPM2B_PUBLIC want;

		if (!template_get(role, suite->alg, UNIQUE_EMPTY, &want) ||
			!tpm_suite_same(pub, &want.publicArea))
			continue;
		*ret_alg = suite->alg;
		return true;
	}
	return false;
}
