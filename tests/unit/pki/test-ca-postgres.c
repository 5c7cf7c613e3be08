/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step 2 of issuing while another CA process is at the same rows: on PostgreSQL
 * the insert waits for the other one. What it did decides then.
 */
#include "await.h"
#include "ca-fixture.h"
#include "ca-revoke.h"
#include "db-open.h"
#include "hex.h"
#include "pg.h"
#include "register-open.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The server tells at once who waits for a lock, in its log. */
#define TELL_WAITS "-c log_lock_waits=on -c deadlock_timeout=1ms"

static struct pg cluster; /* here, to go also after a failure */

struct site {
	struct ca_fixture *ca;
	struct db *other, *watch; /* owned */
	char uri[512];
};

static int cluster_new(void **state)
{
	(void)state;
	pg_new(&cluster);
	return 0;
}

static int cluster_free(void **state)
{
	(void)state;
	pg_free(&cluster);
	return 0;
}

static int site_new(void **state)
{
	static struct site s;
	struct devid_error err = { DEVID_OK, "" };

	memset(&s, 0, sizeof(s));
	(void)ca_fixture_new((void **)&s.ca);
	pg_schema(&cluster, TELL_WAITS, s.uri, sizeof(s.uri));
	register_close(s.ca->ca.reg);
	s.ca->ca.reg = NULL;
	assert_rc(register_open(s.uri, "test", &s.ca->ca.reg, &err), DEVID_OK);
	assert_rc(db_open(s.uri, &s.other, &err), DEVID_OK);
	assert_rc(db_open(s.uri, &s.watch, &err), DEVID_OK);
	*state = &s;
	return 0;
}

static int site_done(void **state)
{
	struct site *s = *state;

	db_close(s->other);
	db_close(s->watch);
	return ca_fixture_done((void **)&s->ca);
}

/* ---- an answer, or a revocation, that waits ---- */

struct issuing {
	struct ca_fixture *f;
	void *(*run)(void *arg);
	enum devid_err code;
	int over; /* owned: an eventfd, written at the end */
};

static void *issue(void *arg)
{
	struct issuing *i = arg;

	i->code = ca_fixture_issue(i->f, "line-1");
	(void)eventfd_write(i->over, 1); /* cannot be full */
	return NULL;
}

static void *revoke_all(void *arg)
{
	struct issuing *i = arg;

	i->code = ca_revoke(
		&i->f->ca, CSR_FIXTURE_SERIAL, 4, "operator@ca", NULL);
	(void)eventfd_write(i->over, 1); /* cannot be full */
	return NULL;
}

static int64_t count_waiters(struct db *db)
{
	static const char sql[] =
		"SELECT count(*) FROM pg_locks WHERE NOT granted";
	int64_t n = 0;

	assert_rc(db_begin_read(db, NULL), DEVID_OK);
	assert_rc(db_run(db, DB_QUERY(sql, NULL, 0), ca_fixture_note_number, &n,
			  NULL),
		DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	return n;
}

/* Until somebody waits for a lock. @log: a watch of the server's log. */
static void await_waiter(struct db *db, int log, const struct issuing *i)
{
	const int fds[] = { i->over, log };

	while (count_waiters(db) == 0) {
		/* It should wait, not end. */
		assert_int_equal(await_any(fds, N_OF(fds)), 1);
		await_watch_clear(log);
	}
	assert_int_equal(count_waiters(db), 1);
}

/* The code of @run, which comes when another process has done @sql, which that
 * commits, or takes back, when @run waits for it. */
static enum devid_err run_beside(struct site *s, void *(*run)(void *arg),
	const char *sql, bool commit_it)
{
	struct issuing i = { s->ca, run, DEVID_OK, eventfd(0, EFD_CLOEXEC) };
	int log = await_watch_open(tempdir_file(&cluster.dir, "log"));
	pthread_t thread;

	assert_true(i.over >= 0);
	assert_rc(db_begin(s->other, NULL), DEVID_OK);
	assert_rc(db_script(s->other, sql, NULL), DEVID_OK);
	assert_int_equal(pthread_create(&thread, NULL, i.run, &i), 0);
	await_waiter(s->watch, log, &i);
	if (commit_it)
		assert_rc(db_commit(s->other, NULL), DEVID_OK);
	else
		db_rollback(s->other);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(log);
	(void)close(i.over);
	return i.code;
}

static enum devid_err issue_beside(
	struct site *s, const char *sql, bool commit_it)
{
	return run_beside(s, issue, sql, commit_it);
}

/* ---- tests ---- */

/* A TPM has two challenges, one is answered, and its keys become known. */
static void issue_while_compromise_is_told_is_refused(void **state)
{
	static const char revoke[] =
		"UPDATE cert SET state = 1, reason = 1, revoked_at = 1,"
		" revoked_seq = id;"
		"UPDATE device SET state = 1";
	struct site *s = *state;
	struct ca_fixture *f = s->ca;
	char first[CHALLENGE_FILE_MAX], second[CHALLENGE_FILE_MAX];

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	memcpy(first, f->answer, sizeof(first));
	ca_fixture_new_keys(&f->device);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	memcpy(second, f->answer, sizeof(second));
	memcpy(f->answer, first, sizeof(first));
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_OK);
	memcpy(f->answer, second, sizeof(second));
	assert_rc(issue_beside(s, revoke, true), DEVID_ERR_EXISTS);
	assert_cause(&f->job.error, "revoked for keyCompromise");
	assert_null(f->output);
	assert_int_equal(ca_fixture_rows(f, "device"), 1);
	assert_int_equal(ca_fixture_rows(f, "cert"), 2);
}

