/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-policy.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#include "bytes.h"

/* The index whose policy branch D follows: TCG 7.3.6, for SHA-256; that for
 * SHA-384 is the next one. */
#define INDEX_IDEVID 0x01c90010u
#define INDEX_IAK    0x01c90018u

/* Its attributes, part 2, 13.4: written once by the policy's maker. */
#define INDEX_ATTRS 0x220f1008u

/* What is hashed: integers and bytes, at most this many of them. */
#define TEXT_MAX 256

static bool digest(
	TPMI_ALG_HASH alg, const struct bytes_out *t, TPM2B_DIGEST *ret)
{
	const EVP_MD *md = alg == TPM2_ALG_SHA256 ? EVP_sha256() : EVP_sha384();
	unsigned len = 0;

	assert(!t->bad);
	if (EVP_Digest(t->room.data, t->room.len, ret->buffer, &len, md,
		    NULL) != 1)
		return false;
	ret->size = (uint16_t)len;
	return true;
}

/* Part 3, 23.2.3, PolicyUpdate: H(H(old || command || name) || policyRef),
 * with an empty policyRef. The name of a hierarchy is its handle. */
static bool secret(TPMI_ALG_HASH alg, uint16_t size, TPM2B_DIGEST *ret)
{
	static const uint8_t zeros[48];
	uint8_t text[TEXT_MAX];
	struct bytes_out t = bytes_out_init(text, sizeof(text));

	bytes_out_put(&t, zeros, size);
	bytes_out_uint(&t, 4, TPM2_CC_PolicySecret);
	bytes_out_uint(&t, 4, TPM2_RH_ENDORSEMENT);
	if (!digest(alg, &t, ret))
		return false;
	t.room.len = 0;
	bytes_out_put(&t, ret->buffer, ret->size);
	return digest(alg, &t, ret);
}

/* Part 3, 23.11. */
static bool command_code(TPMI_ALG_HASH alg, const TPM2B_DIGEST *old,
	TPM2_CC code, TPM2B_DIGEST *ret)
{
	uint8_t text[TEXT_MAX];
	struct bytes_out t = bytes_out_init(text, sizeof(text));

	bytes_out_put(&t, old->buffer, old->size);
	bytes_out_uint(&t, 4, TPM2_CC_PolicyCommandCode);
	bytes_out_uint(&t, 4, code);
	return digest(alg, &t, ret);
}

/* Part 3, 23.22. The name of an index is nameAlg || H(TPMS_NV_PUBLIC); its
 * policy is branch A, its content a TPMT_HA. */
static bool authorize_nv(TPMI_ALG_HASH alg, uint32_t index,
	const TPM2B_DIGEST *nv_policy, TPM2B_DIGEST *ret)
{
	static const uint8_t zeros[48];
	uint8_t text[TEXT_MAX];
	struct bytes_out t = bytes_out_init(text, sizeof(text));
	TPM2B_DIGEST area;

	bytes_out_uint(&t, 4, index);
	bytes_out_uint(&t, 2, alg);
	bytes_out_uint(&t, 4, INDEX_ATTRS);
	bytes_out_counted(&t, 2, nv_policy->buffer, nv_policy->size);
	bytes_out_uint(&t, 2, 2u + nv_policy->size);
	if (!digest(alg, &t, &area))
		return false;
	t.room.len = 0;
	bytes_out_put(&t, zeros, nv_policy->size);
	bytes_out_uint(&t, 4, TPM2_CC_PolicyAuthorizeNV);
	bytes_out_uint(&t, 2, alg);
	bytes_out_put(&t, area.buffer, area.size);
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
