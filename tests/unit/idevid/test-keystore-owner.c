/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the owner in the TPM keystore: <key>_<origin>_<use>. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "keystore-tpm.h"
#include "owner-fixture.h"
#include "rsa-keys.h"

#define TLS owner_id("tls-0")

static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048, KEY_ALG_RSA3072 };

/* A private key made outside. */
static EVP_PKEY *new_key(enum key_alg alg)
{
	if (alg == KEY_ALG_P256)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (alg == KEY_ALG_P384)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	return rsa_keys_next(key_alg_rsa_bits(alg));
}

static void nothing_left(struct keystore_fixture *f)
{
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
	keystore_fixture_open(f, false);
}

/* covers: OWN-pin */
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

/* covers: 802.1AR-7.2-key-insert */
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

/* covers: OWN-one-command OWN-use-no-nv */
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

/* StartAuthSession, PolicyNV, Load, Sign, FlushContext.
 * covers: OWN-room OWN-use-no-nv */
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

static void take_in_fails(struct keystore_fixture *f, EVP_PKEY *private)
{
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed sealed;

	assert_non_null(private);
	assert_rc(f->ks->ops->take_in(f->ks, TLS, private, &sealed, &err),
		DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, "of a kind that devid does not take");
	EVP_PKEY_free(private);
}

