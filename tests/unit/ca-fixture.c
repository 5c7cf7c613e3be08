/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ca-seal.h"
#include "ca-ticket.h"
#include "memory-signer.h"
#include "ordered-id.h"

static void open_ca(struct ca_fixture *f)
{
	struct devid_error err = { DEVID_OK, "" };
	char uri[128];

	f->ca.conf = &f->conf;
	f->ca.signer = memory_signer_new("p256");
	f->ca.audit_signer = memory_signer_new("p256");
	f->ca.cert = memory_signer_ca(f->ca.signer, "Test CA");
	f->ca.chain_pem = strdup("");
	f->ca.has_seal_key = true; /* all zero */
	assert_rc(ca_use_signer(&f->ca, &err), DEVID_OK);
	assert_int_equal(X509_NAME_digest(X509_get_subject_name(f->ca.cert),
				 EVP_sha256(), f->ca.issuer_hash, NULL),
		1);
	assert_rc(ek_trust_new(
			  tempdir_file(&f->dir, "roots"), &f->ca.trust, &err),
		DEVID_OK);
	(void)snprintf(uri, sizeof(uri), "sqlite:%s",
		tempdir_file(&f->dir, "register.db"));
	assert_rc(register_open(uri, "test", &f->ca.reg, &err), DEVID_OK);
}

int ca_fixture_new(void **state)
{
	struct ca_fixture *f = calloc(1, sizeof(*f));
	char *pem;

	assert_non_null(f);
	f->dir = tempdir_new();
	f->conf.challenge_seconds = 60;
	f->conf.name = strdup("test");
	csr_fixture_new(&f->device, KEY_ALG_P256, "P-256");
	csr_fixture_encode(&f->device);
	csr_fixture_new(&f->other, KEY_ALG_P256, "P-256");
	f->other.serial = "ACCC8E000002";
	f->other.ek_issuer = &f->device.vendor_ca;
	csr_fixture_encode(&f->other);
	assert_int_equal(mkdir(tempdir_file(&f->dir, "roots"), 0700), 0);
	pem = csr_fixture_trust_pem(&f->device);
	tempdir_write(&f->dir, "roots/vendor.pem", pem, strlen(pem), 0600);
	free(pem);
	open_ca(f);
	*state = f;
	return 0;
}

int ca_fixture_done(void **state)
{
	struct ca_fixture *f = *state;

	free(f->output);
	ca_done(&f->ca);
	free(f->conf.name);
	csr_fixture_done(&f->device);
	csr_fixture_done(&f->other);
	tempdir_remove(&f->dir);
	free(f);
	return 0;
}

typedef enum devid_err step_fn(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct devid_error *err);

static enum devid_err run(struct ca_fixture *f, step_fn *step,
	const uint8_t *input, size_t len, const char *station)
{
	struct devid_error err = { DEVID_OK, "" };

	memset(&f->job, 0, sizeof(f->job));
	f->job.station = station;
	f->job.input = input;
	f->job.input_len = len;
	assert_rc(step(&f->ca, &f->job, 1, &err), DEVID_OK);
	free(f->output);
	f->output = f->job.output;
	assert_int_equal(f->output != NULL, f->job.code == DEVID_OK);
	return f->job.code;
}

enum devid_err ca_fixture_challenge(
	struct ca_fixture *f, const struct csr_fixture *d, const char *station)
{
	return run(f, ca_challenge, d->data, d->len, station);
}

void ca_fixture_answer(struct ca_fixture *f, const struct csr_fixture *d)
{
	const struct der_view name = { d->iak_name, d->iak_name_len };
	struct challenge_answer a;
	struct challenge c;

	assert_rc(challenge_parse((const uint8_t *)f->output, strlen(f->output),
			  &c, NULL),
		DEVID_OK);
	memcpy(a.id, c.id, sizeof(a.id));
	a.ticket = c.ticket;
	assert_true(csr_fixture_activate(d->ek, name, &c, a.secret));
	assert_rc(
		challenge_answer_encode(&a, f->answer, sizeof(f->answer), NULL),
		DEVID_OK);
}

enum devid_err ca_fixture_issue(struct ca_fixture *f, const char *station)
{
	return run(f, ca_issue, (const uint8_t *)f->answer, strlen(f->answer),
		station);
}

void ca_fixture_certify(struct ca_fixture *f, const struct csr_fixture *d)
{
	assert_rc(ca_fixture_challenge(f, d, "line-1"), DEVID_OK);
	ca_fixture_answer(f, d);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_OK);
}

static void replace(EVP_PKEY **key, const char *type)
{
	EVP_PKEY_free(*key);
	*key = certs_key(type);
}

void ca_fixture_new_keys(struct csr_fixture *d)
{
	replace(&d->iak, "P-256");
	replace(&d->idevid, "P-256");
	csr_fixture_set_key(&d->iak_area, d->iak);
	csr_fixture_set_key(&d->idevid_area, d->idevid);
	d->certifier = d->iak;
	d->signer = d->idevid;
	csr_fixture_encode(d);
}

