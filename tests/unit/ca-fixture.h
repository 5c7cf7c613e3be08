/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CA_FIXTURE_H
#define TEST_CA_FIXTURE_H

/*
 * An issuing CA with a real register in a temporary folder, its keys in
 * memory, and devices made in software. Everything asserts.
 */

#include "ca.h"
#include "cmocka-all.h"
#include "csr-fixture.h"
#include "tempdir.h"

struct ca_fixture {
	struct tempdir dir;
	struct ca_conf conf;
	struct ca ca;
	struct csr_fixture device; /* encoded */
	struct csr_fixture other;  /* another device of the same vendor */
	char *output;              /* owned: of the last job */
	struct ca_job job;         /* the last one; its output is above */
	char answer[CHALLENGE_FILE_MAX];
};

/* For cmocka: *@state gets a struct ca_fixture. */
int ca_fixture_new(void **state);
int ca_fixture_done(void **state);

/* Step 1 for the request of @d, by @station; the job's code. */
enum devid_err ca_fixture_challenge(
	struct ca_fixture *f, const struct csr_fixture *d, const char *station);

/* What the TPM of @d says to the challenge in f->output; f->answer. */
void ca_fixture_answer(struct ca_fixture *f, const struct csr_fixture *d);

/* Step 2 with f->answer; the job's code. */
enum devid_err ca_fixture_issue(struct ca_fixture *f, const char *station);

/* All of it; certificates in f->output. */
void ca_fixture_certify(struct ca_fixture *f, const struct csr_fixture *d);

/* Gives @d, of the vendor of f->device, new keys in the same TPM, or a new
 * TPM as well; encodes. */
void ca_fixture_new_keys(struct csr_fixture *d);
void ca_fixture_new_ek(struct ca_fixture *f, struct csr_fixture *d);

/* For db_run(): the one number of a row; @arg is an int64_t. */
enum devid_err ca_fixture_note_number(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err);

/* Rows of @table. */
int64_t ca_fixture_rows(struct ca_fixture *f, const char *table);

/* f->answer as to a challenge that was made @seconds earlier. */
void ca_fixture_age(struct ca_fixture *f, int64_t seconds);

/* The same, but its deadline is where it was. */
void ca_fixture_predate(struct ca_fixture *f, int64_t seconds);

/* f->answer as to a challenge of an older version of the CA. */
void ca_fixture_outdate(struct ca_fixture *f);

/* f->answer with @secret, and with a ticket that says so, as somebody makes it
 * who has no key of the CA. CHALLENGE_SECRET_LEN bytes. */
void ca_fixture_forge(struct ca_fixture *f, const uint8_t *secret);

/* f->answer with the first @len bytes of its ticket. */
void ca_fixture_cut(struct ca_fixture *f, size_t len);

/* Runs @sql, which must be a constant. */
void ca_fixture_sql(struct ca_fixture *f, const char *sql);

#endif
