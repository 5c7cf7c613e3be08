/* SPDX-License-Identifier: Apache-2.0 */
/* Onboarding by a wall clock that is wrong or jumps, and against a server that
 * fails for a day. */
#include "cmocka-all.h"

#include <stdio.h>
#include <time.h>

#include "log.h"
#include "onboard-fixture.h"
#include "onboard-status.h"

#define LDEVID(n) ((enum key_id)(N_MAKER_KEYS + (n)))
#define HOUR_MS   3600000u
#define DAY_MS    (24 * HOUR_MS)

#define IN_1970 12 /* seconds after the start of a machine */
#define IN_2026 1796000000
#define IN_2038 2147483600 /* the last minute of 32 bits */
#define AFTER   2147483700 /* and the one after it */

static int64_t wall;
static struct onboard_world w;

/* In place of libc's: the wall clock of this program. Where time_t has 32 bits
 * it wraps round as that of the kernel does. */
time_t time(time_t *ret)
{
	time_t now = (time_t)wall;

	if (ret)
		*ret = now;
	return now;
}

static int setup(void **state)
{
	(void)state;
	wall = IN_2026;
	onboard_world_new(&w, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	onboard_world_done(&w);
	return 0;
}

static void assert_status(void)
{
	json_t *status = onboard_status_json(w.o);

	assert_true(json_is_object(status));
	json_decref(status);
}

static void assert_production(void)
{
	enum key_id shown[2] = { KEY_NONE, KEY_NONE };

	assert_int_equal(w.o->state, ONBOARD_PRODUCTION);
	assert_int_equal(onboarder_shown(w.o, shown), 2);
	assert_int_equal(shown[0], LDEVID(0));
	assert_status();
}

static const int64_t clocks[] = { IN_1970, IN_2026, IN_2038, AFTER };

/* ---- a clock that is wrong ---- */

/* covers: OWN-onboard-clock */
static void box_to_production_by_any_clock(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(clocks); i++) {
		(void)teardown(NULL);
		wall = clocks[i];
		onboard_world_new(&w, NULL);
		onboard_world_reach(&w, ONBOARD_PRODUCTION);
		assert_production();
		assert_true(
			w.o->facts.times[ONBOARD_PRODUCTION] == (time_t)wall);
		onboard_world_restart(&w, NULL, "boot-2");
		onboard_world_go_on(&w);
		assert_production();
	}
}

/* ---- one that jumps ---- */

/* In the midst of @state from @from to @to; @restart: the agent begins anew
 * there as well. */
static void jump(
	enum onboard_state state, int64_t from, int64_t to, bool restart)
{
	uint64_t timer;

	(void)teardown(NULL);
	wall = from;
	onboard_world_new(&w, NULL);
	onboard_world_reach(&w, state);
	timer = w.timer;
	wall = to;
	assert_status();
	if (restart)
		onboard_world_restart(&w, NULL, "boot-1");
	else
		assert_int_equal(w.timer, timer);
	onboard_world_go_on(&w);
	assert_production();
}

/* covers: OWN-onboard-clock */
static void clock_jumps_in_each_state_and_it_goes_on(void **state)
{
	static const enum onboard_state states[] = { ONBOARD_AUTHENTICATING,
		ONBOARD_PROVISIONING, ONBOARD_ENROLLING, ONBOARD_PENDING,
		ONBOARD_CONFIGURING, ONBOARD_TRYING, ONBOARD_HELD };

	(void)state;
	for (size_t i = 0; i < N_OF(states); i++) {
		for (size_t k = 0; k < N_OF(clocks) * N_OF(clocks); k++) {
			int64_t from = clocks[k / N_OF(clocks)];
			int64_t to = clocks[k % N_OF(clocks)];

			jump(states[i], from, to, false);
			jump(states[i], from, to, true);
		}
	}
}

/* Neither sooner nor later: it is counted by a clock that does not jump. */
static void put_off_answer_is_waited_for_as_long_by_any_clock(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(clocks); i++) {
		(void)teardown(NULL);
		wall = IN_2026;
		onboard_world_new(&w, NULL);
		onboard_world_reach(&w, ONBOARD_PENDING);
		w.now += 20000;
		wall = clocks[i];
		onboard_world_restart(&w, NULL, "boot-1");
		onboarder_carrier(w.o, true);
		onboarder_let_in(w.o, KEY_IDEVID);
		onboarder_address(w.o, "site.example");
		assert_int_equal(w.o->state, ONBOARD_PENDING);
		assert_int_equal(w.timer, 40000);
	}
}

/* ---- a server that fails for a day ---- */

static void elapse(void)
{
	w.now += w.timer;
	wall += (int64_t)(w.timer / 1000);
	onboarder_timeout(w.o);
}

/* The device is in HELD after the first 500; @kind is asked for again and
 * again. */
static void fails_for_a_day(enum onboard_work_kind kind)
{
	enum key_id shown[2] = { KEY_NONE, KEY_NONE };
	uint64_t end = w.now + DAY_MS, last = 0;
	unsigned asked = 0;

	while (w.now < end) {
		assert_int_equal(w.o->state, ONBOARD_HELD);
		assert_string_equal(w.o->facts.class, "EST_SERVER");
		assert_true(w.timer > last ||
			    (w.timer == last && last > HOUR_MS / 2));
		assert_true(w.timer <= HOUR_MS);
		last = w.timer;
		assert_int_equal(onboarder_shown(w.o, shown), 1);
		assert_int_equal(shown[0], KEY_IDEVID);
		elapse();
		assert_true(w.o->working);
		assert_int_equal(w.work.kind, kind);
		assert_int_equal(w.work.key, LDEVID(0));
		asked++;
		if (w.now < end)
			onboard_world_work_fails(&w, "EST_SERVER");
	}
	assert_in_range(asked, 24, 48);
	assert_int_equal(w.n_shows, 0);
}

/* covers: OWN-onboard-backoff */
static void enrolment_fails_for_a_day_then_goes_on_at_once(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_HELD); /* by EST_SERVER */
	fails_for_a_day(ONBOARD_WORK_ENROL);
	onboard_world_work_ends(&w);
	assert_int_equal(w.o->state, ONBOARD_CONFIGURING);
	assert_int_equal(w.work.kind, ONBOARD_WORK_DOCUMENT);
	onboard_world_work_ends(&w);
	onboard_world_work_ends(&w);
	onboarder_let_in(w.o, LDEVID(0));
	assert_production();
	assert_string_equal(w.o->facts.class, "");
}

/* The certificate that is there stays. */
static void document_fails_for_a_day_then_goes_on_at_once(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_CONFIGURING);
	onboard_world_work_fails(&w, "EST_SERVER");
	fails_for_a_day(ONBOARD_WORK_DOCUMENT);
	onboard_world_work_ends(&w);
	assert_int_equal(w.work.kind, ONBOARD_WORK_HOOKS);
	onboard_world_work_ends(&w);
	onboarder_let_in(w.o, LDEVID(0));
	assert_production();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(box_to_production_by_any_clock),
		TEST(clock_jumps_in_each_state_and_it_goes_on),
		TEST(put_off_answer_is_waited_for_as_long_by_any_clock),
		TEST(enrolment_fails_for_a_day_then_goes_on_at_once),
		TEST(document_fails_for_a_day_then_goes_on_at_once),
	};

	log_init("test-onboard-clock", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
