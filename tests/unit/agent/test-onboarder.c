/* SPDX-License-Identifier: Apache-2.0 */
/* Stories of a device on its way: what it shows, asks for, keeps and drops. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "onboard-fixture.h"
#include "onboard-status.h"

#define LDEVID(n) ((enum key_id)(N_MAKER_KEYS + (n)))

static struct onboard_world w;

static int setup(void **state)
{
	(void)state;
	onboard_world_new(&w, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	onboard_world_done(&w);
	return 0;
}

static void assert_state(enum onboard_state want)
{
	assert_string_equal(
		onboard_state_name(w.o->state), onboard_state_name(want));
}

static void assert_shown(enum key_id first, enum key_id second)
{
	enum key_id shown[2] = { KEY_NONE, KEY_NONE };

	(void)onboarder_shown(w.o, shown);
	assert_int_equal(shown[0], first);
	assert_int_equal(shown[1], second);
}

static void assert_work(enum onboard_work_kind kind, enum key_id key)
{
	assert_true(w.o->working);
	assert_int_equal(w.work.kind, kind);
	if (kind != ONBOARD_WORK_DROP)
		assert_int_equal(w.work.key, key);
}

static void refuse(enum key_id key, const char *class, bool final)
{
	const struct onboarder_refusal refusal = { key, class, "a reason",
		final };

	onboarder_refused(w.o, &refusal);
}

static bool has_file(const char *name)
{
	return files_exists(tempdir_file(&w.dir, name));
}

static void elapse(void)
{
	assert_true(w.timer > 0);
	w.now += w.timer;
	onboarder_timeout(w.o);
}

static void box_to_production_shows_each_identity_in_its_turn(void **state)
{
	(void)state;
	assert_shown(KEY_IDEVID, KEY_NONE);
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	assert_int_equal(w.timer, 0); /* it waits for the network alone */
	onboarder_address(w.o, "site.example");
	assert_state(ONBOARD_ENROLLING);
	assert_work(ONBOARD_WORK_ENROL, LDEVID(0));
	onboard_world_work_ends(&w);
	assert_work(ONBOARD_WORK_DOCUMENT, LDEVID(0));
	onboard_world_work_ends(&w);
	assert_work(ONBOARD_WORK_HOOKS, LDEVID(0));
	assert_shown(KEY_IDEVID, KEY_NONE);
	assert_false(onboarder_site_is_candidate(w.o));
	assert_int_equal(w.n_shows, 0);
	onboard_world_work_ends(&w);
	assert_state(ONBOARD_TRYING);
	assert_int_equal(w.n_shows, 1);
	assert_shown(LDEVID(0), KEY_NONE);
	assert_true(onboarder_site_is_candidate(w.o));
	onboarder_let_in(w.o, LDEVID(0));
	assert_state(ONBOARD_PRODUCTION);
	assert_int_equal(w.n_shows, 1); /* it is attached already */
	assert_shown(LDEVID(0), KEY_IDEVID);
	assert_false(onboarder_site_is_candidate(w.o));
	assert_true(has_file("site.json"));
	assert_false(has_file("site-candidate.json"));
	assert_false(w.o->working);
}

static void replug_in_production_enrols_nothing(void **state)
{
	(void)state;
	onboard_world_settle(&w);
	w.n_starts = 0;
	onboard_world_restart(&w, NULL, "boot-2");
	assert_shown(LDEVID(0), KEY_IDEVID);
	onboarder_carrier(w.o, true);
	onboarder_let_in(w.o, LDEVID(0));
	assert_state(ONBOARD_PRODUCTION);
	assert_int_equal(w.n_starts, 0);
}

static void registrar_by_name_needs_no_domain(void **state)
{
	(void)state;
	onboard_world_restart(&w, "est.example", "boot-1");
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	elapse(); /* nobody noted an address */
	assert_state(ONBOARD_ENROLLING);
	assert_work(ONBOARD_WORK_ENROL, LDEVID(0));
}

