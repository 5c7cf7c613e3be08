/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 and power cuts while a CA issues, before each call that changes or
 * syncs a file (tests/fault/file-fault.c): who was handed certificates is in
 * the register with these, and nobody is there by halves.
 *
 * All of this may lie in memory: the disk that a power cut leaves is the shadow
 * of file-fault.c, which no sync reaches past.
 */
#include <limits.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "ca-fixture.h"
#include "crash-fixture.h"
#include "files.h"
#include "register-open.h"
#include "ca-issue.h"
#include "register-audit-check.h"
#include "register-cert.h"

#define DEVICES   3  /* <= CRASH_TOLD_MAX */
#define MIN_CALLS 50 /* of a run, and so kills */

static struct crash_disks disks; /* here, to go also after a failure */

/* ---- a CA and its devices ---- */

struct site {
	struct ca_fixture *ca;
	struct csr_fixture third;
	const struct csr_fixture *devices[DEVICES]; /* borrowed */
	bool batch; /* step 2 is one ca_issue() for all */
};

static int site_new(void **state)
{
	struct site *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	(void)ca_fixture_new((void **)&s->ca);
	/* Each run opens one of its own. */
	register_close(s->ca->ca.reg);
	s->ca->ca.reg = NULL;
	csr_fixture_new(&s->third, KEY_ALG_P256, "P-256");
	s->third.serial = "ACCC8E000003";
	s->third.ek_issuer = &s->ca->device.vendor_ca;
	csr_fixture_encode(&s->third);
	s->devices[0] = &s->ca->device;
	s->devices[1] = &s->ca->other;
	s->devices[2] = &s->third;
	*state = s;
	return 0;
}

static int site_done(void **state)
{
	struct site *s = *state;

	crash_disks_done(&disks);
	csr_fixture_done(&s->third);
	(void)ca_fixture_done((void **)&s->ca);
	free(s);
	return 0;
}

static enum devid_err open_register(const char *dir, struct reg **ret)
{
	char uri[PATH_MAX];

	(void)snprintf(uri, sizeof(uri), "sqlite:%s/register.db", dir);
	return register_open(uri, "test", ret, NULL);
}

/* Both steps for each device; hands out what ca_issue() returned. */
static bool issue_each(const struct site *s, int fd)
{
	bool ok = true;

	for (unsigned i = 0; i < DEVICES && ok; i++) {
		ca_fixture_certify(s->ca, s->devices[i]);
		ok = crash_tell(fd, s->ca->output);
	}
	return ok;
}

/* As the service does it under load: one transaction for all. */
static bool issue_batch(const struct site *s, int fd)
{
	static char answers[DEVICES][CHALLENGE_FILE_MAX];
	struct ca_job jobs[DEVICES] = { 0 };
	bool ok = true;

	for (unsigned i = 0; i < DEVICES; i++) {
		assert_rc(ca_fixture_challenge(s->ca, s->devices[i], "line-1"),
			DEVID_OK);
		ca_fixture_answer(s->ca, s->devices[i]);
		memcpy(answers[i], s->ca->answer, sizeof(answers[i]));
		jobs[i].station = "line-1";
		jobs[i].input = (const uint8_t *)answers[i];
		jobs[i].input_len = strlen(answers[i]);
	}
	assert_rc(ca_issue(&s->ca->ca, jobs, DEVICES, NULL), DEVID_OK);
	for (unsigned i = 0; i < DEVICES; i++) {
		ok = ok && jobs[i].output && crash_tell(fd, jobs[i].output);
		ca_job_done(&jobs[i]);
	}
	return ok;
}

static bool issue_all(const void *arg, const char *dir, int fd)
{
	const struct site *s = arg;
	bool ok = open_register(dir, &s->ca->ca.reg) == DEVID_OK;

	if (ok)
		ok = s->batch ? issue_batch(s, fd) : issue_each(s, fd);
	register_close(s->ca->ca.reg);
	return ok;
}

/* ---- what is wrong with a register; NULL: nothing ---- */

