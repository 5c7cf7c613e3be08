/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's parts and the judge's; once with their threads. */
#include "ca-fixture.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ca-clock.h"
#include "memory-signer.h"
#include "ordered-id.h"
#include "publish.h"
#include "serve-worker.h"
#include "serve-duties.h"
#include "shifted-clock.h"

static struct serve_job *new_job(
	enum serve_action action, const void *input, size_t len)
{
	struct serve_job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->action = action;
	job->station = "line";
	job->input = malloc(len);
	assert_non_null(job->input);
	memcpy(job->input, input, len);
	job->input_len = len;
	return job;
}

/* Does @job, and keeps its outcome. */
static enum devid_err do_job(
	struct ca_fixture *f, struct serve_job *job, struct devid_error *err)
{
	enum devid_err rc;

	serve_work(&f->ca, NULL, job);
	rc = job->code;
	*err = job->error;
	serve_job_free(job);
	return rc;
}

/* f->device's request. */
static enum devid_err work(struct ca_fixture *f, struct devid_error *err)
{
	return do_job(f,
		new_job(SERVE_CHALLENGE, f->device.data, f->device.len), err);
}

/* Its answer, for which a token is needed. */
static enum devid_err work_answer(struct ca_fixture *f, struct devid_error *err)
{
	assert_rc(ca_fixture_challenge(f, &f->device, "line"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	return do_job(
		f, new_job(SERVE_ISSUE, f->answer, strlen(f->answer)), err);
}

static void work_ca_certificate_expired_refused(void **state)
{
	struct ca_fixture *f = *state;
	struct devid_error err;

	assert_rc(work(f, &err), DEVID_OK);
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(f->ca.cert), -1));
	assert_rc(work(f, &err), DEVID_ERR_STATE);
	assert_string_equal(
		err.text, "ca: the certificate of the issuing CA has expired");
}

/* What the judge found out is not found out again. */
static void work_judged_ahead_is_taken(void **state)
{
	struct ca_fixture *f = *state;
	struct serve_job *good =
		new_job(SERVE_CHALLENGE, f->device.data, f->device.len);
	struct serve_job *bad = new_job(SERVE_CHALLENGE, "no request", 10);

	good->next = bad;
	serve_judge(&f->ca, good);
	assert_non_null(good->judged);
	assert_non_null(bad->judged);
	assert_rc(bad->code, DEVID_OK);
	assert_int_equal(ca_fixture_rows(f, "audit"), 0);
	memset(good->input, 0, good->input_len);
	memcpy(bad->input, f->device.data, bad->input_len);
	serve_work(&f->ca, NULL, good);
	assert_null(good->judged);
	assert_rc(good->code, DEVID_OK);
	assert_rc(bad->code, DEVID_ERR_NOT_GENUINE);
	assert_int_equal(bad->rule, PROOF_STRUCTURE);
	assert_int_equal(ca_fixture_rows(f, "audit"), 1);
	serve_job_free(good);
	serve_job_free(bad);
	/* And of one that never got there nothing stays. */
	good = new_job(SERVE_CHALLENGE, f->device.data, f->device.len);
	serve_judge(&f->ca, good);
	serve_job_free(good);
}

/* Waits for @n challenges. */
static void collect(struct serve_queue *q, unsigned n)
{
	while (n > 0) {
		struct pollfd fd = { serve_queue_fd(q), POLLIN, 0 };
		struct serve_news news;
		struct serve_job *job;

		assert_int_equal(poll(&fd, 1, 60000), 1);
		for (job = serve_queue_collect(q, &news); job;) {
			struct serve_job *next = job->next;

			assert_rc(job->code, DEVID_OK);
			assert_int_equal(job->action, SERVE_CHALLENGE);
			n--;
			serve_job_free(job);
			job = next;
		}
	}
}

/* The judge, the worker and another's new roots, all at once. */
static void worker_roots_replaced_while_requests_are_judged(void **state)
{
	struct ca_fixture *f = *state;
	struct serve_queue *queue = NULL;
	const struct ek_trust *before = f->ca.trust;
	struct devid_error err = { DEVID_OK, "" };
	char *roots = strdup(tempdir_file(&f->dir, "roots"));
	struct serve_worker *worker = NULL;

	f->conf.ek_roots = roots;
	assert_rc(serve_queue_new(&queue, &err), DEVID_OK);
	assert_rc(serve_worker_start(&f->ca, queue, &worker, &err), DEVID_OK);
	for (int i = 0; i < 20; i++) {
		for (int k = 0; k < 16; k++)
			assert_true(serve_queue_push(
				queue, new_job(SERVE_CHALLENGE, f->device.data,
					       f->device.len)));
		serve_queue_reload(queue);
		collect(queue, 16);
	}
	serve_queue_end(queue);
	serve_worker_join(worker);
	assert_ptr_not_equal(f->ca.trust, before);
	serve_queue_free(queue);
	f->conf.ek_roots = NULL;
	free(roots);
}

