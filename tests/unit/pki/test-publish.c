/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and answers in the register and the publish folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

#include "files.h"
#include "publish-fixture.h"
#include "publish.h"
#include "register-fixture.h"
#include "publish-files.h"
#include "publish-ocsp.h"
#include "register-audit-check.h"
#include "shifted-clock.h"

static const char *www(struct publish_fixture *f, const char *name)
{
	static char path[4][256];
	static unsigned next;
	char *p = path[next++ % 4];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", f->conf.publish, name);
	return p;
}

/* The list in the folder, verified. */
static X509_CRL *crl_of(struct publish_fixture *f, const char *name)
{
	const unsigned char *p;
	X509_CRL *crl;
	uint8_t *der;
	size_t len;

	assert_int_equal(
		files_read(www(f, name), 1u << 24, &der, &len, NULL), DEVID_OK);
	p = der;
	crl = d2i_X509_CRL(NULL, &p, (long)len);
	assert_non_null(crl);
	free(der);
	assert_int_equal(X509_CRL_verify(crl, f->build.ca_key->public_key), 1);
	return crl;
}

static long number_of(struct publish_fixture *f, const char *name, int nid)
{
	X509_CRL *crl = crl_of(f, name);
	ASN1_INTEGER *n = X509_CRL_get_ext_d2i(crl, nid, NULL, NULL);
	long value = n ? ASN1_INTEGER_get(n) : -1;

	ASN1_INTEGER_free(n);
	X509_CRL_free(crl);
	return value;
}

static bool lists(
	struct publish_fixture *f, const char *name, const uint8_t *serial)
{
	X509_CRL *crl = crl_of(f, name);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_REVOKED *found;
	bool yes;

	assert_int_equal(ASN1_STRING_set(number, serial, SERIAL_LEN), 1);
	yes = X509_CRL_get0_by_serial(crl, &found, number) == 1;
	ASN1_INTEGER_free(number);
	X509_CRL_free(crl);
	return yes;
}

static void crl_full_revoked_listed_live_not(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	publish_fixture_revoke(f, a[0], time(NULL), 1);
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_true(lists(f, "unit.crl", a[0]));
	assert_false(lists(f, "unit.crl", a[1]));
	assert_int_equal(number_of(f, "unit.crl", NID_crl_number), 1);
}

static void crl_delta_without_full_refused(void **state)
{
	struct publish_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	assert_int_equal(publish_crl(&f->ca, true, &err), DEVID_ERR_STATE);
	assert_non_null(strstr(err.text, "no full list"));
	assert_int_equal(access(www(f, "unit-delta.crl"), F_OK), -1);
	/* and no number was spent on it */
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_int_equal(number_of(f, "unit.crl", NID_crl_number), 1);
}

/* covers: RFC5280-crl */
static void crl_delta_new_ones_only(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN], b[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "B1", b);
	publish_fixture_revoke(f, a[0], time(NULL) - 10 * 86400, 1);
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	publish_fixture_revoke(f, b[0], time(NULL), 4);
	/* began before the full list was made, came after it */
	publish_fixture_revoke(f, b[1], time(NULL) - 3600, 4);
	assert_int_equal(publish_crl(&f->ca, true, NULL), DEVID_OK);
	assert_int_equal(number_of(f, "unit-delta.crl", NID_crl_number), 2);
	assert_int_equal(number_of(f, "unit-delta.crl", NID_delta_crl), 1);
	assert_true(lists(f, "unit-delta.crl", b[0]));
	assert_true(lists(f, "unit-delta.crl", b[1]));
	assert_false(lists(f, "unit-delta.crl", a[0]));
	assert_false(lists(f, "unit.crl", b[0]));
	/* the next full one takes all, and deltas then stand on it */
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_true(lists(f, "unit.crl", a[0]));
	assert_true(lists(f, "unit.crl", b[0]));
	assert_int_equal(publish_crl(&f->ca, true, NULL), DEVID_OK);
	assert_int_equal(number_of(f, "unit-delta.crl", NID_delta_crl), 3);
}

static struct publish_newest newest(struct publish_fixture *f, bool delta)
{
	struct publish_newest n = { .expires = -1 };

	assert_int_equal(publish_newest(&f->ca, delta, &n, NULL), DEVID_OK);
	return n;
}

static void newest_end_of_each_list_known(void **state)
{
	struct publish_fixture *f = *state;
	int64_t now = (int64_t)time(NULL);

	assert_int_equal(newest(f, false).expires, 0);
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_int_equal(newest(f, true).expires, 0);
	assert_int_equal(publish_crl(&f->ca, true, NULL), DEVID_OK);
	assert_in_range(newest(f, false).expires, now + 168 * 3600,
		now + 168 * 3600 + 60);
	assert_in_range(
		newest(f, true).expires, now + 24 * 3600, now + 24 * 3600 + 60);
}