static enum devid_err note(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)n_columns; /* one */
	(void)err;
	*(int64_t *)arg = columns[0].num;
	return DEVID_OK;
}

static int64_t number(struct reg *reg, const char *sql)
{
	int64_t n = -1;

	if (db_run(register_db(reg), DB_QUERY(sql, NULL, 0), note, &n, NULL) !=
		DEVID_OK)
		return -1;
	return n;
}

static int64_t devices_in(struct reg *reg)
{
	return number(reg, "SELECT count(*) FROM device");
}

/* The rows among themselves: each question's answer is 0. */
static const char *judge_rows(struct reg *reg)
{
	static const struct {
		const char *sql, *trouble;
	} rules[] = {
		{ "SELECT count(*) FROM pragma_integrity_check"
		  " WHERE integrity_check <> 'ok'",
			"the database is damaged" },
		{ "SELECT count(*) FROM device d WHERE (SELECT count(*)"
		  " FROM cert c WHERE c.device = d.id) <> 2 OR (SELECT"
		  " count(DISTINCT role) FROM cert c WHERE c.device = d.id)"
		  " <> 2",
			"a device has not its two certificates" },
		{ "SELECT count(*) FROM cert WHERE device IS NULL OR"
		  " device NOT IN (SELECT id FROM device)",
			"a certificate has no device" },
		{ "SELECT count(*) FROM cert WHERE length(der) = 0",
			"a row has no certificate" },
	};

	for (size_t i = 0; i < N_OF(rules); i++) {
		if (number(reg, rules[i].sql) != 0)
			return rules[i].trouble;
	}
	return NULL;
}

static bool has_cert(const struct site *s, struct reg *reg, const X509 *cert)
{
	const ASN1_INTEGER *number = X509_get0_serialNumber(cert);
	const struct view serial = { ASN1_STRING_get0_data(number),
		(size_t)ASN1_STRING_length(number) };
	struct register_cert got;
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	bool there = len > 0 &&
		     register_cert_by_serial(reg, s->ca->ca.issuer_hash, serial,
			     &got, NULL) == DEVID_OK &&
		     got.der_len == (size_t)len &&
		     memcmp(got.der, der, got.der_len) == 0;

	OPENSSL_free(der);
	return there;
}

/* IDevID and IAK, which come first in @pem. */
static bool has_both(const struct site *s, struct reg *reg, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	bool there = true;

	for (int i = 0; i < N_MAKER_ROLES; i++) {
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		assert_non_null(cert);
		there = there && has_cert(s, reg, cert);
		X509_free(cert);
	}
	BIO_free(bio);
	return there;
}

static const char *judge_open(
	const struct site *s, struct reg *reg, const struct crash_told *handed)
{
	const char *trouble = judge_rows(reg);
	int64_t lines = 0;

	for (unsigned i = 0; i < handed->n && !trouble; i++) {
		if (!has_both(s, reg, handed->text[i]))
			trouble = "a certificate that was handed out is lost";
	}
	if (!trouble &&
		register_audit_check(reg, s->ca->ca.audit_signer->public_key,
			&lines, NULL) != DEVID_OK)
		trouble = "the audit log does not verify";
	if (!trouble && lines < devices_in(reg))
		trouble = "a device has no line in the audit log";
	/* The run may have ended before it could tell of its last commit. */
	if (!trouble && devices_in(reg) != handed->n &&
		devices_in(reg) != handed->n + (s->batch ? DEVICES : 1))
		trouble = "there are devices that nobody asked for";
	return trouble;
}

static const char *judge(const struct site *s, const char *dir,
	const struct crash_told *handed, int64_t *ret_devices)
{
	struct reg *reg = NULL;
	const char *trouble;

	*ret_devices = -1;
	crash_lose_syncs(dir);
	trouble = "it does not open";
	if (open_register(dir, &reg) == DEVID_OK) {
		trouble = "it cannot be read";
		if (register_begin_read(reg, NULL) == DEVID_OK) {
			trouble = judge_open(s, reg, handed);
			*ret_devices = devices_in(reg);
			register_rollback(reg);
		}
	}
	register_close(reg);
	crash_lose_syncs(NULL);
	return trouble;
}

