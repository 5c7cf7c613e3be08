/* SPDX-License-Identifier: Apache-2.0 */
/* When the TPM is told that power may go. */
#include "cmocka-all.h"

#include "keyd-settle.h"

static void delay_once_a_minute_after_the_first_use(void **state)
{
	struct settle s = { .every = 0 };

	(void)state;
	assert_int_equal(settle_delay(&s), SETTLE_SECONDS);
	s.waiting = true;
	assert_int_equal(settle_delay(&s), 0);
	s.waiting = false;
	/* It failed: after the next use. */
	assert_int_equal(settle_delay(&s), SETTLE_SECONDS);
	s.done = true;
	assert_int_equal(settle_delay(&s), 0);
}

static void delay_more_often_by_the_setting(void **state)
{
	struct settle often = { .every = 5 }, seldom = { .every = 3600 };

	(void)state;
	assert_int_equal(settle_delay(&often), 5);
	assert_int_equal(settle_delay(&seldom), SETTLE_SECONDS);
	often.waiting = true;
	assert_int_equal(settle_delay(&often), 0);
	often.waiting = false;
	often.done = seldom.done = true;
	assert_int_equal(settle_delay(&often), 5);
	assert_int_equal(settle_delay(&seldom), 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delay_once_a_minute_after_the_first_use),
		cmocka_unit_test(delay_more_often_by_the_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