static void no_registrar_runs_nothing_and_waits_ever_longer(void **state)
{
	uint64_t last = 0;

	(void)state;
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	onboarder_address(w.o, "");
	for (int i = 0; i < 12; i++) {
		assert_state(ONBOARD_HELD);
		assert_string_equal(w.o->facts.class, "NO_REGISTRAR");
		assert_true(w.timer > last || w.timer == 2700000);
		last = w.timer;
		elapse();
	}
	assert_int_equal(w.timer, 2700000); /* 1 h, a quarter less */
	assert_int_equal(w.n_starts, 0);
	assert_int_equal(w.o->facts.candidate, KEY_NONE);
}

static void another_domain_ends_the_wait_and_the_same_does_not(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_HELD);
	w.n_starts = 0;
	onboarder_address(w.o, "site.example"); /* a lease was renewed */
	assert_state(ONBOARD_HELD);
	assert_int_equal(w.n_starts, 0);
	onboarder_address(w.o, "other.example");
	assert_state(ONBOARD_ENROLLING);
	assert_work(ONBOARD_WORK_ENROL, LDEVID(0));
}

static void pending_asks_with_the_same_key_when_told(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_PENDING);
	assert_int_equal(w.timer, 60000);
	elapse();
	assert_state(ONBOARD_ENROLLING);
	assert_work(ONBOARD_WORK_ENROL, LDEVID(0));
	onboard_world_work_pends(&w, 90);
	assert_int_equal(w.timer, 90000);
}

static void pending_counts_on_over_a_restart_of_the_agent(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_PENDING);
	w.now += 20000;
	onboard_world_restart(&w, NULL, "boot-1");
	w.n_starts = 0;
	onboarder_carrier(w.o, true);
	onboarder_let_in(w.o, KEY_IDEVID);
	onboarder_address(w.o, "site.example");
	assert_state(ONBOARD_PENDING);
	assert_int_equal(w.timer, 40000);
	assert_int_equal(w.n_starts, 0);
	elapse();
	assert_work(ONBOARD_WORK_ENROL, LDEVID(0));
}

/* The clock that it was counted by is another one after a start of the
 * machine: the wait is whole, and never longer, wherever that clock stands. */
static void pending_waits_anew_after_a_boot(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_PENDING);
	w.now = 5; /* and the last one was at 1000 s */
	onboard_world_restart(&w, NULL, "boot-2");
	onboarder_carrier(w.o, true);
	onboarder_let_in(w.o, KEY_IDEVID);
	onboarder_address(w.o, "site.example");
	assert_state(ONBOARD_PENDING);
	assert_int_equal(w.timer, 60000);
}

static void issued_candidate_goes_on_after_a_restart(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_CONFIGURING);
	onboard_world_restart(&w, NULL, "boot-2");
	assert_shown(KEY_IDEVID, KEY_NONE);
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	onboarder_address(w.o, "site.example");
	assert_state(ONBOARD_CONFIGURING);
	assert_work(ONBOARD_WORK_DOCUMENT, LDEVID(0));
}

static void erased_candidate_is_asked_for_anew(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_CONFIGURING);
	onboard_world_restart(&w, NULL, "boot-2");
	onboard_world_key(&w, "ldevid-0", false);
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	onboarder_address(w.o, "site.example");
	assert_state(ONBOARD_ENROLLING);
	assert_work(ONBOARD_WORK_DROP, KEY_NONE);
	onboard_world_work_ends(&w);
	assert_work(ONBOARD_WORK_ENROL, LDEVID(0));
}

static void firmware_too_low_is_held_before_any_hook(void **state)
{
	(void)state;
	w.document_ok = false;
	onboard_world_reach(&w, ONBOARD_CONFIGURING);
	onboard_world_work_ends(&w);
	assert_state(ONBOARD_HELD);
	assert_string_equal(w.o->facts.class, "FIRMWARE_TOO_LOW");
	assert_int_equal(w.work.kind, ONBOARD_WORK_DOCUMENT);
	elapse(); /* the certificate is there: only the document is new */
	assert_state(ONBOARD_CONFIGURING);
	assert_work(ONBOARD_WORK_DOCUMENT, LDEVID(0));
}

static void failing_hook_holds_and_keeps_the_old_identity(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_CONFIGURING);
	onboard_world_work_ends(&w);
	onboard_world_work_fails(&w, "HOOK_FAILED");
	assert_state(ONBOARD_HELD);
	assert_string_equal(w.o->facts.class, "HOOK_FAILED");
	assert_shown(KEY_IDEVID, KEY_NONE);
	assert_int_equal(w.n_shows, 0);
}

