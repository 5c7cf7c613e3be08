/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills and races: what was told to be issued is there, whole, and once. The
 * daily run kills less often than the long one, at moments of a like
 * distribution; it leaves out the larger registers that come of more kills.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "memory-signer.h"
#include "register-fixture.h"
#include "register-open.h"
#include "trace.h"
#include "register-audit.h"
#include "register-cert.h"
#include "register-device.h"

#define KILLS          10 /* at other moments each time */
#define KILLS_LONG     30
#define KILL_CALLS_MAX 400  /* stops at system calls: up to 20 devices */
#define KILL_STEPS_MAX 1000 /* instructions behind such a stop */
#define DEVICES_MAX    200000

static struct signer *signer;

/* ---- kill -9 ---- */

/* Issues @first, @first + 1 and so on until it is killed, some time after the
 * first; each number goes to @fd when its device is on disk. */
static void issue_until_killed(const struct place *p, unsigned first, int fd)
{
	struct reg *reg = NULL;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(60); /* a hang is a failure */
	if (register_open(p->uri, "ca-1", &reg, NULL) != DEVID_OK)
		_exit(1);
	for (unsigned n = first;; n++) {
		if (register_begin(reg, NULL) != DEVID_OK ||
			fixture_issue(reg, n, NULL) != DEVID_OK ||
			register_audit_sign(reg, signer, NULL) != DEVID_OK ||
			register_commit(reg, NULL) != DEVID_OK ||
			write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(1);
		if (n == first && !trace_me())
			_exit(1);
	}
}

/* Kills the child at any instruction; returns the last number. */
static unsigned run_and_kill(const struct place *p, unsigned first)
{
	unsigned calls = (unsigned)rand() % KILL_CALLS_MAX;
	unsigned steps = (unsigned)rand() % KILL_STEPS_MAX;
	int fds[2], status;
	unsigned n = 0, last = 0;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		issue_until_killed(p, first, fds[1]);
	(void)close(fds[1]);
	assert_true(trace_kill(pid, calls, steps, &status));
	while (read(fds[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	(void)close(fds[0]);
	assert_true(last >= first);
	return last;
}

static enum devid_err count_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	(void)err;
	assert_int_equal(cert->der_len, 700);
	++*(unsigned *)arg;
	return DEVID_OK;
}

static void find_reported(struct reg *reg, unsigned first, unsigned last)
{
	assert_rc(register_begin(reg, NULL), DEVID_OK);
	for (unsigned n = first; n <= last; n++) {
		struct register_device want = fixture_device(n), got;
		unsigned certs = 0;

		assert_rc(
			register_device_by_serial(reg, want.serial, &got, NULL),
			DEVID_OK);
		assert_rc(register_certs_of_device(
				  reg, got.id, count_cert, &certs, NULL),
			DEVID_OK);
		assert_int_equal(certs, N_MAKER_ROLES);
	}
	assert_rc(register_commit(reg, NULL), DEVID_OK);
}

static void issue_killed_keeps_what_was_reported(void **state)
{
	const char *all = getenv("DEVID_LONG");
	const int kills = all && all[0] ? KILLS_LONG : KILLS;
	const struct place *p = *state;
	unsigned first = 1;

	for (int i = 0; i < kills; i++) {
		unsigned last = run_and_kill(p, first);
		struct reg *reg = place_open(p);
		struct register_device d;

		find_reported(reg, first, last);
		(void)fixture_check_whole(reg, signer);
		/* One may be on disk of which the child could not tell. A write
		 * transaction waits for what it left behind on a server. */
		first = last + 1;
		assert_rc(register_begin(reg, NULL), DEVID_OK);
		assert_rc(register_audit(reg, "{\"event\":\"start\"}", NULL),
			DEVID_OK);
		register_rollback(reg);
		assert_rc(register_begin(reg, NULL), DEVID_OK);
		if (register_device_by_serial(reg, fixture_device(first).serial,
			    &d, NULL) == DEVID_OK)
			first++;
		register_rollback(reg);
		register_close(reg);
		assert_true(first < DEVICES_MAX);
	}
}

/* ---- two at once ---- */

struct racer {
	const struct place *place; /* borrowed */
	const char *instance;
	pthread_t thread;
	enum devid_err (*act)(struct reg *reg, unsigned n);
	unsigned won, lost, other;
};

#define RACE_ROUNDS 40

static void *race(void *arg)
{
	struct racer *r = arg;
	struct reg *reg = NULL;

	if (register_open(r->place->uri, r->instance, &reg, NULL) != DEVID_OK)
		return NULL;
	for (unsigned n = 0; n < RACE_ROUNDS; n++) {
		enum devid_err rc = register_begin(reg, NULL);

		if (rc == DEVID_OK)
			rc = r->act(reg, n);
		if (rc == DEVID_OK)
			rc = register_commit(reg, NULL);
		else
			register_rollback(reg);
		r->won += rc == DEVID_OK;
		r->lost += rc == DEVID_ERR_EXISTS;
		r->other += rc != DEVID_OK && rc != DEVID_ERR_EXISTS;
	}
	register_close(reg);
	return NULL;
}

static void run_both(struct racer racers[2])
{
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race,
					 &racers[i]),
			0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
}

/* Both want the same: each time one of them gets it. */
static void run_race(const struct place *p,
	enum devid_err (*act)(struct reg *reg, unsigned n))
{
	struct racer racers[] = {
		{ .place = p, .instance = "ca-1", .act = act },
		{ .place = p, .instance = "ca-2", .act = act },
	};

	run_both(racers);
	assert_int_equal(racers[0].won + racers[1].won, RACE_ROUNDS);
	assert_int_equal(racers[0].lost + racers[1].lost, RACE_ROUNDS);
	assert_int_equal(racers[0].other + racers[1].other, 0);
}

static enum devid_err issue_signed(struct reg *reg, unsigned n)
{
	enum devid_err rc = fixture_issue(reg, n, NULL);
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	if (rc != DEVID_OK)
		return rc;
	(void)pthread_mutex_lock(&lock); /* there is one signer */
	rc = register_audit_sign(reg, signer, NULL);
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

static void issue_same_device_by_two_is_one(void **state)
{
	struct reg *reg;

	run_race(*state, issue_signed);
	reg = place_open(*state);
	assert_int_equal(fixture_check_whole(reg, signer), RACE_ROUNDS);
	register_close(reg);
}

static enum devid_err issue_signed_later(struct reg *reg, unsigned n)
{
	return issue_signed(reg, RACE_ROUNDS + n);
}

/* A command beside the service: both append to one chain. */
static void issue_by_two_of_one_instance_is_one_chain(void **state)
{
	struct racer racers[] = {
		{ .place = *state, .instance = "ca-1", .act = issue_signed },
		{ .place = *state,
			.instance = "ca-1",
			.act = issue_signed_later },
	};
	struct reg *reg;

	run_both(racers);
	assert_int_equal(racers[0].won, RACE_ROUNDS);
	assert_int_equal(racers[1].won, RACE_ROUNDS);
	reg = place_open(*state);
	assert_int_equal(fixture_check_whole(reg, signer), 2 * RACE_ROUNDS);
	register_close(reg);
}

static enum devid_err use(struct reg *reg, unsigned n)
{
	const uint8_t id[CHALLENGE_ID_LEN] = { (uint8_t)n, 1 };

	return register_challenge_use(reg, id, NULL);
}

static void challenge_used_by_two_is_one_s(void **state)
{
	run_race(*state, use);
}

/* An empty database that several come to at once. */
static void *open_and_close(void *arg)
{
	struct racer *r = arg;
	struct reg *reg = NULL;

	r->won = register_open(r->place->uri, "ca-1", &reg, NULL) == DEVID_OK;
	register_close(reg);
	return NULL;
}

static void open_empty_by_several_makes_one_schema(void **state)
{
	struct racer racers[6];
	struct reg *reg;

	for (size_t i = 0; i < N_OF(racers); i++) {
		racers[i] = (struct racer) { .place = *state };
		assert_int_equal(pthread_create(&racers[i].thread, NULL,
					 open_and_close, &racers[i]),
			0);
	}
	for (size_t i = 0; i < N_OF(racers); i++) {
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
		assert_true(racers[i].won);
	}
	reg = place_open(*state);
	assert_int_equal(
		fixture_count(reg, "SELECT count(*) FROM register"), 1);
	register_close(reg);
}

/* ---- a server that goes away ---- */

static void issue_server_gone_is_undone_and_goes_on(void **state)
{
	const struct place *p = *state;
	struct devid_error err = { 0 };
	struct reg *reg;

	if (!p->postgres)
		return; /* there is no server */
	reg = place_open(p);
	fixture_issue_now(reg, signer, 1);
	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(fixture_issue(reg, 2, NULL), DEVID_OK);
	assert_rc(register_audit_sign(reg, signer, NULL), DEVID_OK);
	pg_stop(p->pg);
	assert_rc(register_commit(reg, &err), DEVID_ERR_UNREACHABLE);
	assert_cause(&err, "outcome unknown");
	assert_rc(register_begin(reg, NULL), DEVID_ERR_UNREACHABLE);
	pg_start(p->pg);
	fixture_issue_now(reg, signer, 3);
	fixture_issue_now(reg, signer, 2);
	assert_int_equal(fixture_check_whole(reg, signer), 3);
	register_close(reg);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(issue_killed_keeps_what_was_reported),
		PLACE_CASE(issue_same_device_by_two_is_one),
		PLACE_CASE(issue_by_two_of_one_instance_is_one_chain),
		PLACE_CASE(challenge_used_by_two_is_one_s),
		PLACE_CASE(open_empty_by_several_makes_one_schema),
		PLACE_CASE(issue_server_gone_is_undone_and_goes_on),
	};
	unsigned seed = (unsigned)time(NULL);
	int failed;

	print_message("kills: seed %u\n", seed);
	srand(seed);
	signer = memory_signer_new("p256");
	place_on_disk = true;
	failed = place_run("register-crash", cases, N_OF(cases));
	signer_free(signer);
	return failed;
}
