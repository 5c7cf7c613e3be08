/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates where others have filled the TPM's NV but for a little: the
 * leaves come first, and what has no room is known before a CA issues. */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "module-attest.h"
#include "module-fixture.h"

/* In place of an EK certificate: that of NV. */
static const struct view own_ek = { NULL, 0 };

/* Room for one leaf of a test with its intermediates, for one leaf more of the
 * size that is asked for before a CA issues, and for two of those, each in
 * indices of 512 bytes. */
#define ROOM_ONE_KEY 2
#define ROOM_LEAF    3
#define ROOM_LEAVES  6

static void fill(struct fixture *f, unsigned leave)
{
	fixture_stop(f);
	swtpm_nv_fill(&f->tpm, leave);
	fixture_start(f, false);
}

static void leave(struct fixture *f, unsigned n)
{
	fixture_stop(f);
	swtpm_nv_leave(&f->tpm, n);
	fixture_start(f, false);
}

/* A certificate of the key of @id, with that of its CA above it. */
static enum devid_err install(
	struct fixture *f, enum key_id id, size_t more, struct devid_error *err)
{
	struct wire_key key = fixture_status(f)->keys[id];
	struct certs_node leaf = fixture_certify(f, &key.spki, more);
	struct certs_buf der = leaf.der;
	enum devid_err rc;

	certs_append(&der, f->ca.der.data, f->ca.der.len);
	rc = module_install(f->m, key.name, (struct view) { der.data, der.len },
		false, err);
	certs_done(&leaf);
	return rc;
}

static void has(struct fixture *f, enum key_id id, unsigned n_stored)
{
	struct wire_key key = fixture_status(f)->keys[id];
	struct key_blob got;

	assert_true(key.certified);
	assert_int_equal(key.n_certs, 2);
	assert_int_equal(key.n_stored, n_stored);
	assert_rc(f->ks->ops->cert_read(f->ks, id, &got, NULL), DEVID_OK);
	assert_rc(f->ks->ops->issuers_read(f->ks, id, &got, NULL),
		n_stored > 1 ? DEVID_OK : DEVID_ERR_NOT_FOUND);
}