static void refused_candidate_is_dropped_with_its_cause(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_TRYING);
	refuse(LDEVID(0), "CERT_REJECTED", true);
	assert_state(ONBOARD_FALLING_BACK);
	assert_int_equal(w.n_shows, 2);
	assert_shown(KEY_IDEVID, KEY_NONE);
	assert_false(has_file("site-candidate.json"));
	assert_string_equal(w.o->facts.class, "CANDIDATE_FAILED");
	assert_string_equal(
		w.o->facts.cause, "ldevid-0: CERT_REJECTED: a reason");
	onboarder_no_address(w.o);
	onboarder_let_in(w.o, KEY_IDEVID);
	onboarder_address(w.o, "site.example");
	assert_state(ONBOARD_HELD);
	assert_true(w.timer >= 7500);
	elapse();
	assert_work(ONBOARD_WORK_DROP, KEY_NONE);
	assert_int_equal(w.work.drop, 1);
	onboard_world_work_ends(&w);
	assert_work(ONBOARD_WORK_ENROL, LDEVID(0));
	assert_int_equal(w.o->facts.drop, 0);
}

static void silence_is_no_verdict_on_a_candidate_until_the_time_is_up(
	void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_TRYING);
	refuse(LDEVID(0), "TIMEOUT", false);
	assert_state(ONBOARD_TRYING);
	elapse();
	assert_state(ONBOARD_FALLING_BACK);
	assert_string_equal(w.o->facts.cause, "ldevid-0: TIMEOUT: a reason");
}

static void candidate_goes_on_being_tried_after_a_restart_but_not_for_ever(
	void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_TRYING);
	for (int i = 1; i < ONBOARD_TRIES_MAX; i++) {
		onboard_world_restart(&w, NULL, "boot-2");
		assert_shown(LDEVID(0), KEY_NONE);
		assert_true(onboarder_site_is_candidate(w.o));
		onboarder_carrier(w.o, true);
		assert_state(ONBOARD_TRYING);
	}
	onboard_world_restart(&w, NULL, "boot-2");
	onboarder_carrier(w.o, true);
	assert_state(ONBOARD_FALLING_BACK);
	assert_shown(KEY_IDEVID, KEY_NONE);
	onboard_world_restart(&w, NULL, "boot-2");
	assert_shown(KEY_IDEVID, KEY_NONE);
}

/* The LDevID in use is refused: with the IDevID another one is enrolled. */
static void refused_ldevid_is_followed_by_another(void **state)
{
	(void)state;
	onboard_world_settle(&w);
	onboarder_carrier(w.o, true);
	refuse(LDEVID(0), "CERT_REJECTED", true);
	assert_state(ONBOARD_FALLING_BACK);
	assert_string_equal(w.o->facts.class, "LDEVID_REFUSED");
	assert_int_equal(w.n_shows, 1); /* the port goes on by itself */
	onboarder_let_in(w.o, KEY_IDEVID);
	onboarder_address(w.o, "site.example");
	assert_work(ONBOARD_WORK_ENROL, LDEVID(1));
	onboard_world_work_ends(&w);
	onboard_world_work_ends(&w);
	onboard_world_work_ends(&w);
	assert_shown(LDEVID(1), KEY_NONE);
	onboarder_let_in(w.o, LDEVID(1));
	assert_state(ONBOARD_PRODUCTION);
	assert_shown(LDEVID(1), KEY_IDEVID);
	assert_string_equal(w.o->facts.class, "");
	assert_work(ONBOARD_WORK_DROP, KEY_NONE);
	assert_int_equal(w.work.drop, 1);
	onboard_world_work_ends(&w);
	assert_int_equal(w.o->facts.drop, 0);
	assert_state(ONBOARD_PRODUCTION);
}

