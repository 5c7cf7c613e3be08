/* SPDX-License-Identifier: Apache-2.0 */
/* What a register knows of the time, against a clock that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ca-clock.h"
#include "publish-fixture.h"
#include "register-clock.h"
#include "register-fixture.h"
#include "shifted-clock.h"

#define DAY 86400

/* A check with the clock @ahead. */
static enum devid_err check(struct publish_fixture *f, int64_t ahead,
	bool accept, enum ca_clock *ret, struct devid_error *err)
{
	enum devid_err rc;

	shifted_clock = ahead;
	rc = ca_clock_check(&f->ca, accept, ret, err);
	shifted_clock = 0;
	return rc;
}

static void check_right(
	struct publish_fixture *f, int64_t ahead, bool accept, enum ca_clock as)
{
	enum ca_clock clock = CA_CLOCK_RIGHT;

	assert_int_equal(check(f, ahead, accept, &clock, NULL), DEVID_OK);
	assert_int_equal(clock, as);
	assert_false(f->ca.clock_wrong);
	assert_int_equal(ca_clock_refuse(&f->ca, NULL), DEVID_OK);
}

static void check_wrong(struct publish_fixture *f, int64_t ahead, bool accept,
	const char *cause)
{
	enum ca_clock clock = CA_CLOCK_RIGHT;
	struct devid_error err = { DEVID_OK, "" };

	assert_int_equal(
		check(f, ahead, accept, &clock, &err), DEVID_ERR_STATE);
	assert_non_null(strstr(err.text, cause));
	assert_true(f->ca.clock_wrong);
	assert_int_equal(ca_clock_refuse(&f->ca, NULL), DEVID_ERR_STATE);
}

/* As long as the database has no clock of its own. */
static void check_ahead_needs_a_word(struct publish_fixture *f)
{
	check_right(f, 0, false, CA_CLOCK_RIGHT); /* the first time of all */
	check_wrong(f, CA_CLOCK_AHEAD + 60, false, "14 days ahead");
	check_wrong(f, 400 * DAY, false, "--accept-clock");
	check_right(f, 0, false, CA_CLOCK_RIGHT); /* and nothing was noted */
	check_right(f, CA_CLOCK_AHEAD - 60, false, CA_CLOCK_RIGHT);
	check_right(f, 400 * DAY, true, CA_CLOCK_RIGHT);
	check_right(f, 401 * DAY, false, CA_CLOCK_RIGHT);
}

static int64_t newest(struct publish_fixture *f)
{
	struct register_clock c = { .newest = -1 };

	assert_int_equal(register_begin_read(f->ca.reg, NULL), DEVID_OK);
	assert_int_equal(register_clock_get(f->ca.reg, &c, NULL), DEVID_OK);
	register_rollback(f->ca.reg);
	return c.newest;
}

/* Neither far nor step by step is the newest time lost to a clock that is
 * behind. */
static void check_behind_needs_a_word(struct publish_fixture *f)
{
	int64_t noted;

	check_right(f, 400 * DAY, true, CA_CLOCK_BACK); /* of 401 */
	noted = newest(f);
	check_wrong(f, 0, false, "400 days behind the newest time");
	check_wrong(f, 0, false, "--accept-clock");
	check_wrong(f, 400 * DAY - CA_CLOCK_AHEAD - 60, false, "14 days behi");
	for (int i = 0; i < 2; i++) /* and it was not lowered the first time */
		check_right(f, 400 * DAY - CA_CLOCK_AHEAD + 60, false,
			CA_CLOCK_BACK);
	check_right(f, 400 * DAY - CA_CLOCK_SLACK - 60, false, CA_CLOCK_BACK);
	check_right(f, 400 * DAY - CA_CLOCK_SLACK / 2, false, CA_CLOCK_RIGHT);
	assert_int_equal(newest(f), noted);
	/* It was wrong all the same, says a person: told once. */
	check_right(f, 0, true, CA_CLOCK_BACK);
	check_right(f, 0, false, CA_CLOCK_RIGHT);
	check_right(f, CA_CLOCK_SLACK + 60, false, CA_CLOCK_RIGHT);
	check_right(f, 0, true, CA_CLOCK_RIGHT);
	assert_in_range(newest(f), time(NULL) - 60, time(NULL));
	check_wrong(f, 400 * DAY, false, "400 days ahead");
}

