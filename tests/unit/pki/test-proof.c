/* SPDX-License-Identifier: Apache-2.0 */
/* What a TCG-CSR proves: good ones, and what one table cannot say. */
#include <stdlib.h>
#include <time.h>

#include "cmocka-all.h"
#include "ek-key-fixture.h"
#include "proof-fixture.h"

/* covers: TCG-7a-signature TCG-7b-ek TCG-7c-residency TCG-7d-idevid
 * TCG-7e-iak */
static void check_good_request_of_each_kind_passes(void **state)
{
	static const struct {
		enum key_alg alg;
		const char *ek;
	} kinds[] = {
		{ KEY_ALG_P256, "P-256" },
		{ KEY_ALG_P256, "RSA:2048" },
		{ KEY_ALG_P384, "P-384" },
		{ KEY_ALG_RSA2048, "RSA:2048" },
		{ KEY_ALG_RSA3072, "P-384" },
		{ KEY_ALG_RSA4096, "RSA:2048" },
	};
	static struct key_blob spki;

	(void)state;
	for (size_t i = 0; i < N_OF(kinds); i++) {
		start(kinds[i].alg, kinds[i].ek);
		for (int again = 0; again < 2; again++) {
			assert_only(PROOF_NONE, "");
			for (int r = PROOF_NONE + 1; r < PROOF_RULE_COUNT; r++)
				assert_int_equal(
					proof->results[r].verdict, DEVID_PASS);
		}
		assert_string_equal(proof->serial, CSR_FIXTURE_SERIAL);
		assert_string_equal(proof->model, CSR_FIXTURE_MODEL);
		assert_int_equal(proof->iak.name_len, f->iak_name_len);
		assert_memory_equal(
			proof->iak.name, f->iak_name, f->iak_name_len);
		assert_rc(tpm_public_spki(&f->idevid_area, &spki, NULL),
			DEVID_OK);
		assert_true(key_blob_equal(&proof->idevid_spki, &spki));
		assert_rc(tpm_public_spki(&f->iak_area, &spki, NULL), DEVID_OK);
		assert_true(key_blob_equal(&proof->iak_spki, &spki));
		assert_true(ek_key_is(&proof->ek.key, f->ek));
		stop();
	}
}

static void rules_all_have_texts(void **state)
{
	(void)state;
	for (int i = PROOF_NONE + 1; i < PROOF_RULE_COUNT; i++) {
		enum proof_rule rule = (enum proof_rule)i;

		assert_true(proof_rule_id(rule)[0] != '\0');
		assert_true(proof_rule_text(rule)[0] != '\0');
		assert_true(proof_rule_clause(rule)[0] != '\0');
		for (int k = PROOF_NONE; k < i; k++)
			assert_string_not_equal(proof_rule_id(rule),
				proof_rule_id((enum proof_rule)k));
	}
}

static void check_cut_request_trips_structure(void **state)
{
	struct proof_context ctx = { .now = time(NULL) };

	(void)state;
	start(KEY_ALG_P256, "P-256");
	csr_fixture_encode(f);
	for (size_t len = 0; len < f->len; len++) {
		proof_done(proof);
		assert_false(proof_check(&ctx, f->data, len, proof));
		assert_int_equal(proof->failed, PROOF_STRUCTURE);
		for (int r = PROOF_STRUCTURE + 1; r < PROOF_RULE_COUNT; r++)
			assert_int_equal(proof->results[r].verdict,
				DEVID_NOT_APPLICABLE);
	}
	stop();
}

static void check_rsa_odd_exponent_refused(void **state)
{
	(void)state;
	start(KEY_ALG_RSA2048, "RSA:2048");
	/* as a number: the signature still needs the real one */
	f->iak_area.parameters.rsaDetail.exponent = 65539;
	(void)check();
	assert_int_equal(
		proof->results[PROOF_IAK_TEMPLATE].verdict, DEVID_FAIL);
	assert_non_null(strstr(proof->results[PROOF_IAK_TEMPLATE].detail,
		"RSA exponent: 65539"));
	f->iak_area.parameters.rsaDetail.exponent = 3;
	(void)check();
	assert_int_equal(proof->failed, PROOF_ATTEST_PUB);
	stop();
}

