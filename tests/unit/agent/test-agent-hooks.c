/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "files.h"
#include "hooks.h"
#include "log.h"
#include "tempdir.h"
#include "watch.h"

static struct tempdir dir;
static sd_event *loop;
static struct hooks *hooks;

static void on_idle(void *user)
{
	(void)user;
	assert_true(sd_event_exit(loop, 0) >= 0);
}

static int on_deadline(sd_event_source *s, uint64_t now, void *user)
{
	(void)s;
	(void)now;
	(void)user;
	return sd_event_exit(loop, 1);
}

static int setup(void **state)
{
	struct hooks_options options = { .config = "/etc/c", .idle = on_idle };
	struct devid_error err = { DEVID_OK, "" };
	sigset_t mask;

	(void)state;
	dir = tempdir_new();
	options.dir = dir.path;
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0 || sd_event_new(&loop) < 0)
		return -1;
	return hooks_new(loop, &options, &hooks, &err);
}

static int teardown(void **state)
{
	(void)state;
	hooks_free(hooks);
	sd_event_unref(loop);
	tempdir_remove(&dir);
	return 0;
}

/* A hook that appends a line to the file "out". */
static void add_hook(const char *name, const char *line)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "#!/bin/sh\necho \"%s\" >>%s\n",
		line, tempdir_file(&dir, ".out"));

	tempdir_write(&dir, name, text, (size_t)n, 0755);
}

static void tell(const char *port, const char *event)
{
	struct hooks_event ev = { .state = "authorized",
		.reason = "$(x)",
		.key = "idevid-1",
		.passed = "idevid: CERT_REJECTED: $(y)" };

	(void)snprintf(ev.port, sizeof(ev.port), "%s", port);
	(void)snprintf(ev.event, sizeof(ev.event), "%s", event);
	hooks_run(hooks, &ev);
}

static void run(void)
{
	assert_true(sd_event_add_time_relative(loop, NULL, CLOCK_MONOTONIC,
			    20 * 1000000ull, 0, on_deadline, NULL) >= 0);
	assert_int_equal(sd_event_loop(loop), 0);
	assert_true(hooks_idle(hooks));
}

static void assert_out(const char *want)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	size_t len;

	assert_rc(
		files_read(tempdir_file(&dir, ".out"), 4096, &text, &len, NULL),
		DEVID_OK);
	assert_string_equal((char *)text, want);
}

static void run_hooks_get_arguments_and_environment_in_order(void **state)
{
	(void)state;
	add_hook("20-b", "b $1 $2");
	add_hook("10-a", "$1 $2 $DEVID_PORT $DEVID_EVENT $DEVID_STATE "
			 "$DEVID_REASON $DEVID_KEY $DEVID_PASSED "
			 "$DEVID_CONFIG");
	tell("eth0", "authorized");
	run();
	/* the reason is data: no shell has looked at it */
	assert_out("eth0 authorized eth0 authorized authorized $(x) idevid-1 "
		   "idevid: CERT_REJECTED: $(y) /etc/c\n"
		   "b eth0 authorized\n");
}

static void run_latest_event_of_a_port_wins(void **state)
{
	(void)state;
	add_hook("10-a", "$1 $2");
	tell("eth0", "up");
	tell("eth1", "up");
	tell("eth0", "authorized");
	tell("eth0", "down");
	run();
	assert_out("eth0 down\neth1 up\n");
}

static void run_failing_hook_stops_nobody(void **state)
{
	static const char bad[] = "#!/bin/sh\nexit 3\n";
	static const char dead[] = "#!/bin/sh\nkill -9 $$\n";

	(void)state;
	tempdir_write(&dir, "10-bad", bad, sizeof(bad) - 1, 0755);
	tempdir_write(&dir, "20-dead", dead, sizeof(dead) - 1, 0755);
	tempdir_write(&dir, "30-none", "#!/nonexistent\n", 15, 0755);
	add_hook("40-good", "$2");
	tell("eth0", "up");
	run();
	assert_out("up\n");
}

