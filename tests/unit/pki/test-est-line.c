/* SPDX-License-Identifier: Apache-2.0 */
/* The lines between event thread and worker of the EST server. */
#include "cmocka-all.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "est-line.h"

static int setup(void **state)
{
	return est_line_new((struct est_line **)state, NULL);
}

static int teardown(void **state)
{
	est_line_free(*state);
	return 0;
}

static bool push(struct est_line *l, bool known, int number, uint16_t source)
{
	struct est_job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->cert = known ? X509_new() : NULL;
	assert_true(!known || job->cert);
	job->answer.retry_after = (unsigned)number;
	job->source = source;
	if (est_line_push(l, job))
		return true;
	est_job_free(job);
	return false;
}

/* The number of the next job, which is freed; 0: there is none. */
static int next(struct est_line *l)
{
	struct est_job *job = est_line_take(l, 0);
	int number = job ? (int)job->answer.retry_after : 0;

	est_job_free(job);
	return number;
}

static bool readable(const struct est_line *l)
{
	struct pollfd fd = { est_line_fd(l), POLLIN, 0 };

	return poll(&fd, 1, 0) == 1;
}

static void take_in_turns(void **state)
{
	for (int i = 1; i <= 3; i++)
		assert_true(push(*state, false, i, 1));
	for (int i = 4; i <= 5; i++)
		assert_true(push(*state, true, i, 1));
	assert_int_equal(next(*state), 4);
	assert_int_equal(next(*state), 1);
	assert_int_equal(next(*state), 5);
	assert_int_equal(next(*state), 2);
	assert_int_equal(next(*state), 3);
	assert_int_equal(next(*state), 0);
	assert_true(push(*state, false, 6, 1));
	assert_int_equal(next(*state), 6);
}

static int fill(struct est_line *l, bool known, uint16_t source)
{
	int n = 0;

	while (n < 1000 && push(l, known, 9, source))
		n++;
	return n;
}

static void push_of_one_address_a_quarter_of_the_line(void **state)
{
	assert_int_equal(fill(*state, false, 7), 32);
	assert_int_equal(fill(*state, true, 7), 128);
	assert_int_equal(fill(*state, false, HTTP_SOURCES - 1), 32);
	/* What was taken has its place again. */
	assert_int_equal(next(*state), 9);
	assert_int_equal(next(*state), 9);
	assert_int_equal(fill(*state, false, 7), 1);
	assert_int_equal(fill(*state, true, 7), 1);
	for (uint16_t i = 0; i < 2; i++)
		assert_int_equal(fill(*state, false, i), 32);
	assert_int_equal(fill(*state, false, 2), 0);
}

static void finish_is_collected_once(void **state)
{
	struct est_news news;
	struct est_job *job;

	assert_true(push(*state, true, 1, 0));
	assert_false(readable(*state));
	job = est_line_take(*state, 0);
	est_line_finish(*state, job);
	assert_true(readable(*state));
	assert_ptr_equal(est_line_collect(*state, &news), job);
	assert_null(job->next);
	assert_false(news.reloaded);
	assert_null(est_line_collect(*state, &news));
	assert_false(readable(*state));
	est_job_free(job);
}

static void tell_the_newest_names(void **state)
{
	const struct est_news first = { .names = sk_X509_NAME_new_null(),
		.reloaded = true };
	const struct est_news second = { .names = sk_X509_NAME_new_null() };
	struct est_news news;

	est_line_tell(*state, &first);
	est_line_tell(*state, &second);
	assert_null(est_line_collect(*state, &news));
	assert_ptr_equal(news.names, second.names);
	assert_true(news.reloaded);
	sk_X509_NAME_pop_free(news.names, X509_NAME_free);
	est_line_tell(*state, &(struct est_news) { .reloaded = true });
	assert_null(est_line_collect(*state, &news));
	assert_null(news.names);
}

static void *wait_long(void *arg)
{
	return est_line_take(arg, http_clock() + 60000);
}

static void reload_and_end_wake_the_worker(void **state)
{
	pthread_t thread;
	void *job;

	assert_int_equal(pthread_create(&thread, NULL, wait_long, *state), 0);
	est_line_reload(*state);
	assert_int_equal(pthread_join(thread, &job), 0);
	assert_null(job);
	assert_true(est_line_reload_asked(*state));
	assert_false(est_line_reload_asked(*state));
	assert_int_equal(pthread_create(&thread, NULL, wait_long, *state), 0);
	est_line_end(*state);
	assert_int_equal(pthread_join(thread, &job), 0);
	assert_null(job);
}

static void end_takes_no_more_and_does_what_waits(void **state)
{
	assert_true(push(*state, true, 1, 0));
	assert_true(push(*state, false, 2, 0));
	est_line_end(*state);
	assert_false(push(*state, true, 3, 0));
	assert_false(est_line_ended(*state));
	assert_int_equal(next(*state), 1);
	assert_false(est_line_ended(*state));
	assert_int_equal(next(*state), 2);
	assert_true(est_line_ended(*state));
}

static void health_of_a_worker_that_is_stuck(void **state)
{
	int64_t after = http_clock() + EST_STUCK_SECONDS * 1000 + 60000;

	assert_null(est_line_health(*state, after));
	assert_int_equal(next(*state), 0); /* it is at work since */
	assert_null(est_line_health(*state, http_clock()));
	assert_non_null(est_line_health(*state, after));
	est_line_set_trouble(*state, "x");
	assert_string_equal(est_line_health(*state, http_clock()), "x");
	est_line_set_trouble(*state, NULL);
	assert_null(est_line_health(*state, http_clock()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(take_in_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(
			push_of_one_address_a_quarter_of_the_line, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			finish_is_collected_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			tell_the_newest_names, setup, teardown),
		cmocka_unit_test_setup_teardown(
			reload_and_end_wake_the_worker, setup, teardown),
		cmocka_unit_test_setup_teardown(
			end_takes_no_more_and_does_what_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(
			health_of_a_worker_that_is_stuck, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