/* Another device of that serial number, as another CA process adds it. */
static const char same_serial[] =
	"INSERT INTO device (state, created, serial, model, ek_fingerprint,"
	" ek_cert_fingerprint, tpm_vendor, tpm_model, tpm_firmware, station)"
	" VALUES (0, 1, '" CSR_FIXTURE_SERIAL "', 'M1',"
	" decode(repeat('ab', 32), 'hex'), decode(repeat('cd', 32), 'hex'),"
	" 'id:53544D20', 'ST33KTPM2X', 'id:00010200', 'line-2')";

static void issue_while_serial_is_taken_is_refused(void **state)
{
	struct site *s = *state;
	struct ca_fixture *f = s->ca;

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	assert_rc(issue_beside(s, same_serial, true), DEVID_ERR_EXISTS);
	assert_cause(&f->job.error, "issued to another TPM");
	assert_null(f->output);
	assert_int_equal(ca_fixture_rows(f, "device"), 1);
	assert_int_equal(ca_fixture_rows(f, "cert"), 0);
}

static void issue_when_other_takes_serial_back_is_served(void **state)
{
	struct site *s = *state;
	struct ca_fixture *f = s->ca;

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	assert_rc(issue_beside(s, same_serial, false), DEVID_OK);
	assert_non_null(f->output);
	assert_int_equal(ca_fixture_rows(f, "device"), 1);
	assert_int_equal(ca_fixture_rows(f, "cert"), 2);
}

/* Another CA process has the same answer: it issues, or has to give up. */
static void issue_same_answer_beside(struct site *s, bool other_issues)
{
	struct ca_fixture *f = s->ca;
	struct challenge_answer a;
	char sql[128], id[2 * CHALLENGE_ID_LEN + 1];

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	assert_rc(challenge_answer_parse((const uint8_t *)f->answer,
			  strlen(f->answer), &a, NULL),
		DEVID_OK);
	hex_encode(a.id, sizeof(a.id), id);
	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO challenge_used (id)"
		" VALUES (decode('%s', 'hex'))",
		id);
	assert_rc(issue_beside(s, sql, other_issues),
		other_issues ? DEVID_ERR_REPLAYED : DEVID_OK);
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 1);
	assert_int_equal(ca_fixture_rows(f, "device"), other_issues ? 0 : 1);
}

static void issue_answer_that_other_uses_is_refused(void **state)
{
	struct site *s = *state;

	issue_same_answer_beside(s, true);
	assert_cause(&s->ca->job.error, "replayed");
}

static void issue_answer_that_other_gives_back_is_served(void **state)
{
	issue_same_answer_beside(*state, false);
}

/* ---- a further pair ---- */

/* What another CA process does that gives the device one of type @alg. It holds
 * the row by a lock that no insert waits for, as it is held before anything is
 * changed. */
