/* SPDX-License-Identifier: Apache-2.0 */
/* What a wpa_supplicant that has fallen can do to the agent's log, and that one
 * which never answers is told of. */
#include "cmocka-all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supplicant.h"
#include "tempdir.h"

#define TRIES 50

/* It runs, and does nothing: its folder is filled by the test. */
static const char script[] = "#!/bin/sh\nexec sleep 300\n";

struct world {
	struct tempdir dir;
	struct config config;
	sd_event *event;
	struct supplicant *supplicant;
	int saved_stderr;
	pid_t told; /* its process, when that last was another */
};

static void nothing(void *user)
{
	(void)user;
}

static void on_changed(void *user)
{
	struct world *w = user;

	if (w->supplicant) /* within supplicant_new() there is none yet */
		w->told = supplicant_pid(w->supplicant);
}

static void no_event(void *user, const char *line, size_t len)
{
	(void)user;
	(void)line;
	(void)len;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct supplicant_ops ops = { on_changed, nothing, nothing,
		nothing, no_event, w };
	sigset_t child; /* sd_event_add_child(3) */

	assert_non_null(w);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	assert_int_equal(sigprocmask(SIG_BLOCK, &child, NULL), 0);
	w->dir = tempdir_new();
	tempdir_write(&w->dir, "wpa", script, sizeof(script) - 1, 0755);
	tempdir_write(&w->dir, "log", "", 0, 0644);
	w->config.supplicant = strdup(tempdir_file(&w->dir, "wpa"));
	w->config.run_dir = w->dir.path;
	w->config.keyd_socket = w->dir.path;
	w->config.supplicant_uid = 64001;
	w->config.supplicant_gid = 64001;
	assert_int_equal(chmod(w->dir.path, 0755), 0);
	w->saved_stderr = dup(STDERR_FILENO);
	assert_non_null(freopen(tempdir_file(&w->dir, "log"), "w", stderr));
	assert_int_equal(sd_event_new(&w->event), 0);
	assert_rc(supplicant_new(
			  w->event, &w->config, &ops, &w->supplicant, NULL),
		DEVID_OK);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	supplicant_free(w->supplicant);
	sd_event_unref(w->event);
	(void)fflush(stderr);
	(void)dup2(w->saved_stderr, STDERR_FILENO);
	(void)close(w->saved_stderr);
	tempdir_remove(&w->dir);
	free(w->config.supplicant);
	free(w);
	return 0;
}

/* What was watched is told, and nothing else is waited for. */
static void run_what_is_ready(const struct world *w)
{
	while (sd_event_run(w->event, 0) > 0)
		;
}

/* As it could, many times: a link where its socket belongs. */
static void make_links(const struct world *w)
{
	const char *path = tempdir_file(&w->dir, "eap/g");

	for (int i = 0; i < TRIES; i++) {
		assert_int_equal(symlink("/run", path), 0);
		run_what_is_ready(w);
		assert_int_equal(unlink(path), 0);
		run_what_is_ready(w);
	}
}

static unsigned lines_with(const struct world *w, const char *text)
{
	FILE *f = fopen(tempdir_file(&w->dir, "log"), "r");
	char line[512];
	unsigned n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	(void)fclose(f);
	return n;
}

static void links_in_its_folder_told_once_for_each_start(void **state)
{
	const struct world *w = *state;
	pid_t first = supplicant_pid(w->supplicant);

	assert_int_not_equal(first, 0);
	make_links(w);
	assert_int_equal(lines_with(w, "eap/g: a link, not a socket"), 1);
	assert_int_equal(kill(first, SIGKILL), 0);
	while (supplicant_pid(w->supplicant) == first ||
		supplicant_pid(w->supplicant) == 0)
		assert_true(sd_event_run(w->event, 10 * 1000000) > 0);
	make_links(w);
	assert_int_equal(lines_with(w, "eap/g: a link, not a socket"), 2);
}

/* Until its process is another than @before; then that was told. */
static void run_until_other(const struct world *w, pid_t before)
{
	while (supplicant_pid(w->supplicant) == before)
		assert_true(sd_event_run(w->event, 10 * 1000000) > 0);
	assert_int_equal(w->told, supplicant_pid(w->supplicant));
}

static void process_that_never_answers_ends_and_starts_told(void **state)
{
	const struct world *w = *state;
	pid_t first = supplicant_pid(w->supplicant), second;

	assert_int_equal(kill(first, SIGKILL), 0);
	run_until_other(w, first); /* at once */
	second = supplicant_pid(w->supplicant);
	assert_int_not_equal(second, 0);
	assert_int_equal(kill(second, SIGKILL), 0);
	run_until_other(w, second); /* after a pause */
	assert_int_equal(supplicant_pid(w->supplicant), 0);
	run_until_other(w, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			links_in_its_folder_told_once_for_each_start, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			process_that_never_answers_ends_and_starts_told, setup,
			teardown),
	};

	return cmocka_run_group_tests_name(
		"agent-supplicant", tests, NULL, NULL);
}
