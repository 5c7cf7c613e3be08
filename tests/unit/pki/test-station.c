/* SPDX-License-Identifier: Apache-2.0 */
/* The station's client: state of the steps, commands, the CA's refusals. */
#include "cmocka-all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csr-fixture.h"
#include "station-board.h"
#include "station-http.h"
#include "station-run.h"
#include "station-state.h"
#include "tempdir.h"

/* ---- state ---- */

static struct tempdir dir;
static struct station_state unit;

static int setup(void **state)
{
	(void)state;
	dir = tempdir_new();
	return station_state_open(dir.path, "SN1", NULL, &unit, NULL);
}

static int teardown(void **state)
{
	(void)state;
	station_state_done(&unit);
	tempdir_remove(&dir);
	return 0;
}

static struct view view_of(const char *text)
{
	return (struct view) { (const uint8_t *)text, strlen(text) };
}

static void store(enum station_step step, const char *text)
{
	assert_rc(station_state_store(&unit, step, view_of(text), NULL),
		DEVID_OK);
}

static enum devid_err load(enum station_step step, const char *want)
{
	struct blob data = { NULL, 0 };
	enum devid_err rc = station_state_load(&unit, step, &data, NULL);

	if (rc == DEVID_OK) {
		assert_int_equal(data.len, strlen(want));
		assert_memory_equal(data.data, want, data.len);
		blob_done(&data);
	}
	return rc;
}

static void load_nothing_stored_not_found(void **state)
{
	(void)state;
	for (int i = 0; i < STATION_N_STEPS; i++)
		assert_rc(load((enum station_step)i, ""), DEVID_ERR_NOT_FOUND);
}

static void store_each_step_loaded_again(void **state)
{
	static const char *const texts[] = { "one", "two", "three", "four" };

	(void)state;
	for (int i = 0; i < STATION_N_STEPS; i++)
		store((enum station_step)i, texts[i]);
	for (int i = 0; i < STATION_N_STEPS; i++)
		assert_rc(load((enum station_step)i, texts[i]), DEVID_OK);
}

static void store_again_replaces(void **state)
{
	(void)state;
	store(STATION_ANSWER, "first");
	store(STATION_ANSWER, "second");
	assert_rc(load(STATION_ANSWER, "second"), DEVID_OK);
}

static void forget_from_a_step_on(void **state)
{
	(void)state;
	for (int i = 0; i < STATION_N_STEPS; i++)
		store((enum station_step)i, "x");
	assert_rc(
		station_state_forget(&unit, STATION_CHALLENGE, NULL), DEVID_OK);
	assert_rc(load(STATION_REQUEST, "x"), DEVID_OK);
	for (int i = STATION_CHALLENGE; i < STATION_N_STEPS; i++)
		assert_rc(load((enum station_step)i, ""), DEVID_ERR_NOT_FOUND);
	assert_rc(station_state_forget(&unit, STATION_REQUEST, NULL), DEVID_OK);
	assert_rc(load(STATION_REQUEST, ""), DEVID_ERR_NOT_FOUND);
}

static void open_again_finds_what_was_there(void **state)
{
	struct station_state again = { NULL };

	(void)state;
	store(STATION_REQUEST, "x");
	assert_rc(station_state_open(dir.path, "SN1", NULL, &again, NULL),
		DEVID_OK);
	assert_string_equal(again.folder, unit.folder);
	station_state_done(&again);
}

/* Nothing of one is the other's, whatever the serial number looks like. */
static void open_other_identity_has_its_own_folder(void **state)
{
	static const struct {
		const char *serial, *identity;
	} rows[] = { { "SN1", "idevid-1" }, { "SN1", "idevid-2" },
		{ "SN1.idevid-1", NULL }, { "SN1idevid-1", NULL },
		{ "SN1.idevid-1", "idevid-1" } };

	(void)state;
	store(STATION_REQUEST, "x");
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct blob data = { NULL, 0 };
		struct station_state s = { NULL };

		assert_rc(station_state_open(dir.path, rows[i].serial,
				  rows[i].identity, &s, NULL),
			DEVID_OK);
		assert_rc(station_state_load(&s, STATION_REQUEST, &data, NULL),
			DEVID_ERR_NOT_FOUND);
		assert_rc(station_state_store(
				  &s, STATION_REQUEST, view_of("y"), NULL),
			DEVID_OK);
		station_state_done(&s);
	}
	assert_rc(load(STATION_REQUEST, "x"), DEVID_OK);
}

