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
	/* It was wrong all the same: told once. */
	check_right(f, 0, false, CA_CLOCK_BACK);
	check_right(f, 0, false, CA_CLOCK_RIGHT);
}

/* No word helps against a clock that all machines of the CA share. */
static void check_database_decides(struct publish_fixture *f)
{
	check_right(f, 0, false, CA_CLOCK_RIGHT);
	check_right(f, CA_CLOCK_SLACK / 2, false, CA_CLOCK_RIGHT);
	check_wrong(f, 2 * CA_CLOCK_SLACK, false, "ahead of that of the data");
	check_wrong(f, 2 * CA_CLOCK_SLACK, true, "ahead of that of the data");
	check_wrong(f, -2 * CA_CLOCK_SLACK, false, "behind that of the data");
	check_right(f, 0, false, CA_CLOCK_RIGHT);
}

static void on_check(void **state)
{
	const struct place *place = *state;
	struct publish_fixture f;

	publish_fixture_init(&f, place->uri);
	if (place->postgres)
		check_database_decides(&f);
	else
		check_ahead_needs_a_word(&f);
	publish_fixture_done(&f);
}

/* The newest is what was noted last, not what is latest. */
static void on_note(void **state)
{
	const struct place *place = *state;
	struct register_clock c = { -1, -1 };
	struct reg *reg = place_open(place);
	int64_t now = (int64_t)time(NULL);

	assert_int_equal(register_begin(reg, NULL), DEVID_OK);
	assert_int_equal(register_clock_get(reg, &c, NULL), DEVID_OK);
	assert_int_equal(c.newest, 0);
	if (place->postgres)
		assert_in_range(c.database, now - 60, now + 60);
	else
		assert_int_equal(c.database, 0);
	assert_int_equal(register_clock_note(reg, 2000, NULL), DEVID_OK);
	assert_int_equal(register_clock_note(reg, 1000, NULL), DEVID_OK);
	assert_int_equal(register_clock_get(reg, &c, NULL), DEVID_OK);
	assert_int_equal(c.newest, 1000);
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