static void failed_renewal_leaves_the_old_one_and_its_document(void **state)
{
	(void)state;
	onboard_world_settle(&w);
	onboarder_carrier(w.o, true);
	refuse(LDEVID(0), "AUTHZ_DENIED", true);
	onboarder_let_in(w.o, KEY_IDEVID);
	onboarder_address(w.o, "site.example");
	onboard_world_work_ends(&w);
	onboard_world_work_ends(&w);
	onboard_world_work_ends(&w);
	refuse(LDEVID(1), "SERVER_CHANGED", true);
	assert_state(ONBOARD_FALLING_BACK);
	assert_shown(LDEVID(0), KEY_IDEVID);
	assert_true(has_file("site.json"));
	assert_false(has_file("site-candidate.json"));
	onboarder_let_in(w.o, LDEVID(0));
	assert_state(ONBOARD_PRODUCTION);
	assert_string_equal(w.o->facts.class, "CANDIDATE_FAILED");
}

/* The network takes the old one again while another is on its way. */
static void ldevid_that_is_good_again_ends_the_enrolment(void **state)
{
	(void)state;
	onboard_world_settle(&w);
	onboarder_carrier(w.o, true);
	onboard_world_refuse(&w);
	onboarder_address(w.o, "site.example");
	onboard_world_work_pends(&w, 60);
	assert_int_equal(w.o->facts.candidate, LDEVID(1));
	onboarder_let_in(w.o, LDEVID(0));
	assert_state(ONBOARD_PRODUCTION);
	assert_int_equal(w.o->facts.candidate, KEY_NONE);
	assert_int_equal(w.o->facts.wait, 0);
	assert_work(ONBOARD_WORK_DROP, KEY_NONE);
	assert_int_equal(w.work.drop, 2);
}

/* A registrar whose certificates the network refuses is not asked in a row. */
static void ldevids_that_fail_one_after_the_other_come_ever_slower(void **state)
{
	uint64_t last = 0;

	(void)state;
	onboard_world_settle(&w);
	for (int i = 0; i < 4; i++) {
		onboarder_carrier(w.o, true);
		refuse(w.o->facts.active, "CERT_REJECTED", true);
		onboarder_let_in(w.o, KEY_IDEVID);
		onboarder_address(w.o, "site.example");
		if (i > 0) {
			assert_state(ONBOARD_HELD);
			assert_true(w.timer > last);
			last = w.timer;
			elapse();
		}
		while (w.o->working && w.o->state != ONBOARD_TRYING)
			onboard_world_work_ends(&w);
		onboarder_let_in(w.o, w.o->facts.candidate);
		assert_state(ONBOARD_PRODUCTION);
		if (w.o->working)
			onboard_world_work_ends(&w);
		onboarder_carrier(w.o, false);
	}
}

static void server_changed_has_its_name_and_blames_no_identity(void **state)
{
	(void)state;
	onboard_world_settle(&w);
	onboarder_carrier(w.o, true);
	refuse(LDEVID(0), "SERVER_CHANGED", true);
	assert_state(ONBOARD_AUTHENTICATING);
	assert_string_equal(w.o->facts.class, "SERVER_CHANGED");
	assert_shown(LDEVID(0), KEY_IDEVID);
	onboarder_let_in(w.o, LDEVID(0)); /* the right one is back */
	assert_string_equal(w.o->facts.class, "");
	assert_state(ONBOARD_PRODUCTION);
}

static void keys_of_an_administrator_are_left_alone(void **state)
{
	(void)state;
	onboard_world_key(&w, "ldevid-0", true);
	onboard_world_key(&w, "ldevid-1", true);
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	onboarder_address(w.o, "site.example");
	assert_work(ONBOARD_WORK_ENROL, LDEVID(2));
}

static void without_a_free_name_it_is_held(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4; n++)
		onboard_world_key(&w, key_id_name(LDEVID(n)), true);
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	onboarder_address(w.o, "site.example");
	assert_state(ONBOARD_HELD);
	assert_string_equal(w.o->facts.class, "NO_FREE_KEY");
	assert_int_equal(w.n_starts, 0);
}

static void disk_that_takes_nothing_makes_no_key(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	(void)snprintf(w.o->dir, sizeof(w.o->dir), "/proc/none");
	onboarder_address(w.o, "site.example");
	assert_state(ONBOARD_HELD);
	assert_string_equal(w.o->facts.class, "LOCAL");
	assert_int_equal(w.n_starts, 0);
	assert_int_equal(w.o->facts.candidate, KEY_NONE);
}

