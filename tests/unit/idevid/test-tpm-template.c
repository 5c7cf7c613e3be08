/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCG key templates. The policy digests are computed here from scratch
 * with the policy algebra of TPM 2.0 part 3, so that a slip in the constants
 * cannot hide.
 */
#include "cmocka-all.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "tpm-places.h"
#include "tpm-template.h"

#define CC_POLICY_OR           0x171u
#define CC_POLICY_SECRET       0x151u
#define CC_POLICY_COMMAND_CODE 0x16cu
#define CC_POLICY_AUTHORIZE_NV 0x192u
#define CC_CERTIFY             0x148u
#define CC_ACTIVATE_CREDENTIAL 0x147u
#define NV_ATTRS               0x220f1008u

struct digest {
	uint8_t data[64];
	size_t len;
};

struct hash {
	EVP_MD_CTX *ctx;
	size_t len;
};

static struct hash begin(TPMI_ALG_HASH alg)
{
	bool small = alg == TPM2_ALG_SHA256;
	struct hash h = { EVP_MD_CTX_new(), small ? 32 : 48 };

	assert_int_equal(EVP_DigestInit_ex(h.ctx,
				 small ? EVP_sha256() : EVP_sha384(), NULL),
		1);
	return h;
}

static void add(struct hash *h, const void *data, size_t len)
{
	assert_int_equal(EVP_DigestUpdate(h->ctx, data, len), 1);
}

static void add_uint(struct hash *h, uint32_t v, size_t n)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	add(h, b + 4 - n, n);
}

static struct digest end(struct hash *h)
{
	struct digest d = { { 0 }, h->len };

	assert_int_equal(EVP_DigestFinal_ex(h->ctx, d.data, NULL), 1);
	EVP_MD_CTX_free(h->ctx);
	return d;
}

/* A digest of zeros: where each policy begins. */
static struct digest start(TPMI_ALG_HASH alg)
{
	return (struct digest) { { 0 }, alg == TPM2_ALG_SHA256 ? 32 : 48 };
}

/* H(H(old || CC || name) || policyRef), with an empty policyRef. */
static struct digest policy_secret(TPMI_ALG_HASH alg)
{
	struct digest old = start(alg), inner;
	struct hash h = begin(alg);

	add(&h, old.data, old.len);
	add_uint(&h, CC_POLICY_SECRET, 4);
	add_uint(&h, TPM2_RH_ENDORSEMENT, 4); /* its name is its handle */
	inner = end(&h);
	h = begin(alg);
	add(&h, inner.data, inner.len);
	return end(&h);
}

static struct digest policy_command(
	TPMI_ALG_HASH alg, const struct digest *old, uint32_t code)
{
	struct hash h = begin(alg);

	add(&h, old->data, old->len);
	add_uint(&h, CC_POLICY_COMMAND_CODE, 4);
	add_uint(&h, code, 4);
	return end(&h);
}

/* The name of an NV index: nameAlg || H(its public area). */
static struct digest policy_authorize_nv(
	TPMI_ALG_HASH alg, uint32_t index, const struct digest *nv_policy)
{
	struct digest old = start(alg), area;
	struct hash h = begin(alg);

	add_uint(&h, index, 4);
	add_uint(&h, alg, 2);
	add_uint(&h, NV_ATTRS, 4);
	add_uint(&h, (uint32_t)nv_policy->len, 2);
	add(&h, nv_policy->data, nv_policy->len);
	add_uint(&h, 2 + (uint32_t)old.len, 2);
	area = end(&h);
	h = begin(alg);
	add(&h, old.data, old.len);
	add_uint(&h, CC_POLICY_AUTHORIZE_NV, 4);
	add_uint(&h, alg, 2);
	add(&h, area.data, area.len);
	return end(&h);
}

static struct digest policy_or(
	TPMI_ALG_HASH alg, const struct digest *branches, size_t n)
{
	struct digest old = start(alg);
	struct hash h = begin(alg);

	add(&h, old.data, old.len);
	add_uint(&h, CC_POLICY_OR, 4);
	for (size_t i = 0; i < n; i++)
		add(&h, branches[i].data, branches[i].len);
	return end(&h);
}

static struct digest expected_policy(enum key_role role, TPMI_ALG_HASH alg)
{
	uint32_t index = role == KEY_ROLE_IDEVID ? 0x01c90010 : 0x01c90018;
	struct digest branches[4];