static void check_rsassa_iak_accepted_and_other_hash_refused(void **state)
{
	TPMT_RSA_SCHEME *scheme;

	(void)state;
	start(KEY_ALG_RSA2048, "RSA:2048");
	scheme = &f->iak_area.parameters.rsaDetail.scheme;
	scheme->scheme = TPM2_ALG_RSASSA;
	assert_only(PROOF_NONE, "");
	scheme->details.rsassa.hashAlg = TPM2_ALG_SHA512;
	assert_only(PROOF_IAK_TEMPLATE, "scheme: hash");
	scheme->scheme = TPM2_ALG_NULL;
	assert_only(PROOF_IAK_TEMPLATE, "neither RSAPSS nor RSASSA");
	stop();
}

static void check_sha1_name_refused(void **state)
{
	(void)state;
	start(KEY_ALG_P256, "P-256");
	f->idevid_area.nameAlg = TPM2_ALG_SHA1;
	(void)check();
	assert_int_equal(proof->failed, PROOF_SIGNING_PUB);
	stop();
}

static void check_long_names_refused(void **state)
{
	static const char name[] = "01234567890123456789012345678901234567890"
				   "123456789012345678901234";

	(void)state;
	start(KEY_ALG_P256, "P-256");
	f->serial = name;
	(void)check();
	assert_false(check());
	assert_true(proof->failed == PROOF_NAMES ||
		    proof->failed == PROOF_STRUCTURE);
	f->serial = name + 1;
	f->model = name + 1;
	assert_only(PROOF_NONE, "");
	assert_int_equal(strlen(proof->serial), 64);
	f->serial = "A C C C"; /* one blank at a time is none too many */
	assert_only(PROOF_NONE, "");
	stop();
}

static void check_without_trust_and_policy_not_judged(void **state)
{
	struct proof_context ctx = { .now = time(NULL) };

	(void)state;
	start(KEY_ALG_P256, "P-256");
	csr_fixture_encode(f);
	assert_true(proof_check(&ctx, f->data, f->len, proof));
	assert_int_equal(
		proof->results[PROOF_EK_CHAIN].verdict, DEVID_NOT_APPLICABLE);
	assert_int_equal(
		proof->results[PROOF_EK_POLICY].verdict, DEVID_NOT_APPLICABLE);
	stop();
}

static void check_contents_alone_judged_but_for_signature(void **state)
{
	struct proof_context ctx = { .now = time(NULL), .contents_only = true };
	struct tcg_csr csr;

	(void)state;
	start(KEY_ALG_P256, "P-256");
	csr_fixture_encode(f);
	assert_rc(tcg_csr_parse((struct view) { f->data, f->len }, &csr, NULL),
		DEVID_OK);
	assert_true(
		proof_check(&ctx, csr.contents.data, csr.contents.len, proof));
	assert_int_equal(
		proof->results[PROOF_SIGNATURE].verdict, DEVID_NOT_APPLICABLE);
	assert_int_equal(
		proof->results[PROOF_CERTIFY_SIGNATURE].verdict, DEVID_PASS);
	stop();
}

/* Right EK certificate, another TPM's keys: this much is not seen before the
 * challenge; what is seen is a mixture of two TPMs' parts. */
static void check_iak_of_another_tpm_refused(void **state)
{
	(void)state;
	start(KEY_ALG_P256, "P-256");
	csr_fixture_set_key(&f->iak_area, f->other);
	assert_only(PROOF_CERTIFY_SIGNATURE, "signature");
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_good_request_of_each_kind_passes),
		cmocka_unit_test(rules_all_have_texts),
		cmocka_unit_test(check_cut_request_trips_structure),
		cmocka_unit_test(check_rsa_odd_exponent_refused),
		cmocka_unit_test(
			check_rsassa_iak_accepted_and_other_hash_refused),
		cmocka_unit_test(check_sha1_name_refused),
		cmocka_unit_test(check_long_names_refused),
		cmocka_unit_test(check_without_trust_and_policy_not_judged),
		cmocka_unit_test(check_contents_alone_judged_but_for_signature),
		cmocka_unit_test(check_iak_of_another_tpm_refused),
	};

	return cmocka_run_group_tests(
		tests, proof_fixture_set_up, proof_fixture_tear_down);
}
