/* SPDX-License-Identifier: Apache-2.0 */
/* The DevID module of 802.1AR and a TPM that changes, goes, fails or signs. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "files.h"
#include "module-fixture.h"
#include "tpm-template.h"

static void handle_evicted_derived_again_with_equal_key(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	struct wire_key before = fixture_idevid(f), after;

	fixture_stop(f);
	swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings, "derived again"));
	after = fixture_idevid(f);
	assert_true(after.present);
	assert_memory_equal(after.spki.data, before.spki.data, before.spki.len);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* The same while the service runs: the TPM restarts without the handle. */
static void handle_evicted_while_running_derived_at_next_use(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_non_null(strstr(fixture_warnings, "derived again"));
	certs_done(&leaf);
}

/* The state folder of one device on the TPM of another. */
static void other_tpm_mismatch_and_never_used(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	struct devid_error err = { DEVID_OK, "" };
	struct wire_key before = fixture_idevid(f), after;
	uint8_t *ref1, *ref2;
	size_t len1, len2, signs;
	const char *path = tempdir_file(&f->state, "idevid.key");
	char copy[256];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	assert_rc(files_read(copy, 4096, &ref1, &len1, NULL), DEVID_OK);
	for (int with_keys = 0; with_keys < 2; with_keys++) {
		fixture_stop(f);
		swtpm_free(&f->tpm);
		swtpm_new(&f->tpm);
		if (with_keys) { /* that has an IDevID of its own */
			struct tempdir mine = f->state;

			f->state = tempdir_new();
			fixture_start(f, false);
			fixture_create(f, KEY_ALG_P256);
			fixture_stop(f);
			tempdir_remove(&f->state);
			f->state = mine;
		}
		signs = swtpm_count(&f->tpm, CC_SIGN);
		fixture_start(f, false);
		assert_non_null(strstr(fixture_warnings, "not usable"));
		devid_error_clear(&err);
		assert_rc(fixture_sign(f, KEY_ALG_P256, &err),
			DEVID_ERR_MISMATCH);
		assert_int_equal(swtpm_count(&f->tpm, CC_SIGN), signs);
		after = fixture_idevid(f);
		assert_false(after.present);
		assert_memory_equal(
			after.spki.data, before.spki.data, before.spki.len);
		assert_rc(module_create(f->m, KEY_ALG_P256, NULL),
			DEVID_ERR_MISMATCH);
		assert_rc(files_read(copy, 4096, &ref2, &len2, NULL), DEVID_OK);
		assert_int_equal(len1, len2);
		assert_memory_equal(ref1, ref2, len1);
		free(ref2);
	}
	free(ref1);
	certs_done(&leaf);
}

static void tpm_gone_absent_and_back_without_restart(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	swtpm_stop(&f->tpm);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_TPM_ABSENT);
	swtpm_start(&f->tpm);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* Started before its TPM: the key is found when the TPM comes. */
static void tpm_late_found_at_first_use(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_TPM_ABSENT);
	swtpm_start(&f->tpm);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

static void tpm_in_lockout_told(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	swtpm_lock_out(&f->tpm);
	fixture_start(f, false);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_TPM_LOCKOUT);
	assert_int_equal(fixture_status(f)->module, DEVID_ERR_TPM_LOCKOUT);
	certs_done(&leaf);
}

static void tpm_in_failure_mode_told(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	fixture_start(f, true);
	swtpm_set_fault(&f->tpm, "* rc 00000101");
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_TPM_FAILURE);
	assert_int_equal(fixture_status(f)->module, DEVID_ERR_TPM_FAILURE);
	swtpm_set_fault(&f->tpm, NULL);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* Each bit of a faulty signature may give away the key. */
