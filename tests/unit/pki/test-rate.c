/* SPDX-License-Identifier: Apache-2.0 */
/* The token bucket of a station. */
#include "cmocka-all.h"

#include "rate.h"

static unsigned take_all(struct http_rate *rate, int64_t now)
{
	unsigned wait = 0, n = 0;

	while (n < 1000000 && http_rate_take(rate, now, &wait))
		n++;
	return n;
}

static void take_without_limit_always_granted(void **state)
{
	struct http_rate rate;
	unsigned wait;

	(void)state;
	http_rate_init(&rate, 0, 5);
	for (int i = 0; i < 1000; i++)
		assert_true(http_rate_take(&rate, 5, &wait));
}

static void take_full_bucket_grants_a_minutes_worth(void **state)
{
	struct http_rate rate;

	(void)state;
	http_rate_init(&rate, 60, 1000);
	assert_int_equal(take_all(&rate, 1000), 60);
}

static void take_burst_bounds_what_is_granted_at_once(void **state)
{
	struct http_rate rate;

	(void)state;
	http_rate_init(&rate, 600, 1000);
	rate.burst = 10;
	assert_int_equal(take_all(&rate, 1000), 10);
	assert_int_equal(take_all(&rate, 1500), 5);
	assert_int_equal(take_all(&rate, 99000), 10);
}

static void take_empty_bucket_tells_when_to_come_back(void **state)
{
	struct http_rate rate;
	unsigned wait = 0;

	(void)state;
	http_rate_init(&rate, 4, 0); /* one in 15 s */
	assert_int_equal(take_all(&rate, 0), 4);
	assert_false(http_rate_take(&rate, 0, &wait));
	assert_int_equal(wait, 15);
	assert_false(http_rate_take(&rate, 5500, &wait));
	assert_int_equal(wait, 10); /* 9.5 s: rounded up */
	assert_false(http_rate_take(&rate, 14999, &wait));
	assert_int_equal(wait, 1);
	assert_true(http_rate_take(&rate, 15000, &wait));
	assert_false(http_rate_take(&rate, 15000, &wait));
}

static void take_after_the_wait_told_granted(void **state)
{
	(void)state;
	for (unsigned a_minute = 1; a_minute < 200; a_minute++) {
		struct http_rate rate;
		unsigned wait = 0;

		http_rate_init(&rate, a_minute, 0);
		(void)take_all(&rate, 0);
		assert_false(http_rate_take(&rate, 0, &wait));
		assert_true(wait >= 1 && wait <= 60);
		assert_true(http_rate_take(&rate, wait * 1000, &wait));
	}
}

static void take_asked_often_loses_nothing(void **state)
{
	struct http_rate rate;
	unsigned wait, n = 0;

	(void)state;
	http_rate_init(&rate, 7, 0);
	(void)take_all(&rate, 0);
	for (int64_t now = 1; now <= 600000; now++)
		n += http_rate_take(&rate, now, &wait);
	assert_int_equal(n, 70); /* ten minutes */
}

static void take_after_long_silence_no_more_than_full(void **state)
{
	struct http_rate rate;

	(void)state;
	http_rate_init(&rate, 1000000, 0);
	(void)take_all(&rate, 0);
	assert_int_equal(take_all(&rate, INT64_MAX), 1000000);
}

static void take_clock_that_stands_grants_no_more(void **state)
{
	struct http_rate rate;
	unsigned wait;

	(void)state;
	http_rate_init(&rate, 1, 10);
	assert_true(http_rate_take(&rate, 10, &wait));
	assert_false(http_rate_take(&rate, 9, &wait));
	assert_false(http_rate_take(&rate, 10, &wait));
}

static unsigned take_shares(struct http_rate *all, struct http_rate *own)
{
	const struct http_share share = { all, own };
	unsigned n = 0;

	while (n < 1000 && http_share_take(&share, 0))
		n++;
	return n;
}

static void share_take_one_leaves_the_rest_to_others(void **state)
{
	struct http_rate all, own[5];

	(void)state;
	http_rate_init(&all, 200, 0);
	for (int i = 0; i < 5; i++)
		http_rate_init(&own[i], 60, 0);
	assert_int_equal(take_shares(&all, &own[0]), 60);
	assert_int_equal(take_shares(&all, &own[0]), 0);
	assert_int_equal(take_shares(&all, &own[1]), 60);
	assert_int_equal(take_shares(&all, &own[2]), 60);
	assert_int_equal(take_shares(&all, &own[3]), 20);
	assert_int_equal(take_shares(&all, &own[4]), 0);
	/* What was not had from all costs nothing of one's own. */
	http_rate_init(&all, 100, 0);
	assert_int_equal(take_shares(&all, &own[4]), 60);
	assert_int_equal(take_shares(&all, &own[3]), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(take_without_limit_always_granted),
		cmocka_unit_test(take_full_bucket_grants_a_minutes_worth),
		cmocka_unit_test(take_burst_bounds_what_is_granted_at_once),
		cmocka_unit_test(take_empty_bucket_tells_when_to_come_back),
		cmocka_unit_test(take_after_the_wait_told_granted),
		cmocka_unit_test(take_asked_often_loses_nothing),
		cmocka_unit_test(take_after_long_silence_no_more_than_full),
		cmocka_unit_test(take_clock_that_stands_grants_no_more),
		cmocka_unit_test(share_take_one_leaves_the_rest_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
