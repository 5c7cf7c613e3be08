/* SPDX-License-Identifier: Apache-2.0 */
/* The lines between event thread, judge and worker. */
#include "cmocka-all.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "serve-queue.h"

static int setup(void **state)
{
	return serve_queue_new((struct serve_queue **)state, NULL);
}

static int teardown(void **state)
{
	serve_queue_free(*state);
	return 0;
}

static bool push_of(struct serve_queue *q, enum serve_action action, int number,
	uint16_t source)
{
	struct serve_job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->action = action;
	job->reason = number;
	job->source = source;
	if (serve_queue_push(q, job))
		return true;
	serve_job_free(job);
	return false;
}

static void push(struct serve_queue *q, enum serve_action action, int number)
{
	assert_true(push_of(q, action, number, 0));
}

/* The numbers of a list, as decimal digits; the list is freed. */
static int numbers(struct serve_job *list)
{
	int n = 0;

	while (list) {
		struct serve_job *next = list->next;

		n = 10 * n + list->reason;
		serve_job_free(list);
		list = next;
	}
	return n;
}

static bool readable(const struct serve_queue *q)
{
	struct pollfd fd = { serve_queue_fd(q), POLLIN, 0 };

	return poll(&fd, 1, 0) == 1;
}

static void take_one_action_in_order_others_stay(void **state)
{
	push(*state, SERVE_ISSUE, 1);
	push(*state, SERVE_SHOW, 2);
	push(*state, SERVE_ISSUE, 3);
	push(*state, SERVE_SHOW, 4);
	push(*state, SERVE_ISSUE, 5);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 135);
	push(*state, SERVE_ISSUE, 6);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 24);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 6);
	assert_null(serve_queue_take(*state, 0));
}

static int count(struct serve_job *list)
{
	int n = 0;

	for (const struct serve_job *job = list; job; job = job->next)
		n++;
	(void)numbers(list);
	return n;
}

/* The worker gets what was judged, at the end of its line. */
static void take_requests_by_the_judge_first(void **state)
{
	struct serve_job *list;

	push(*state, SERVE_CHALLENGE, 1);
	push(*state, SERVE_ISSUE, 2);
	push(*state, SERVE_CHALLENGE, 3);
	list = serve_queue_take_requests(*state);
	push(*state, SERVE_SHOW, 4);
	push(*state, SERVE_CHALLENGE, 5);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 2);
	serve_queue_judged(*state, list);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 4);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 13);
	assert_null(serve_queue_take(*state, 0));
	assert_int_equal(numbers(serve_queue_take_requests(*state)), 5);
}

static void take_few_of_ocsp_while_a_station_waits(void **state)
{
	for (int i = 0; i < 100; i++)
		push(*state, SERVE_OCSP, 0);
	push(*state, SERVE_ISSUE, 1);
	push(*state, SERVE_REVOKE, 2);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 1);
	assert_int_equal(count(serve_queue_take(*state, 0)), 4);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 2);
	assert_int_equal(count(serve_queue_take(*state, 0)), 64);
	assert_int_equal(count(serve_queue_take(*state, 0)), 32);
	assert_null(serve_queue_take(*state, 0));
}

static void push_ocsp_of_one_address_a_quarter_of_the_line(void **state)
{
	int n = 0;

	while (n < 1000 && push_of(*state, SERVE_OCSP, 0, 7))
		n++;
	assert_int_equal(n, 128);
	assert_true(push_of(*state, SERVE_OCSP, 0, HTTP_SOURCES - 1));
	/* What was taken has its place again. */
	assert_int_equal(count(serve_queue_take(*state, 0)), 64);
	n = 0;
	while (n < 1000 && push_of(*state, SERVE_OCSP, 0, 7))
		n++;
	assert_int_equal(n, 63);
}