/* As a conflict it would be tried eight times. */
static void work_token_gone_tried_once(void **state)
{
	struct ca_fixture *f = *state;
	struct devid_error err;

	memory_signer_break(f->ca.audit_signer, true);
	assert_rc(work_answer(f, &err), DEVID_ERR_UNREACHABLE);
	assert_string_equal(err.text, "token: gone");
	memory_signer_break(f->ca.audit_signer, false);
	assert_int_equal(ca_fixture_rows(f, "device"), 0);
	/* The same answer, once it is back. */
	assert_rc(do_job(f, new_job(SERVE_ISSUE, f->answer, strlen(f->answer)),
			  &err),
		DEVID_OK);
}

static void reload_bad_roots_old_ones_stay_new_ones_replace(void **state)
{
	struct ca_fixture *f = *state;
	const struct ek_trust *before = f->ca.trust;
	char *roots = strdup(tempdir_file(&f->dir, "roots"));
	char *aside = strdup(tempdir_file(&f->dir, "aside"));
	struct serve_duties d;
	bool published;

	f->conf.ek_roots = roots;
	serve_duties_init(&d, 1);
	(void)serve_duties_run(&d, &f->ca, 1, &published);
	assert_ptr_equal(f->ca.trust, before); /* it is as new */
	assert_int_equal(rename(roots, aside), 0);
	serve_duties_reload(&d);
	(void)serve_duties_run(&d, &f->ca, 2, &published);
	assert_ptr_equal(f->ca.trust, before);
	assert_int_equal(rename(aside, roots), 0);
	serve_duties_reload(&d);
	(void)serve_duties_run(&d, &f->ca, 3, &published);
	assert_ptr_not_equal(f->ca.trust, before);
	/* and once an hour by itself */
	before = f->ca.trust;
	(void)serve_duties_run(&d, &f->ca, 3 + 66 * 60000, &published);
	assert_ptr_not_equal(f->ca.trust, before);
	f->conf.ek_roots = NULL;
	free(roots);
	free(aside);
}

/* A mark is there for as long as the challenge could be answered again. */
static void purge_keeps_marks_for_clocks_ahead(void **state)
{
	static const int64_t days[] = { 1, 31, 45, 47, 400 };
	struct ca_fixture *f = *state;
	struct serve_duties d;
	bool published;

	assert_rc(register_begin(f->ca.reg, NULL), DEVID_OK);
	for (size_t i = 0; i < N_OF(days); i++) {
		uint8_t id[CHALLENGE_ID_LEN] = { 0 };
		int64_t made = (int64_t)time(NULL) - days[i] * 86400;

		ordered_id_at((uint64_t)made * 1000, id);
		assert_rc(
			register_challenge_use(f->ca.reg, id, NULL), DEVID_OK);
	}
	assert_rc(register_commit(f->ca.reg, NULL), DEVID_OK);
	serve_duties_init(&d, 1);
	(void)serve_duties_run(&d, &f->ca, 1, &published);
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 3);
}

static bool trouble_after_duties(
	struct ca_fixture *f, struct serve_duties *d, int64_t now)
{
	bool published;

	(void)serve_duties_run(d, &f->ca, now, &published);
	return serve_duties_trouble(d, now);
}

static void trouble_token_failed_until_it_signs_again(void **state)
{
	struct ca_fixture *f = *state;
	struct serve_duties d;
	struct devid_error err;
	enum devid_err rc;

	serve_duties_init(&d, 1);
	assert_false(trouble_after_duties(f, &d, 1));
	serve_duties_used(&d, DEVID_ERR_CRYPTO, PROOF_STRUCTURE);
	serve_duties_used(&d, DEVID_ERR_NOT_FOUND, PROOF_NONE);
	assert_false(serve_duties_trouble(&d, 1)); /* of a device's making */
	memory_signer_break(f->ca.audit_signer, true);
	rc = work_answer(f, &err);
	serve_duties_used(&d, rc, PROOF_NONE);
	assert_true(serve_duties_trouble(&d, 1));
	assert_true(trouble_after_duties(f, &d, 10000));
	memory_signer_break(f->ca.audit_signer, false);
	assert_false(trouble_after_duties(f, &d, 20000));
}

