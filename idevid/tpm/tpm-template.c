/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-template.h"

#include <string.h>

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

static const struct {
	enum key_alg alg;
	TPMI_ALG_PUBLIC type;
	TPMI_ALG_HASH name_alg;
	TPMI_ECC_CURVE curve;
	uint16_t field_len; /* bytes of x, y or n */
} suites[] = {
	{ KEY_ALG_P256, TPM2_ALG_ECC, TPM2_ALG_SHA256, TPM2_ECC_NIST_P256, 32 },
	{ KEY_ALG_P384, TPM2_ALG_ECC, TPM2_ALG_SHA384, TPM2_ECC_NIST_P384, 48 },
	{ KEY_ALG_RSA2048, TPM2_ALG_RSA, TPM2_ALG_SHA256, 0, 256 },
	/*
	 * TCG's list (7.3.4) ends with H-5 and has no RSA above 2048 bits.
	 * These are ours: template H-1 with the name algorithm, and so the
	 * policies, of H-3, as the EK Credential Profile has for its RSA-3072
	 * (B.4, template H-6).
	 */
	{ KEY_ALG_RSA3072, TPM2_ALG_RSA, TPM2_ALG_SHA384, 0, 384 },
	{ KEY_ALG_RSA4096, TPM2_ALG_RSA, TPM2_ALG_SHA384, 0, 512 },
};

#define N_SUITES (sizeof(suites) / sizeof(suites[0]))

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

static void set_ecc(enum key_role role, size_t suite, enum template_unique u,
	TPMT_PUBLIC *t)
{
	TPMS_ECC_PARMS *p = &t->parameters.eccDetail;
	TPMS_ECC_POINT *point = &t->unique.ecc;
	uint16_t len = suites[suite].field_len;

	p->symmetric.algorithm = TPM2_ALG_NULL;
	p->scheme.scheme = TPM2_ALG_ECDSA;
	p->scheme.details.ecdsa.hashAlg = suites[suite].name_alg;
	p->curveID = suites[suite].curve;
	p->kdf.scheme = TPM2_ALG_NULL;
	point->x.size = set_unique(role, u, point->x.buffer, len);
	if (u != UNIQUE_X_ONLY)
		point->y.size = set_unique(role, u, point->y.buffer, len);
}

static void set_rsa(enum key_role role, size_t suite, enum template_unique u,
	TPMT_PUBLIC *t)
{
	TPMS_RSA_PARMS *p = &t->parameters.rsaDetail;

	p->symmetric.algorithm = TPM2_ALG_NULL;
	p->scheme.scheme = TPM2_ALG_NULL;
	if (role == KEY_ROLE_IAK) {
		/* The provisioners that we read differ (RSAPSS, RSASSA); we
		 * take the one that most use. */
		p->scheme.scheme = TPM2_ALG_RSAPSS;
		p->scheme.details.rsapss.hashAlg = suites[suite].name_alg;
	}
	p->keyBits = suites[suite].field_len * 8;
	p->exponent = 0; /* 65537 */
	t->unique.rsa.size = set_unique(
		role, u, t->unique.rsa.buffer, suites[suite].field_len);
}

bool template_get(enum key_role role, enum key_alg alg,
	enum template_unique unique, TPM2B_PUBLIC *ret)
{
	TPMT_PUBLIC *t = &ret->publicArea;

	for (size_t i = 0; i < N_SUITES; i++) {
		if (suites[i].alg != alg)
			continue;
		memset(ret, 0, sizeof(*ret));
		t->type = suites[i].type;
		t->nameAlg = suites[i].name_alg;
		t->objectAttributes =
			role == KEY_ROLE_IDEVID ? ATTRS_IDEVID : ATTRS_IAK;
		set_policy(role, t->nameAlg, &t->authPolicy);
		if (t->type == TPM2_ALG_ECC)
			set_ecc(role, i, unique, t);
		else
			set_rsa(role, i, unique, t);
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

	if (a->type == TPM2_ALG_ECC)
		return ea->curveID == eb->curveID &&
		       ea->scheme.scheme == eb->scheme.scheme &&
		       ea->scheme.details.ecdsa.hashAlg ==
			       eb->scheme.details.ecdsa.hashAlg;
	/* An IAK may be RSASSA as well, see set_rsa(). */
	return ra->keyBits == rb->keyBits &&
	       (ra->scheme.scheme == rb->scheme.scheme ||
		       (rb->scheme.scheme == TPM2_ALG_RSAPSS &&
			       ra->scheme.scheme == TPM2_ALG_RSASSA));
}

bool template_matches(
	enum key_role role, const TPMT_PUBLIC *pub, enum key_alg *ret_alg)
{
	for (size_t i = 0; i < N_SUITES; i++) {
		TPM2B_PUBLIC want;
		const TPMT_PUBLIC *t = &want.publicArea;

		if (!template_get(role, suites[i].alg, UNIQUE_EMPTY, &want))
			continue;
		if (pub->type != t->type || pub->nameAlg != t->nameAlg ||
			pub->objectAttributes != t->objectAttributes ||
			pub->authPolicy.size != t->authPolicy.size ||
			memcmp(pub->authPolicy.buffer, t->authPolicy.buffer,
				t->authPolicy.size) != 0 ||
			!same_parameters(pub, t))
			continue;
		*ret_alg = suites[i].alg;
		return true;
	}
	return false;
}