static void take_ocsp_of_an_address_behind_a_flood_at_once(void **state)
{
	struct serve_job *list;
	int n = 0, found = 0;

	for (int i = 0; i < 100; i++)
		assert_true(push_of(*state, SERVE_OCSP, 0, 7));
	push(*state, SERVE_ISSUE, 0);
	assert_true(push_of(*state, SERVE_OCSP, 1, 8));
	assert_true(push_of(*state, SERVE_OCSP, 2, 9));
	push(*state, SERVE_ISSUE, 0);
	(void)numbers(serve_queue_take(*state, 0));
	push(*state, SERVE_ISSUE, 0);
	list = serve_queue_take(*state, 0); /* four, since a station waits */
	for (const struct serve_job *job = list; job; job = job->next) {
		n++;
		found += job->reason;
	}
	assert_int_equal(n, 4);
	assert_int_equal(found, 3);
	(void)numbers(list);
}

/* How many of @list are of the address @source. */
static int of_source(const struct serve_job *list, uint16_t source)
{
	int n = 0;

	for (; list; list = list->next)
		n += list->source == source;
	return n;
}

/* A batch is one commit, and its length is what others wait. */
static void take_ocsp_of_an_address_a_quarter_of_a_batch(void **state)
{
	struct serve_job *list;

	for (int i = 0; i < 100; i++)
		assert_true(push_of(*state, SERVE_OCSP, 0, 7));
	for (int i = 0; i < 60; i++)
		assert_true(
			push_of(*state, SERVE_OCSP, 0, (uint16_t)(8 + i % 3)));
	list = serve_queue_take(*state, 0); /* 64, as no station waits */
	assert_int_equal(of_source(list, 7), 16);
	for (uint16_t source = 8; source < 11; source++)
		assert_int_equal(of_source(list, source), 16);
	(void)numbers(list);
	/* What of a batch nobody else wants is the first one's. */
	list = serve_queue_take(*state, 0);
	assert_int_equal(of_source(list, 7), 52);
	assert_int_equal(count(list), 64);
	/* And of the few while a station waits it is one. */
	push(*state, SERVE_ISSUE, 1);
	for (uint16_t source = 8; source < 11; source++)
		assert_true(push_of(*state, SERVE_OCSP, 0, source));
	push(*state, SERVE_REVOKE, 2);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 1);
	list = serve_queue_take(*state, 0);
	assert_int_equal(of_source(list, 7), 1);
	assert_int_equal(count(list), 4);
}

static void take_stations_and_ocsp_in_turns(void **state)
{
	for (int i = 0; i < 8; i++)
		push(*state, SERVE_OCSP, 0);
	push(*state, SERVE_ISSUE, 1);
	push(*state, SERVE_REVOKE, 2);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 1);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 0);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 2);
	assert_int_equal(numbers(serve_queue_take(*state, 0)), 0);
	assert_null(serve_queue_take(*state, 0));
}

static void health_worker_too_long_at_work_told(void **state)
{
	int64_t after = http_clock() + SERVE_STUCK_SECONDS * 1000;

	assert_null(serve_queue_health(*state, after + 60000)); /* it waits */
	assert_null(serve_queue_take(*state, 0));
	assert_null(serve_queue_health(*state, after));
	assert_string_equal(serve_queue_health(*state, after + 60000),
		"register or token: no answer\n");
}

static void health_trouble_told_until_it_is_over(void **state)
{
	serve_queue_set_trouble(*state, "trouble\n");
	assert_string_equal(serve_queue_health(*state, 0), "trouble\n");
	serve_queue_set_trouble(*state, NULL);
	assert_null(serve_queue_health(*state, 0));
}

static void take_at_most_a_batch(void **state)
{
	struct serve_job *list;
	int n = 0;

	for (int i = 0; i < SERVE_BATCH_MAX + 1; i++)
		push(*state, SERVE_ISSUE, 0);
	list = serve_queue_take(*state, 0);
	for (const struct serve_job *job = list; job; job = job->next)
		n++;
	assert_int_equal(n, SERVE_BATCH_MAX);
	(void)numbers(list);
	list = serve_queue_take(*state, 0);
	assert_non_null(list);
	assert_null(list->next);
	(void)numbers(list);
}

