/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the owner in the TPM keystore: <key>_<origin>_<use>. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "owner-fixture.h"
#include "rsa-keys.h"

#define TLS owner_id("tls-0")

static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048 };

/* A private key made outside. */
static EVP_PKEY *new_key(enum key_alg alg)
{
	switch (alg) {
	case KEY_ALG_P256:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	case KEY_ALG_P384:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	case KEY_ALG_RSA2048:
	case KEY_ALG_NONE:
		break;
	}
	return rsa_keys_next(2048);
}

static void nothing_left(struct keystore_fixture *f)
{
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
	keystore_fixture_open(f, false);
}

static void every_alg_made_signs_loaded_and_persistent(void **state)
{
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct key_sealed sealed = owner_make(f, TLS, algs[i]);

		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
		assert_false(f->ks->ops->is_persistent(f->ks, TLS));
		assert_string_equal(
			f->ks->ops->place(f->ks, TLS), "parent:0x81040000");
		assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
		assert_true(f->ks->ops->is_persistent(f->ks, TLS));
		assert_string_equal(
			f->ks->ops->place(f->ks, TLS), "0x81040140");
		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
		nothing_left(f);
		owner_give(f, TLS, &sealed);
		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
		assert_true(f->ks->ops->is_persistent(f->ks, TLS));
		assert_rc(owner_persist(f, TLS, false, NULL), DEVID_OK);
		assert_false(f->ks->ops->is_persistent(f->ks, TLS));
		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	}
}

static void every_alg_taken_in_signs_after_a_restart(void **state)
{
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		EVP_PKEY *private = new_key(algs[i]);
		struct key_sealed sealed = owner_take_in(f, TLS, private);
		struct key_sealed_facts facts;

		EVP_PKEY_free(private);
		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
		nothing_left(f);
		assert_rc(f->ks->ops->give(f->ks, TLS, &sealed, &facts, NULL),
			DEVID_OK);
		assert_true(facts.imported);
		assert_int_equal(
			key_alg_of_spki(facts.spki.data, facts.spki.len),
			algs[i]);
		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	}
}

static void key_persistent_signs_with_one_command(void **state)
{
	struct keystore_fixture *f = *state;
	size_t before;

	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	before = swtpm_count(&f->tpm, 0);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0), before + 1);
}

/* StartAuthSession, PolicyNV, Load, Sign, FlushContext. */
static void key_loaded_signs_with_five_commands(void **state)
{
	static const uint32_t codes[] = { 0x176, 0x149, CC_LOAD, CC_SIGN,
		0x165 };
	struct keystore_fixture *f = *state;
	size_t before[N_OF(codes)], all;

	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	all = swtpm_count(&f->tpm, 0);
	for (size_t i = 0; i < N_OF(codes); i++)
		before[i] = swtpm_count(&f->tpm, codes[i]);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0), all + N_OF(codes));
	for (size_t i = 0; i < N_OF(codes); i++)
		assert_int_equal(swtpm_count(&f->tpm, codes[i]), before[i] + 1);
	nothing_left(f);
}

static void key_erased_can_be_used_no_more(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed copy = owner_make(f, TLS, KEY_ALG_P256);

	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	owner_reopen(f, false);
	owner_give(f, TLS, &copy);
	assert_rc(owner_load(f, TLS, &err), DEVID_ERR_ERASED);
	assert_cause(&err, "is of before an erasure (1, now 2)");
	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	owner_give(f, TLS, &copy);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_ERR_ERASED);
}

int main(void)
{
#define TEST(t)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		t, keystore_fixture_setup, keystore_fixture_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(every_alg_made_signs_loaded_and_persistent),
		TEST(every_alg_taken_in_signs_after_a_restart),
		TEST(key_persistent_signs_with_one_command),
		TEST(key_loaded_signs_with_five_commands),
		TEST(key_erased_can_be_used_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