static void retry_ends_the_back_off(void **state)
{
	(void)state;
	onboard_world_reach(&w, ONBOARD_HELD);
	onboarder_retry(w.o);
	assert_state(ONBOARD_ENROLLING);
	assert_work(ONBOARD_WORK_ENROL, LDEVID(0));
}

static void answer_that_nobody_waits_for_changes_nothing(void **state)
{
	const struct onboard_result result = { .end = ONBOARD_END_DONE };

	(void)state;
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	onboarder_worked(w.o, &result);
	assert_state(ONBOARD_PROVISIONING);
}

static void damaged_store_begins_with_the_idevid(void **state)
{
	(void)state;
	onboard_world_settle(&w);
	tempdir_write(&w.dir, "onboard.json", "{", 1, 0644);
	onboard_world_restart(&w, NULL, "boot-1");
	assert_shown(KEY_IDEVID, KEY_NONE);
	/* the old key is of nobody now, so its name is not used */
	onboard_world_reach(&w, ONBOARD_PROVISIONING);
	onboarder_address(w.o, "site.example");
	assert_work(ONBOARD_WORK_ENROL, LDEVID(1));
}

static const char *text(json_t *o, const char *name)
{
	const char *value = json_string_value(json_object_get(o, name));

	return value ? value : "(none)";
}

static void status_tells_the_way(void **state)
{
	json_t *o, *steps;

	(void)state;
	onboard_world_reach(&w, ONBOARD_HELD);
	o = onboard_status_json(w.o);
	assert_string_equal(text(o, "state"), "held");
	assert_string_equal(text(o, "class"), "EST_SERVER");
	assert_string_equal(text(o, "cause"), "a cause");
	assert_string_equal(text(o, "candidate"), "ldevid-0");
	assert_string_equal(text(o, "active"), "(none)");
	assert_string_equal(text(o, "domain"), "site.example");
	assert_string_equal(
		text(o, "registrar"), "devid-registrar.site.example");
	assert_true(json_is_string(json_object_get(o, "next")));
	steps = json_object_get(o, "steps");
	assert_int_equal(json_array_size(steps), 3);
	assert_string_equal(
		text(json_array_get(steps, 2), "step"), "enrolling");
	json_decref(o);
	o = onboard_status_json(NULL);
	assert_true(json_is_null(o));
	json_decref(o);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(box_to_production_shows_each_identity_in_its_turn),
		TEST(replug_in_production_enrols_nothing),
		TEST(registrar_by_name_needs_no_domain),
		TEST(no_registrar_runs_nothing_and_waits_ever_longer),
		TEST(another_domain_ends_the_wait_and_the_same_does_not),
		TEST(pending_asks_with_the_same_key_when_told),
		TEST(pending_counts_on_over_a_restart_of_the_agent),
		TEST(pending_waits_anew_after_a_boot),
		TEST(issued_candidate_goes_on_after_a_restart),
		TEST(erased_candidate_is_asked_for_anew),
		TEST(firmware_too_low_is_held_before_any_hook),
		TEST(failing_hook_holds_and_keeps_the_old_identity),
		TEST(refused_candidate_is_dropped_with_its_cause),
		TEST(silence_is_no_verdict_on_a_candidate_until_the_time_is_up),
		TEST(candidate_goes_on_being_tried_after_a_restart_but_not_for_ever),
		TEST(refused_ldevid_is_followed_by_another),
		TEST(failed_renewal_leaves_the_old_one_and_its_document),
		TEST(ldevid_that_is_good_again_ends_the_enrolment),
		TEST(ldevids_that_fail_one_after_the_other_come_ever_slower),
		TEST(server_changed_has_its_name_and_blames_no_identity),
		TEST(keys_of_an_administrator_are_left_alone),
		TEST(without_a_free_name_it_is_held),
		TEST(disk_that_takes_nothing_makes_no_key),
		TEST(retry_ends_the_back_off),
		TEST(answer_that_nobody_waits_for_changes_nothing),
		TEST(damaged_store_begins_with_the_idevid),
		TEST(status_tells_the_way),
	};

	log_init("test-onboarder", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