	if (alg == TPM2_ALG_SHA384)
		index++;
	branches[0] = policy_secret(alg);
	branches[1] = policy_command(alg, &branches[0], CC_CERTIFY);
	branches[2] = policy_command(alg, &branches[0], CC_ACTIVATE_CREDENTIAL);
	branches[3] = policy_authorize_nv(alg, index, &branches[0]);
	return policy_or(alg, branches, 4);
}

static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048, KEY_ALG_RSA3072, KEY_ALG_RSA4096 };

static TPM2B_PUBLIC get(enum key_role role, enum key_alg alg)
{
	TPM2B_PUBLIC pub;

	assert_true(template_get(role, alg, UNIQUE_X_AND_Y, &pub));
	return pub;
}

/* covers: TCG-7.3.6-policy-or */
static void policy_digests_follow_from_the_algebra(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * N_OF(algs); i++) {
		enum key_role role = (enum key_role)(i % 2);
		TPM2B_PUBLIC pub = get(role, algs[i / 2]);
		TPMT_PUBLIC *t = &pub.publicArea;
		struct digest want = expected_policy(role, t->nameAlg);

		assert_int_equal(t->authPolicy.size, want.len);
		assert_memory_equal(t->authPolicy.buffer, want.data, want.len);
	}
}

/* covers: TCG-7.3.4-attributes */
static void attributes_are_those_of_the_document(void **state)
{
	const TPMA_OBJECT idevid =
		TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
		TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
		TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_SIGN_ENCRYPT;

	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++) {
		assert_int_equal(get(KEY_ROLE_IDEVID, algs[i])
					 .publicArea.objectAttributes,
			idevid);
		assert_int_equal(
			get(KEY_ROLE_IAK, algs[i]).publicArea.objectAttributes,
			idevid | TPMA_OBJECT_RESTRICTED);
	}
}

/* covers: TCG-7.3-templates TCG-7.3-scheme */
static void ecc_name_and_scheme_hash_fit_the_curve(void **state)
{
	TPM2B_PUBLIC p256 = get(KEY_ROLE_IDEVID, KEY_ALG_P256);
	TPM2B_PUBLIC p384 = get(KEY_ROLE_IAK, KEY_ALG_P384);
	const TPMS_ECC_PARMS *a = &p256.publicArea.parameters.eccDetail;
	const TPMS_ECC_PARMS *b = &p384.publicArea.parameters.eccDetail;

	(void)state;
	assert_int_equal(p256.publicArea.nameAlg, TPM2_ALG_SHA256);
	assert_int_equal(p384.publicArea.nameAlg, TPM2_ALG_SHA384);
	assert_int_equal(a->curveID, TPM2_ECC_NIST_P256);
	assert_int_equal(b->curveID, TPM2_ECC_NIST_P384);
	assert_int_equal(a->scheme.scheme, TPM2_ALG_ECDSA);
	assert_int_equal(b->scheme.details.ecdsa.hashAlg, TPM2_ALG_SHA384);
	assert_int_equal(a->symmetric.algorithm, TPM2_ALG_NULL);
	assert_int_equal(a->kdf.scheme, TPM2_ALG_NULL);
}

/* covers: TCG-7.3-templates TCG-7.3-scheme */
static void rsa_idevid_leaves_scheme_open_iak_does_not(void **state)
{
	TPM2B_PUBLIC a = get(KEY_ROLE_IDEVID, KEY_ALG_RSA2048);
	TPM2B_PUBLIC b = get(KEY_ROLE_IAK, KEY_ALG_RSA2048);

	(void)state;
	assert_int_equal(
		a.publicArea.parameters.rsaDetail.scheme.scheme, TPM2_ALG_NULL);
	assert_int_equal(b.publicArea.parameters.rsaDetail.scheme.scheme,
		TPM2_ALG_RSAPSS);
	assert_int_equal(a.publicArea.parameters.rsaDetail.keyBits, 2048);
}

/* Ours: no template of TCG has these.
 * covers: OWN-algs */
