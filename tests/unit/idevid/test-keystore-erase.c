/* SPDX-License-Identifier: Apache-2.0 */
/* How keys of the owner end, and what is told of those that cannot be used. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "owner-fixture.h"
#include "tpm-owner.h"

#define TLS   owner_id("tls-0")
#define OTHER owner_id("eap-0")

static uint64_t epoch_of(struct keystore_fixture *f, uint32_t *ret_resets)
{
	uint64_t epoch = 99;

	assert_rc(f->ks->ops->epoch(f->ks, &epoch, ret_resets, NULL), DEVID_OK);
	return epoch;
}

/* After a restart, with the file that was kept. */
static void cannot_be_used(struct keystore_fixture *f,
	const struct key_sealed *sealed, enum devid_err want, const char *why)
{
	struct devid_error err = { DEVID_OK, "" };

	owner_reopen(f, false);
	owner_give(f, TLS, sealed);
	assert_rc(owner_load(f, TLS, &err), want);
	assert_cause(&err, why);
	assert_rc(owner_sign(f, TLS, NULL), want);
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
	keystore_fixture_open(f, false);
}

static bool is_there(struct keystore_fixture *f, TPM2_HANDLE handle)
{
	struct tpm *conn = owner_connect(f);
	bool found = false;

	assert_rc(tpm_handle_find(conn, handle, &found, NULL), DEVID_OK);
	tpm_close(conn);
	keystore_fixture_open(f, false);
	return found;
}

static void epoch_counts_erasures(void **state)
{
	struct keystore_fixture *f = *state;
	uint32_t resets = 0, later = 0;

	assert_int_equal(epoch_of(f, &resets), 0);
	assert_rc(owner_erase(f, NULL), DEVID_OK); /* nothing is there */
	assert_int_equal(epoch_of(f, &resets), 0);
	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_int_equal(epoch_of(f, &resets), 1);
	(void)owner_make(f, OTHER, KEY_ALG_P256);
	assert_int_equal(epoch_of(f, &resets), 1);
	assert_rc(f->ks->ops->erase(f->ks, &resets, NULL), DEVID_OK);
	assert_int_equal(epoch_of(f, &later), 2);
	assert_int_equal(resets, later);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	assert_int_equal(epoch_of(f, &later), 2);
	assert_true(later > resets);
}

/* covers: OWN-erase-blob OWN-erase-persistent */
static void copy_of_a_key_erased_is_of_no_use(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed copy = owner_make(f, TLS, KEY_ALG_P256);

	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	assert_false(f->ks->ops->is_persistent(f->ks, TLS));
	assert_false(is_there(f, 0x81040140));
	assert_false(is_there(f, OWNER_PARENT));
	cannot_be_used(f, &copy, DEVID_ERR_ERASED,
		"is of before an erasure (1, now 2)");
	(void)owner_make(f, OTHER, KEY_ALG_P256);
	assert_rc(owner_sign(f, OTHER, NULL), DEVID_OK);
	cannot_be_used(f, &copy, DEVID_ERR_ERASED,
		"is of before an erasure (1, now 2)");
}

/* To find out why costs two primary keys. */
static void why_a_key_is_of_no_use_found_out_once(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed copy = owner_make(f, TLS, KEY_ALG_P256);
	size_t before;

	assert_rc(owner_erase(f, NULL), DEVID_OK);
	assert_rc(owner_load(f, TLS, NULL), DEVID_ERR_ERASED);
	before = swtpm_count(&f->tpm, 0);
	assert_rc(owner_load(f, TLS, &err), DEVID_ERR_ERASED);
	assert_cause(&err, "is of before an erasure (1, now 2)");
	assert_rc(owner_sign(f, TLS, NULL), DEVID_ERR_ERASED);
	assert_int_equal(swtpm_count(&f->tpm, 0), before);
	owner_give(f, TLS, &copy);
	assert_rc(owner_load(f, TLS, NULL), DEVID_ERR_ERASED);
	assert_true(swtpm_count(&f->tpm, 0) > before);
}

