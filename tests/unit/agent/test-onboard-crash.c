/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Onboarding on a disk that ends at any call, by a kill and by a power cut:
 * there is always an identity that opens the door, with the document of its
 * own site, a promoted LDevID is never taken back, the way goes on from there,
 * and no key is left over at its end. Keys are devid-keyd's, whose own disk is
 * test-module-crash's matter.
 */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "crash-fixture.h"
#include "files.h"
#include "log.h"
#include "onboard-fixture.h"

#define RUNS_MAX 400 /* calls on the disk of one story; far more */

static struct crash_disks disks;
static struct tempdir keys;

/* The LDevIDs that were made and promoted, in their order. */
static const char *const names[] = { "ldevid-0", "ldevid-1" };

static bool promoted(struct onboard_world *w, int fd)
{
	return crash_tell(fd, key_id_name(w->o->facts.active));
}

/* Box to production; then that LDevID is refused, and another one follows. */
static bool two_ldevids(const void *arg, const char *dir, int fd)
{
	struct onboard_world w;
	bool ok;

	(void)arg;
	onboard_world_open(&w, dir, keys.path);
	onboard_world_go_on(&w);
	ok = promoted(&w, fd);
	onboard_world_refuse(&w);
	onboard_world_go_on(&w);
	ok = ok && promoted(&w, fd);
	onboarder_free(w.o);
	return ok;
}

/* The second one is refused as well: the first stays. */
static bool failed_candidate(const void *arg, const char *dir, int fd)
{
	struct onboarder_refusal refusal = { KEY_NONE, "CERT_REJECTED",
		"server rejected our certificate", true };
	struct onboard_world w;
	bool ok;

	(void)arg;
	onboard_world_open(&w, dir, keys.path);
	onboard_world_go_on(&w);
	ok = promoted(&w, fd);
	onboard_world_refuse(&w);
	onboarder_address(w.o, "site.example");
	while (w.o->state != ONBOARD_TRYING)
		onboard_world_work_ends(&w);
	refusal.key = w.o->facts.candidate;
	onboarder_refused(w.o, &refusal);
	onboarder_let_in(w.o, w.o->facts.active);
	onboard_world_go_on(&w);
	onboarder_free(w.o);
	return ok;
}

static bool has_key(enum key_id id)
{
	char file[64];

	(void)snprintf(file, sizeof(file), "%s.pem", key_id_name(id));
	return files_exists(tempdir_file(&keys, file));
}

/* An LDevID that is shown can be used, and its own site's document is the one
 * in force. */
static void assert_usable(const struct onboard_world *w)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	enum key_id shown[2] = { KEY_NONE, KEY_NONE };
	const char *name = onboarder_site_is_candidate(w->o)
				   ? ONBOARD_CANDIDATE_NAME
				   : ONBOARD_SITE_NAME;
	size_t len;

	assert_true(onboarder_shown(w->o, shown) > 0);
	if (shown[0] == KEY_IDEVID) {
		/* nothing of a candidate is in force */
		assert_false(
			files_exists(tempdir_file(&w->dir, ONBOARD_SITE_NAME)));
		return;
	}
	assert_true(has_key(shown[0]));
	assert_rc(
		files_read(tempdir_file(&w->dir, name), 64, &text, &len, NULL),
		DEVID_OK);
	assert_string_equal((const char *)text, key_id_name(shown[0]));
}

static void assert_whole(const char *dir, const struct crash_told *told)
{
	struct onboard_world w;
	const char *last = told->n ? told->text[told->n - 1] : NULL;

	onboard_world_open(&w, dir, keys.path);
	assert_usable(&w);
	/* what was promoted is so for good, or another one is */
	if (last)
		assert_int_not_equal(w.o->facts.active, KEY_NONE);
	if (last && strcmp(last, names[1]) == 0)
		assert_string_equal(key_id_name(w.o->facts.active), names[1]);
	onboard_world_go_on(&w);
	assert_usable(&w);
	assert_int_equal(w.o->facts.drop, 0);
	assert_int_equal(tempdir_count(&keys), 2); /* key and certificate */
	onboarder_free(w.o);
}

/* Cuts the story at each call; how many there were. */
static unsigned cut_at_each_call(crash_work_fn *work, bool power)
{
	unsigned n = 1;
	bool killed = true;

	for (; killed; n++) {
		const struct crash_run run = { .work = work, .kill_at = n };
		struct crash_told told = { .n = 0 };

		assert_true(n < RUNS_MAX);
		crash_disks_new(&disks);
		keys = tempdir_new();
		killed = crash_run(&run, disks.real, disks.shadow, &told);
		assert_whole(power ? disks.shadow : disks.real, &told);
		crash_told_done(&told);
		tempdir_remove(&keys);
	}
	return n - 2;
}

static void killed_at_each_call_on_the_disk(void **state)
{
	(void)state;
	assert_true(cut_at_each_call(two_ldevids, false) > 20);
	assert_true(cut_at_each_call(failed_candidate, false) > 20);
}

static void power_cut_at_each_call_on_the_disk(void **state)
{
	(void)state;
	assert_true(cut_at_each_call(two_ldevids, true) > 20);
	assert_true(cut_at_each_call(failed_candidate, true) > 20);
}

static int teardown(void **state)
{
	(void)state;
	crash_disks_done(&disks);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_each_call_on_the_disk),
		cmocka_unit_test(power_cut_at_each_call_on_the_disk),
	};

	(void)argc;
	crash_load_faults(argv);
	log_init("test-onboard-crash", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests_name(
		"onboard-crash", tests, NULL, teardown);
}
