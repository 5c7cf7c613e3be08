/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that a TPM derives and does not keep, and keys that it cannot make. */
#include "cmocka-all.h"

#include "keystore-fixture.h"
#include "tpm-template.h"

static struct key_blob known; /* public key of the IDevID */

static enum devid_err create(struct keystore_fixture *f,
	const struct key_blob *expected, struct devid_error *err)
{
	return f->ks->ops->create(
		f->ks, KEY_IDEVID, KEY_ALG_P256, expected, err);
}

static enum devid_err sign(struct keystore_fixture *f, struct devid_error *err)
{
	uint8_t digest[32] = "digest";
	struct key_sign what = { SIG_ECDSA, HASH_SHA256, digest, 32 };
	struct key_sig sig;

	return f->ks->ops->sign(f->ks, KEY_IDEVID, &what, &sig, err);
}

/* A TPM whose IDevID is known and gone from its place. */
static void lose_key(struct keystore_fixture *f)
{
	assert_rc(create(f, NULL, NULL), DEVID_OK);
	assert_rc(f->ks->ops->load(f->ks, KEY_IDEVID, &known, NULL), DEVID_OK);
	keystore_fixture_close(f);
	swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
}

static const char *limit(struct keystore_fixture *f)
{
	return f->ks->ops->limit(f->ks, KEY_IDEVID);
}

static void assert_serves(struct keystore_fixture *f, const char *why)
{
	struct key_blob spki = { 0 };

	assert_rc(create(f, &known, NULL), DEVID_OK);
	assert_rc(f->ks->ops->load(f->ks, KEY_IDEVID, &spki, NULL), DEVID_OK);
	assert_true(key_blob_equal(&spki, &known));
	for (int i = 0; i < 3; i++)
		assert_rc(sign(f, NULL), DEVID_OK);
	assert_non_null(limit(f));
	assert_non_null(strstr(limit(f), why));
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
}

static void owner_password_known_key_serves(void **state)
{
	struct keystore_fixture *f = *state;

	lose_key(f);
	swtpm_close_owner(&f->tpm);
	keystore_fixture_open(f, false);
	assert_serves(f, "make key persistent: the owner hierarchy has an "
			 "authorization value");
}

static void no_room_known_key_serves(void **state)
{
	struct keystore_fixture *f = *state;

	lose_key(f);
	swtpm_set_fault(&f->tpm, "00000120 rc 0000014b"); /* NV_SPACE */
	keystore_fixture_open(f, true);
	assert_serves(f, "make key persistent: no room in its NV memory");
	/* When there is room again, all is well. */
	swtpm_set_fault(&f->tpm, NULL);
	keystore_fixture_open(f, false);
	assert_rc(create(f, &known, NULL), DEVID_OK);
	assert_null(limit(f));
	assert_rc(sign(f, NULL), DEVID_OK);
	assert_null(limit(f));
}

/* It would be lost with the connection, and nobody would know it again. */
static void new_key_that_cannot_be_kept_is_an_error(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	keystore_fixture_close(f);
	swtpm_set_fault(&f->tpm, "00000120 rc 0000014b");
	keystore_fixture_open(f, true);
	assert_rc(create(f, NULL, &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "make key persistent: no room");
	keystore_fixture_close(f);
	swtpm_set_fault(&f->tpm, NULL);
	swtpm_close_owner(&f->tpm);
	keystore_fixture_open(f, false);
	devid_error_clear(&err);
	assert_rc(create(f, NULL, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "the owner hierarchy has an authorization value");
	assert_rc(sign(f, NULL), DEVID_ERR_NOT_FOUND);
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
}

/* Any other refusal of that command is one of the whole. */
static void other_refusal_to_keep_is_an_error(void **state)
{
	struct keystore_fixture *f = *state;

	lose_key(f);
	swtpm_set_fault(&f->tpm, "00000120 rc 0000012f");
	keystore_fixture_open(f, true);
	assert_rc(create(f, &known, NULL), DEVID_ERR_TPM);
	assert_null(limit(f));
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
}

static void key_that_was_not_kept_gone_after_a_restart(void **state)
{
	struct keystore_fixture *f = *state;

	lose_key(f);
	swtpm_close_owner(&f->tpm);
	keystore_fixture_open(f, false);
	assert_rc(create(f, &known, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	/* The module above derives it again then. */
	assert_rc(sign(f, NULL), DEVID_ERR_NOT_FOUND);
	assert_null(limit(f));
	assert_serves(f, "owner hierarchy");
}

/* The TPM says that the handle is none: there is nothing to flush. */
static void key_that_was_not_kept_gone_under_its_handle(void **state)
{
	struct keystore_fixture *f = *state;

	lose_key(f);
	swtpm_close_owner(&f->tpm);
	keystore_fixture_open(f, true);
	assert_rc(create(f, &known, NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "once 0000015d rc 0000018b");
	assert_rc(sign(f, NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(create(f, &known, NULL), DEVID_OK);
	assert_rc(sign(f, NULL), DEVID_OK);
}

/* With all places taken ours is given up as well, and had again. */
static void key_that_was_not_kept_gives_way_when_crowded(void **state)
{
	struct keystore_fixture *f = *state;

	lose_key(f);
	swtpm_close_owner(&f->tpm);
	keystore_fixture_open(f, true);
	assert_rc(create(f, &known, NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "once 0000015d rc 00000902");
	assert_rc(sign(f, NULL), DEVID_ERR_NOT_FOUND);
	swtpm_set_fault(&f->tpm, NULL);
	assert_serves(f, "owner hierarchy");
}

static void endorsement_password_derives_nothing(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	lose_key(f);
	swtpm_close_endorsement(&f->tpm);
	keystore_fixture_open(f, false);
	assert_rc(create(f, &known, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "derive a key: the endorsement hierarchy has an "
			   "authorization value");
}

/* A chip without P-384, or with RSA of other sizes. */
static void algorithm_that_the_tpm_has_not_unsupported(void **state)
{
	static const char *const faults[] = { "00000131 rc 000002e6",
		"00000131 rc 000002c7" };
	static const char *const causes[] = { "derive a key: this TPM has no "
					      "such curve",
		"derive a key: this TPM has no keys of that size" };
	struct keystore_fixture *f = *state;

	keystore_fixture_close(f);
	for (size_t i = 0; i < N_OF(faults); i++) {
		struct devid_error err = { DEVID_OK, "" };

		swtpm_set_fault(&f->tpm, faults[i]);
		keystore_fixture_open(f, true);
		assert_rc(create(f, NULL, &err), DEVID_ERR_UNSUPPORTED);
		assert_cause(&err, causes[i]);
		keystore_fixture_close(f);
	}
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, keystore_fixture_setup, keystore_fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(owner_password_known_key_serves),
		CASE(no_room_known_key_serves),
		CASE(new_key_that_cannot_be_kept_is_an_error),
		CASE(other_refusal_to_keep_is_an_error),
		CASE(key_that_was_not_kept_gone_after_a_restart),
		CASE(key_that_was_not_kept_gone_under_its_handle),
		CASE(key_that_was_not_kept_gives_way_when_crowded),
		CASE(endorsement_password_derives_nothing),
		CASE(algorithm_that_the_tpm_has_not_unsupported),
	};

	return cmocka_run_group_tests_name("keystore-limit", tests, NULL, NULL);
}