static int64_t assert_whole(const struct site *s, const char *dir,
	const struct crash_told *handed, unsigned kill_at)
{
	int64_t devices;
	const char *trouble = judge(s, dir, handed, &devices);

	if (trouble)
		fail_msg("call %u, %s: %s", kill_at, dir, trouble);
	return devices;
}

/* Who got certificates gets the same again, and all others get theirs. */
static void assert_finishes(const struct site *s, const char *dir,
	const struct crash_told *handed, unsigned kill_at)
{
	/* No power cut follows: nobody waits for the disk. */
	const struct crash_run again = {
		.work = issue_all, .arg = s, .lose = ""
	};
	struct crash_told all;

	assert_false(crash_run(&again, dir, NULL, &all));
	assert_int_equal(all.n, DEVICES);
	for (unsigned i = 0; i < handed->n; i++)
		assert_string_equal(all.text[i], handed->text[i]);
	assert_int_equal(assert_whole(s, dir, &all, kill_at), DEVICES);
	crash_told_done(&all);
}

/* ---- issuing ---- */

struct tally {
	unsigned kills, before_first, between, after_last, only_cached;
};

/* False: there is no such call. */
static bool issue_killed_at(
	const struct site *s, unsigned kill_at, struct tally *t)
{
	const struct crash_run r = {
		.work = issue_all, .arg = s, .kill_at = kill_at
	};
	int64_t real, shadow;
	struct crash_told handed;
	bool killed;

	crash_disks_new(&disks);
	killed = crash_run(&r, disks.real, disks.shadow, &handed);
	real = assert_whole(s, disks.real, &handed, kill_at);
	shadow = assert_whole(s, disks.shadow, &handed, kill_at);
	t->kills += killed;
	t->before_first += killed && real == 0;
	t->between += killed && real > 0 && real < DEVICES;
	t->after_last += killed && handed.n == DEVICES;
	t->only_cached += killed && shadow < real;
	assert_finishes(s, disks.real, &handed, kill_at);
	assert_finishes(s, disks.shadow, &handed, kill_at);
	crash_told_done(&handed);
	crash_disks_done(&disks);
	return killed;
}

static struct tally issue_killed_everywhere(const struct site *s)
{
	struct tally t = { 0 };

	while (issue_killed_at(s, t.kills + 1, &t))
		;
	print_message("kills: %u, one at each call, %u before the first "
		      "device, %u between, %u after the last; %u with a "
		      "device that was not on disk yet\n",
		t.kills, t.before_first, t.between, t.after_last,
		t.only_cached);
	assert_true(t.kills >= MIN_CALLS);
	assert_true(t.before_first > 0);
	assert_true(t.after_last > 0);
	assert_true(t.only_cached > 0);
	return t;
}

static void issue_killed_before_any_call_is_whole(void **state)
{
	struct site *s = *state;

	s->batch = false;
	assert_true(issue_killed_everywhere(s).between > 0);
}

/* All or none of a batch. */
static void issue_batch_killed_before_any_call_is_whole(void **state)
{
	struct site *s = *state;

	s->batch = true;
	assert_int_equal(issue_killed_everywhere(s).between, 0);
}

/* Kills at each call while some devices have theirs and others do not: each
 * must be noticed, as it was if nobody synced. */
static void issue_on_disk_that_loses(struct site *s, const char *suffix)
{
	struct crash_run r = { .work = issue_all, .arg = s, .lose = suffix };
	unsigned between = 0, noticed = 0;
	bool killed = true;

	s->batch = false;
	while (killed) {
		struct crash_told handed;
		int64_t devices;

		r.kill_at++;
		crash_disks_new(&disks);
		killed = crash_run(&r, disks.real, disks.shadow, &handed);
		(void)assert_whole(s, disks.real, &handed, r.kill_at);
		if (killed && handed.n > 0 && handed.n < DEVICES) {
			between++;
			noticed += judge(s, disks.shadow, &handed, &devices) !=
				   NULL;
		}
		crash_told_done(&handed);
		crash_disks_done(&disks);
	}
	assert_true(between > 0);
	assert_int_equal(noticed, between);
}