static void newest_revocation_since_lacks_until_a_list_has_it(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN], b[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "B1", b);
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_int_equal(publish_crl(&f->ca, true, NULL), DEVID_OK);
	assert_false(newest(f, false).lacks);
	assert_false(newest(f, true).lacks);
	publish_fixture_revoke(f, a[0], time(NULL), 1);
	assert_true(newest(f, false).lacks);
	assert_true(newest(f, true).lacks);
	assert_int_equal(publish_crl(&f->ca, true, NULL), DEVID_OK);
	assert_false(newest(f, true).lacks);
	assert_true(newest(f, false).lacks);
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_false(newest(f, false).lacks);
	/* committed after the list with a time before it */
	publish_fixture_revoke(f, b[0], time(NULL) - 3600, 1);
	assert_true(newest(f, false).lacks);
	assert_true(newest(f, true).lacks);
}

/* A month ahead. */
#define AHEAD (30 * INT64_C(86400))

/* The defect that this guards: what was revoked afterwards never got there. */
static void crl_made_by_clock_ahead_due_and_nothing_lost(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN], b[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "B1", b);
	shifted_clock = AHEAD;
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_int_equal(publish_crl(&f->ca, true, NULL), DEVID_OK);
	assert_false(newest(f, false).early);
	shifted_clock = 0;
	assert_true(newest(f, false).early);
	assert_true(newest(f, true).early);
	publish_fixture_revoke(f, a[0], time(NULL), 1);
	assert_true(newest(f, false).lacks);
	assert_true(newest(f, true).lacks);
	/* on the base from the future as well */
	assert_int_equal(publish_crl(&f->ca, true, NULL), DEVID_OK);
	assert_true(lists(f, "unit-delta.crl", a[0]));
	assert_false(newest(f, true).early);
	assert_false(newest(f, true).lacks);
	publish_fixture_revoke(f, b[0], time(NULL) - AHEAD, 1);
	assert_true(newest(f, true).lacks);
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_true(lists(f, "unit.crl", a[0]));
	assert_true(lists(f, "unit.crl", b[0]));
	assert_false(newest(f, false).early);
	assert_false(newest(f, false).lacks);
}

/* Of a list no revocation is later than the list. */
static void crl_revoked_by_clock_ahead_in_force_now(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	X509_REVOKED *entry;
	X509_CRL *crl;
	int days = -1, seconds = -1;

	publish_fixture_device(f, "A1", a);
	publish_fixture_revoke(f, a[0], time(NULL) + AHEAD, 1);
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	crl = crl_of(f, "unit.crl");
	entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
	assert_non_null(entry);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds,
				 X509_REVOKED_get0_revocationDate(entry),
				 X509_CRL_get0_lastUpdate(crl)),
		1);
	assert_int_equal(days, 0);
	assert_int_equal(seconds, 0);
	X509_CRL_free(crl);
}

static void crl_token_gone_nothing_changed(void **state)
{
	struct publish_fixture *f = *state;

	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	memory_signer_break(f->build.ca_key, true);
	assert_int_equal(
		publish_crl(&f->ca, false, NULL), DEVID_ERR_UNREACHABLE);
	memory_signer_break(f->build.ca_key, false);
	assert_int_equal(number_of(f, "unit.crl", NID_crl_number), 1);
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_int_equal(number_of(f, "unit.crl", NID_crl_number), 2);
}

static void crl_audit_key_line_written(void **state)
{
	struct publish_fixture *f = *state;
	int64_t n;

	f->ca.audit_signer = memory_signer_new("p256");
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_int_equal(register_begin_read(f->ca.reg, NULL), DEVID_OK);
	assert_int_equal(register_audit_check(f->ca.reg,
				 f->ca.audit_signer->public_key, &n, NULL),
		DEVID_OK);
	register_rollback(f->ca.reg);
	assert_int_equal(n, 1);
}

static void files_all_there_and_readable(void **state)
{
	static const char *const names[] = { "unit.crl", "unit.cer", "root.cer",
		"unit-chain.pem" };
	struct publish_fixture *f = *state;
	const unsigned char *p;
	struct stat st;
	uint8_t *der;
	X509 *cert;
	size_t len;

	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(stat(www(f, names[i]), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0644);
	}
	assert_int_equal(
		files_read(www(f, "root.cer"), 65536, &der, &len, NULL),
		DEVID_OK);
	p = der;
	cert = d2i_X509(NULL, &p, (long)len);
	assert_int_equal(X509_cmp(cert, f->build.root), 0);
	X509_free(cert);
	free(der);
}