static void may_run_only_what_root_alone_can_change(void **state)
{
	(void)state;
	tempdir_write(&dir, "ok", "x", 1, 0755);
	tempdir_write(&dir, "plain", "x", 1, 0644);
	tempdir_write(&dir, "group", "x", 1, 0775);
	tempdir_write(&dir, "world", "x", 1, 0757);
	tempdir_write(&dir, ".hidden", "x", 1, 0755);
	assert_int_equal(symlink("ok", tempdir_file(&dir, "link")), 0);
	assert_int_equal(mkdir(tempdir_file(&dir, "folder"), 0755), 0);
	assert_true(hooks_may_run(dir.path, "ok"));
	assert_false(hooks_may_run(dir.path, "plain"));
	assert_false(hooks_may_run(dir.path, "group"));
	assert_false(hooks_may_run(dir.path, "world"));
	assert_false(hooks_may_run(dir.path, ".hidden"));
	assert_false(hooks_may_run(dir.path, "link"));
	assert_false(hooks_may_run(dir.path, "folder"));
	assert_false(hooks_may_run(dir.path, "none"));
	assert_false(hooks_may_run("/nonexistent", "ok"));
	if (geteuid() == 0) {
		assert_int_equal(chown(tempdir_file(&dir, "ok"), 64001, 0), 0);
		assert_false(hooks_may_run(dir.path, "ok"));
	}
}

static void dir_fault_names_the_cause(void **state)
{
	(void)state;
	assert_null(hooks_dir_fault(dir.path));
	assert_string_equal(hooks_dir_fault("/nonexistent"), "");
	tempdir_write(&dir, "file", "x", 1, 0644);
	assert_string_equal(
		hooks_dir_fault(tempdir_file(&dir, "file")), "it is no folder");
	assert_string_equal(hooks_dir_fault(tempdir_file(&dir, "file/x")),
		"Not a directory");
	assert_int_equal(chmod(dir.path, 0775), 0);
	assert_string_equal(
		hooks_dir_fault(dir.path), "others than root can change it");
}

static void run_folder_others_can_change_is_not_used(void **state)
{
	(void)state;
	add_hook("10-a", "$2");
	assert_int_equal(chmod(dir.path, 0777), 0);
	tell("eth0", "up");
	run();
	assert_int_not_equal(access(tempdir_file(&dir, ".out"), F_OK), 0);
}

static void run_without_hooks_is_idle_again(void **state)
{
	(void)state;
	assert_true(hooks_idle(hooks));
	tell("eth0", "up");
	assert_false(hooks_idle(hooks));
	run();
}

/* watch.c shares the event loop of these tests. */

static unsigned n_seen;

static void on_changed(void *user, size_t index)
{
	(void)user;
	assert_int_equal(index, 0);
	n_seen++;
}

static void settle(void)
{
	while (sd_event_run(loop, 0) > 0) {
	}
}

static void watch_file_is_seen_below_folders_that_come_later(void **state)
{
	char path[256];
	const char *const paths[] = { path };
	const struct watch_options options = {
		.paths = paths,
		.n_paths = 1,
		.changed = on_changed,
	};
	struct devid_error err = { DEVID_OK, "" };
	struct watch *watch = NULL;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/a/f", dir.path);
	n_seen = 0;
	assert_rc(watch_new(loop, &options, &watch, &err), DEVID_OK);
	tempdir_write(&dir, "other", "x", 1, 0644);
	settle();
	assert_int_equal(n_seen, 0);
	assert_int_equal(mkdir(tempdir_file(&dir, "a"), 0755), 0);
	settle();
	n_seen = 0;
	tempdir_write(&dir, "a/g", "x", 1, 0644);
	settle();
	assert_int_equal(n_seen, 0);
	tempdir_write(&dir, "a/f", "x", 1, 0644);
	settle();
	assert_true(n_seen > 0);
	n_seen = 0;
	assert_int_equal(unlink(path), 0);
	settle();
	assert_true(n_seen > 0);
	/* the folder goes and comes again */
	assert_int_equal(unlink(tempdir_file(&dir, "a/g")), 0);
	assert_int_equal(rmdir(tempdir_file(&dir, "a")), 0);
	settle();
	assert_int_equal(mkdir(tempdir_file(&dir, "a"), 0755), 0);
	settle();
	n_seen = 0;
	tempdir_write(&dir, "a/f", "x", 1, 0644);
	settle();
	assert_true(n_seen > 0);
	watch_free(watch);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(run_hooks_get_arguments_and_environment_in_order),
		TEST(run_latest_event_of_a_port_wins),
		TEST(run_failing_hook_stops_nobody),
		TEST(may_run_only_what_root_alone_can_change),
		TEST(dir_fault_names_the_cause),
		TEST(run_folder_others_can_change_is_not_used),
		TEST(run_without_hooks_is_idle_again),
		TEST(watch_file_is_seen_below_folders_that_come_later),
	};

	log_init("test-agent-hooks", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