void ca_fixture_new_ek(struct ca_fixture *f, struct csr_fixture *d)
{
	(void)f; /* the vendor stays */
	replace(&d->ek, "P-256");
	csr_fixture_encode(d);
}

enum devid_err ca_fixture_note_number(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)n_columns; /* one */
	(void)err;
	*(int64_t *)arg = columns[0].num;
	return DEVID_OK;
}

int64_t ca_fixture_rows(struct ca_fixture *f, const char *table)
{
	static const struct {
		const char *table, *sql;
	} counts[] = {
		{ "device", "SELECT count(*) FROM device" },
		{ "cert", "SELECT count(*) FROM cert" },
		{ "challenge_used", "SELECT count(*) FROM challenge_used" },
		{ "audit", "SELECT count(*) FROM audit" },
	};
	struct devid_error err = { DEVID_OK, "" };
	int64_t n = -1;

	assert_rc(register_begin(f->ca.reg, &err), DEVID_OK);
	for (size_t i = 0; i < N_OF(counts); i++) {
		if (strcmp(counts[i].table, table) == 0)
			assert_rc(db_run(register_db(f->ca.reg),
					  DB_QUERY(counts[i].sql, NULL, 0),
					  ca_fixture_note_number, &n, &err),
				DEVID_OK);
	}
	register_rollback(f->ca.reg);
	assert_true(n >= 0);
	return n;
}

/* ---- tickets ---- */

static struct challenge_answer read_answer(struct ca_fixture *f)
{
	struct challenge_answer a;

	assert_rc(challenge_answer_parse((const uint8_t *)f->answer,
			  strlen(f->answer), &a, NULL),
		DEVID_OK);
	return a;
}

static void write_answer(struct ca_fixture *f, const struct challenge_answer *a)
{
	assert_rc(
		challenge_answer_encode(a, f->answer, sizeof(f->answer), NULL),
		DEVID_OK);
}

static struct ca_ticket read_ticket(
	struct ca_fixture *f, const struct challenge_answer *a)
{
	struct der_view sealed;
	struct ca_ticket t;

	assert_rc(
		ca_seal_open(f->ca.seal_key, a->id, &a->ticket, &sealed, NULL),
		DEVID_OK);
	assert_rc(ca_ticket_parse(sealed.data, sealed.len, &t, NULL), DEVID_OK);
	return t;
}

void ca_fixture_age(struct ca_fixture *f, int64_t seconds)
{
	struct challenge_answer a = read_answer(f);
	struct ca_ticket t = read_ticket(f, &a);

	t.deadline -= seconds;
	assert_rc(ca_ticket_encode(&t, a.ticket.data, &a.ticket.len, NULL),
		DEVID_OK);
	assert_rc(ca_seal_add(f->ca.seal_key, a.id, &a.ticket, NULL), DEVID_OK);
	write_answer(f, &a);
}

void ca_fixture_predate(struct ca_fixture *f, int64_t seconds)
{
	struct challenge_answer a = read_answer(f);
	uint64_t made = ordered_id_time(a.id);

	ordered_id_at(made - (uint64_t)seconds * 1000, a.id);
	a.ticket.len -= CA_SEAL_LEN;
	assert_rc(ca_seal_add(f->ca.seal_key, a.id, &a.ticket, NULL), DEVID_OK);
	write_answer(f, &a);
}

void ca_fixture_outdate(struct ca_fixture *f)
{
	struct challenge_answer a = read_answer(f);

	a.ticket.data[0]--;
	a.ticket.len -= CA_SEAL_LEN;
	assert_rc(ca_seal_add(f->ca.seal_key, a.id, &a.ticket, NULL), DEVID_OK);
	write_answer(f, &a);
}

void ca_fixture_forge(struct ca_fixture *f, const uint8_t *secret)
{
	struct challenge_answer a = read_answer(f);
	struct ca_ticket t = read_ticket(f, &a);
	size_t len = 0;

	assert_int_equal(EVP_Digest(secret, sizeof(a.secret), t.secret_hash,
				 NULL, EVP_sha256(), NULL),
		1);
	/* As long as before, so that the seal stays in its place. */
	assert_rc(ca_ticket_encode(&t, a.ticket.data, &len, NULL), DEVID_OK);
	assert_int_equal(len, a.ticket.len - CA_SEAL_LEN);
	memcpy(a.secret, secret, sizeof(a.secret));
	write_answer(f, &a);
}

void ca_fixture_cut(struct ca_fixture *f, size_t len)
{
	struct challenge_answer a = read_answer(f);

	assert_true(len < a.ticket.len);
	a.ticket.len = len;
	write_answer(f, &a);
}

void ca_fixture_sql(struct ca_fixture *f, const char *sql)
{
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(register_begin(f->ca.reg, &err), DEVID_OK);
	assert_rc(db_run(register_db(f->ca.reg), DB_QUERY(sql, NULL, 0), NULL,
			  NULL, &err),
		DEVID_OK);
	assert_rc(register_commit(f->ca.reg, &err), DEVID_OK);
}