static void rsa_above_2048_has_sha384(void **state)
{
	static const enum key_alg large[] = { KEY_ALG_RSA3072,
		KEY_ALG_RSA4096 };

	(void)state;
	for (size_t i = 0; i < 2 * N_OF(large); i++) {
		TPM2B_PUBLIC pub = get((enum key_role)(i % 2), large[i / 2]);
		const TPMT_PUBLIC *t = &pub.publicArea;

		assert_int_equal(t->parameters.rsaDetail.keyBits,
			key_alg_rsa_bits(large[i / 2]));
		assert_int_equal(t->nameAlg, TPM2_ALG_SHA384);
		assert_int_equal(t->nameAlg, key_alg_hash(large[i / 2]));
		assert_int_equal(t->authPolicy.size, 48);
		assert_int_equal(t->parameters.rsaDetail.scheme.scheme,
			i % 2 == KEY_ROLE_IAK ? TPM2_ALG_RSAPSS
					      : TPM2_ALG_NULL);
		if (i % 2 == KEY_ROLE_IAK)
			assert_int_equal(t->parameters.rsaDetail.scheme.details
						 .rsapss.hashAlg,
				TPM2_ALG_SHA384);
	}
}

/* A request is signed with the template's hash, of each algorithm. */
static void name_hash_is_the_request_hash(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++)
		assert_int_equal(
			get(KEY_ROLE_IDEVID, algs[i]).publicArea.nameAlg,
			key_alg_hash(algs[i]));
}

/* covers: TCG-7.3-unique */
static void unique_variants_all_differ(void **state)
{
	TPM2B_PUBLIC pubs[N_TEMPLATE_UNIQUES];

	(void)state;
	for (int u = 0; u < N_TEMPLATE_UNIQUES; u++)
		assert_true(template_get(KEY_ROLE_IDEVID, KEY_ALG_P256,
			(enum template_unique)u, &pubs[u]));
	for (int a = 0; a < N_TEMPLATE_UNIQUES; a++)
		for (int b = a + 1; b < N_TEMPLATE_UNIQUES; b++)
			assert_memory_not_equal(
				&pubs[a], &pubs[b], sizeof(pubs[a]));
	assert_int_equal(pubs[0].publicArea.unique.ecc.x.size, 6);
	assert_int_equal(pubs[0].publicArea.unique.ecc.y.size, 6);
	assert_memory_equal(
		pubs[0].publicArea.unique.ecc.y.buffer, "IDEVID", 6);
	assert_int_equal(pubs[1].publicArea.unique.ecc.y.size, 0);
	assert_int_equal(pubs[2].publicArea.unique.ecc.x.size, 32);
	assert_int_equal(pubs[3].publicArea.unique.ecc.x.size, 0);
}

static void get_no_algorithm_is_false(void **state)
{
	TPM2B_PUBLIC pub;

	(void)state;
	assert_false(template_get(
		KEY_ROLE_IDEVID, KEY_ALG_NONE, UNIQUE_X_AND_Y, &pub));
}

/* covers: TCG-handles PCCLIENT-nv */
static void handles_are_those_of_the_field(void **state)
{
	struct tpm_places at;

	(void)state;
	tpm_places_default(&at);
	assert_int_equal(at.handle[KEY_IDEVID], 0x81020000);
	assert_int_equal(at.handle[KEY_IAK], 0x81020001);
	assert_int_equal(at.nv[KEY_IDEVID], 0x01c90200);
	assert_int_equal(at.nv[KEY_IAK], 0x01c90100);
}

static void matches_own_templates_by_role(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * N_OF(algs); i++) {
		enum key_role role = (enum key_role)(i % 2);
		TPM2B_PUBLIC pub = get(role, algs[i / 2]);
		enum key_alg alg = KEY_ALG_NONE;

		assert_true(template_matches(role, &pub.publicArea, &alg));
		assert_int_equal(alg, algs[i / 2]);
		assert_false(template_matches(
			(enum key_role) !role, &pub.publicArea, &alg));
	}
}

/* Each field changed alone makes it another key.
 * covers: TCG-7.3-templates TCG-7.3.4-attributes TCG-7.3.6-policy-or */