/* Of an address that none of the last ones had. */
static struct serve_job *new_job(enum serve_action action)
{
	static uint16_t last;
	struct serve_job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->action = action;
	job->source = last++ % HTTP_SOURCES;
	return job;
}

/* Jobs pushed until one is refused. */
static int fill(struct serve_queue *q, enum serve_action action)
{
	struct serve_job *job = new_job(action);
	int n = 0;

	while (n < 100000 && serve_queue_push(q, job)) {
		job = new_job(action);
		n++;
	}
	serve_job_free(job);
	return n;
}

static void push_full_line_refused_other_line_open(void **state)
{
	int n = fill(*state, SERVE_OCSP);

	assert_true(n > SERVE_BATCH_MAX && n < 100000);
	push(*state, SERVE_ISSUE, 1);
}

/* Wherever its jobs are: with the judge they take their places, too. */
static void push_stations_lines_have_one_limit(void **state)
{
	int n = fill(*state, SERVE_ISSUE);
	struct serve_job *list;

	assert_int_equal(fill(*state, SERVE_CHALLENGE), 0);
	while ((list = serve_queue_take(*state, 0)))
		(void)numbers(list);
	assert_int_equal(fill(*state, SERVE_CHALLENGE), n);
	list = serve_queue_take_requests(*state);
	assert_int_equal(fill(*state, SERVE_ISSUE), 0);
	serve_queue_judged(*state, list);
	assert_int_equal(fill(*state, SERVE_ISSUE), 0);
	assert_int_equal(count(serve_queue_take(*state, 0)), SERVE_BATCH_MAX);
	assert_int_equal(fill(*state, SERVE_ISSUE), SERVE_BATCH_MAX);
}

static void finish_collected_in_order_and_told(void **state)
{
	struct serve_news news;
	struct serve_job *list;

	assert_false(readable(*state));
	push(*state, SERVE_ISSUE, 1);
	push(*state, SERVE_SHOW, 2);
	assert_false(readable(*state));
	while ((list = serve_queue_take(*state, 0)))
		serve_queue_finish(*state, list);
	assert_true(readable(*state));
	assert_int_equal(numbers(serve_queue_collect(*state, &news)), 12);
	assert_false(readable(*state));
	assert_null(serve_queue_collect(*state, &news));
	assert_false(news.published);
	assert_false(news.gone);
}

static void tell_news_added_up_collected_once(void **state)
{
	const struct serve_news published = { .published = true };
	const struct serve_news gone = { .gone = true };
	struct serve_news news;

	serve_queue_tell(*state, &published);
	assert_true(readable(*state));
	assert_null(serve_queue_collect(*state, &news));
	assert_true(news.published);
	assert_false(news.gone);
	assert_false(readable(*state));
	serve_queue_tell(*state, &gone);
	serve_queue_tell(*state, &published);
	push(*state, SERVE_ISSUE, 1);
	serve_queue_finish(*state, serve_queue_take(*state, 0));
	assert_int_equal(numbers(serve_queue_collect(*state, &news)), 1);
	assert_true(news.published);
	assert_true(news.gone);
	assert_null(serve_queue_collect(*state, &news));
	assert_false(news.published);
	assert_false(news.gone);
}

static void end_no_more_jobs_but_those_in_line(void **state)
{
	struct serve_job *job = new_job(SERVE_ISSUE);

	push(*state, SERVE_ISSUE, 7);
	serve_queue_end(*state);
	assert_false(serve_queue_push(*state, job));
	serve_job_free(job);
	assert_false(serve_queue_ended(*state));
	assert_int_equal(
		numbers(serve_queue_take(*state, http_clock() + 60000)), 7);
	assert_null(serve_queue_take(*state, http_clock() + 60000));
	assert_true(serve_queue_ended(*state));
}