static void trouble_register_damaged_told(void **state)
{
	struct ca_fixture *f = *state;
	struct serve_duties d;

	serve_duties_init(&d, 1);
	ca_fixture_sql(f, "ALTER TABLE revoked RENAME TO gone");
	assert_true(trouble_after_duties(f, &d, 1));
	ca_fixture_sql(f, "ALTER TABLE gone RENAME TO revoked");
	assert_false(trouble_after_duties(f, &d, 10000));
}

#define AHEAD  (60 * INT64_C(86400))
#define MINUTE 60000

/* A mark of a challenge that was made a month ago. */
static void add_mark(struct ca_fixture *f)
{
	uint8_t id[CHALLENGE_ID_LEN] = { 0 };

	ordered_id_at((uint64_t)(time(NULL) - 30 * 86400) * 1000, id);
	assert_rc(register_begin(f->ca.reg, NULL), DEVID_OK);
	assert_rc(register_challenge_use(f->ca.reg, id, NULL), DEVID_OK);
	assert_rc(register_commit(f->ca.reg, NULL), DEVID_OK);
}

/* It went wrong while the service runs. */
static void clock_ahead_nothing_signed_nothing_forgotten(void **state)
{
	struct ca_fixture *f = *state;
	struct serve_duties d;
	struct devid_error err;

	serve_duties_init(&d, 1);
	assert_false(trouble_after_duties(f, &d, 1));
	add_mark(f);
	shifted_clock = AHEAD;
	assert_true(trouble_after_duties(f, &d, 100 * MINUTE));
	assert_string_equal(
		serve_duties_trouble(&d, 1), "clock: cannot be right\n");
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 1);
	assert_rc(work(f, &err), DEVID_ERR_STATE);
	assert_cause(&err, "the clock of its machine cannot be right");
	shifted_clock = 0;
	assert_false(trouble_after_duties(f, &d, 200 * MINUTE));
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 1);
	assert_rc(work(f, &err), DEVID_OK);
}

/* A person's word, by a command beside the service. */
static void accept_clock(struct ca_fixture *f)
{
	enum ca_clock clock;

	assert_rc(ca_clock_check(&f->ca, true, &clock, NULL), DEVID_OK);
}

/* Nothing but one duty that signs or forgets is due: what it does shows that
 * the clock was looked at all the same. */
static void run_alone(
	struct ca_fixture *f, struct serve_duties *d, int duty, int64_t now)
{
	bool published;

	for (int i = 0; i < SERVE_N_DUTIES; i++)
		d->due[i] = i == duty ? now : INT64_MAX;
	(void)serve_duties_run(d, &f->ca, now, &published);
}

/* Due beside nothing else. */
static void clock_looked_at_before_each_that_signs_or_forgets(void **state)
{
	struct ca_fixture *f = *state;
	struct serve_duties d;

	serve_duties_init(&d, 1);
	assert_false(trouble_after_duties(f, &d, 1));
	add_mark(f);
	for (int duty = SERVE_DUTY_CRL; duty <= SERVE_DUTY_PURGE; duty++) {
		shifted_clock = AHEAD;
		run_alone(f, &d, duty, 1000 * (duty + 1));
		assert_true(d.clock_wrong);
		assert_int_equal(ca_fixture_rows(f, "challenge_used"), 1);
		shifted_clock = 0;
		run_alone(f, &d, duty, 1000 * (duty + 1));
		assert_false(d.clock_wrong);
	}
}

/* A step back within what may go unnoticed is told once, not each time. */
static void clock_a_little_behind_signs_and_is_told_once(void **state)
{
	struct ca_fixture *f = *state;
	struct devid_error err;
	struct serve_duties d;

	shifted_clock = AHEAD / 10;
	serve_duties_init(&d, 1);
	assert_false(trouble_after_duties(f, &d, 1));
	shifted_clock = 0;
	assert_true(trouble_after_duties(f, &d, MINUTE));
	assert_string_equal(serve_duties_trouble(&d, MINUTE),
		"clock: something was made at a time still to come\n");
	assert_rc(work(f, &err), DEVID_OK);
	assert_false(trouble_after_duties(f, &d, 12 * MINUTE));
	/* It was right meanwhile. */
	shifted_clock = AHEAD / 10;
	assert_false(trouble_after_duties(f, &d, 13 * MINUTE));
	shifted_clock = 0;
	assert_true(trouble_after_duties(f, &d, 14 * MINUTE));
}