/* covers: OWN-import-weak */
static void key_of_no_suite_not_taken_in(void **state)
{
	struct keystore_fixture *f = *state;

	take_in_fails(f, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	take_in_fails(f, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521"));
	take_in_fails(f, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"));
	take_in_fails(f, rsa_keys_next(1024));
	nothing_left(f);
}

/* swtpm makes RSA of up to 3072 bits.
 * covers: OWN-algs */
static void alg_that_the_tpm_lacks_told(void **state)
{
	static const char why[] = "this TPM makes no RSA-4096 key";
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	EVP_PKEY *private = rsa_keys_next(4096);
	struct key_sealed sealed;

	assert_rc(f->ks->ops->make(f->ks, TLS, KEY_ALG_RSA4096, &sealed, &err),
		DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, why);
	devid_error_clear(&err);
	assert_rc(f->ks->ops->take_in(f->ks, TLS, private, &sealed, &err),
		DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, why);
	EVP_PKEY_free(private);
	nothing_left(f);
}

static void make_of_no_algorithm_unsupported(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed;

	assert_rc(f->ks->ops->make(f->ks, TLS, KEY_ALG_NONE, &sealed, NULL),
		DEVID_ERR_UNSUPPORTED);
}

/* The policy is empty, and a key without fixedTPM needs one to be duplicated
 * (part 3, 13.1).
 * covers: OWN-import-duplicate */
static void key_taken_in_cannot_be_duplicated(void **state)
{
	struct keystore_fixture *f = *state;
	EVP_PKEY *private = new_key(KEY_ALG_P256);
	struct key_sealed sealed = owner_take_in(f, TLS, private);
	struct tpm *conn = owner_connect(f);
	struct tpm_handle key = owner_load_raw(conn, &sealed);
	TPMT_SYM_DEF_OBJECT none = { .algorithm = TPM2_ALG_NULL };
	TPMT_SYM_DEF no_sym = { .algorithm = TPM2_ALG_NULL };
	ESYS_TR auth[] = { ESYS_TR_PASSWORD, ESYS_TR_NONE };

	assert_int_equal(
		Esys_StartAuthSession(conn->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
			TPM2_SE_POLICY, &no_sym, TPM2_ALG_SHA256, &auth[1]),
		0);
	/* What the DUP role asks for, where a policy allows it. */
	assert_int_equal(
		Esys_PolicyCommandCode(conn->esys, auth[1], ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CC_Duplicate),
		0);
	for (size_t i = 0; i < N_OF(auth); i++) {
		TPM2B_DATA *k = NULL;
		TPM2B_PRIVATE *out = NULL;
		TPM2B_ENCRYPTED_SECRET *seed = NULL;

		assert_int_not_equal(
			Esys_Duplicate(conn->esys, key.tr, ESYS_TR_RH_NULL,
				auth[i], ESYS_TR_NONE, ESYS_TR_NONE, NULL,
				&none, &k, &out, &seed),
			0);
		assert_null(out);
	}
	tpm_handle_done(&key);
	tpm_close(conn);
	EVP_PKEY_free(private);
}

/* Used without a shutdown behind it, which for the IDevID is counted.
 * covers: OWN-noda */
static void key_used_before_a_power_cut_counts_as_no_attack(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);
	struct wire_tries tries = { 99, 0 };

	for (int i = 0; i < 2; i++) { /* loaded, then at its place */
		swtpm_stop(&f->tpm);
		swtpm_start(&f->tpm);
		owner_reopen(f, false);
		owner_give(f, TLS, &sealed);
		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
		swtpm_stop(&f->tpm);
		swtpm_start(&f->tpm);
		owner_reopen(f, false);
		owner_give(f, TLS, &sealed);
		assert_rc(f->ks->ops->health(f->ks, &tries, NULL), DEVID_OK);
		assert_int_equal(tries.failed, 0);
		assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	}
}

static void persist_place_taken_exists_and_key_serves(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed one = owner_make(f, TLS, KEY_ALG_P256);

	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	assert_false(f->ks->ops->is_persistent(f->ks, TLS));
	assert_non_null(f->ks->ops->limit(f->ks, TLS));
	assert_rc(owner_persist(f, TLS, true, &err), DEVID_ERR_EXISTS);
	assert_cause(&err, "the object at 0x81040140 is another key");
	assert_rc(owner_persist(f, TLS, false, NULL), DEVID_OK);
	owner_give(f, TLS, &one);
	assert_rc(owner_load(f, TLS, NULL), DEVID_OK);
	assert_true(f->ks->ops->is_persistent(f->ks, TLS)); /* still there */
	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK); /* is so */
}

/* covers: OWN-tpm-no-place */
static void persist_without_room_too_large_and_key_serves(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);

	owner_fill(f);
	owner_give(f, TLS, &sealed);
	assert_rc(owner_persist(f, TLS, true, &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "tls-0: no room for one more persistent key");
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	assert_false(f->ks->ops->is_persistent(f->ks, TLS));
	nothing_left(f);
	owner_unfill(f);
	owner_give(f, TLS, &sealed);
	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
}

/* covers: OWN-tpm-no-place */
static void first_key_without_room_too_large(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed;

	owner_fill(f);
	assert_rc(f->ks->ops->make(f->ks, TLS, KEY_ALG_P256, &sealed, NULL),
		DEVID_ERR_TOO_LARGE);
	nothing_left(f);
}

/* Each object that was loaded or derived was flushed: none stays. */
static void all_flushed(struct keystore_fixture *f)
{
	assert_int_equal(swtpm_count(&f->tpm, 0x165),
		swtpm_count(&f->tpm, CC_LOAD) +
			swtpm_count(&f->tpm, CC_CREATE_PRIMARY));
}

/* swtpm takes one connection: the answer is as if the key were gone. */
static void gone_from_its_place_meanwhile_key_serves(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);

	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	owner_reopen(f, true);
	owner_give(f, TLS, &sealed);
	assert_rc(owner_load(f, TLS, NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "once 15d rc 18b\n");
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
}

/* By somebody else; the use of a key puts nothing back.
 * covers: OWN-use-no-nv */
static void key_and_parent_evicted_key_serves(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);
	size_t writes;

	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	all_flushed(f);
	keystore_fixture_close(f);
	swtpm_evict(&f->tpm, 0x81040140);
	swtpm_evict(&f->tpm, OWNER_PARENT);
	keystore_fixture_open(f, false);
	owner_give(f, TLS, &sealed);
	writes = swtpm_count(&f->tpm, CC_EVICT_CONTROL);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	assert_false(f->ks->ops->is_persistent(f->ks, TLS));
	assert_int_equal(swtpm_count(&f->tpm, CC_EVICT_CONTROL), writes);
	all_flushed(f);
	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_int_equal(swtpm_count(&f->tpm, CC_EVICT_CONTROL), writes + 1);
	all_flushed(f);
}