/* As with synchronous = NORMAL. */
static void issue_disk_that_loses_synced_log_is_noticed(void **state)
{
	issue_on_disk_that_loses(*state, "-wal");
}

/* As with synchronous = OFF. */
static void issue_disk_that_loses_all_syncs_is_noticed(void **state)
{
	issue_on_disk_that_loses(*state, "");
}

/* ---- files_write_atomic() ---- */

static bool write_twice(const void *arg, const char *dir, int fd)
{
	static const char *const contents[] = { "old", "the new one" };
	char path[PATH_MAX];
	bool ok = true;

	(void)arg;
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	for (size_t i = 0; i < N_OF(contents) && ok; i++)
		ok = files_write_atomic(path, contents[i], strlen(contents[i]),
			     0600, NULL) == DEVID_OK &&
		     crash_tell(fd, contents[i]);
	return ok;
}

/* The file has what was told last, or what was to come next. */
static bool file_is_whole(const char *dir, const struct crash_told *told)
{
	static const char *const contents[] = { "", "old", "the new one",
		"the new one" };
	char path[PATH_MAX];
	uint8_t *data = NULL;
	enum devid_err rc;
	size_t len = 0;
	bool whole;

	(void)snprintf(path, sizeof(path), "%s/file", dir);
	rc = files_read(path, 100, &data, &len, NULL);
	if (rc == DEVID_ERR_NOT_FOUND)
		return told->n == 0;
	assert_rc(rc, DEVID_OK);
	whole = strcmp((char *)data, contents[told->n + 1]) == 0 ||
		(told->n > 0 && strcmp((char *)data, contents[told->n]) == 0);
	free(data);
	return whole;
}

/* Kills before each call; how often the file was broken on the lost disk. */
static unsigned write_killed(const char *lose, bool named, unsigned *ret_kills)
{
	struct crash_run r = {
		.work = write_twice, .lose = lose, .named = named
	};
	unsigned broken = 0;
	bool killed = true;

	while (killed) {
		struct crash_told told;

		r.kill_at++;
		crash_disks_new(&disks);
		killed = crash_run(&r, disks.real, disks.shadow, &told);
		assert_true(file_is_whole(disks.real, &told));
		broken += !file_is_whole(disks.shadow, &told);
		crash_told_done(&told);
		crash_disks_done(&disks);
	}
	*ret_kills = r.kill_at - 1;
	return broken;
}

static void write_atomic_killed_before_any_call_is_old_or_new(void **state)
{
	unsigned kills;

	(void)state;
	assert_int_equal(write_killed(NULL, false, &kills), 0);
	/* write, fsync, link, fsync of the folder; the same with a rename */
	assert_int_equal(kills, 4 + 5);
	assert_int_equal(write_killed(NULL, true, &kills), 0);
	/* write, fsync, rename, fsync of the folder; twice */
	assert_int_equal(kills, 4 + 4);
}

static void write_atomic_disk_that_loses_syncs_is_noticed(void **state)
{
	unsigned kills;

	(void)state;
	assert_true(write_killed(" (deleted)", false, &kills) > 0);
	assert_true(write_killed(".new", true, &kills) > 0);
	assert_true(write_killed("", false, &kills) > 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(issue_killed_before_any_call_is_whole),
		cmocka_unit_test(issue_batch_killed_before_any_call_is_whole),
		cmocka_unit_test(issue_disk_that_loses_synced_log_is_noticed),
		cmocka_unit_test(issue_disk_that_loses_all_syncs_is_noticed),
		cmocka_unit_test(
			write_atomic_killed_before_any_call_is_old_or_new),
		cmocka_unit_test(write_atomic_disk_that_loses_syncs_is_noticed),
	};

	(void)argc;
	crash_load_faults(argv);
	return cmocka_run_group_tests(tests, site_new, site_done);
}