/* Without our own look at the record: the parent of before, derived again by
 * somebody who knows how.
 * covers: OWN-parent OWN-erase-policy OWN-erase-blob */
static void copy_below_the_parent_of_before_refused_by_the_tpm(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed copy = owner_make(f, TLS, KEY_ALG_P256);
	struct tpm_owner owner = { 0 };
	struct tpm_handle key = { 0 }, session = { 0 };
	struct tpm_sealed sealed;
	TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	struct tpm *conn;

	assert_rc(owner_erase(f, NULL), DEVID_OK);
	conn = owner_connect(f);
	assert_rc(tpm_sealed_parse(
			  (struct view) { copy.data, copy.len }, &sealed, NULL),
		DEVID_OK);
	assert_rc(tpm_epoch_open(conn, &owner.epoch, NULL), DEVID_OK);
	assert_rc(tpm_parent_open(conn, sealed.epoch, &owner.parent, NULL),
		DEVID_OK);
	assert_memory_equal(owner.parent.name.name, sealed.parent.name, 34);
	assert_rc(tpm_child_load(tpm_owner_above(&owner), &sealed, &key, NULL),
		DEVID_ERR_ERASED);
	session.tpm = conn;
	assert_int_equal(
		Esys_StartAuthSession(conn->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
			TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, &session.tr),
		0);
	assert_true(tpm_rc_is(Esys_Load(conn->esys, owner.parent.object.tr,
				      session.tr, ESYS_TR_NONE, ESYS_TR_NONE,
				      &sealed.private, &sealed.pub, &key.tr),
		TPM2_RC_POLICY_FAIL));
	/* Nor with the authorization value, which is empty. */
	assert_true(
		tpm_rc_is(Esys_Load(conn->esys, owner.parent.object.tr,
				  ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				  &sealed.private, &sealed.pub, &key.tr),
			TPM2_RC_AUTH_UNAVAILABLE));
	tpm_handle_done(&session);
	tpm_owner_done(&owner);
	tpm_close(conn);
}

/* A key of the owner's as its saved context; the connection is for who goes on.
 */
static struct tpm *save_context(
	struct keystore_fixture *f, TPMS_CONTEXT **ret_saved)
{
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);
	struct tpm *conn = owner_connect(f);
	struct tpm_handle key = owner_load_raw(conn, &sealed);

	assert_int_equal(Esys_ContextSave(conn->esys, key.tr, ret_saved), 0);
	tpm_handle_done(&key);
	return conn;
}

/* Part 1, 30.5: no erasure ends those before the next TPM reset, which is why
 * its count is kept.
 * covers: OWN-erase-context */