static void files_same_content_untouched_lost_restored(void **state)
{
	struct publish_fixture *f = *state;
	struct stat before, after;

	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	assert_int_equal(stat(www(f, "unit.crl"), &before), 0);
	assert_int_equal(publish_files(&f->ca, NULL), DEVID_OK);
	assert_int_equal(stat(www(f, "unit.crl"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(unlink(www(f, "unit.crl")), 0);
	tempdir_write(&f->dir, "www/unit.cer", "junk", 4, 0644);
	assert_int_equal(publish_files(&f->ca, NULL), DEVID_OK);
	assert_int_equal(number_of(f, "unit.crl", NID_crl_number), 1);
	assert_int_equal(stat(www(f, "unit.cer"), &after), 0);
	assert_true(after.st_size > 100);
}

static void files_no_folder_refused(void **state)
{
	struct publish_fixture *f = *state;
	char *publish = f->conf.publish;

	f->conf.publish = NULL;
	assert_int_equal(publish_files(&f->ca, NULL), DEVID_ERR_INVALID);
	/* a CA without a folder has its lists in the register all the same */
	assert_int_equal(publish_crl(&f->ca, false, NULL), DEVID_OK);
	f->conf.publish = publish;
	assert_int_equal(publish_files(&f->ca, NULL), DEVID_OK);
	assert_int_equal(number_of(f, "unit.crl", NID_crl_number), 1);
}

static void files_missing_folder_error(void **state)
{
	struct publish_fixture *f = *state;

	assert_int_equal(rmdir(f->conf.publish), 0);
	assert_int_equal(publish_files(&f->ca, NULL), DEVID_ERR_IO);
	assert_int_equal(mkdir(f->conf.publish, 0755), 0);
}

#define PROCESSES 4
#define ROUNDS    5

/* Processes at once: each number once, and the newest is in the folder. */
static void crl_several_processes_newest_stays(void **state)
{
	struct publish_fixture *f = *state;
	pid_t pids[PROCESSES];
	int status;

	publish_fixture_close(&f->ca); /* no connection crosses fork() */
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			struct ca ca;
			char name[16];
			int bad = 0;

			(void)snprintf(name, sizeof(name), "p%d", i);
			publish_fixture_open(f, name, &ca);
			for (int r = 0; r < ROUNDS; r++)
				bad |= publish_crl(&ca, false, NULL) !=
				       DEVID_OK;
			publish_fixture_close(&ca);
			_exit(bad);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	publish_fixture_open(f, "one", &f->ca);
	assert_int_equal(
		number_of(f, "unit.crl", NID_crl_number), PROCESSES * ROUNDS);
}

static int64_t produce(struct publish_fixture *f, int64_t limit)
{
	int64_t n = -1;

	assert_int_equal(publish_ocsp(&f->ca, limit, &n, NULL), DEVID_OK);
	return n;
}

static void set_time_back(struct publish_fixture *f, const char *sql)
{
	assert_int_equal(register_begin(f->ca.reg, NULL), DEVID_OK);
	assert_int_equal(
		db_script(register_db(f->ca.reg), sql, NULL), DEVID_OK);
	assert_int_equal(register_commit(f->ca.reg, NULL), DEVID_OK);
}

static void ocsp_portions_each_once(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];

	assert_int_equal(produce(f, 10), 0);
	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "A2", a);
	publish_fixture_device(f, "A3", a);
	assert_int_equal(produce(f, 4), 4);
	assert_int_equal(produce(f, 4), 2);
	assert_int_equal(produce(f, 4), 0);
	publish_fixture_device(f, "A4", a);
	assert_int_equal(produce(f, 4), 2);
	assert_int_equal(produce(f, 4), 0);
}

/* More certificates than are looked at in one go. */
static void ocsp_many_pages_all_produced(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	char serial[16];

	for (int i = 0; i < 150; i++) {
		(void)snprintf(serial, sizeof(serial), "A%d", i);
		publish_fixture_device(f, serial, a);
	}
	assert_int_equal(produce(f, 1000), 300);
	assert_int_equal(produce(f, 1000), 0);
}

static void ocsp_half_time_over_renewed(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	assert_int_equal(produce(f, 10), 2);
	/* as if half of their time and a minute had gone: the round's start
	 * is in "ocsp-next", the ends of answers beside them */
	set_time_back(f, "UPDATE publication SET expires = expires - 129660"
			 " WHERE name LIKE '%/ocsp-4%'");
	assert_int_equal(produce(f, 10), 0); /* no new round yet */
	set_time_back(f, "DELETE FROM publication"
			 " WHERE name LIKE '%/ocsp-next'");
	assert_int_equal(produce(f, 10), 2);
	assert_int_equal(produce(f, 10), 0);
}

/* In a new round, by how old an answer is: a quarter of 72 hours is 64800. */
static void ocsp_new_round_young_answers_kept(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	assert_int_equal(produce(f, 10), 2);
	set_time_back(f, "UPDATE publication SET expires = expires - 64000"
			 " WHERE name LIKE '%/ocsp-4%'");
	set_time_back(f, "DELETE FROM publication"
			 " WHERE name LIKE '%/ocsp-next'");
	assert_int_equal(produce(f, 10), 0);
	set_time_back(f, "UPDATE publication SET expires = expires - 1000"
			 " WHERE name LIKE '%/ocsp-4%'");
	set_time_back(f, "DELETE FROM publication"
			 " WHERE name LIKE '%/ocsp-next'");
	assert_int_equal(produce(f, 10), 2);
}

static bool answers_early(struct publish_fixture *f)
{
	bool early = false;

	assert_int_equal(publish_ocsp_early(&f->ca, &early, NULL), DEVID_OK);
	return early;
}

static void ocsp_made_by_clock_ahead_made_again(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	assert_int_equal(produce(f, 10), 2); /* a round of a right clock */
	publish_fixture_device(f, "A2", a);
	shifted_clock = AHEAD;
	assert_int_equal(produce(f, 10), 4);
	assert_false(answers_early(f));
	shifted_clock = 0;
	assert_true(answers_early(f));
	assert_int_equal(produce(f, 3), 3);
	assert_false(answers_early(f));
	assert_int_equal(produce(f, 3), 1);
	assert_int_equal(produce(f, 3), 0);
}

static void ocsp_expired_responder_refused(void **state)
{
	struct publish_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	int64_t n;

	publish_fixture_delegate(f, FIXTURE_NOW + 60);
	assert_int_equal(publish_ocsp(&f->ca, 10, &n, &err), DEVID_ERR_STATE);
	assert_non_null(strstr(err.text, "expired"));
}

/* Each case gets a CA with the register of its place. */
static void with_ca(void **state, void (*test)(void **state))
{
	const struct place *place = *state;
	struct publish_fixture f;
	void *inner = &f;

	publish_fixture_init(&f, place->uri);
	test(&inner);
	publish_fixture_done(&f);
}

#define CASE(test)                                                             \
	static void on_##test(void **state)                                    \
	{                                                                      \
		with_ca(state, test);                                          \
	}

CASE(crl_full_revoked_listed_live_not)
CASE(crl_delta_without_full_refused)
CASE(crl_delta_new_ones_only)
CASE(newest_end_of_each_list_known)
CASE(newest_revocation_since_lacks_until_a_list_has_it)
CASE(crl_made_by_clock_ahead_due_and_nothing_lost)
CASE(crl_revoked_by_clock_ahead_in_force_now)
CASE(ocsp_made_by_clock_ahead_made_again)
CASE(crl_token_gone_nothing_changed)
CASE(crl_audit_key_line_written)
CASE(files_all_there_and_readable)
CASE(files_same_content_untouched_lost_restored)
CASE(files_no_folder_refused)
CASE(files_missing_folder_error)
CASE(crl_several_processes_newest_stays)
CASE(ocsp_portions_each_once)
CASE(ocsp_many_pages_all_produced)
CASE(ocsp_half_time_over_renewed)
CASE(ocsp_new_round_young_answers_kept)
CASE(ocsp_expired_responder_refused)

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(on_crl_full_revoked_listed_live_not),
		PLACE_CASE(on_crl_delta_without_full_refused),
		PLACE_CASE(on_crl_delta_new_ones_only),
		PLACE_CASE(on_newest_end_of_each_list_known),
		PLACE_CASE(
			on_newest_revocation_since_lacks_until_a_list_has_it),
		PLACE_CASE(on_crl_made_by_clock_ahead_due_and_nothing_lost),
		PLACE_CASE(on_crl_revoked_by_clock_ahead_in_force_now),
		PLACE_CASE(on_ocsp_made_by_clock_ahead_made_again),
		PLACE_CASE(on_crl_token_gone_nothing_changed),
		PLACE_CASE(on_crl_audit_key_line_written),
		PLACE_CASE(on_files_all_there_and_readable),
		PLACE_CASE(on_files_same_content_untouched_lost_restored),
		PLACE_CASE(on_files_no_folder_refused),
		PLACE_CASE(on_files_missing_folder_error),
		PLACE_CASE(on_crl_several_processes_newest_stays),
		PLACE_CASE(on_ocsp_portions_each_once),
		PLACE_CASE(on_ocsp_many_pages_all_produced),
		PLACE_CASE(on_ocsp_half_time_over_renewed),
		PLACE_CASE(on_ocsp_new_round_young_answers_kept),
		PLACE_CASE(on_ocsp_expired_responder_refused),
	};

	return place_run("publish", cases, sizeof(cases) / sizeof(cases[0]));
}
