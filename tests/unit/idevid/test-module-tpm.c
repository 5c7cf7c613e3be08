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
	swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
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
	swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
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
		assert_rc(module_create(
				  f->m, "idevid", KEY_ALG_P256, false, NULL),
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

/* Each bit of a faulty signature may give away the key.
 * covers: RFC8017-pss */
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

static void forget_probe(struct fixture *f)
{
	assert_rc(files_remove(tempdir_file(&f->state, "idevid.probed"), NULL),
		DEVID_OK);
}

/* Signatures that a start of the module makes. */
static size_t signs_of_start(struct fixture *f, bool faulty)
{
	size_t before;

	fixture_stop(f);
	before = swtpm_count(&f->tpm, CC_SIGN);
	fixture_start(f, faulty);
	return swtpm_count(&f->tpm, CC_SIGN) - before;
}

static enum devid_err updated_identity(
	struct keystore *ks, char *ret, struct devid_error *err)
{
	(void)ks;
	(void)err;
	memcpy(ret, "updated", sizeof("updated"));
	return DEVID_OK;
}

/* Those of a start on the same TPM that says it is another. */
static size_t signs_of_updated(struct fixture *f)
{
	const struct module_options options = { .keystore = f->ks,
		.state_dir = f->state.path };
	size_t before = swtpm_count(&f->tpm, CC_SIGN);
	struct keystore_ops ops = *f->ks->ops;
	const struct keystore_ops *own = f->ks->ops;
	struct module *m;

	ops.identity = updated_identity;
	f->ks->ops = &ops;
	assert_rc(module_new(&options, NULL, &m, NULL), DEVID_OK);
	module_free(m);
	f->ks->ops = own;
	return swtpm_count(&f->tpm, CC_SIGN) - before;
}

/* Of an EC key it would show nothing, and count. */
static void ec_key_is_not_probed(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	assert_int_equal(swtpm_count(&f->tpm, CC_SIGN), 0);
	assert_int_equal(f->uses, 0);
	assert_int_equal(signs_of_start(f, false), 0);
	assert_int_equal(fixture_idevid(f).tls13, WIRE_TLS13_YES);
	assert_false(fixture_file_exists(f, "idevid.probed"));
	certs_done(&leaf);
}

static void probe_made_once_for_key_and_tpm(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_RSA2048);
	size_t len;
	uint8_t *mark;

	assert_int_equal(f->uses, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(signs_of_start(f, false), 0);
	assert_int_equal(f->uses, 1);
	forget_probe(f);
	assert_int_equal(signs_of_start(f, false), 1);
	/* The mark of another key, or damaged: made again. */
	assert_rc(files_read(tempdir_file(&f->state, "idevid.probed"), 100,
			  &mark, &len, NULL),
		DEVID_OK);
	mark[10] ^= 1;
	assert_rc(files_write_atomic(tempdir_file(&f->state, "idevid.probed"),
			  mark, len, 0644, NULL),
		DEVID_OK);
	free(mark);
	assert_int_equal(signs_of_start(f, false), 1);
	assert_int_equal(signs_of_start(f, false), 0);
	/* Another firmware. */
	assert_int_equal(signs_of_updated(f), 1);
	certs_done(&leaf);
}

static uint32_t failed_attempts(struct fixture *f)
{
	struct wire_status *st;

	fixture_restart(f); /* health is asked at most once a second */
	st = fixture_status(f);
	assert_true(st->tries.max > 0);
	return st->tries.failed;
}

static void cut_power(struct fixture *f)
{
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
}

static void power_cut_without_signature_counts_nothing(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	uint32_t before;

	cut_power(f);
	before = failed_attempts(f);
	assert_int_equal(before, 0); /* nor did the provisioning use it */
	for (int i = 0; i < 5; i++) {
		cut_power(f);
		assert_int_equal(failed_attempts(f), before);
	}
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

static void power_cut_after_settle_counts_nothing(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);
	uint32_t before = failed_attempts(f);

	/* Else a cut counts. */
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	cut_power(f);
	assert_int_equal(failed_attempts(f), before + 1);
	for (int i = 0; i < 3; i++) {
		assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
		assert_rc(module_settle(f->m, NULL), DEVID_OK);
		cut_power(f);
		assert_int_equal(failed_attempts(f), before + 1);
	}
	/* Until the key is used again. */
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	assert_rc(module_settle(f->m, NULL), DEVID_OK);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	cut_power(f);
	assert_int_equal(failed_attempts(f), before + 2);
	certs_done(&leaf);
}

static void forgive_resets_only_when_told_to(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	cut_power(f);
	assert_true(failed_attempts(f) > 0);
	assert_int_equal(swtpm_count(&f->tpm, CC_LOCK_RESET), 0);
	f->forgive = true;
	assert_int_equal(failed_attempts(f), 0);
	assert_int_equal(swtpm_count(&f->tpm, CC_LOCK_RESET), 1);
	/* And only when there is something to reset. */
	assert_int_equal(failed_attempts(f), 0);
	assert_int_equal(swtpm_count(&f->tpm, CC_LOCK_RESET), 1);
	certs_done(&leaf);
}

static void forgive_ends_a_lockout(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	swtpm_lock_out(&f->tpm);
	f->forgive = true;
	fixture_start(f, false);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* One failed try would close the lockout hierarchy. */
static void forgive_with_an_authorization_value_not_tried(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	cut_power(f);
	fixture_stop(f);
	swtpm_close_lockout(&f->tpm);
	f->forgive = true;
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings,
		"failed attempts stay: tpm: reset of failed attempts: the "
		"lockout hierarchy has an authorization value"));
	assert_int_equal(swtpm_count(&f->tpm, CC_LOCK_RESET), 0);
	assert_true(fixture_status(f)->tries.failed > 0);
	certs_done(&leaf);
}