static void saved_context_refused_after_the_next_reset(void **state)
{
	struct keystore_fixture *f = *state;
	TPMS_CONTEXT *saved = NULL;
	struct tpm *conn = save_context(f, &saved);
	ESYS_TR loaded = ESYS_TR_NONE;

	tpm_close(conn);
	keystore_fixture_open(f, false);
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	assert_rc(f->ks->ops->settle(f->ks, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	conn = owner_connect(f);
	assert_int_not_equal(Esys_ContextLoad(conn->esys, saved, &loaded), 0);
	tpm_close(conn);
	Esys_Free(saved);
}

/* A clear makes what contexts of the owner's hierarchy are bound to anew: it
 * ends them by itself, without a reset.
 * covers: OWN-erase-context */
static void saved_context_refused_after_a_clear(void **state)
{
	struct keystore_fixture *f = *state;
	TPMS_CONTEXT *saved = NULL;
	struct tpm *conn = save_context(f, &saved);
	ESYS_TR loaded = ESYS_TR_NONE;

	assert_int_equal(Esys_ContextLoad(conn->esys, saved, &loaded), 0);
	assert_int_equal(Esys_FlushContext(conn->esys, loaded), 0);
	tpm_close(conn);
	keystore_fixture_open(f, false);
	owner_clear(f);
	conn = owner_connect(f);
	assert_int_not_equal(Esys_ContextLoad(conn->esys, saved, &loaded), 0);
	tpm_close(conn);
	Esys_Free(saved);
}

/* Whoever may use the owner's hierarchy can put a copy anywhere.
 * covers: OWN-erase-persistent */
static void copy_at_another_place_ends_with_the_erasure(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);
	struct tpm *conn = owner_connect(f);
	struct tpm_handle key = owner_load_raw(conn, &sealed);

	swtpm_persist(conn, key.tr, 0x81050000);
	tpm_close(conn);
	keystore_fixture_open(f, false);
	assert_true(is_there(f, 0x81050000));
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	assert_false(is_there(f, 0x81050000));
}

static void what_others_have_stays_through_an_erasure(void **state)
{
	struct keystore_fixture *f = *state;

	assert_rc(
		f->ks->ops->create(f->ks, KEY_IDEVID, KEY_ALG_P256, NULL, NULL),
		DEVID_OK);
	keystore_fixture_close(f);
	(void)swtpm_provision(
		&f->tpm, owner_id("iak-1"), KEY_ALG_P256, UNIQUE_EMPTY);
	keystore_fixture_open(f, false);
	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	assert_rc(owner_load(f, KEY_IDEVID, NULL), DEVID_OK);
	assert_true(is_there(f, 0x81020011));
}

/* By whoever may use the owner's hierarchy.
 * covers: OWN-erase-counter */
static void counter_made_anew_fails_closed(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256), other;
	struct tpm_epoch epoch = { 0 };
	struct tpm *conn;

	keystore_fixture_close(f);
	swtpm_nv_remove(&f->tpm, OWNER_EPOCH);
	keystore_fixture_open(f, false);
	cannot_be_used(f, &sealed, DEVID_ERR_ERASED,
		"the counter of erasures at 0x01804944 was removed");
	conn = owner_connect(f);
	assert_rc(tpm_epoch_begin(conn, &epoch, NULL), DEVID_OK);
	assert_true(epoch.value > 1);
	tpm_epoch_done(&epoch);
	tpm_close(conn);
	keystore_fixture_open(f, false);
	cannot_be_used(f, &sealed, DEVID_ERR_ERASED, "by somebody else");
	assert_rc(f->ks->ops->make(f->ks, TLS, KEY_ALG_P256, &other, &err),
		DEVID_ERR_STATE);
	assert_cause(&err, "the storage parent at 0x81040000 is of before");
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
}

static void counter_of_others_told(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256), other;

	keystore_fixture_close(f);
	swtpm_nv_remove(&f->tpm, OWNER_EPOCH);
	swtpm_nv_define_owned(&f->tpm, OWNER_EPOCH, 8);
	keystore_fixture_open(f, false);
	assert_rc(f->ks->ops->make(f->ks, TLS, KEY_ALG_P256, &other, &err),
		DEVID_ERR_EXISTS);
	assert_cause(&err, "the NV index 0x01804944 is somebody else's");
	cannot_be_used(f, &sealed, DEVID_ERR_EXISTS, "is somebody else's");
	/* Nothing can be loaded without ours: there is no more to end. */
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	assert_false(is_there(f, OWNER_PARENT));
}

/* Evicts the parent and puts a key from @area of @hierarchy there. */
static void replace_parent(
	struct keystore_fixture *f, ESYS_TR hierarchy, const TPM2B_PUBLIC *area)
{
	struct tpm *conn;

	keystore_fixture_close(f);
	swtpm_evict(&f->tpm, OWNER_PARENT);
	conn = owner_connect(f);
	swtpm_persist(
		conn, swtpm_primary(conn, hierarchy, area, NULL), OWNER_PARENT);
	tpm_close(conn);
	keystore_fixture_open(f, false);
}

static void make_fails_for_parent(struct keystore_fixture *f, const char *why)
{
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed sealed;

	assert_rc(f->ks->ops->make(f->ks, TLS, KEY_ALG_P256, &sealed, &err),
		DEVID_ERR_EXISTS);
	assert_cause(&err, why);
}

