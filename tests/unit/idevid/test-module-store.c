/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and what others have in their place: what the last step of a
 * provisioning would be refused is known at the first. */
#include "cmocka-all.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module-attest.h"
#include "module-fixture.h"

#define IDEVID_INDEX 0x01c90200u
#define IAK_INDEX    0x01c90100u

/* In place of an EK certificate: that of NV. */
static const struct view own_ek = { NULL, 0 };

static const char note[] = "a note of the board's maker";
/* DER and no certificate. */
static const uint8_t der[] = { 0x30, 3, 2, 1, 5 };

struct foreign {
	const void *data;
	size_t len;
};

/* Puts it at @index, restarts, and closes the platform hierarchy or not. */
static void put_foreign(struct fixture *f, TPM2_HANDLE index,
	const struct foreign *what, bool close)
{
	fixture_stop(f);
	swtpm_nv_write(&f->tpm, index, what->data, what->len);
	if (close)
		swtpm_close_platform(&f->tpm);
	fixture_start(f, false);
}

static void foreign_stays(
	struct fixture *f, TPM2_HANDLE index, const struct foreign *what)
{
	fixture_stop(f);
	swtpm_nv_equals(&f->tpm, index, what->data, what->len);
	fixture_start(f, false);
}

static void expect_refusal(
	enum devid_err rc, const struct devid_error *err, TPM2_HANDLE index)
{
	assert_rc(rc, DEVID_ERR_EXISTS);
	assert_cause(err, index == IAK_INDEX ? "NV index 0x01c90100 holds"
					     : "NV index 0x01c90200 holds");
	assert_cause(err, "that devid did not write");
}

static const TPM2_HANDLE indices[] = { IDEVID_INDEX, IAK_INDEX };

static void no_key_is_there(struct fixture *f)
{
	struct key_blob spki;

	assert_false(fixture_file_exists(f, "idevid.key"));
	for (int id = 0; id < N_MAKER_ROLES; id++)
		assert_rc(f->ks->ops->load(f->ks, (enum key_id)id, &spki, NULL),
			DEVID_ERR_NOT_FOUND);
}

/* The index, and what the module made of it; opens the platform hierarchy. */
static void take_away(struct fixture *f, TPM2_HANDLE index)
{
	fixture_stop(f);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	swtpm_nv_remove(&f->tpm, index);
	(void)unlink(tempdir_file(&f->state, "idevid.pem"));
	(void)unlink(tempdir_file(&f->state, "iak.pem"));
	fixture_start(f, false);
}

/* Whether the platform hierarchy is open or not, and whatever it is. */
static void create_over_foreign_data_exists_without_keys(void **state)
{
	struct fixture *f = *state;
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node other = certs_sign(&spec, certs_key("P-256"), &f->ca);
	const struct foreign a_note = { note, sizeof(note) };
	const struct foreign a_der = { der, sizeof(der) };
	const struct foreign a_cert = { other.der.data, other.der.len };
	const struct {
		TPM2_HANDLE index;
		struct foreign what;
		bool close;
	} cases[] = {
		{ IDEVID_INDEX, a_note, false },
		{ IDEVID_INDEX, a_note, true },
		{ IDEVID_INDEX, a_der, false },
		{ IDEVID_INDEX, a_der, true },
		{ IDEVID_INDEX, a_cert, false },
		{ IDEVID_INDEX, a_cert, true },
		{ IAK_INDEX, a_note, false },
		{ IAK_INDEX, a_der, false },
		{ IAK_INDEX, a_cert, false },
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		const struct foreign *what = &cases[i].what;
		struct devid_error err = { DEVID_OK, "" };

		put_foreign(f, cases[i].index, what, cases[i].close);
		expect_refusal(module_create(f->m, "idevid", KEY_ALG_P256,
				       false, &err),
			&err, cases[i].index);
		no_key_is_there(f);
		if (what->len < 512) /* what the helper reads */
			foreign_stays(f, cases[i].index, what);
		take_away(f, cases[i].index);
	}
	fixture_create(f, KEY_ALG_P256);
	certs_done(&other);
}

/* It came between the first step and the second. */
static void attest_over_foreign_data_exists(void **state)
{
	static struct wire_attest said;
	struct fixture *f = *state;
	const struct foreign what = { der, sizeof(der) };

	fixture_create(f, KEY_ALG_P256);
	for (size_t i = 0; i < N_OF(indices); i++) {
		struct devid_error err = { DEVID_OK, "" };

		put_foreign(f, indices[i], &what, false);
		expect_refusal(
			module_attest(f->m, "idevid", own_ek, &said, &err),
			&err, indices[i]);
		fixture_stop(f);
		swtpm_nv_remove(&f->tpm, indices[i]);
		fixture_start(f, false);
	}
}