static void open_hostile_serials_stay_below_the_folder(void **state)
{
	static const struct {
		const char *serial, *folder;
	} rows[] = { { "..", "%2E%2E" }, { ".", "%2E" },
		{ "../../etc/x", "%2E%2E%2F%2E%2E%2Fetc%2Fx" },
		{ "a b", "a%20b" }, { "a%20b", "a%2520b" },
		{ "\xc3\xa9", "%C3%A9" }, { "A-1_z", "A-1_z" } };

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct station_state s = { NULL };
		struct stat st;

		assert_rc(station_state_open(
				  dir.path, rows[i].serial, NULL, &s, NULL),
			DEVID_OK);
		assert_string_equal(
			s.folder, tempdir_file(&dir, rows[i].folder));
		assert_int_equal(stat(s.folder, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0700);
		station_state_done(&s);
	}
}

static void open_serial_of_wrong_length_refused(void **state)
{
	struct station_state s = { NULL };
	char serial[66];

	(void)state;
	memset(serial, 'x', sizeof(serial));
	serial[65] = '\0';
	assert_rc(station_state_open(dir.path, "", NULL, &s, NULL),
		DEVID_ERR_INVALID);
	assert_rc(station_state_open(dir.path, serial, NULL, &s, NULL),
		DEVID_ERR_INVALID);
	serial[64] = '\0';
	assert_rc(
		station_state_open(dir.path, serial, NULL, &s, NULL), DEVID_OK);
	station_state_done(&s);
}

static void open_no_folder_refused(void **state)
{
	struct station_state s = { NULL };

	(void)state;
	assert_rc(station_state_open("/proc/nothing", "S", NULL, &s, NULL),
		DEVID_ERR_IO);
}

/* ---- whose state it is ---- */

static struct blob request_of(struct csr_fixture *f)
{
	struct blob b = { malloc(f->len), f->len };

	assert_non_null(b.data);
	memcpy(b.data, f->data, f->len);
	return b;
}

static void assert_differs(struct blob kept, const struct csr_fixture *f,
	const char *model, const char *what)
{
	char differs[STATION_DIFFERS_MAX];

	assert_rc(station_board_compare(blob_view(&kept),
			  (struct view) { f->data, f->len }, model, differs,
			  NULL),
		DEVID_OK);
	assert_string_equal(differs, what);
}

static void compare_each_part_of_a_board_told(void **state)
{
	static struct csr_fixture f, other;
	struct tcg_csr csr;
	struct blob kept;

	(void)state;
	csr_fixture_new(&f, KEY_ALG_P256, "P-256");
	csr_fixture_new(&other, KEY_ALG_P256, "P-256");
	csr_fixture_encode(&f);
	csr_fixture_encode(&other);
	kept = request_of(&f);
	assert_differs(kept, &f, "M1", "");
	assert_differs(kept, &other, "M1",
		"the TPM's EK certificate, the attestation key (IAK), "
		"the IDevID key");
	f.attest.clockInfo.clock++; /* what is signed anew is the same board */
	assert_rc(tcg_csr_parse(blob_view(&kept), &csr, NULL), DEVID_OK);
	f.payload[TCG_CSR_EK_CERT] = csr.field[TCG_CSR_EK_CERT];
	csr_fixture_encode(&f);
	assert_differs(kept, &f, "M1", "");
	f.idevid_area = other.idevid_area;
	csr_fixture_encode(&f);
	assert_differs(kept, &f, "M1", "the IDevID key");
	f.model = "M2";
	csr_fixture_encode(&f);
	assert_differs(kept, &f, "M2", "the IDevID key, the model");
	assert_differs(kept, &f, NULL, "the IDevID key"); /* not asked for */
	kept.len--;
	assert_differs(
		kept, &f, "M2", "the request that was kept cannot be read");
	blob_done(&kept);
	csr_fixture_done(&f);
	csr_fixture_done(&other);
}

