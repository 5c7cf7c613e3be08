/* SPDX-License-Identifier: Apache-2.0 */
/* The table of roles, and where their keys are in a TPM. */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "keyref.h"
#include "role.h"
#include "tpm-places.h"

/* covers: OWN-role-table */
static void every_key_has_a_name_of_its_own(void **state)
{
	enum key_id found;

	(void)state;
	for (int i = 0; i < N_KEYS; i++) {
		const char *name = key_id_name((enum key_id)i);

		assert_true(keyref_name_ok(name, strlen(name)));
		assert_true(key_id_by_name(name, &found));
		assert_int_equal(found, i);
	}
}

/* covers: OWN-role-table */
static void rows_and_keys_agree(void **state)
{
	unsigned sum = 0;
	enum key_id id;

	(void)state;
	for (int r = 0; r < N_KEY_ROLES; r++) {
		const struct role *row = role_row((enum key_role)r);

		for (unsigned n = 0; n < row->n; n++) {
			assert_true(key_id_of((enum key_role)r, n, &id));
			assert_int_equal(key_id_role(id), r);
			assert_int_equal(key_id_number(id), n);
			assert_ptr_equal(key_id_row(id), row);
		}
		assert_false(key_id_of((enum key_role)r, row->n, &id));
		sum += row->n;
	}
	assert_int_equal(sum, N_KEYS);
}

/* A mark says what is not so at first. */
static void mark_is_of_how_the_role_begins(void **state)
{
	enum key_id id;

	(void)state;
	assert_true(key_id_by_name("ldevid-3", &id));
	assert_string_equal(key_id_mark(id, false), ".enabled");
	assert_string_equal(key_id_mark(id, true), ".cert-enabled");
	assert_false(key_id_is_enabled(id, false));
	assert_true(key_id_is_enabled(id, true));
	assert_true(key_id_by_name("tls-0", &id));
	assert_string_equal(key_id_mark(id, false), ".disabled");
	assert_string_equal(key_id_mark(id, true), ".cert-disabled");
	assert_true(key_id_is_enabled(id, false));
	assert_false(key_id_is_enabled(id, true));
}

/* covers: OWN-role-table */
static void role_alone_is_its_first(void **state)
{
	static const struct {
		const char *name;
		enum key_role role;
		unsigned number;
	} cases[] = {
		{ "idevid", KEY_ROLE_IDEVID, 0 },
		{ "idevid-0", KEY_ROLE_IDEVID, 0 },
		{ "iak-0", KEY_ROLE_IAK, 0 },
		{ "ldevid", KEY_ROLE_LDEVID, 0 },
		{ "tls", KEY_ROLE_TLS, 0 },
		{ "tls-7", KEY_ROLE_TLS, 7 },
	};
	static const char *const none[] = { "", "idevid-", "idevid-4",
		"idevid-00", "tls-8", "tls-08", "tls--1", "TLS-0", "tls-0 ",
		"unknown" };
	enum key_id id;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_true(key_id_by_name(cases[i].name, &id));
		assert_int_equal(key_id_role(id), cases[i].role);
		assert_int_equal(key_id_number(id), cases[i].number);
	}
	for (size_t i = 0; i < N_OF(none); i++)
		assert_false(key_id_by_name(none[i], &id));
}

static void pairs_are_the_makers(void **state)
{
	struct key_pair pair;
	int n = 0;

	(void)state;
	for (int i = 0; i < N_KEYS; i++) {
		enum key_id id = (enum key_id)i;
		bool maker = key_id_row(id)->home == ROLE_HOME_MAKER;

		assert_int_equal(key_id_pair(id, &pair), maker);
		assert_int_equal(maker, i < N_MAKER_KEYS);
		if (!maker)
			continue;
		assert_true(id == pair.idevid || id == pair.iak);
		assert_int_equal(key_id_role(pair.idevid), KEY_ROLE_IDEVID);
		assert_int_equal(key_id_role(pair.iak), KEY_ROLE_IAK);
		assert_int_equal(key_id_number(pair.idevid), key_id_number(id));
		assert_int_equal(key_id_number(pair.iak), key_id_number(id));
		n++;
	}
	assert_int_equal(n, N_MAKER_KEYS);
	assert_int_equal(key_id_role(KEY_IDEVID), KEY_ROLE_IDEVID);
	assert_int_equal(key_id_role(KEY_IAK), KEY_ROLE_IAK);
}