/* It came before the last: what is not stored is not in use either. */
static void install_over_foreign_data_changes_nothing(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	const struct foreign what = { der, sizeof(der) };
	struct fixture *f = *state;
	struct certs_node leaf;
	const uint8_t *chain;
	struct wire_key key;
	size_t len = 0;

	fixture_create(f, KEY_ALG_P256);
	key = fixture_idevid(f);
	leaf = fixture_certify(f, &key.spki, 0);
	put_foreign(f, IDEVID_INDEX, &what, false);
	expect_refusal(module_install(f->m, "idevid",
			       (struct view) { leaf.der.data, leaf.der.len },
			       false, &err),
		&err, IDEVID_INDEX);
	for (int start = 0; start < 2; start++) {
		assert_false(fixture_file_exists(f, "idevid.pem"));
		assert_false(fixture_idevid(f).certified);
		assert_rc(fixture_chain(f, "idevid", &chain, &len),
			DEVID_ERR_CERT_NOT_FOUND);
		foreign_stays(f, IDEVID_INDEX, &what);
	}
	fixture_stop(f);
	f->in_nv = false; /* the way on that the message names */
	fixture_start(f, false);
	assert_rc(fixture_install(f, &leaf, true), DEVID_OK);
	assert_true(fixture_idevid(f).certified);
	foreign_stays(f, IDEVID_INDEX, &what);
	certs_done(&leaf);
}

static enum devid_err install(
	struct fixture *f, const char *name, const struct certs_node *leaf)
{
	return module_install(f->m, name,
		(struct view) { leaf->der.data, leaf->der.len }, false, NULL);
}

/* A device that is done may be provisioned again in the field. */
static void done_device_may_create_and_attest_again(void **state)
{
	static struct wire_attest said;
	struct fixture *f = *state;
	struct certs_node leaf[N_MAKER_ROLES];

	fixture_stop(f);
	swtpm_free(&f->tpm);
	swtpm_new_manufactured(&f->tpm);
	fixture_start(f, false);
	fixture_create(f, KEY_ALG_P256);
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		struct wire_key key = fixture_status(f)->keys[i];

		leaf[i] = fixture_certify(f, &key.spki, 0);
		assert_rc(install(f, key.name, &leaf[i]), DEVID_OK);
	}
	for (int open = 1; open >= 0; open--) {
		assert_rc(module_create(
				  f->m, "idevid", KEY_ALG_P256, false, NULL),
			DEVID_OK);
		assert_rc(module_attest(f->m, "idevid", own_ek, &said, NULL),
			DEVID_OK);
		fixture_stop(f);
		if (open)
			swtpm_close_platform(&f->tpm);
		fixture_start(f, false);
	}
	for (int i = 0; i < N_MAKER_ROLES; i++)
		certs_done(&leaf[i]);
}

/* The key's own, but not locked yet: what is left to do needs the platform. */
static void attest_with_unlocked_certificate_needs_the_platform(void **state)
{
	static struct wire_attest said;
	struct devid_error err = { DEVID_OK, "" };
	struct fixture *f = *state;
	struct certs_node leaf[N_MAKER_ROLES];

	fixture_create(f, KEY_ALG_P256);
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		struct wire_key key = fixture_status(f)->keys[i];

		leaf[i] = fixture_certify(f, &key.spki, 0);
	}
	assert_rc(install(f, "iak", &leaf[KEY_IAK]), DEVID_OK);
	fixture_stop(f);
	swtpm_nv_write(&f->tpm, IDEVID_INDEX, leaf[KEY_IDEVID].der.data,
		leaf[KEY_IDEVID].der.len);
	swtpm_close_platform(&f->tpm);
	fixture_start(f, false);
	assert_rc(module_attest(f->m, "idevid", own_ek, &said, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "platform hierarchy is closed");
	for (int i = 0; i < N_MAKER_ROLES; i++)
		certs_done(&leaf[i]);
}

/* The mirror cannot be written: the keystore has it, and again heals it. */
static void install_without_mirror_healed_by_repeating(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf;
	struct wire_key key;
	struct key_blob got;
	char path[PATH_MAX];

	fixture_create(f, KEY_ALG_P256);
	key = fixture_idevid(f);
	leaf = fixture_certify(f, &key.spki, 0);
	(void)snprintf(path, sizeof(path), "%s",
		tempdir_file(&f->state, "idevid.pem"));
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_not_equal(fixture_install(f, &leaf, true), DEVID_OK);
	assert_rc(
		f->ks->ops->cert_read(f->ks, KEY_IDEVID, &got, NULL), DEVID_OK);
	assert_int_equal(rmdir(path), 0);
	assert_rc(fixture_install(f, &leaf, true), DEVID_OK);
	fixture_restart(f);
	assert_string_equal(fixture_warnings, "");
	assert_int_equal(fixture_idevid(f).n_certs, 2);
	certs_done(&leaf);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(create_over_foreign_data_exists_without_keys),
		CASE(attest_over_foreign_data_exists),
		CASE(install_over_foreign_data_changes_nothing),
		CASE(done_device_may_create_and_attest_again),
		CASE(attest_with_unlocked_certificate_needs_the_platform),
		CASE(install_without_mirror_healed_by_repeating),
	};

	return cmocka_run_group_tests_name("module-store", tests, NULL, NULL);
}