static TPM2B_PUBLIC parent_area(struct keystore_fixture *f)
{
	struct tpm *conn = owner_connect(f);
	TPM2B_PUBLIC *pub = NULL, ret;

	assert_int_equal(Esys_ReadPublic(conn->esys,
				 owner_object(conn, OWNER_PARENT), ESYS_TR_NONE,
				 ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL, NULL),
		0);
	ret = *pub;
	Esys_Free(pub);
	tpm_close(conn);
	keystore_fixture_open(f, false);
	return ret;
}

/* covers: OWN-parent */
static void parent_of_others_told(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);
	TPM2B_PUBLIC ours = parent_area(f), area;

	assert_true(template_get(
		KEY_ROLE_IDEVID, KEY_ALG_P256, UNIQUE_EMPTY, &area));
	replace_parent(f, ESYS_TR_RH_OWNER, &area);
	make_fails_for_parent(f, "object at 0x81040000 is somebody else's");
	cannot_be_used(f, &sealed, DEVID_ERR_EXISTS, "is somebody else's");
	replace_parent(f, ESYS_TR_RH_ENDORSEMENT, &ours);
	make_fails_for_parent(f, "is no primary key of the owner's hierarchy");
	/* One with a policy of its own is none of before. */
	ours.publicArea.authPolicy.buffer[0] ^= 1;
	replace_parent(f, ESYS_TR_RH_OWNER, &ours);
	make_fails_for_parent(f, "object at 0x81040000 is somebody else's");
}

/* As ours in all but its seed. */
static void parent_of_another_seed_told(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);
	TPM2B_PUBLIC area = parent_area(f);

	area.publicArea.unique.ecc.x.size = 1;
	area.publicArea.unique.ecc.y.size = 0;
	replace_parent(f, ESYS_TR_RH_OWNER, &area);
	cannot_be_used(f, &sealed, DEVID_ERR_EXISTS,
		"is another than the one that the key was made below");
}

/* covers: OWN-tpm-cleared */
static void tpm_cleared_told(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);

	owner_clear(f);
	cannot_be_used(
		f, &sealed, DEVID_ERR_MISMATCH, "the TPM was cleared since");
	/* Also once there is a counter again, which starts higher. */
	(void)owner_make(f, OTHER, KEY_ALG_P256);
	assert_rc(owner_sign(f, OTHER, NULL), DEVID_OK);
	cannot_be_used(
		f, &sealed, DEVID_ERR_MISMATCH, "the TPM was cleared since");
}

/* covers: OWN-tpm-exchanged */
static void another_tpm_told(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);

	keystore_fixture_close(f);
	swtpm_free(&f->tpm);
	swtpm_new(&f->tpm);
	keystore_fixture_open(f, false);
	cannot_be_used(
		f, &sealed, DEVID_ERR_MISMATCH, "another TPM made this key");
	(void)owner_make(f, OTHER, KEY_ALG_P256); /* the same epoch */
	cannot_be_used(
		f, &sealed, DEVID_ERR_MISMATCH, "another TPM made this key");
}

static void endorsement_closed_clear_and_exchange_told_as_one(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_sealed sealed;

	keystore_fixture_close(f);
	swtpm_close_endorsement(&f->tpm);
	keystore_fixture_open(f, false);
	sealed = owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	owner_clear(f);
	cannot_be_used(f, &sealed, DEVID_ERR_MISMATCH,
		"another TPM made this key, or this one was cleared since");
}

