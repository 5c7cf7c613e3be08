/* SPDX-License-Identifier: Apache-2.0 */
/* The branches of the DevID templates' policy. */
#include "cmocka-all.h"

#include <openssl/evp.h>

#include "certs.h"
#include "tpm-policy.h"
#include "tpm-template.h"

static TPML_DIGEST branches_of(enum key_role role, TPMI_ALG_HASH alg)
{
	TPML_DIGEST list;

	assert_true(policy_branches(role, alg, &list));
	assert_int_equal(list.count, N_POLICY_BRANCHES);
	return list;
}

static void assert_digest(const TPM2B_DIGEST *got, const char *hex)
{
	struct certs_buf want = certs_hex(hex);

	assert_int_equal(got->size, want.len);
	assert_memory_equal(got->buffer, want.data, want.len);
}

/* The published digests, TCG DevID v1.00 7.3.6.
 * covers: TCG-7.3.6-branches */
static void sha256_branches_are_the_published_ones(void **state)
{
	TPML_DIGEST idevid = branches_of(KEY_ROLE_IDEVID, TPM2_ALG_SHA256);
	TPML_DIGEST iak = branches_of(KEY_ROLE_IAK, TPM2_ALG_SHA256);
	const TPM2B_DIGEST *d = idevid.digests;

	(void)state;
	assert_digest(&d[POLICY_SECRET], "837197674484b3f81a90cc8d46a5d724"
					 "fd52d76e06520b64f2a1da1b331469aa");
	assert_digest(&d[POLICY_CERTIFY], "b2a69e6391e2684a0fe752d39e14acd2"
					  "e5cb922e4bd035830eea31f2aabe9870");
	assert_digest(&d[POLICY_ACTIVATE], "cd9917cf18c3848c3a2e606986a066c6"
					   "8142f9bc2710a278287a650ca3bbf245");
	assert_digest(&d[POLICY_AUTHORIZE_NV],
		"629c50b05f1adb5b4297feb241549d42"
		"17a1c792c162feb861022def88fa9501");
	assert_digest(&iak.digests[POLICY_AUTHORIZE_NV],
		"101e689dadf145222412c05b76e14532"
		"af1e5c74208e0ae7cdb0cff1906c8a09");
	for (int i = 0; i < POLICY_AUTHORIZE_NV; i++)
		assert_memory_equal(
			&d[i], &iak.digests[i], sizeof(TPM2B_DIGEST));
}

/* H(zeros || TPM_CC_PolicyOR || A || B || C || D): part 3, 23.6.
 * covers: TCG-7.3.6-policy-or */
static void or_of_branches_is_the_template_policy(void **state)
{
	static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
		KEY_ALG_RSA2048 };

	(void)state;
	for (size_t i = 0; i < 2 * N_OF(algs); i++) {
		static const uint8_t command[4] = { 0, 0, 1, 0x71 };
		enum key_role role = (enum key_role)(i % 2);
		struct certs_buf text = { .len = 0 };
		uint8_t digest[EVP_MAX_MD_SIZE], zeros[48] = { 0 };
		TPM2B_PUBLIC pub;
		TPML_DIGEST list;
		unsigned len = 0;

		assert_true(
			template_get(role, algs[i / 2], UNIQUE_X_AND_Y, &pub));
		list = branches_of(role, pub.publicArea.nameAlg);
		certs_append(&text, zeros, list.digests[0].size);
		certs_append(&text, command, sizeof(command));
		for (int b = 0; b < N_POLICY_BRANCHES; b++)
			certs_append(&text, list.digests[b].buffer,
				list.digests[b].size);
		assert_int_equal(
			EVP_Digest(text.data, text.len, digest, &len,
				pub.publicArea.nameAlg == TPM2_ALG_SHA256
					? EVP_sha256()
					: EVP_sha384(),
				NULL),
			1);
		assert_int_equal(pub.publicArea.authPolicy.size, len);
		assert_memory_equal(
			pub.publicArea.authPolicy.buffer, digest, len);
	}
}

static void other_hash_has_no_branches(void **state)
{
	TPML_DIGEST list;

	(void)state;
	assert_false(policy_branches(KEY_ROLE_IDEVID, TPM2_ALG_SHA512, &list));
	assert_false(policy_branches(KEY_ROLE_IAK, TPM2_ALG_SHA1, &list));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_branches_are_the_published_ones),
		cmocka_unit_test(or_of_branches_is_the_template_policy),
		cmocka_unit_test(other_hash_has_no_branches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
