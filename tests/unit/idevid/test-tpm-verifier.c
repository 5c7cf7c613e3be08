/* SPDX-License-Identifier: Apache-2.0 */
/* One verifier for many keys: each signature is its own key's only. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "csr-fixture.h"
#include "tpm-verifier.h"

#define ROUNDS 2 /* the second finds a key of its curve there */

static struct csr_fixture fixtures[KEY_ALG_RSA2048 + 1];
static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048 };
static const uint8_t text[] = "signed by a TPM";
static const struct view message = { text, sizeof(text) };

static int setup(void **state)
{
	(void)setenv("TSS2_LOG", "all+none", 0);
	for (size_t i = 0; i < N_OF(algs); i++) {
		csr_fixture_new(&fixtures[algs[i]], algs[i], "P-256");
		csr_fixture_encode(&fixtures[algs[i]]);
	}
	*state = tpm_verifier_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	tpm_verifier_free(*state);
	for (size_t i = 0; i < N_OF(algs); i++)
		csr_fixture_done(&fixtures[algs[i]]);
	return 0;
}

static enum devid_err check(
	struct tpm_verifier *v, EVP_PKEY *signer, const TPMT_PUBLIC *form)
{
	uint8_t sig[600];
	size_t len = csr_fixture_sign(signer, form, message, sig);

	return tpm_verifier_check(v, message, (struct view) { sig, len }, NULL);
}

static void verifier_keys_in_turn_each_by_its_own(void **state)
{
	for (size_t n = 0; n < ROUNDS * N_OF(algs); n++) {
		const struct csr_fixture *f = &fixtures[algs[n % N_OF(algs)]];

		assert_rc(tpm_verifier_set_key(*state, &f->iak_area, NULL),
			DEVID_OK);
		assert_rc(check(*state, f->iak, &f->iak_area), DEVID_OK);
		assert_rc(check(*state, f->idevid, &f->iak_area),
			DEVID_ERR_MISMATCH);
		assert_rc(tpm_verifier_set_key(*state, &f->idevid_area, NULL),
			DEVID_OK);
		assert_rc(check(*state, f->idevid, &f->idevid_area), DEVID_OK);
		assert_rc(check(*state, f->iak, &f->idevid_area),
			DEVID_ERR_MISMATCH);
	}
}

/* A point beside the curve leaves no key, neither it nor the one before. */
static void verifier_bad_point_leaves_no_key(void **state)
{
	for (size_t n = 0; n < ROUNDS; n++) {
		const struct csr_fixture *f = &fixtures[algs[n]];
		TPMT_PUBLIC area = f->iak_area;
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(tpm_verifier_set_key(*state, &f->iak_area, NULL),
			DEVID_OK);
		area.unique.ecc.y.buffer[5] ^= 1;
		assert_rc(tpm_verifier_set_key(*state, &area, &err),
			DEVID_ERR_SYNTAX);
		assert_cause(&err, "no point of its curve");
		assert_rc(check(*state, f->iak, &f->iak_area), DEVID_ERR_STATE);
		assert_rc(tpm_verifier_set_key(*state, &f->iak_area, NULL),
			DEVID_OK);
		area.unique.ecc.y.size = 49;
		assert_rc(tpm_verifier_set_key(*state, &area, &err),
			DEVID_ERR_SYNTAX);
		assert_rc(check(*state, f->iak, &f->iak_area), DEVID_ERR_STATE);
		assert_rc(tpm_verifier_set_key(*state, &f->idevid_area, NULL),
			DEVID_OK);
		assert_rc(check(*state, f->idevid, &f->idevid_area), DEVID_OK);
	}
}

static void verifier_other_curve_refused(void **state)
{
	TPMT_PUBLIC area = fixtures[KEY_ALG_P256].iak_area;
	struct devid_error err = { DEVID_OK, "" };

	area.parameters.eccDetail.curveID = TPM2_ECC_BN_P256;
	assert_rc(tpm_verifier_set_key(*state, &area, &err),
		DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, "curve");
	assert_rc(check(*state, fixtures[KEY_ALG_P256].iak,
			  &fixtures[KEY_ALG_P256].iak_area),
		DEVID_ERR_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifier_keys_in_turn_each_by_its_own),
		cmocka_unit_test(verifier_bad_point_leaves_no_key),
		cmocka_unit_test(verifier_other_curve_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