/* No word helps against a clock that all machines of the CA share. */
static void check_database_decides(struct publish_fixture *f)
{
	check_right(f, 0, false, CA_CLOCK_RIGHT);
	check_wrong(f, CA_CLOCK_SLACK, false, "ahead of that of the data");
	check_wrong(f, CA_CLOCK_SLACK, true, "ahead of that of the data");
	check_wrong(f, -CA_CLOCK_SLACK, false, "behind that of the data");
	check_wrong(f, -CA_CLOCK_SLACK, true, "behind that of the data");
	check_right(f, 0, false, CA_CLOCK_RIGHT);
}

/* As far from each other as two machines may be, none doubts the other. */
static void check_machines_agree(struct publish_fixture *f)
{
	check_right(f, CA_CLOCK_DATABASE - 20, true, CA_CLOCK_RIGHT);
	check_right(f, 20 - CA_CLOCK_DATABASE, false, CA_CLOCK_RIGHT);
	check_right(f, CA_CLOCK_DATABASE - 20, false, CA_CLOCK_RIGHT);
}

static void set(struct publish_fixture *f, int64_t when)
{
	assert_int_equal(register_begin(f->ca.reg, NULL), DEVID_OK);
	assert_int_equal(register_clock_set(f->ca.reg, when, NULL), DEVID_OK);
	assert_int_equal(register_commit(f->ca.reg, NULL), DEVID_OK);
}

/* It may have been the wrong one before, and all believed it: one word at any
 * machine is for all of them. */
static void check_database_was_wrong(struct publish_fixture *f)
{
	set(f, time(NULL) + 30 * DAY);
	check_wrong(f, 0, false, "days behind the newest time");
	check_right(f, 0, true, CA_CLOCK_BACK);
	check_right(f, 60, false, CA_CLOCK_RIGHT);
	set(f, time(NULL) - 30 * DAY);
	check_wrong(f, 0, false, "30 days ahead of the newest time");
}

static void on_check(void **state)
{
	const struct place *place = *state;
	struct publish_fixture f;

	publish_fixture_init(&f, place->uri);
	if (place->postgres) {
		check_database_decides(&f);
		check_machines_agree(&f);
		check_database_was_wrong(&f);
	} else {
		check_ahead_needs_a_word(&f);
		check_behind_needs_a_word(&f);
	}
	publish_fixture_done(&f);
}

/* The newest is the latest that was noted, but where it is set. */
static void on_note(void **state)
{
	const struct place *place = *state;
	struct register_clock c = { .newest = -1 };
	struct reg *reg = place_open(place);
	int64_t now = (int64_t)time(NULL);

	assert_int_equal(register_begin(reg, NULL), DEVID_OK);
	assert_int_equal(register_clock_get(reg, &c, NULL), DEVID_OK);
	assert_int_equal(c.newest, 0);
	assert_int_equal(c.turns, 0);
	if (place->postgres)
		assert_in_range(c.database, now - 60, now + 60);
	else
		assert_int_equal(c.database, 0);
	assert_int_equal(register_clock_note(reg, 2000, NULL), DEVID_OK);
	assert_int_equal(register_clock_note(reg, 1000, NULL), DEVID_OK);
	assert_int_equal(register_clock_get(reg, &c, NULL), DEVID_OK);
	assert_int_equal(c.newest, 2000);
	assert_int_equal(register_clock_note(reg, 2001, NULL), DEVID_OK);
	assert_int_equal(register_clock_get(reg, &c, NULL), DEVID_OK);
	assert_int_equal(c.newest, 2001);
	assert_int_equal(register_clock_set(reg, 1000, NULL), DEVID_OK);
	assert_int_equal(register_clock_get(reg, &c, NULL), DEVID_OK);
	assert_int_equal(c.newest, 1000);
	assert_int_equal(c.turns, 1); /* notes change nothing */
	assert_int_equal(register_clock_set(reg, 1000, NULL), DEVID_OK);
	assert_int_equal(register_clock_set(reg, 3000, NULL), DEVID_OK);
	assert_int_equal(register_clock_turns(reg, &c.turns, NULL), DEVID_OK);
	assert_int_equal(c.turns, 1); /* nor do the same time and a later */
	assert_int_equal(register_clock_set(reg, 2999, NULL), DEVID_OK);
	assert_int_equal(register_clock_turns(reg, &c.turns, NULL), DEVID_OK);
	assert_int_equal(c.turns, 2);
	assert_int_equal(register_commit(reg, NULL), DEVID_OK);
	register_close(reg);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(on_check),
		PLACE_CASE(on_note),
	};

	return place_run("ca-clock", cases, sizeof(cases) / sizeof(cases[0]));
}