/* Six keys that are not there: one list. The same key again: a list. */
static void pairs_not_there_found_by_one_list(void **state)
{
	struct keystore_fixture *f = *state;
	size_t before = swtpm_count(&f->tpm, 0);

	for (int i = 2; i < N_MAKER_KEYS; i++)
		assert_rc(owner_load(f, (enum key_id)i, NULL),
			DEVID_ERR_NOT_FOUND);
	assert_int_equal(swtpm_count(&f->tpm, 0), before + 1);
	assert_int_equal(swtpm_count(&f->tpm, CC_CAPABILITY), 1);
	keystore_fixture_close(f);
	(void)swtpm_provision(
		&f->tpm, owner_id("idevid-1"), KEY_ALG_P256, UNIQUE_X_AND_Y);
	keystore_fixture_open(f, false);
	assert_rc(owner_load(f, owner_id("idevid-1"), NULL), DEVID_OK);
}

/* The list was made for another key. */
static void pair_made_after_the_list_is_found(void **state)
{
	struct keystore_fixture *f = *state;
	enum key_id id = owner_id("idevid-1");

	assert_rc(
		owner_load(f, owner_id("idevid-2"), NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(f->ks->ops->create(f->ks, id, KEY_ALG_P256, NULL, NULL),
		DEVID_OK);
	assert_rc(owner_load(f, id, NULL), DEVID_OK);
}

/* covers: OWN-passwords */
static void make_owner_closed_denied_names_the_setting(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct tpm_auth owner = { 4, "auth" }, none = { 0 };
	struct tpm_auth wrong = { 5, "wrong" };
	struct key_sealed sealed;

	keystore_fixture_close(f);
	swtpm_close_owner(&f->tpm);
	keystore_fixture_open(f, false);
	assert_rc(f->ks->ops->make(f->ks, TLS, KEY_ALG_P256, &sealed, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "devid.conf names none (owner_auth)");
	devid_error_clear(&err);
	keystore_tpm_set_auth(f->ks, &wrong, &none);
	assert_rc(f->ks->ops->make(f->ks, TLS, KEY_ALG_P256, &sealed, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "(owner_auth) is not that of the owner hierarchy");
	keystore_tpm_set_auth(f->ks, &owner, &none);
	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	assert_rc(owner_erase(f, NULL), DEVID_OK);
}

/* covers: OWN-passwords */
static void create_endorsement_closed_denied_names_the_setting(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct tpm_auth endorsement = { 4, "auth" }, none = { 0 };

	keystore_fixture_close(f);
	swtpm_close_endorsement(&f->tpm);
	keystore_fixture_open(f, false);
	assert_rc(
		f->ks->ops->create(f->ks, KEY_IDEVID, KEY_ALG_P256, NULL, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "devid.conf names none (endorsement_auth)");
	keystore_tpm_set_auth(f->ks, &none, &endorsement);
	assert_rc(
		f->ks->ops->create(f->ks, KEY_IDEVID, KEY_ALG_P256, NULL, NULL),
		DEVID_OK);
}

/* They count no failed attempts, so that lockout is not about them.
 * covers: OWN-tpm-lockout */
static void key_serves_in_lockout(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);

	assert_rc(
		f->ks->ops->create(f->ks, KEY_IDEVID, KEY_ALG_P256, NULL, NULL),
		DEVID_OK);
	keystore_fixture_close(f);
	swtpm_lock_out(&f->tpm);
	keystore_fixture_open(f, false);
	owner_give(f, TLS, &sealed);
	assert_rc(f->ks->ops->health(f->ks, NULL, NULL), DEVID_ERR_TPM_LOCKOUT);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
}

/* Counter, parent and the list of places are looked at once. */
static void first_key_loaded_with_eight_commands_others_with_none(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed one = owner_make(f, TLS, KEY_ALG_P256);
	struct key_sealed two = owner_make(f, owner_id("eap-0"), KEY_ALG_P384);
	size_t before;

	owner_reopen(f, false);
	owner_give(f, TLS, &one);
	owner_give(f, owner_id("eap-0"), &two);
	before = swtpm_count(&f->tpm, 0);
	assert_rc(owner_load(f, TLS, NULL), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0), before + 8);
	assert_rc(owner_load(f, owner_id("eap-0"), NULL), DEVID_OK);
	assert_rc(owner_load(f, TLS, NULL), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0), before + 8);
}

static void give_what_is_damaged_refused_key_of_before_stays(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);

	sealed.data[sealed.len / 2] ^= 1;
	assert_rc(f->ks->ops->give(f->ks, TLS, &sealed, NULL, NULL),
		DEVID_ERR_SYNTAX);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	sealed.data[0]++;
	assert_rc(f->ks->ops->give(f->ks, TLS, &sealed, NULL, NULL),
		DEVID_ERR_UNSUPPORTED);
	sealed.len = 0;
	assert_rc(f->ks->ops->give(f->ks, TLS, &sealed, NULL, NULL),
		DEVID_ERR_SYNTAX);
}

/* covers: OWN-one-name */
static void give_under_another_name_refused(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);
	enum key_id other = owner_id("eap-0");

	assert_rc(f->ks->ops->give(f->ks, other, &sealed, NULL, &err),
		DEVID_ERR_MISMATCH);
	assert_cause(&err, "is the key tls-0, not eap-0");
	assert_rc(owner_load(f, other, NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
}

static void key_not_given_not_found(void **state)
{
	struct keystore_fixture *f = *state;

	(void)owner_make(f, TLS, KEY_ALG_P256);
	owner_give(f, TLS, NULL);
	assert_rc(owner_load(f, TLS, NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(f->ks->ops->create(f->ks, TLS, KEY_ALG_P256, NULL, NULL),
		DEVID_ERR_INVALID);
}

static void tpm_restarted_key_serves(void **state)
{
	struct keystore_fixture *f = *state;

	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
}

/* covers: 802.1AR-7.2-entropy */
static void stir_takes_up_to_its_limit(void **state)
{
	struct keystore_fixture *f = *state;
	uint8_t data[WIRE_STIR_MAX + 1] = { 1, 2, 3 };
	struct view in = { data, WIRE_STIR_MAX };

	assert_rc(f->ks->ops->stir(f->ks, in, NULL), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, 0x146), 1);
	in.len++;
	assert_rc(f->ks->ops->stir(f->ks, in, NULL), DEVID_ERR_INVALID);
	in.len = 0;
	assert_rc(f->ks->ops->stir(f->ks, in, NULL), DEVID_ERR_INVALID);
}

#define CASE(fn)                                                               \
	cmocka_unit_test_setup_teardown(                                       \
		fn, keystore_fixture_setup, keystore_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_alg_made_signs_loaded_and_persistent),
		CASE(every_alg_taken_in_signs_after_a_restart),
		CASE(key_persistent_signs_with_one_command),
		CASE(key_loaded_signs_with_five_commands),
		CASE(key_of_no_suite_not_taken_in),
		CASE(alg_that_the_tpm_lacks_told),
		CASE(make_of_no_algorithm_unsupported),
		CASE(key_taken_in_cannot_be_duplicated),
		CASE(key_used_before_a_power_cut_counts_as_no_attack),
		CASE(persist_place_taken_exists_and_key_serves),
		CASE(persist_without_room_too_large_and_key_serves),
		CASE(first_key_without_room_too_large),
		CASE(gone_from_its_place_meanwhile_key_serves),
		CASE(key_and_parent_evicted_key_serves),
		CASE(pairs_not_there_found_by_one_list),
		CASE(pair_made_after_the_list_is_found),
		CASE(make_owner_closed_denied_names_the_setting),
		CASE(create_endorsement_closed_denied_names_the_setting),
		CASE(key_serves_in_lockout),
		CASE(first_key_loaded_with_eight_commands_others_with_none),
		CASE(give_what_is_damaged_refused_key_of_before_stays),
		CASE(give_under_another_name_refused),
		CASE(key_not_given_not_found),
		CASE(tpm_restarted_key_serves),
		CASE(stir_takes_up_to_its_limit),
	};

	return cmocka_run_group_tests_name("keystore-owner", tests, NULL, NULL);
}