#define OTHER_PAIR(alg)                                                        \
	"SELECT id FROM device FOR UPDATE;"                                    \
	"INSERT INTO cert (device, issuer, role, alg, state, created,"         \
	" revoked_at, revoked_seq, reason, key_prefix, key_fingerprint,"       \
	" serial, der) SELECT id, 1, role, " alg ", 0, 1, 0, 0, 0, 7 + role,"  \
	" decode(repeat('a' || role, 32), 'hex'),"                             \
	" decode(repeat('b' || role, 20), 'hex'), decode('3000', 'hex')"       \
	" FROM device, (SELECT 0 AS role UNION SELECT 1) AS roles"

/* A device with one pair answers for another, P-384. */
static enum devid_err further_beside(
	struct site *s, const char *sql, bool commit_it)
{
	static struct csr_fixture p384;
	struct ca_fixture *f = s->ca;
	enum devid_err code;

	f->conf.identities = 2;
	ca_fixture_further(f, KEY_ALG_P384, &p384);
	ca_fixture_certify(f, &f->device);
	assert_rc(ca_fixture_challenge(f, &p384, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &p384);
	code = issue_beside(s, sql, commit_it);
	csr_fixture_done(&p384);
	return code;
}

/* Each would be the second; together they are three. */
static void issue_further_while_other_adds_one_is_refused(void **state)
{
	struct site *s = *state;

	assert_rc(further_beside(s, OTHER_PAIR("3"), true), DEVID_ERR_EXISTS);
	assert_cause(&s->ca->job.error, "takes identities = 3");
	assert_int_equal(ca_fixture_rows(s->ca, "cert"), 4);
}

static void issue_further_while_other_adds_same_type_is_refused(void **state)
{
	struct site *s = *state;

	assert_rc(further_beside(s, OTHER_PAIR("2"), true), DEVID_ERR_EXISTS);
	assert_cause(&s->ca->job.error, "other keys of the same TPM");
	assert_int_equal(ca_fixture_rows(s->ca, "cert"), 4);
}

static void issue_further_when_other_takes_it_back_is_served(void **state)
{
	struct site *s = *state;

	assert_rc(further_beside(s, OTHER_PAIR("2"), false), DEVID_OK);
	assert_int_equal(ca_fixture_rows(s->ca, "device"), 1);
	assert_int_equal(ca_fixture_rows(s->ca, "cert"), 4);
}

static void issue_further_while_compromise_is_told_is_refused(void **state)
{
	struct site *s = *state;

	assert_rc(further_beside(s,
			  "UPDATE device SET state = 1;"
			  "UPDATE cert SET state = 1, reason = 1,"
			  " revoked_at = 1, revoked_seq = id",
			  true),
		DEVID_ERR_EXISTS);
	assert_cause(&s->ca->job.error, "revoked for keyCompromise");
	assert_int_equal(ca_fixture_rows(s->ca, "cert"), 2);
}

/* Or a device that is none any more would have a live certificate. */
static void revoke_while_pair_is_added_takes_it_too(void **state)
{
	struct site *s = *state;
	int64_t live = -1;

	ca_fixture_certify(s->ca, &s->ca->device);
	assert_rc(run_beside(s, revoke_all, OTHER_PAIR("3"), true), DEVID_OK);
	assert_int_equal(ca_fixture_rows(s->ca, "cert"), 4);
	assert_rc(db_begin_read(s->watch, NULL), DEVID_OK);
	assert_rc(db_run(s->watch,
			  DB_QUERY("SELECT count(*) FROM cert WHERE state = 0",
				  NULL, 0),
			  ca_fixture_note_number, &live, NULL),
		DEVID_OK);
	assert_rc(db_commit(s->watch, NULL), DEVID_OK);
	assert_int_equal(live, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, site_new, site_done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(issue_while_compromise_is_told_is_refused),
		CASE(issue_while_serial_is_taken_is_refused),
		CASE(issue_when_other_takes_serial_back_is_served),
		CASE(issue_answer_that_other_uses_is_refused),
		CASE(issue_answer_that_other_gives_back_is_served),
		CASE(issue_further_while_other_adds_one_is_refused),
		CASE(issue_further_while_other_adds_same_type_is_refused),
		CASE(issue_further_when_other_takes_it_back_is_served),
		CASE(issue_further_while_compromise_is_told_is_refused),
		CASE(revoke_while_pair_is_added_takes_it_too),
	};

	return cmocka_run_group_tests(tests, cluster_new, cluster_free);
}