static void has_no_certificate(struct fixture *f, enum key_id id)
{
	struct key_blob got;

	assert_rc(f->ks->ops->cert_read(f->ks, id, &got, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(f->ks->ops->issuers_read(f->ks, id, &got, NULL),
		DEVID_ERR_NOT_FOUND);
}

/* Whichever key is first: its intermediates make room for the other's leaf,
 * the disk has them, and status says so. */
static void install_second_leaf_before(
	struct fixture *f, enum key_id first, enum key_id second)
{
	char line[64];

	fixture_create(f, KEY_ALG_P256);
	fill(f, ROOM_ONE_KEY);
	assert_rc(install(f, first, 0, NULL), DEVID_OK);
	has(f, first, 2);
	assert_string_equal(fixture_warnings, "");
	assert_rc(install(f, second, 0, NULL), DEVID_OK);
	(void)snprintf(line, sizeof(line),
		"%s: intermediates are on the disk only: their room",
		key_id_name(first));
	assert_non_null(strstr(fixture_warnings, line));
	for (int start = 0; start < 2; start++) {
		has(f, first, 1);
		assert_true(fixture_status(f)->keys[second].certified);
		fixture_restart(f);
		assert_string_equal(fixture_warnings, "");
	}
}

static void install_idevid_leaf_before_issuers_of_iak(void **state)
{
	install_second_leaf_before(*state, KEY_IAK, KEY_IDEVID);
}

static void install_iak_leaf_before_issuers_of_idevid(void **state)
{
	install_second_leaf_before(*state, KEY_IDEVID, KEY_IAK);
}

/* Nothing is given up for what does not fit even then. */
static void install_too_large_leaf_leaves_issuers(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;

	fixture_create(f, KEY_ALG_P256);
	fill(f, ROOM_ONE_KEY);
	assert_rc(install(f, KEY_IAK, 0, NULL), DEVID_OK);
	assert_rc(install(f, KEY_IDEVID, 1000, &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "no room in NV for ");
	assert_cause(&err, " bytes at 0x01c90200");
	assert_cause(&err, "certificate_in_nv");
	for (int start = 0; start < 2; start++) {
		has(f, KEY_IAK, 2);
		assert_string_equal(fixture_warnings, "");
		assert_false(fixture_idevid(f).certified);
		has_no_certificate(f, KEY_IDEVID);
		fixture_restart(f);
	}
	leave(f, ROOM_ONE_KEY + ROOM_LEAF);
	assert_rc(install(f, KEY_IDEVID, 1000, NULL), DEVID_OK);
}

static void expect_no_room(enum devid_err rc, const struct devid_error *err)
{
	assert_rc(rc, DEVID_ERR_TOO_LARGE);
	assert_cause(err, "no room in NV for 1536 bytes at 0x01c90");
	assert_cause(err, "certificate_in_nv");
}

/* covers: OWN-tpm-no-nv */
static void create_without_room_makes_no_keys(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;
	struct key_blob spki;

	fill(f, ROOM_LEAF);
	expect_no_room(
		module_create(f->m, "idevid", KEY_ALG_P256, false, &err), &err);
	for (int id = 0; id < N_MAKER_ROLES; id++) {
		has_no_certificate(f, (enum key_id)id);
		assert_rc(f->ks->ops->load(f->ks, (enum key_id)id, &spki, NULL),
			DEVID_ERR_NOT_FOUND);
	}
	fixture_stop(f);
	f->in_nv = false; /* the way on that the message names */
	fixture_start(f, false);
	leave(f, 2 * ROOM_LEAVES); /* keys take some as well */
	fixture_create(f, KEY_ALG_P256);
}

static bool is_there(struct fixture *f, const char *name)
{
	struct wire_status *st = fixture_status(f);

	for (size_t i = 0; i < st->n_keys; i++) {
		if (strcmp(st->keys[i].name, name) == 0)
			return true;
	}
	return false;
}

static void still_in_use(struct fixture *f)
{
	fixture_restart(f);
	assert_string_equal(fixture_warnings, "");
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_int_equal(fixture_idevid(f).n_stored, 2);
}

/* A device in use, whose NV others have filled: a start is quiet, what is there
 * goes on, and a further pair is told that it has no room, and where.
 * covers: OWN-tpm-no-nv */
static void create_further_pair_without_room_told_and_idevid_signs(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fill(f, 0);
	still_in_use(f);
	expect_no_room(
		module_create(f->m, "idevid-1", KEY_ALG_P384, false, &err),
		&err);
	assert_cause(&err, " at 0x01c90210 ");
	assert_false(is_there(f, "idevid-1") || is_there(f, "iak-1"));
	still_in_use(f);
	leave(f, 2 * ROOM_LEAVES);
	assert_rc(module_create(f->m, "idevid-1", KEY_ALG_P384, false, NULL),
		DEVID_OK);
	certs_done(&leaf);
}

/* A TPM keeps some room for counters, so that the fault is made.
 * covers: OWN-tpm-no-nv */
static void first_owners_key_without_room_for_its_counter_told(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	swtpm_set_fault(&f->tpm, "0000012a rc 0000014b"); /* DefineSpace */
	fixture_start(f, true);
	assert_rc(module_create(f->m, "tls-0", KEY_ALG_P256, false, &err),
		DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "counter of erasures: no room in its NV memory");
	assert_false(is_there(f, "tls-0"));
	still_in_use(f);
	assert_rc(module_create(f->m, "tls-0", KEY_ALG_P256, false, NULL),
		DEVID_OK);
	certs_done(&leaf);
}

/* It became full between the first step and the second. */
static void attest_without_room_for_both_leaves_too_large(void **state)
{
	static struct wire_attest said;
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_free(&f->tpm);
	swtpm_new_manufactured(&f->tpm);
	fixture_start(f, false);
	fixture_create(f, KEY_ALG_P256);
	fill(f, ROOM_LEAF);
	expect_no_room(
		module_attest(f->m, "idevid", own_ek, &said, &err), &err);
	has_no_certificate(f, KEY_IDEVID);
	has_no_certificate(f, KEY_IAK);
	leave(f, ROOM_LEAVES);
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL), DEVID_OK);
	has_no_certificate(f, KEY_IDEVID);
	has_no_certificate(f, KEY_IAK);
}

/* Intermediates are no reason against, and stay where they are. */
static void attest_beside_issuers_counts_their_room(void **state)
{
	static struct wire_attest said;
	struct fixture *f = *state;
	struct certs_spec spec = certs_ca_spec("Test CA");
	static char hex[2 * 1400 + 1];

	memset(hex, '0', sizeof(hex) - 1);
	certs_set_ext(&spec, "2a0304", "", hex);
	certs_done(&f->ca);
	f->ca = certs_sign(&spec, certs_key("P-256"), NULL);
	fixture_stop(f);
	swtpm_free(&f->tpm);
	swtpm_new_manufactured(&f->tpm);
	fixture_start(f, false);
	fixture_create(f, KEY_ALG_P256);
	fill(f, 1 + ROOM_LEAF + 1);
	assert_rc(install(f, KEY_IAK, 0, NULL), DEVID_OK);
	has(f, KEY_IAK, 2);
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL), DEVID_OK);
	fixture_restart(f);
	has(f, KEY_IAK, 2);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(install_idevid_leaf_before_issuers_of_iak),
		CASE(install_iak_leaf_before_issuers_of_idevid),
		CASE(install_too_large_leaf_leaves_issuers),
		CASE(create_without_room_makes_no_keys),
		CASE(create_further_pair_without_room_told_and_idevid_signs),
		CASE(first_owners_key_without_room_for_its_counter_told),
		CASE(attest_without_room_for_both_leaves_too_large),
		CASE(attest_beside_issuers_counts_their_room),
	};

	return cmocka_run_group_tests_name("module-room", tests, NULL, NULL);
}