static void wrong_signature_never_given_out(void **state)
{
	static const char *const faults[] = { "0000015d flip 22",
		"0000015d flip 60", "0000015d flip 15", "0000015d cut 40" };
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	fixture_start(f, true);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	for (size_t i = 0; i < N_OF(faults); i++) {
		swtpm_set_fault(&f->tpm, faults[i]);
		assert_int_not_equal(
			fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	}
	swtpm_set_fault(&f->tpm, faults[0]);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_CRYPTO);
	swtpm_set_fault(&f->tpm, NULL);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* A TPM whose PSS signatures TLS 1.3 would not take. */
static void rsa_probe_failed_says_no_tls13(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_RSA2048);

	assert_true(fixture_idevid(f).tls13);
	fixture_stop(f);
	swtpm_set_fault(&f->tpm, "0000015d flip 100");
	fixture_start(f, true);
	assert_non_null(strstr(fixture_warnings, "not usable with TLS 1.3"));
	assert_false(fixture_idevid(f).tls13);
	swtpm_set_fault(&f->tpm, NULL);
	certs_done(&leaf);
}

/* A TPM that lists the key and does not find it when it is to sign. */
static void key_gone_for_ever_ends_in_an_error(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	fixture_start(f, true);
	swtpm_set_fault(&f->tpm, "0000015d rc 0000018b");
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_ERR_NOT_FOUND);
	swtpm_set_fault(&f->tpm, NULL);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

static void sign_costs_one_tpm2_sign_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	fixture_start(f, false); /* the first signature after a reset as well */
	for (int i = 0; i < 5; i++) {
		size_t all = swtpm_count(&f->tpm, 0);
		size_t signs = swtpm_count(&f->tpm, CC_SIGN);

		assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
		assert_int_equal(swtpm_count(&f->tpm, CC_SIGN), signs + 1);
		assert_int_equal(swtpm_count(&f->tpm, 0), all + 1);
	}
	certs_done(&leaf);
}

static void sign_refused_costs_no_command(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	struct module_sign what = fixture_tls13_request(KEY_ALG_P256);
	struct purpose_verdict verdict;
	size_t all = swtpm_count(&f->tpm, 0);

	what.data_len--;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_PURPOSE);
	what.data_len++;
	what.key = "iak";
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_PURPOSE);
	what.key = "ldevid";
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_NOT_FOUND);
	what.key = "idevid";
	what.hash = HASH_SHA384;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_UNSUPPORTED);
	what.hash = HASH_SHA256;
	what.scheme = SIG_RSAPSS;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_UNSUPPORTED);
	what.scheme = 0xff;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_UNSUPPORTED);
	assert_int_equal(swtpm_count(&f->tpm, 0), all);
	certs_done(&leaf);
}

/* Asking is no way to keep the TPM busy. */
static void status_asks_the_tpm_once_a_second_at_most(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	struct timespec from, to;
	size_t before, asked;

	before = swtpm_count(&f->tpm, CC_GET_TEST_RESULT);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 500; i++)
		(void)fixture_status(f);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	asked = swtpm_count(&f->tpm, CC_GET_TEST_RESULT) - before;
	assert_true(asked <= (size_t)(to.tv_sec - from.tv_sec) + 1);
	certs_done(&leaf);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(handle_evicted_derived_again_with_equal_key),
		CASE(handle_evicted_while_running_derived_at_next_use),
		CASE(other_tpm_mismatch_and_never_used),
		CASE(tpm_gone_absent_and_back_without_restart),
		CASE(tpm_late_found_at_first_use),
		CASE(tpm_in_lockout_told),
		CASE(tpm_in_failure_mode_told),
		CASE(wrong_signature_never_given_out),
		CASE(rsa_probe_failed_says_no_tls13),
		CASE(key_gone_for_ever_ends_in_an_error),
		CASE(sign_costs_one_tpm2_sign_and_nothing_else),
		CASE(sign_refused_costs_no_command),
		CASE(status_asks_the_tpm_once_a_second_at_most),
	};

	return cmocka_run_group_tests_name("module-tpm", tests, NULL, NULL);
}
