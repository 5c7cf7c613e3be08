/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registrar that is killed at each of its system calls while it issues: what
 * was told is there, whole; what was not is whole or not there at all; and the
 * next registrar gives the device one certificate. The daily run leaves out
 * most of the calls.
 */
#include "registrar-fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "cmocka-all.h"
#include "trace.h"

#define STOPS_MAX  4000 /* two for each call; more than an enrolment has */
#define STEP_DAILY 23   /* of stops between two kills */
#define STEP_LONG  1

/* Issues to @d, and tells @fd when it is done. */
static void issue_in_child(
	const struct site_fixture *f, const struct device_fixture *d, int fd)
{
	struct registrar_answer answer;
	struct registrar *r;
	char done = 'd';

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(60); /* a hang is a failure */
	r = site_fixture_twin(f, "registrar-2");
	if (!trace_me())
		_exit(1);
	answer = site_fixture_enrol(r, d, NULL, false, f->now);
	if (answer.status != REGISTRAR_DONE || write(fd, &done, 1) != 1)
		_exit(1);
	_exit(0);
}

/* Kills it after @calls stops; *@ret_told: it had told before. False: it was
 * done before that. */
static bool run_and_kill(const struct site_fixture *f,
	const struct device_fixture *d, unsigned calls, bool *ret_told)
{
	int fds[2], status = 0;
	bool killed;
	char done;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		issue_in_child(f, d, fds[1]);
	(void)close(fds[1]);
	killed = trace_kill(pid, calls, 0, &status);
	*ret_told = read(fds[0], &done, 1) == 1;
	(void)close(fds[0]);
	if (!killed) {
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	return killed;
}

static int64_t count_of(struct registrar *r, unsigned n)
{
	char sql[96];

	(void)snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM issued WHERE unit = 'DEV%u'", n);
	return site_fixture_count(r, sql);
}

static void check_after(struct site_fixture *f, const struct device_fixture *d,
	unsigned n, bool told)
{
	struct registrar_answer answer;
	int64_t before;

	site_fixture_check_whole(f->r);
	before = count_of(f->r, n);
	assert_in_range(before, told ? 1 : 0, 1);
	answer = site_fixture_enrol(f->r, d, NULL, false, f->now);
	assert_int_equal(answer.status, REGISTRAR_DONE);
	registrar_answer_done(&answer);
	assert_int_equal(count_of(f->r, n), 1);
	site_fixture_check_whole(f->r);
}

/* No connection is open while the child is made. */
static void close_store(struct site_fixture *f)
{
	store_close(f->r->store);
	f->r->store = NULL;
}

static void open_store(struct site_fixture *f)
{
	assert_rc(store_open(f->conf.database, "registrar", &f->r->store, NULL),
		DEVID_OK);
}

/* covers: OWN-registrar-whole */
static void issue_killed_is_whole_or_nothing(void **state)
{
	const char *all = getenv("DEVID_LONG");
	const unsigned step = all && all[0] ? STEP_LONG : STEP_DAILY;
	struct site_fixture f;
	bool killed = true;
	unsigned n = 1;

	site_fixture_init(&f, *state);
	for (unsigned stop = 0; killed && stop < STOPS_MAX; stop += step, n++) {
		struct device_fixture d;
		bool told = false;

		device_fixture_init(&f, &d, n, "P-256");
		site_fixture_list(&f, d.cert, STORE_LISTED);
		close_store(&f);
		killed = run_and_kill(&f, &d, stop, &told);
		open_store(&f);
		check_after(&f, &d, n, told);
		device_fixture_done(&d);
	}
	assert_false(killed); /* the last one was let get done */
	assert_true(n > 3);
	site_fixture_done(&f);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(issue_killed_is_whole_or_nothing),
	};

	return place_run("registrar-crash", cases, N_OF(cases));
}
