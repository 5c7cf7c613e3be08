/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-policy.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

/* The index whose policy branch D follows: TCG 7.3.6, for SHA-256; that for
 * SHA-384 is the next one. */
#define INDEX_IDEVID 0x01c90010u
#define INDEX_IAK    0x01c90018u

/* Its attributes, part 2, 13.4: written once by the policy's maker. */
#define INDEX_ATTRS 0x220f1008u

/* What is hashed: integers and bytes, at most this many of them. */
#define TEXT_MAX 256

struct text {
	uint8_t data[TEXT_MAX];
	size_t len;
};

static void put(struct text *t, const void *data, size_t len)
{
	assert(len <= sizeof(t->data) - t->len);
	memcpy(t->data + t->len, data, len);
	t->len += len;
}

static void put_uint(struct text *t, uint32_t value, unsigned n)
{
	uint8_t b[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
		(uint8_t)(value >> 8), (uint8_t)value };

	put(t, b + 4 - n, n);
}

static bool digest(TPMI_ALG_HASH alg, const struct text *t, TPM2B_DIGEST *ret)
{
	const EVP_MD *md = alg == TPM2_ALG_SHA256 ? EVP_sha256() : EVP_sha384();
	unsigned len = 0;

	if (EVP_Digest(t->data, t->len, ret->buffer, &len, md, NULL) != 1)
		return false;
	ret->size = (uint16_t)len;
	return true;
}

/* Part 3, 23.2.3, PolicyUpdate: H(H(old || command || name) || policyRef),
 * with an empty policyRef. The name of a hierarchy is its handle. */
static bool secret(TPMI_ALG_HASH alg, uint16_t size, TPM2B_DIGEST *ret)
{
	static const uint8_t zeros[48];
	struct text t = { .len = 0 };

	put(&t, zeros, size);
	put_uint(&t, TPM2_CC_PolicySecret, 4);
	put_uint(&t, TPM2_RH_ENDORSEMENT, 4);
	if (!digest(alg, &t, ret))
		return false;
	t.len = 0;
	put(&t, ret->buffer, ret->size);
	return digest(alg, &t, ret);
}

/* Part 3, 23.11. */
static bool command_code(TPMI_ALG_HASH alg, const TPM2B_DIGEST *old,
	TPM2_CC code, TPM2B_DIGEST *ret)
{
	struct text t = { .len = 0 };

	put(&t, old->buffer, old->size);
	put_uint(&t, TPM2_CC_PolicyCommandCode, 4);
	put_uint(&t, code, 4);
	return digest(alg, &t, ret);
}

/* Part 3, 23.22. The name of an index is nameAlg || H(TPMS_NV_PUBLIC); its
 * policy is branch A, its content a TPMT_HA. */
static bool authorize_nv(TPMI_ALG_HASH alg, uint32_t index,
	const TPM2B_DIGEST *nv_policy, TPM2B_DIGEST *ret)
{
	static const uint8_t zeros[48];
	struct text t = { .len = 0 };
	TPM2B_DIGEST area;

	put_uint(&t, index, 4);
	put_uint(&t, alg, 2);
	put_uint(&t, INDEX_ATTRS, 4);
	put_uint(&t, nv_policy->size, 2);
	put(&t, nv_policy->buffer, nv_policy->size);
	put_uint(&t, 2u + nv_policy->size, 2);
	if (!digest(alg, &t, &area))
		return false;
	t.len = 0;
	put(&t, zeros, nv_policy->size);
	put_uint(&t, TPM2_CC_PolicyAuthorizeNV, 4);
	put_uint(&t, alg, 2);
	put(&t, area.buffer, area.size);
	return digest(alg, &t, ret);
}

bool policy_branches(enum key_role role, TPMI_ALG_HASH alg, TPML_DIGEST *ret)
{
	uint32_t index = role == KEY_ROLE_IDEVID ? INDEX_IDEVID : INDEX_IAK;
	TPM2B_DIGEST *d = ret->digests;

	if (alg != TPM2_ALG_SHA256 && alg != TPM2_ALG_SHA384)
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->count = N_POLICY_BRANCHES;
	return secret(alg, alg == TPM2_ALG_SHA256 ? 32 : 48,
		       &d[POLICY_SECRET]) &&
	       command_code(alg, &d[POLICY_SECRET], TPM2_CC_Certify,
		       &d[POLICY_CERTIFY]) &&
	       command_code(alg, &d[POLICY_SECRET], TPM2_CC_ActivateCredential,
		       &d[POLICY_ACTIVATE]) &&
	       authorize_nv(alg, index + (alg == TPM2_ALG_SHA384),
		       &d[POLICY_SECRET], &d[POLICY_AUTHORIZE_NV]);
}
