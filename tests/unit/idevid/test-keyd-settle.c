/* SPDX-License-Identifier: Apache-2.0 */
/* When the TPM is told that power may go. */
#include "cmocka-all.h"

#include <unistd.h>

#include "fake-keystore.h"
#include "keyd-settle.h"
#include "tempdir.h"

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

static void limit_is_shortened_by_the_setting(void **state)
{
	const struct settle own = { .limit = 0 }, shorter = { .limit = 2 };
	const struct settle longer = { .limit = 200 };

	(void)state;
	assert_int_equal(settle_limit(&own), 30);
	assert_int_equal(settle_limit(&shorter), 2);
	assert_int_equal(settle_limit(&longer), 30);
}

/* ---- the mark ---- */

static struct world {
	struct keystore *ks; /* owned */
	struct keystore_ops ops;
	struct module *m; /* owned */
	struct tempdir dir;
	sd_event *event;     /* owned */
	enum devid_err says; /* the TPM, to a Shutdown */
	int told;
} w;

static enum devid_err tell(struct keystore *ks, struct devid_error *err)
{
	(void)ks;
	w.told++;
	return w.says == DEVID_OK ? DEVID_OK : devid_fail(err, w.says, "no");
}

static void not_expected(const char *line)
{
	fail_msg("%s", line);
}

static int setup(void **state)
{
	struct module_options options = { .state_dir = NULL };

	(void)state;
	memset(&w, 0, sizeof(w));
	w.dir = tempdir_new();
	fake_keystore_new(&w.ks);
	w.ops = *w.ks->ops;
	w.ops.settle = tell;
	w.ks->ops = &w.ops;
	options.keystore = w.ks;
	options.state_dir = w.dir.path;
	assert_rc(module_new(&options, not_expected, &w.m, NULL), DEVID_OK);
	assert_true(sd_event_new(&w.event) >= 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sd_event_unref(w.event);
	module_free(w.m);
	w.ks->ops->free(w.ks);
	tempdir_remove(&w.dir);
	return 0;
}

static struct settle start(void)
{
	return (struct settle) {
		.event = w.event, .module = w.m, .state_dir = w.dir.path
	};
}

/* As a kill does: nothing is told. */
static void drop(struct settle *s)
{
	s->timer = sd_event_source_disable_unref(s->timer);
}

static bool is_marked(void)
{
	return access(tempdir_file(&w.dir, "unsettled"), F_OK) == 0;
}

static void use_is_marked_until_it_is_told(void **state)
{
	struct settle s = start();

	(void)state;
	settle_resume(&s);
	assert_false(is_marked());
	settle_note_use(&s);
	assert_true(is_marked());
	settle_resume(&s); /* it has its timer */
	assert_int_equal(w.told, 0);
	settle_done(&s);
	assert_int_equal(w.told, 1);
	assert_false(is_marked());
}

static void use_before_a_kill_told_at_the_next_start(void **state)
{
	struct settle s = start(), next = start(), third = start();

	(void)state;
	settle_note_use(&s);
	drop(&s);
	settle_resume(&next);
	assert_int_equal(w.told, 1);
	assert_false(is_marked());
	/* That was for the start before: this one has its own. */
	settle_note_use(&next);
	assert_true(next.waiting);
	drop(&next);
	w.says = DEVID_ERR_TPM_ABSENT;
	settle_resume(&third);
	assert_int_equal(w.told, 2);
	assert_true(is_marked()); /* it was not taken */
	w.says = DEVID_OK;
	settle_resume(&third);
	assert_int_equal(w.told, 3);
	assert_false(is_marked());
}

/* What is not going to be told is not marked either. */
static void use_after_the_one_of_a_start_not_marked(void **state)
{
	struct settle s = start();

	(void)state;
	s.done = true;
	settle_note_use(&s);
	assert_false(is_marked());
	settle_done(&s);
	assert_int_equal(w.told, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delay_once_a_minute_after_the_first_use),
		cmocka_unit_test(delay_more_often_by_the_setting),
		cmocka_unit_test(limit_is_shortened_by_the_setting),
		CASE(use_is_marked_until_it_is_told),
		CASE(use_before_a_kill_told_at_the_next_start),
		CASE(use_after_the_one_of_a_start_not_marked),
	};

	return cmocka_run_group_tests_name("keyd-settle", tests, NULL, NULL);
}