/* What the standard says of IDevIDs is in the table itself.
 * covers: OWN-role-import */
static void makers_keys_are_neither_brought_nor_taken(void **state)
{
	(void)state;
	for (int r = 0; r < N_KEY_ROLES; r++) {
		const struct role *row = role_row((enum key_role)r);
		bool maker = row->home == ROLE_HOME_MAKER;

		assert_int_equal(row->imports, !maker);
		assert_int_equal(row->deletes, !maker);
		if (maker)
			assert_int_equal(row->manager, ROLE_MANAGER_MAKER);
	}
	assert_false(role_row(KEY_ROLE_LDEVID)->enabled);
	assert_int_equal(role_row(KEY_ROLE_IAK)->purposes, 0);
}

/* ---- places ---- */

/* covers: TCG-handles TCG-handles-more OWN-places */
static void default_places_stay_clear_of_others(void **state)
{
	struct tpm_places at;
	const char *what;

	(void)state;
	tpm_places_default(&at);
	assert_true(tpm_places_ok(&at, &what));
	assert_int_equal(at.handle[KEY_IDEVID], 0x81020000);
	assert_int_equal(at.handle[KEY_IAK], 0x81020001);
	for (int i = 0; i < N_KEYS; i++) {
		/* FIDO Device Onboard */
		assert_int_not_equal(at.handle[i], 0x81020002);
		assert_int_not_equal(at.handle[i], 0x81020003);
		/* EK and SRK */
		assert_int_not_equal(at.handle[i] >> 16, 0x8101);
		assert_int_not_equal(at.handle[i] >> 16, 0x8100);
		assert_int_equal(at.nv[i] != 0, i < N_MAKER_KEYS);
	}
}

/* covers: OWN-places */
static void places_that_cannot_be_told(void **state)
{
	const char *what;
	struct tpm_places at;

	(void)state;
	tpm_places_default(&at);
	at.handle[KEY_IDEVID] = 0x80000001;
	assert_false(tpm_places_ok(&at, &what));
	assert_string_equal(what, "idevid");
	tpm_places_default(&at);
	at.nv[KEY_IAK] = 0x81c90100;
	assert_false(tpm_places_ok(&at, &what));
	assert_string_equal(what, "iak");
	tpm_places_default(&at);
	at.parent = 0x01000000;
	assert_false(tpm_places_ok(&at, &what));
	tpm_places_default(&at);
	at.epoch = 0x81000000;
	assert_false(tpm_places_ok(&at, &what));
	tpm_places_default(&at);
	at.parent = at.handle[N_KEYS - 1];
	assert_false(tpm_places_ok(&at, &what));
	assert_string_equal(what, "two of them at one place");
	tpm_places_default(&at);
	at.nv[KEY_IAK] = at.nv[KEY_IDEVID] + 1; /* where its chain is */
	assert_false(tpm_places_ok(&at, &what));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_a_name_of_its_own),
		cmocka_unit_test(rows_and_keys_agree),
		cmocka_unit_test(mark_is_of_how_the_role_begins),
		cmocka_unit_test(role_alone_is_its_first),
		cmocka_unit_test(pairs_are_the_makers),
		cmocka_unit_test(makers_keys_are_neither_brought_nor_taken),
		cmocka_unit_test(default_places_stay_clear_of_others),
		cmocka_unit_test(places_that_cannot_be_told),
	};

	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
