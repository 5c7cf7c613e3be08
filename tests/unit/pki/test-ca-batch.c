/* SPDX-License-Identifier: Apache-2.0 */
/* Several jobs at once: each gets what is its own, and all are in one
 * transaction. */
#include "ca-fixture.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "ca-judge.h"
#include "ca-challenge.h"
#include "ca-issue.h"
#include "ca-revoke.h"
#include "register-audit.h"

/* Lines of the audit log that are LIKE @pattern. */
static int64_t audit_lines(struct ca_fixture *f, const char *pattern)
{
	static const char sql[] =
		"SELECT count(*) FROM audit WHERE line LIKE ?1";
	const struct db_value param = DB_TEXT_V(pattern);
	int64_t n = -1;

	assert_rc(register_begin(f->ca.reg, NULL), DEVID_OK);
	assert_rc(db_run(register_db(f->ca.reg), DB_QUERY(sql, &param, 1),
			  ca_fixture_note_number, &n, NULL),
		DEVID_OK);
	register_rollback(f->ca.reg);
	return n;
}

struct newest {
	json_t *json; /* owned */
	bool ascii;
};

static enum devid_err note_line(void *arg,
	const struct register_audit_line *line, struct devid_error *err)
{
	struct newest *n = arg;

	(void)err; /* a failure ends the test */
	json_decref(n->json);
	n->json = json_loads(line->line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(n->json);
	n->ascii = true;
	for (const char *p = line->line; *p; p++)
		n->ascii &= *p >= ' ' && *p <= '~';
	return DEVID_OK;
}

static const char *member(const struct newest *n, const char *name)
{
	return json_string_value(json_object_get(n->json, name));
}

/* Whatever a serial number holds, its line is ASCII and says it again; what is
 * no UTF-8 is told as '?'. */
static void audit_any_text_is_json(void **state)
{
	static const struct {
		const char *serial, *told;
	} cases[] = {
		{ "A-1", "A-1" },
		{ "a\"b\\c/", "a\"b\\c/" },
		{ "\x01\n\x1f", "\x01\n\x1f" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91" },
		{ "a\xff", "a?" },
		{ "\xc3\xbc\xc3", "???" },
		{ "\",\"event\":\"issue", "\",\"event\":\"issue" },
	};
	struct ca_fixture *f = *state;

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct newest n = { NULL, false };

		assert_rc(ca_revoke(&f->ca, cases[i].serial, 0, "x@ca", NULL),
			DEVID_ERR_NOT_FOUND);
		assert_rc(register_begin(f->ca.reg, NULL), DEVID_OK);
		assert_rc(register_each_audit(f->ca.reg, note_line, &n, NULL),
			DEVID_OK);
		register_rollback(f->ca.reg);
		assert_string_equal(member(&n, "serial"), cases[i].told);
		assert_string_equal(member(&n, "event"), "revoke");
		assert_string_equal(member(&n, "station"), "x@ca");
		assert_non_null(member(&n, "refused"));
		assert_true(n.ascii);
		json_decref(n.json);
	}
}

/* Two requests with one between them that is none. */
static void good_bad_good(const struct ca_fixture *f, struct ca_job jobs[3])
{
	jobs[0].input = f->device.data;
	jobs[0].input_len = f->device.len;
	jobs[1].input = (const uint8_t *)"no request";
	jobs[1].input_len = 10;
	jobs[2].input = f->other.data;
	jobs[2].input_len = f->other.len;
	for (int i = 0; i < 3; i++)
		jobs[i].station = "line-1";
}

static void batch_good_and_bad_each_get_their_own(void **state)
{
	struct ca_fixture *f = *state;
	struct ca_job jobs[3] = { 0 };

	good_bad_good(f, jobs);
	assert_rc(ca_challenge(&f->ca, jobs, N_OF(jobs), NULL), DEVID_OK);
	assert_rc(jobs[0].code, DEVID_OK);
	assert_rc(jobs[1].code, DEVID_ERR_NOT_GENUINE);
	assert_int_equal(jobs[1].rule, PROOF_STRUCTURE);
	assert_rc(jobs[2].code, DEVID_OK);
	assert_non_null(jobs[0].output);
	assert_null(jobs[1].output);
	assert_non_null(jobs[2].output);
	assert_int_equal(ca_fixture_rows(f, "audit"), 1);
	assert_int_equal(audit_lines(f, "%\"challenge\"%\"refused\":%"), 1);
	for (size_t i = 0; i < N_OF(jobs); i++)
		ca_job_done(&jobs[i]);
}

/* In one batch the first of two requests for a serial number has it. */
static void batch_same_serial_twice_issues_once(void **state)
{
	struct ca_fixture *f = *state;
	char first[CHALLENGE_FILE_MAX];
	struct ca_job jobs[2] = { 0 };

	f->other.serial = CSR_FIXTURE_SERIAL;
	csr_fixture_encode(&f->other);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	memcpy(first, f->answer, sizeof(first));
	assert_rc(ca_fixture_challenge(f, &f->other, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->other);
	jobs[0].input = (const uint8_t *)first;
	jobs[0].input_len = strlen(first);
	jobs[1].input = (const uint8_t *)f->answer;
	jobs[1].input_len = strlen(f->answer);
	jobs[0].station = jobs[1].station = "line-1";
	assert_rc(ca_issue(&f->ca, jobs, 2, NULL), DEVID_OK);
	assert_rc(jobs[0].code, DEVID_OK);
	assert_rc(jobs[1].code, DEVID_ERR_EXISTS);
	assert_int_equal(ca_fixture_rows(f, "device"), 1);
	ca_job_done(&jobs[0]);
	ca_job_done(&jobs[1]);
}

/* The line of the second, which nobody knows, must not name the first. */
static void batch_answer_refused_names_no_other_device(void **state)
{
	struct ca_fixture *f = *state;
	struct ca_job jobs[2] = { { .station = "line-1" },
		{ .station = "line-1" } };

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	jobs[0].input = (const uint8_t *)f->answer;
	jobs[0].input_len = strlen(f->answer);
	jobs[1].input = (const uint8_t *)"no answer";
	jobs[1].input_len = 9;
	assert_rc(ca_issue(&f->ca, jobs, 2, NULL), DEVID_OK);
	assert_rc(jobs[0].code, DEVID_OK);
	assert_string_equal(jobs[0].serial, CSR_FIXTURE_SERIAL);
	assert_int_not_equal(jobs[1].code, DEVID_OK);
	assert_string_equal(jobs[1].serial, "");
	assert_int_equal(audit_lines(f, "%\"serial\":\"\",\"refused\":%"), 1);
	assert_int_equal(audit_lines(f, "%\"refused\":%"), 1);
	ca_job_done(&jobs[0]);
	ca_job_done(&jobs[1]);
}

/* Some were judged ahead, some were not: each has its own verdict. */
static void batch_judged_in_part(void **state)
{
	struct ca_fixture *f = *state;
	struct ca_job jobs[3] = { 0 };

	good_bad_good(f, jobs);
	ca_judge(&f->ca, &jobs[1], 2);
	assert_null(jobs[0].judged);
	assert_non_null(jobs[2].judged);
	assert_rc(ca_challenge(&f->ca, jobs, N_OF(jobs), NULL), DEVID_OK);
	assert_string_equal(jobs[0].serial, f->device.serial);
	assert_rc(jobs[0].code, DEVID_OK);
	assert_rc(jobs[1].code, DEVID_ERR_NOT_GENUINE);
	assert_string_equal(jobs[2].serial, f->other.serial);
	assert_rc(jobs[2].code, DEVID_OK);
	for (size_t i = 0; i < N_OF(jobs); i++) {
		assert_null(jobs[i].judged);
		ca_job_done(&jobs[i]);
	}
}

/* Nobody is trusted: nothing is said about any request. */
static void judge_without_roots_says_nothing(void **state)
{
	struct ca_fixture *f = *state;
	struct ek_trust *trust = f->ca.trust;
	struct ca_job job = { .station = "line-1",
		.input = f->device.data,
		.input_len = f->device.len };

	f->ca.trust = NULL;
	ca_judge(&f->ca, &job, 1);
	f->ca.trust = trust;
	assert_null(job.judged);
}

/* Nothing unsealed leaves. */
static void judge_without_key_says_nothing(void **state)
{
	struct ca_fixture *f = *state;
	struct ca_job job = { .station = "line-1",
		.input = f->device.data,
		.input_len = f->device.len };

	f->ca.has_seal_key = false;
	ca_judge(&f->ca, &job, 1);
	assert_null(job.judged);
	assert_rc(ca_challenge(&f->ca, &job, 1, NULL), DEVID_ERR_INVALID);
	assert_null(job.output);
	assert_cause(&job.error, "key of challenges");
}

/* Each job has the register's error, and no verdict of its own. */
static void assert_nobody_is_told(struct ca_fixture *f)
{
	struct devid_error err = { DEVID_OK, "" };
	struct ca_job jobs[3] = { 0 };
	enum devid_err rc;

	good_bad_good(f, jobs);
	rc = ca_challenge(&f->ca, jobs, N_OF(jobs), &err);
	assert_int_not_equal(rc, DEVID_OK);
	for (size_t i = 0; i < N_OF(jobs); i++) {
		assert_rc(jobs[i].code, rc);
		assert_string_equal(devid_error_text(&jobs[i].error), err.text);
		assert_int_equal(jobs[i].rule, PROOF_NONE);
		assert_null(jobs[i].output);
	}
}

/* A refusal that cannot be written to the audit log is not told, and nothing
 * that was judged beside it. */
static void batch_audit_log_full_answers_nobody(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_sql(f, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN "
			  "SELECT RAISE(ABORT, 'disk full'); END");
	assert_nobody_is_told(f);
}

static void batch_register_damaged_answers_nobody(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_sql(f, "ALTER TABLE device RENAME TO gone");
	assert_nobody_is_told(f);
	assert_int_equal(ca_fixture_rows(f, "audit"), 0);
}

/* In one batch as well an answer counts once. */
static void batch_same_answer_twice_issues_once(void **state)
{
	struct ca_fixture *f = *state;
	struct ca_job jobs[2] = { 0 };

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	for (size_t i = 0; i < N_OF(jobs); i++) {
		jobs[i].station = "line-1";
		jobs[i].input = (const uint8_t *)f->answer;
		jobs[i].input_len = strlen(f->answer);
	}
	assert_rc(ca_issue(&f->ca, jobs, N_OF(jobs), NULL), DEVID_OK);
	assert_rc(jobs[0].code, DEVID_OK);
	assert_rc(jobs[1].code, DEVID_ERR_REPLAYED);
	assert_cause(&jobs[1].error, "replayed");
	assert_null(jobs[1].output);
	assert_int_equal(ca_fixture_rows(f, "cert"), 2);
	ca_job_done(&jobs[0]);
}

/* Behind a good one, whose ticket the room still holds: a forged ticket, and a
 * good one that another station brings. */
static void batch_refused_behind_good_is_its_own(void **state)
{
	static const uint8_t secret[CHALLENGE_SECRET_LEN] = { 7 };
	struct ca_fixture *f = *state;
	char answers[3][CHALLENGE_FILE_MAX];
	struct ca_job jobs[3] = { 0 };

	for (size_t i = 0; i < N_OF(jobs); i++) {
		const struct csr_fixture *d = i == 0 ? &f->device : &f->other;

		assert_rc(ca_fixture_challenge(f, d, "line-1"), DEVID_OK);
		ca_fixture_answer(f, d);
		if (i == 1)
			ca_fixture_forge(f, secret);
		memcpy(answers[i], f->answer, sizeof(answers[i]));
		jobs[i].station = i == 2 ? "line-2" : "line-1";
		jobs[i].input = (const uint8_t *)answers[i];
		jobs[i].input_len = strlen(answers[i]);
	}
	assert_rc(ca_issue(&f->ca, jobs, N_OF(jobs), NULL), DEVID_OK);
	assert_rc(jobs[0].code, DEVID_OK);
	assert_rc(jobs[1].code, DEVID_ERR_NOT_FOUND);
	assert_rc(jobs[2].code, DEVID_ERR_DENIED);
	for (size_t i = 1; i < N_OF(jobs); i++) {
		assert_null(jobs[i].output);
		assert_string_equal(jobs[i].serial, "");
	}
	assert_int_equal(ca_fixture_rows(f, "device"), 1);
	assert_int_equal(audit_lines(f, "%\"serial\":\"\",\"refused\":%"), 1);
	assert_int_equal(
		audit_lines(f, "%\"line-2\"%\"ACCC8E000002\"%refused%"), 1);
	assert_int_equal(
		audit_lines(f, "%\"" CSR_FIXTURE_SERIAL "\"%refused%"), 0);
	ca_job_done(&jobs[0]);
}

static void batch_register_full_leaves_nothing(void **state)
{
	struct ca_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct ca_job job = { .station = "line-1" };

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	ca_fixture_sql(f, "CREATE TRIGGER full BEFORE INSERT ON cert BEGIN "
			  "SELECT RAISE(ABORT, 'disk full'); END");
	job.input = (const uint8_t *)f->answer;
	job.input_len = strlen(f->answer);
	assert_int_not_equal(ca_issue(&f->ca, &job, 1, &err), DEVID_OK);
	assert_int_not_equal(job.code, DEVID_OK);
	assert_null(job.output);
	assert_int_equal(ca_fixture_rows(f, "device"), 0);
	assert_int_equal(ca_fixture_rows(f, "cert"), 0);
	assert_int_equal(ca_fixture_rows(f, "audit"), 0);
	/* The challenge is as it was; once there is room it is answered. */
	ca_fixture_sql(f, "DROP TRIGGER full");
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_OK);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, ca_fixture_new, ca_fixture_done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(batch_good_and_bad_each_get_their_own),
		CASE(batch_same_serial_twice_issues_once),
		CASE(batch_answer_refused_names_no_other_device),
		CASE(batch_judged_in_part),
		CASE(audit_any_text_is_json),
		CASE(judge_without_roots_says_nothing),
		CASE(judge_without_key_says_nothing),
		CASE(batch_audit_log_full_answers_nobody),
		CASE(batch_register_damaged_answers_nobody),
		CASE(batch_same_answer_twice_issues_once),
		CASE(batch_refused_behind_good_is_its_own),
		CASE(batch_register_full_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