/* Mended once a person has said which is right, and told for ten minutes. */
static void clock_was_ahead_lists_made_again_and_told(void **state)
{
	struct ca_fixture *f = *state;
	char *www = strdup(tempdir_file(&f->dir, "www"));
	struct publish_newest newest;
	struct serve_duties d;

	assert_int_equal(mkdir(www, 0755), 0);
	f->conf.publish = www;
	f->conf.crl_hours = 168;
	shifted_clock = AHEAD;
	serve_duties_init(&d, 1);
	assert_false(trouble_after_duties(f, &d, 1));
	shifted_clock = 0;
	serve_duties_init(&d, 1);
	assert_true(trouble_after_duties(f, &d, 1));
	assert_string_equal(
		serve_duties_trouble(&d, 1), "clock: cannot be right\n");
	assert_rc(publish_newest(&f->ca, false, &newest, NULL), DEVID_OK);
	assert_true(newest.early);
	accept_clock(f);
	assert_true(trouble_after_duties(f, &d, 10000));
	assert_string_equal(serve_duties_trouble(&d, 10000),
		"clock: something was made at a time still to come\n");
	assert_rc(publish_newest(&f->ca, false, &newest, NULL), DEVID_OK);
	assert_false(newest.early);
	assert_in_range(newest.expires, time(NULL) + 167 * 3600,
		time(NULL) + 168 * 3600);
	assert_true(trouble_after_duties(f, &d, 9 * MINUTE));
	assert_false(trouble_after_duties(f, &d, 11 * MINUTE));
	f->conf.publish = NULL;
	free(www);
}

#define DAY INT64_C(86400)

/* The service an hour later, with the clock @ahead: marks are purged. */
static void run_ahead(struct ca_fixture *f, int64_t ahead)
{
	struct serve_duties d;
	bool published;

	shifted_clock = ahead;
	serve_duties_init(&d, 1);
	(void)serve_duties_run(&d, &f->ca, 1, &published);
	assert_false(d.clock_wrong);
}

/* The clock is right again, says a person, and f->answer, whose mark is gone,
 * does not count; a new challenge does. */
static void set_back(struct ca_fixture *f)
{
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 0);
	shifted_clock = 0;
	accept_clock(f);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_TIMEOUT);
	assert_string_equal(f->job.error.text,
		"answer: its challenge was made before the CA's clock was set "
		"back");
}

/* No step is so large that a person is asked. */
static void clock_ahead_by_steps_answer_counts_once(void **state)
{
	struct ca_fixture *f = *state;

	run_ahead(f, 0);
	ca_fixture_certify(f, &f->device);
	for (int step = 1; step <= 4; step++)
		run_ahead(f, step * 13 * DAY);
	set_back(f);
	ca_fixture_certify(f, &f->device);
}

/* A person was asked, and wrong; and twice. */
static void clock_ahead_by_a_word_answer_counts_once(void **state)
{
	struct ca_fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		run_ahead(f, 0);
		ca_fixture_certify(f, &f->device);
		shifted_clock = 400 * DAY;
		accept_clock(f);
		run_ahead(f, 400 * DAY);
		set_back(f);
		ca_fixture_sql(f, "DELETE FROM challenge_used");
	}
}

/* Made while the clock was ahead, answered and forgotten then: it does not hold
 * again when that time really comes. */
static void clock_ahead_challenge_made_then_counts_never(void **state)
{
	struct ca_fixture *f = *state;

	run_ahead(f, 0);
	for (int step = 1; step <= 2; step++)
		run_ahead(f, step * 13 * DAY);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	ca_fixture_predate(
		f, -shifted_clock); /* ids have the real one's time */
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_OK);
	for (int step = 3; step <= 6; step++)
		run_ahead(f, step * 13 * DAY);
	set_back(f);
	for (int step = 1; step <= 2; step++)
		run_ahead(f, step * 13 * DAY);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_REPLAYED);
	ca_fixture_sql(f, "DELETE FROM challenge_used");
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_TIMEOUT);
	assert_cause(&f->job.error, "set back");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, ca_fixture_new, ca_fixture_done)
		T(work_ca_certificate_expired_refused),
		T(work_token_gone_tried_once),
		T(work_judged_ahead_is_taken),
		T(worker_roots_replaced_while_requests_are_judged),
		T(clock_ahead_nothing_signed_nothing_forgotten),
		T(clock_looked_at_before_each_that_signs_or_forgets),
		T(clock_a_little_behind_signs_and_is_told_once),
		T(clock_was_ahead_lists_made_again_and_told),
		T(clock_ahead_by_steps_answer_counts_once),
		T(clock_ahead_by_a_word_answer_counts_once),
		T(clock_ahead_challenge_made_then_counts_never),
		T(purge_keeps_marks_for_clocks_ahead),
		T(trouble_token_failed_until_it_signs_again),
		T(trouble_register_damaged_told),
		T(reload_bad_roots_old_ones_stay_new_ones_replace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