static void matches_changed_field_refused(void **state)
{
	TPM2B_PUBLIC good = get(KEY_ROLE_IDEVID, KEY_ALG_P256);
	TPM2B_PUBLIC bad[11];
	enum key_alg alg;

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++)
		bad[i] = good;
	bad[0].publicArea.type = TPM2_ALG_RSA;
	bad[1].publicArea.nameAlg = TPM2_ALG_SHA384;
	bad[2].publicArea.objectAttributes &=
		~(TPMA_OBJECT)TPMA_OBJECT_FIXEDTPM;
	bad[3].publicArea.objectAttributes |= TPMA_OBJECT_NODA;
	bad[4].publicArea.authPolicy.size = 0;
	bad[5].publicArea.authPolicy.buffer[31] ^= 1;
	bad[6].publicArea.parameters.eccDetail.curveID = TPM2_ECC_NIST_P384;
	bad[7].publicArea.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	bad[8].publicArea.parameters.eccDetail.scheme.details.ecdsa.hashAlg =
		TPM2_ALG_SHA384;
	bad[9].publicArea.parameters.eccDetail.symmetric.algorithm =
		TPM2_ALG_AES;
	bad[10].publicArea.parameters.eccDetail.kdf.scheme = TPM2_ALG_MGF1;
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_false(template_matches(
			KEY_ROLE_IDEVID, &bad[i].publicArea, &alg));
}

/* covers: TCG-7.3-templates */
static void matches_rsa_of_another_exponent_or_length_refused(void **state)
{
	TPM2B_PUBLIC pub = get(KEY_ROLE_IDEVID, KEY_ALG_RSA2048);
	TPMS_RSA_PARMS *p = &pub.publicArea.parameters.rsaDetail;
	enum key_alg alg;

	(void)state;
	p->exponent = 65537; /* the other way to write it */
	assert_true(template_matches(KEY_ROLE_IDEVID, &pub.publicArea, &alg));
	p->exponent = 3;
	assert_false(template_matches(KEY_ROLE_IDEVID, &pub.publicArea, &alg));
	p->exponent = 0;
	p->symmetric.algorithm = TPM2_ALG_AES;
	assert_false(template_matches(KEY_ROLE_IDEVID, &pub.publicArea, &alg));
	p->symmetric.algorithm = TPM2_ALG_NULL;
	p->keyBits = 1024;
	assert_false(template_matches(KEY_ROLE_IDEVID, &pub.publicArea, &alg));
}

static void matches_rsa_iak_with_either_scheme(void **state)
{
	TPM2B_PUBLIC pub = get(KEY_ROLE_IAK, KEY_ALG_RSA2048);
	TPMT_RSA_SCHEME *scheme = &pub.publicArea.parameters.rsaDetail.scheme;
	enum key_alg alg;

	(void)state;
	scheme->scheme = TPM2_ALG_RSASSA;
	assert_true(template_matches(KEY_ROLE_IAK, &pub.publicArea, &alg));
	scheme->details.anySig.hashAlg = TPM2_ALG_SHA1;
	assert_false(template_matches(KEY_ROLE_IAK, &pub.publicArea, &alg));
	scheme->scheme = TPM2_ALG_RSAPSS;
	assert_false(template_matches(KEY_ROLE_IAK, &pub.publicArea, &alg));
	scheme->details.anySig.hashAlg = TPM2_ALG_SHA256;
	assert_true(template_matches(KEY_ROLE_IAK, &pub.publicArea, &alg));
	scheme->scheme = TPM2_ALG_NULL;
	assert_false(template_matches(KEY_ROLE_IAK, &pub.publicArea, &alg));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy_digests_follow_from_the_algebra),
		cmocka_unit_test(attributes_are_those_of_the_document),
		cmocka_unit_test(ecc_name_and_scheme_hash_fit_the_curve),
		cmocka_unit_test(rsa_idevid_leaves_scheme_open_iak_does_not),
		cmocka_unit_test(rsa_above_2048_has_sha384),
		cmocka_unit_test(name_hash_is_the_request_hash),
		cmocka_unit_test(unique_variants_all_differ),
		cmocka_unit_test(get_no_algorithm_is_false),
		cmocka_unit_test(handles_are_those_of_the_field),
		cmocka_unit_test(matches_own_templates_by_role),
		cmocka_unit_test(matches_changed_field_refused),
		cmocka_unit_test(
			matches_rsa_of_another_exponent_or_length_refused),
		cmocka_unit_test(matches_rsa_iak_with_either_scheme),
	};

	return cmocka_run_group_tests_name("tpm-template", tests, NULL, NULL);
}
