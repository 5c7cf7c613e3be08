/* SPDX-License-Identifier: Apache-2.0 */
/* Where the owner's keys were erased, and what a count of resets says then, in
 * the DevID module on a real TPM. */
#include "cmocka-all.h"

#include <string.h>

#include "module-fixture.h"

static void erase(struct fixture *f)
{
	struct devid_error err = { DEVID_OK, "" };

	if (module_create(f->m, "tls-0", KEY_ALG_P256, false, &err) != DEVID_OK)
		fail_msg("create: %s", err.text);
	if (module_erase(f->m, &err) != DEVID_OK)
		fail_msg("erase: %s", err.text);
}

/* What the status says, now and after a restart. */
static void assert_erased_in(struct fixture *f, enum wire_erased_in where)
{
	for (int start = 0; start < 2; start++) {
		assert_int_equal(fixture_status(f)->erasure.erased, 1);
		assert_int_equal(fixture_status(f)->erasure.where, where);
		fixture_restart(f);
		assert_string_equal(fixture_warnings, "");
	}
}

/* covers: OWN-erase-proof */
static void same_tpm_is_known_again(void **state)
{
	struct fixture *f = *state;

	erase(f);
	assert_erased_in(f, WIRE_ERASED_HERE);
	fixture_stop(f);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	fixture_start(f, false);
	assert_erased_in(f, WIRE_ERASED_HERE);
	/* Keys of a later epoch change nothing of it. */
	assert_rc(module_create(f->m, "tls-0", KEY_ALG_P256, false, NULL),
		DEVID_OK);
	assert_erased_in(f, WIRE_ERASED_HERE);
}

/* covers: OWN-erase-proof */
static void tpm_cleared_since_is_told(void **state)
{
	struct fixture *f = *state;

	erase(f);
	fixture_stop(f);
	swtpm_clear(&f->tpm);
	fixture_start(f, false);
	assert_erased_in(f, WIRE_ERASED_CLEARED);
}

/* Between two connections of a module that runs on. */
static void tpm_cleared_meanwhile_is_told_when_looked_for_afresh(void **state)
{
	struct fixture *f = *state;

	erase(f);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	swtpm_clear(&f->tpm);
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	assert_int_equal(fixture_status(f)->erasure.where, WIRE_ERASED_CLEARED);
}

static void exchange_tpm(struct fixture *f)
{
	fixture_stop(f);
	swtpm_free(&f->tpm);
	swtpm_new(&f->tpm);
}

/* Though it was reset more often.
 * covers: OWN-erase-proof */
static void another_tpm_is_told(void **state)
{
	struct fixture *f = *state;
	const struct wire_erasure *erasure;

	erase(f);
	exchange_tpm(f);
	for (int i = 0; i < 4; i++) {
		swtpm_stop(&f->tpm);
		swtpm_start(&f->tpm);
	}
	fixture_start(f, false);
	erasure = &fixture_status(f)->erasure;
	assert_true(erasure->resets > erasure->erased_at);
	assert_erased_in(f, WIRE_ERASED_ELSEWHERE);
}

static void endorsement_closed_clear_and_exchange_told_as_one(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_close_endorsement(&f->tpm);
	fixture_start(f, false);
	erase(f);
	assert_erased_in(f, WIRE_ERASED_HERE);
	fixture_stop(f);
	swtpm_clear(&f->tpm);
	fixture_start(f, false);
	assert_erased_in(f, WIRE_ERASED_NOT_HERE);
	exchange_tpm(f);
	fixture_start(f, false);
	assert_erased_in(f, WIRE_ERASED_NOT_HERE);
}

static void owner_closed_since_is_not_known(void **state)
{
	struct fixture *f = *state;

	erase(f);
	fixture_stop(f);
	swtpm_close_owner(&f->tpm);
	fixture_start(f, false);
	assert_erased_in(f, WIRE_ERASED_UNKNOWN);
	exchange_tpm(f);
	swtpm_close_owner(&f->tpm);
	fixture_start(f, false);
	assert_erased_in(f, WIRE_ERASED_ELSEWHERE);
}

static void absent_tpm_is_asked_when_it_comes(void **state)
{
	struct fixture *f = *state;

	erase(f);
	fixture_stop(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	assert_int_equal(fixture_status(f)->erasure.erased, 1);
	assert_int_equal(fixture_status(f)->erasure.where, WIRE_ERASED_UNKNOWN);
	swtpm_start(&f->tpm);
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	assert_int_equal(fixture_status(f)->erasure.where, WIRE_ERASED_HERE);
}

#define SEED "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void file_not_understood(struct fixture *f, const char *text, size_t len)
{
	fixture_stop(f);
	tempdir_write(&f->state, "erased", text, len, 0644);
	fixture_start(f, false);
	if (!strstr(fixture_warnings, "does not say when and where"))
		fail_msg("%s: taken", text);
	assert_int_equal(fixture_status(f)->erasure.erased, 0);
}

/* covers: OWN-state-corrupted */
static void file_not_understood_told_and_counts_as_none(void **state)
{
	static const char *const bad[] = { "", "resets 7\n",
		"resets 7\nowner -\n", "resets 7\nowner -\nmodule -\nmore\n",
		"resets 7\nowner -\nmodule -", "resets x\nowner -\nmodule -\n",
		"resets -7\nowner -\nmodule -\n",
		"resets 7 \nowner -\nmodule -\n",
		"resets 4294967296\nowner -\nmodule -\n",
		"resets 7\nowner " SEED "0\nmodule -\n",
		"resets 7\nowner " SEED "\nmodule x\n",
		"resets 7\nmodule -\nowner -\n" };
	static const char cut[] = "resets 7\nowner -\nmodule -\n\0more";
	static const char good[] = "resets 7\nowner " SEED "\nmodule -\n";
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(bad); i++)
		file_not_understood(f, bad[i], strlen(bad[i]));
	file_not_understood(f, cut, sizeof(cut));
	fixture_stop(f);
	tempdir_write(&f->state, "erased", good, strlen(good), 0644);
	fixture_start(f, false);
	assert_erased_in(f, WIRE_ERASED_NOT_HERE);
	assert_int_equal(fixture_status(f)->erasure.erased_at, 7);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(same_tpm_is_known_again),
		CASE(tpm_cleared_since_is_told),
		CASE(tpm_cleared_meanwhile_is_told_when_looked_for_afresh),
		CASE(another_tpm_is_told),
		CASE(endorsement_closed_clear_and_exchange_told_as_one),
		CASE(owner_closed_since_is_not_known),
		CASE(absent_tpm_is_asked_when_it_comes),
		CASE(file_not_understood_told_and_counts_as_none),
	};

	return cmocka_run_group_tests_name("module-erased", tests, NULL, NULL);
}