static void end_worker_waits_for_what_is_judged(void **state)
{
	struct serve_job *list;

	push(*state, SERVE_CHALLENGE, 8);
	serve_queue_end(*state);
	assert_false(serve_queue_ended(*state));
	list = serve_queue_take_requests(*state);
	assert_null(serve_queue_take_requests(*state));
	assert_null(serve_queue_take(*state, 0));
	assert_false(serve_queue_ended(*state));
	serve_queue_judged(*state, list);
	assert_false(serve_queue_ended(*state));
	assert_int_equal(
		numbers(serve_queue_take(*state, http_clock() + 60000)), 8);
	assert_true(serve_queue_ended(*state));
	assert_null(serve_queue_take(*state, http_clock() + 60000));
}

static void *work(void *arg)
{
	struct serve_job *list;

	while ((list = serve_queue_take(arg, http_clock() + 60000)))
		serve_queue_finish(arg, list);
	return NULL;
}

static void *judge(void *arg)
{
	struct serve_job *list;

	while ((list = serve_queue_take_requests(arg)))
		serve_queue_judged(arg, list);
	return NULL;
}

static void *take_one(void *arg)
{
	struct serve_job *list = serve_queue_take(arg, http_clock() + 60000);
	int n = numbers(list);

	return (void *)(intptr_t)n;
}

/* Wakes a worker that waits already: or a minute passes, and nothing comes. */
static void judged_worker_woken(void **state)
{
	pthread_t thread;
	struct serve_job *list;
	void *got;

	push(*state, SERVE_CHALLENGE, 6);
	list = serve_queue_take_requests(*state);
	serve_queue_end(*state); /* it must not end now */
	assert_int_equal(pthread_create(&thread, NULL, take_one, *state), 0);
	serve_queue_judged(*state, list);
	assert_int_equal(pthread_join(thread, &got), 0);
	assert_int_equal((intptr_t)got, 6);
}

/* Three threads: every job comes back once. */
static void take_from_other_threads_nothing_lost(void **state)
{
	enum {
		N = 5000
	};
	static bool back[N];
	static const enum serve_action actions[] = { SERVE_OCSP, SERVE_ISSUE,
		SERVE_CHALLENGE };
	pthread_t threads[2];
	int n = 0, pushed = 0;

	memset(back, 0, sizeof(back));
	assert_int_equal(pthread_create(&threads[0], NULL, work, *state), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, judge, *state), 0);
	while (n < N) {
		struct pollfd fd = { serve_queue_fd(*state), POLLIN, 0 };
		struct serve_news news;
		struct serve_job *list;

		while (pushed < N && pushed - n < 500) {
			assert_true(push_of(*state, actions[pushed % 3], pushed,
				(uint16_t)(pushed % 100)));
			pushed++;
		}
		assert_int_equal(poll(&fd, 1, 30000), 1);
		list = serve_queue_collect(*state, &news);
		while (list) {
			struct serve_job *next = list->next;

			assert_false(back[list->reason]);
			back[list->reason] = true;
			serve_job_free(list);
			list = next;
			n++;
		}
	}
	serve_queue_end(*state);
	assert_int_equal(pthread_join(threads[0], NULL), 0);
	assert_int_equal(pthread_join(threads[1], NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(take_one_action_in_order_others_stay),
		T(take_requests_by_the_judge_first),
		T(push_ocsp_of_one_address_a_quarter_of_the_line),
		T(take_ocsp_of_an_address_behind_a_flood_at_once),
		T(take_ocsp_of_an_address_a_quarter_of_a_batch),
		T(take_stations_and_ocsp_in_turns),
		T(take_few_of_ocsp_while_a_station_waits),
		T(health_worker_too_long_at_work_told),
		T(health_trouble_told_until_it_is_over),
		T(take_at_most_a_batch),
		T(push_full_line_refused_other_line_open),
		T(push_stations_lines_have_one_limit),
		T(finish_collected_in_order_and_told),
		T(tell_news_added_up_collected_once),
		T(end_no_more_jobs_but_those_in_line),
		T(end_worker_waits_for_what_is_judged),
		T(judged_worker_woken),
		T(take_from_other_threads_nothing_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