static void compare_board_that_makes_no_request_error(void **state)
{
	char differs[STATION_DIFFERS_MAX];
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(station_board_compare(
			  view_of("x"), view_of("x"), NULL, differs, &err),
		DEVID_ERR_SYNTAX);
}

/* ---- commands ---- */

static char *run_ok(char *const *prefix, size_t n_prefix,
	const char *const *args, const char *input)
{
	const struct station_run what = { prefix, n_prefix, args,
		view_of(input), 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct blob out = { NULL, 0 };

	if (station_run(&what, &out, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	assert_int_equal(strlen((char *)out.data), out.len);
	return (char *)out.data;
}

static enum devid_err run_bad(
	const char *program, const char *arg, struct devid_error *err)
{
	char name[256], second[256];
	char *prefix[] = { name };
	const char *const args[] = { second, "step", NULL };
	const struct station_run what = { prefix, 1, args, view_of(""), 0 };
	struct blob out;

	(void)snprintf(name, sizeof(name), "%s", program);
	(void)snprintf(second, sizeof(second), "%s", arg);
	devid_error_clear(err);
	return station_run(&what, &out, err);
}

static void run_words_passed_as_they_are(void **state)
{
	char printf_word[] = "printf", format[] = "<%s>";
	char *prefix[] = { printf_word, format };
	const char *const args[] = { "a b", "$(id)", "; x", "'\"", "", NULL };
	char *out = run_ok(prefix, 2, args, "");

	(void)state;
	assert_string_equal(out, "<a b><$(id)><; x><'\"><>");
	free(out);
}

static void run_input_and_output_longer_than_a_pipe(void **state)
{
	char cat[] = "cat";
	char *prefix[] = { cat };
	const char *const args[] = { "-", NULL };
	char *in = malloc(STATION_OUTPUT_MAX + 1);
	char *out;

	(void)state;
	assert_non_null(in);
	memset(in, 'x', STATION_OUTPUT_MAX);
	in[STATION_OUTPUT_MAX] = '\0';
	out = run_ok(prefix, 1, args, in);
	assert_string_equal(out, in);
	free(out);
	free(in);
}

static void run_who_reads_nothing_is_no_error(void **state)
{
	char echo[] = "echo";
	char *prefix[] = { echo };
	const char *const args[] = { "done", NULL };
	char *in = malloc(STATION_OUTPUT_MAX + 1);
	char *out;

	(void)state;
	assert_non_null(in);
	memset(in, 'x', STATION_OUTPUT_MAX);
	in[STATION_OUTPUT_MAX] = '\0';
	out = run_ok(prefix, 1, args, in);
	assert_string_equal(out, "done\n");
	free(out);
	free(in);
}

static void run_no_such_program_told(void **state)
{
	struct devid_error err;

	(void)state;
	assert_rc(
		run_bad("/nonexistent/devid", "x", &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "/nonexistent/devid");
}

static void run_failure_and_step_told(void **state)
{
	struct devid_error err;

	(void)state;
	assert_rc(run_bad("false", "provision", &err), DEVID_ERR_STATE);
	assert_cause(&err, "provision step: failed on the device (exit 1)");
}

static void run_signal_told(void **state)
{
	char sh[] = "sh", c[] = "-c", script[] = "kill -9 $$";
	char *prefix[] = { sh, c, script };
	const char *const args[] = { "provision", "key", NULL };
	const struct station_run what = { prefix, 3, args, view_of(""), 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct blob out;

	(void)state;
	assert_rc(station_run(&what, &out, &err), DEVID_ERR_STATE);
	assert_cause(&err, "provision key: ended by signal 9");
}

static void run_endless_output_stopped(void **state)
{
	struct devid_error err;

	(void)state;
	assert_rc(run_bad("yes", "x", &err), DEVID_ERR_TOO_LARGE);
}

/* One second, then nothing that holds the other end of a pipe is left. What is
 * read from the fifo $NEVER comes never: also a shell that would run it waits
 * for ever. */
static void run_slow(const char *script_text)
{
	const char *never = tempdir_file(&dir, "never");
	char sh[] = "sh", c[] = "-c", script[64];
	char *prefix[] = { sh, c, script };
	const char *const args[] = { "provision", "key", NULL };
	const struct station_run what = { prefix, 3, args, view_of(""), 1 };
	struct devid_error err = { DEVID_OK, "" };
	int held[2];
	struct blob out;
	char byte;

	if (mkfifo(never, 0600) < 0)
		assert_int_equal(errno, EEXIST); /* of the last call */
	assert_int_equal(setenv("NEVER", never, 1), 0);
	assert_int_equal(pipe(held), 0);
	(void)snprintf(script, sizeof(script), "%s", script_text);
	assert_rc(station_run(&what, &out, &err), DEVID_ERR_TIMEOUT);
	assert_cause(&err, "sh: not done after 1 seconds");
	(void)close(held[1]);
	(void)alarm(20); /* they stay longer */
	assert_int_equal(read(held[0], &byte, 1), 0);
	(void)alarm(0);
	(void)close(held[0]);
}

static void run_who_prints_nothing_killed(void **state)
{
	(void)state;
	run_slow("exec sh $NEVER");
}

static void run_who_closes_output_and_stays_killed(void **state)
{
	(void)state;
	run_slow("exec sh $NEVER >&-");
}

static void run_who_leaves_another_killed_with_it(void **state)
{
	(void)state;
	run_slow("sh $NEVER & wait");
	run_slow("sh $NEVER & exit 0");
	run_slow("sh $NEVER >&- & exec sh $NEVER >&-");
}

static void run_has_no_terminal(void **state)
{
	char sh[] = "sh", c[] = "-c";
	char script[] = "[ $(ps -o sid= -p $$) = $$ ] && echo own";
	char *prefix[] = { sh, c, script };
	const char *const args[] = { "provision", NULL };
	char *out = run_ok(prefix, 3, args, "");

	(void)state;
	assert_string_equal(out, "own\n");
	free(out);
}

static void run_too_many_words_refused(void **state)
{
	char word[] = "true";
	char *prefix[STATION_ARGS_MAX];
	const char *const args[] = { "x", NULL };
	const struct station_run what = { prefix, STATION_ARGS_MAX, args,
		view_of(""), 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct blob out;

	(void)state;
	for (size_t i = 0; i < STATION_ARGS_MAX; i++)
		prefix[i] = word;
	assert_rc(station_run(&what, &out, &err), DEVID_ERR_INVALID);
}

/* ---- the CA's answers ---- */

static enum devid_err refused(
	long status, const char *body, struct devid_error *err)
{
	devid_error_clear(err);
	return station_http_error("issue", status, view_of(body), err);
}

static void error_each_status_mapped(void **state)
{
	static const struct {
		long status;
		enum devid_err code;
	} rows[] = { { 400, DEVID_ERR_SYNTAX }, { 403, DEVID_ERR_DENIED },
		{ 404, DEVID_ERR_NOT_FOUND }, { 409, DEVID_ERR_EXISTS },
		{ 410, DEVID_ERR_TIMEOUT }, { 413, DEVID_ERR_TOO_LARGE },
		{ 422, DEVID_ERR_NOT_GENUINE }, { 429, DEVID_ERR_UNREACHABLE },
		{ 503, DEVID_ERR_UNREACHABLE }, { 500, DEVID_ERR_PROTOCOL },
		{ 302, DEVID_ERR_PROTOCOL } };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++)
		assert_rc(refused(rows[i].status, "", &err), rows[i].code);
}

static void error_message_and_rule_told(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	(void)refused(422,
		"{\"error\":\"x\",\"rule\":\"ek-chain\",\"message\":\"no\"}",
		&err);
	assert_string_equal(
		err.text, "issue: refused by the CA (422): no [ek-chain]");
	(void)refused(409, "{\"rule\":null,\"message\":\"used\"}", &err);
	assert_cause(&err, "(409)");
}

#define REPLAYED "{\"error\":\"replayed\",\"rule\":null,\"message\":\"twice\"}"
#define EXISTS   "{\"error\":\"exists already\",\"message\":\"of device S\"}"

/* Of two that are 409 one may have been issued for. */
static void error_replayed_told_from_what_exists(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(refused(409, REPLAYED, &err), DEVID_ERR_REPLAYED);
	assert_cause(&err, "refused by the CA (409): twice");
	assert_rc(refused(409, EXISTS, &err), DEVID_ERR_EXISTS);
	assert_rc(refused(409, "{\"error\":1}", &err), DEVID_ERR_EXISTS);
	/* The word counts with its status alone. */
	assert_rc(refused(500, REPLAYED, &err), DEVID_ERR_PROTOCOL);
}

static void refusal_is_the_ca_s_no(void **state)
{
	static const struct {
		long status;
		const char *body;
		bool refusal;
	} rows[] = { { 400, "", true }, { 403, "", true }, { 404, "", true },
		{ 409, EXISTS, true }, { 409, REPLAYED, false },
		{ 410, "", true }, { 413, "", true }, { 422, "", true },
		{ 429, "", false }, { 500, "", false }, { 503, "", false },
		{ 302, "", false } };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		long status = rows[i].status;

		assert_int_equal(station_http_is_refusal(status,
					 refused(status, rows[i].body, &err)),
			rows[i].refusal);
	}
}

static void error_other_bodies_no_harm(void **state)
{
	static const char *const bodies[] = { "", "<html>", "[]", "{",
		"{\"message\":1}", "{\"rule\":{}}", "\xff" };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	for (size_t i = 0; i < N_OF(bodies); i++) {
		assert_rc(refused(404, bodies[i], &err), DEVID_ERR_NOT_FOUND);
		assert_cause(&err, "404");
	}
}

static void error_control_characters_gone(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	(void)refused(400, "{\"message\":\"a\\nb\\u001b[31m\"}", &err);
	assert_cause(&err, "a?b?[31m");
}

/* What is asked for goes behind it. */
static void new_only_a_host_and_a_port(void **state)
{
	static const char *const urls[] = { "https://ca/", "https://ca/x",
		"https://ca?x", "https://ca#x", "https://me:pw@ca",
		"https://ca 8443" };
	struct station_http *http;

	(void)state;
	for (size_t i = 0; i < N_OF(urls); i++) {
		const struct station_access access = {
			.ca = urls[i], .cert = "c", .key = "k", .ca_cert = "a"
		};
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(station_http_new(&access, &http, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, "more than https://HOST[:PORT]");
		assert_null(strstr(err.text, "pw"));
	}
}

static void new_only_https(void **state)
{
	static const char *const urls[] = { "http://ca", "https://", "ca", "",
		"HTTPS://ca", "file:///etc/passwd" };
	struct station_http *http;

	(void)state;
	for (size_t i = 0; i < N_OF(urls); i++) {
		const struct station_access access = {
			.ca = urls[i], .cert = "c", .key = "k", .ca_cert = "a"
		};

		assert_rc(station_http_new(&access, &http, NULL),
			DEVID_ERR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(load_nothing_stored_not_found),
		T(store_each_step_loaded_again),
		T(store_again_replaces),
		T(forget_from_a_step_on),
		T(open_again_finds_what_was_there),
		T(open_other_identity_has_its_own_folder),
		T(open_hostile_serials_stay_below_the_folder),
		T(open_serial_of_wrong_length_refused),
		T(open_no_folder_refused),
		T(compare_each_part_of_a_board_told),
		T(compare_board_that_makes_no_request_error),
		cmocka_unit_test(run_words_passed_as_they_are),
		cmocka_unit_test(run_input_and_output_longer_than_a_pipe),
		cmocka_unit_test(run_who_reads_nothing_is_no_error),
		cmocka_unit_test(run_no_such_program_told),
		cmocka_unit_test(run_failure_and_step_told),
		cmocka_unit_test(run_signal_told),
		cmocka_unit_test(run_endless_output_stopped),
		T(run_who_prints_nothing_killed),
		T(run_who_closes_output_and_stays_killed),
		T(run_who_leaves_another_killed_with_it),
		cmocka_unit_test(run_has_no_terminal),
		cmocka_unit_test(run_too_many_words_refused),
		cmocka_unit_test(error_each_status_mapped),
		cmocka_unit_test(error_message_and_rule_told),
		cmocka_unit_test(error_replayed_told_from_what_exists),
		cmocka_unit_test(refusal_is_the_ca_s_no),
		cmocka_unit_test(error_other_bodies_no_harm),
		cmocka_unit_test(error_control_characters_gone),
		cmocka_unit_test(new_only_a_host_and_a_port),
		cmocka_unit_test(new_only_https),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