/* Whatever spoils the answer, or the TPM does not give one: it is not known,
 * and asked again; test-module-probe has the rest. */
static void rsa_probe_without_a_signature_remembers_nothing(void **state)
{
	static const char *const faults[] = { "0000015d flip 100",
		"0000015d rc 00000922" };
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_RSA2048);

	assert_int_equal(fixture_idevid(f).tls13, WIRE_TLS13_YES);
	for (size_t i = 0; i < N_OF(faults); i++) {
		fixture_stop(f);
		forget_probe(f);
		swtpm_set_fault(&f->tpm, faults[i]);
		fixture_start(f, true);
		assert_non_null(strstr(fixture_warnings, "not known to be"));
		assert_int_equal(fixture_idevid(f).tls13, WIRE_TLS13_UNKNOWN);
		assert_false(fixture_file_exists(f, "idevid.probed"));
		swtpm_set_fault(&f->tpm, NULL);
		fixture_restart(f);
		assert_int_equal(fixture_idevid(f).tls13, WIRE_TLS13_YES);
	}
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
	fixture_start(f, false);
	/* The first after a reset is asked for twice: the TPM notes in NV that
	 * a key with dictionary-attack protection is used, and says
	 * TPM_RC_RETRY. */
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
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
		DEVID_ERR_SUITE_MISMATCH);
	what.hash = HASH_SHA256;
	what.scheme = SIG_RSAPSS;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_SUITE_MISMATCH);
	what.scheme = 0xff;
	assert_rc(module_sign_purpose(f->m, &what, &verdict, NULL),
		DEVID_ERR_SUITE_MISMATCH);
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
		CASE(rsa_probe_without_a_signature_remembers_nothing),
		CASE(ec_key_is_not_probed),
		CASE(probe_made_once_for_key_and_tpm),
		CASE(power_cut_without_signature_counts_nothing),
		CASE(power_cut_after_settle_counts_nothing),
		CASE(forgive_resets_only_when_told_to),
		CASE(forgive_ends_a_lockout),
		CASE(forgive_with_an_authorization_value_not_tried),
		CASE(key_gone_for_ever_ends_in_an_error),
		CASE(sign_costs_one_tpm2_sign_and_nothing_else),
		CASE(sign_refused_costs_no_command),
		CASE(status_asks_the_tpm_once_a_second_at_most),
	};

	return cmocka_run_group_tests_name("module-tpm", tests, NULL, NULL);
}
