/* SPDX-License-Identifier: Apache-2.0 */
/* Why a key cannot be used, or what is not right with one that can: causes
 * with opposite remedies are told apart. */
#include "cmocka-all.h"

#include "module-fixture.h"
#include "module-state.h"
#include "tpm-template.h"

static struct certs_node leaf; /* owned */

static int setup(void **state)
{
	struct fixture *f;

	assert_int_equal(fixture_setup(state), 0);
	f = *state;
	leaf = fixture_provision(f, KEY_ALG_P256);
	return 0;
}

static int teardown(void **state)
{
	certs_done(&leaf);
	return fixture_teardown(state);
}

/* Present or not, and why; "" is nothing. */
static void assert_why(struct fixture *f, bool present, const char *why)
{
	struct wire_key key = fixture_idevid(f);

	if (key.present != present || (*why == '\0') != (*key.why == '\0') ||
		!strstr(key.why, why))
		fail_msg("present %d, why: %s\n%s", key.present, key.why,
			fixture_warnings);
}

static void all_well_says_nothing(void **state)
{
	struct fixture *f = *state;

	assert_why(f, true, "");
	fixture_restart(f);
	assert_why(f, true, "");
	assert_string_equal(fixture_warnings, "");
}

/* When it has come, the cause of before is over, whoever asks. */
static void tpm_not_there_yet_told_and_over(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	assert_why(f, false, "absent");
	swtpm_start(&f->tpm);
	f->m->health_at = (struct timespec) { 0, 0 }; /* a second later */
	assert_why(f, true, "");
}

/* The same without anybody's having asked meanwhile. */
static void tpm_that_came_before_the_first_question(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	swtpm_start(&f->tpm);
	assert_why(f, true, "");
}

static void owner_password_key_serves_and_says_so(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
	swtpm_close_owner(&f->tpm);
	fixture_start(f, false);
	assert_why(f, true,
		"derived at each start: tpm: make key persistent: the owner "
		"hierarchy has an authorization value");
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	/* And again when the TPM has forgotten it. */
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_why(f, true, "the owner hierarchy has");
}

static void endorsement_password_told(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	fixture_stop(f);
	swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
	swtpm_close_endorsement(&f->tpm);
	fixture_start(f, false);
	assert_why(f, false,
		"the endorsement hierarchy has an authorization value");
	assert_rc(fixture_sign(f, KEY_ALG_P256, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "the endorsement hierarchy has");
}

static void board_exchanged_told(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_free(&f->tpm);
	swtpm_new(&f->tpm);
	fixture_start(f, false);
	assert_why(f, false, "the TPM or the board was exchanged");
}

/* Full and read-only look alike from here: nothing can be written. A folder
 * that is away refuses root too. */
static void state_folder_that_takes_nothing_key_serves(void **state)
{
	struct fixture *f = *state;
	struct tempdir whole = f->state;

	fixture_stop(f);
	f->state.path[strlen(f->state.path) - 1] ^= 1; /* another name */
	fixture_start(f, false);
	assert_why(f, true, "its copy on the disk cannot be written");
	assert_non_null(strstr(
		fixture_warnings, "idevid: its reference cannot be written"));
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	f->state = whole;
	fixture_restart(f);
	assert_why(f, true, "");
}

/* A certificate's place that others keep from us: the mirror has it. */
static void certificate_that_cannot_be_read_mirror_serves(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_set_fault(&f->tpm, "0000014e rc 00000149"); /* NV_Read */
	fixture_start(f, true);
	assert_why(f, true,
		"certificate in the keystore: tpm: read NV: whoever made this "
		"NV index");
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_well_says_nothing),
		CASE(tpm_not_there_yet_told_and_over),
		CASE(tpm_that_came_before_the_first_question),
		CASE(owner_password_key_serves_and_says_so),
		CASE(endorsement_password_told),
		CASE(board_exchanged_told),
		CASE(state_folder_that_takes_nothing_key_serves),
		CASE(certificate_that_cannot_be_read_mirror_serves),
	};

	return cmocka_run_group_tests_name("module-why", tests, NULL, NULL);
}