/* With its digest made right again, as no damage does. */
static void private_part_changed_told(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);
	struct room out = { sealed.data, sizeof(sealed.data), 0 };
	struct tpm_sealed key;

	assert_rc(tpm_sealed_parse((struct view) { sealed.data, sealed.len },
			  &key, NULL),
		DEVID_OK);
	key.private.buffer[key.private.size - 1] ^= 1;
	assert_rc(tpm_sealed_encode(&key, &out, NULL), DEVID_OK);
	owner_give(f, TLS, &sealed);
	assert_rc(owner_sign(f, TLS, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "the sealed key is damaged");
	devid_error_clear(&err);
	assert_rc(owner_persist(f, TLS, true, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "the sealed key is damaged");
}

/* The counter went on without us, and a copy of before is still at its place:
 * brought again, the same key is another, below another parent. */
static void copy_of_before_at_its_place_is_another_key(void **state)
{
	struct keystore_fixture *f = *state;
	EVP_PKEY *private = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct tpm_epoch epoch = { 0 };
	struct tpm *conn;

	(void)owner_take_in(f, TLS, private);
	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_OK);
	keystore_fixture_close(f);
	swtpm_evict(&f->tpm, OWNER_PARENT);
	conn = owner_connect(f);
	assert_rc(tpm_epoch_open(conn, &epoch, NULL), DEVID_OK);
	assert_rc(tpm_epoch_advance(&epoch, NULL), DEVID_OK);
	tpm_epoch_done(&epoch);
	tpm_close(conn);
	keystore_fixture_open(f, false);
	(void)owner_take_in(f, TLS, private);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	assert_false(f->ks->ops->is_persistent(f->ks, TLS));
	assert_rc(owner_persist(f, TLS, true, NULL), DEVID_ERR_EXISTS);
	assert_rc(owner_erase(f, NULL), DEVID_OK);
	assert_false(is_there(f, 0x81040140)); /* it looks like ours */
	EVP_PKEY_free(private);
}

/* Between two connections: the keystore has it as known. */
static void erased_by_others_before_a_reconnect_told(void **state)
{
	struct keystore_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct tpm *conn = NULL;

	(void)owner_make(f, TLS, KEY_ALG_P256);
	assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	assert_rc(tpm_owner_erase(conn, NULL), DEVID_OK);
	tpm_close(conn);
	assert_rc(owner_sign(f, TLS, &err), DEVID_ERR_ERASED);
	assert_cause(&err, "is of before an erasure");
}

/* What the connection knows of counter and parent may be old: it looks again
 * before it says that a key is of no use. */
static void refused_once_looked_for_again(void **state)
{
	static const char *const faults[] = {
		"once 149 rc 126\n", /* PolicyNV: the policy fails */
		"once 149 rc 18b\n", /* no such counter */
		"once 157 rc 18b\n", /* Load: no such parent */
		"once 157 rc 1df\n", /* not of this parent */
	};
	struct keystore_fixture *f = *state;
	struct key_sealed sealed = owner_make(f, TLS, KEY_ALG_P256);

	owner_reopen(f, true);
	owner_give(f, TLS, &sealed);
	for (size_t i = 0; i < N_OF(faults); i++) {
		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
		swtpm_set_fault(&f->tpm, faults[i]);
		assert_rc(owner_sign(f, TLS, NULL), DEVID_OK);
	}
	keystore_fixture_close(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
}

#define CASE(fn)                                                               \
	cmocka_unit_test_setup_teardown(                                       \
		fn, keystore_fixture_setup, keystore_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(epoch_counts_erasures),
		CASE(copy_of_a_key_erased_is_of_no_use),
		CASE(why_a_key_is_of_no_use_found_out_once),
		CASE(copy_below_the_parent_of_before_refused_by_the_tpm),
		CASE(saved_context_refused_after_the_next_reset),
		CASE(saved_context_refused_after_a_clear),
		CASE(copy_at_another_place_ends_with_the_erasure),
		CASE(what_others_have_stays_through_an_erasure),
		CASE(counter_made_anew_fails_closed),
		CASE(counter_of_others_told),
		CASE(parent_of_others_told),
		CASE(parent_of_another_seed_told),
		CASE(tpm_cleared_told),
		CASE(another_tpm_told),
		CASE(endorsement_closed_clear_and_exchange_told_as_one),
		CASE(private_part_changed_told),
		CASE(copy_of_before_at_its_place_is_another_key),
		CASE(erased_by_others_before_a_reconnect_told),
		CASE(refused_once_looked_for_again),
	};

	return cmocka_run_group_tests_name("keystore-erase", tests, NULL, NULL);
}
