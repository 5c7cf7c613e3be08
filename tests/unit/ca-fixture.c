/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ca-seal.h"
#include "ca-ticket.h"
#include "memory-signer.h"

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
		{ "challenge", "SELECT count(*) FROM challenge WHERE number"
			       " NOT IN (SELECT number FROM challenge_used)" },
		{ "audit", "SELECT count(*) FROM audit" },
	};
	struct devid_error err = { DEVID_OK, "" };
	int64_t n = -1;

	assert_rc(register_begin(f->ca.reg, &err), DEVID_OK);
	for (size_t i = 0; i < N_OF(counts); i++) {
		if (strcmp(counts[i].table, table) == 0)
			assert_rc(db_run(register_db(f->ca.reg), counts[i].sql,
					  NULL, 0, ca_fixture_note_number, &n,
					  &err),
				DEVID_OK);
	}
	register_rollback(f->ca.reg);
	assert_true(n >= 0);
	return n;
}

/* The one pending challenge, as it is in the database. */
static enum devid_err note_challenge(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	static uint8_t request[CA_TICKET_MAX + CA_SEAL_LEN];
	struct register_challenge *c = arg;

	(void)err;
	assert_int_equal(n_columns, 5);
	assert_int_equal(columns[0].len, sizeof(c->id));
	memcpy(c->id, columns[0].data, sizeof(c->id));
	c->deadline = columns[1].num;
	memcpy(c->secret_hash, columns[2].data, sizeof(c->secret_hash));
	(void)snprintf(c->station, sizeof(c->station), "%.*s",
		(int)columns[3].len, (const char *)columns[3].data);
	assert_true(columns[4].len <= sizeof(request));
	memcpy(request, columns[4].data, columns[4].len);
	c->request = request;
	c->request_len = columns[4].len;
	return DEVID_OK;
}

static void read_challenge(struct ca_fixture *f, struct register_challenge *ret)
{
	memset(ret, 0, sizeof(*ret));
	assert_rc(db_run(register_db(f->ca.reg),
			  "SELECT id, deadline, secret_hash, station, request "
			  "FROM challenge",
			  NULL, 0, note_challenge, ret, NULL),
		DEVID_OK);
	assert_non_null(ret->request);
}

static void write_challenge(
	struct ca_fixture *f, const struct register_challenge *c)
{
	const struct db_value params[] = { DB_INT_V(c->deadline),
		DB_BLOB_V(c->secret_hash, sizeof(c->secret_hash)),
		DB_BLOB_V(c->request, c->request_len) };

	assert_rc(db_run(register_db(f->ca.reg),
			  "UPDATE challenge SET deadline = ?1, "
			  "secret_hash = ?2, request = ?3",
			  params, 3, NULL, NULL, NULL),
		DEVID_OK);
}

/* As the CA makes it, but for a deadline @seconds earlier and for @version. */
static void make_again(struct ca_fixture *f, int64_t seconds, uint8_t version)
{
	struct register_challenge c;
	uint8_t *ticket;

	assert_rc(register_begin(f->ca.reg, NULL), DEVID_OK);
	read_challenge(f, &c);
	c.deadline -= seconds;
	c.request_len -= CA_SEAL_LEN;
	ticket = (uint8_t *)(uintptr_t)c.request;
	if (version)
		ticket[0] = version;
	assert_rc(
		ca_seal_make(f->ca.seal_key, &c, ticket + c.request_len, NULL),
		DEVID_OK);
	c.request_len += CA_SEAL_LEN;
	write_challenge(f, &c);
	assert_rc(register_commit(f->ca.reg, NULL), DEVID_OK);
}

void ca_fixture_age(struct ca_fixture *f, int64_t seconds)
{
	make_again(f, seconds, 0);
}

void ca_fixture_outdate(struct ca_fixture *f)
{
	make_again(f, 0, 1);
}

void ca_fixture_forge(
	struct ca_fixture *f, const struct challenge_answer *answer)
{
	struct register_challenge c;

	assert_rc(register_begin(f->ca.reg, NULL), DEVID_OK);
	read_challenge(f, &c);
	assert_int_equal(EVP_Digest(answer->secret, sizeof(answer->secret),
				 c.secret_hash, NULL, EVP_sha256(), NULL),
		1);
	write_challenge(f, &c);
	assert_rc(register_commit(f->ca.reg, NULL), DEVID_OK);
}

void ca_fixture_sql(struct ca_fixture *f, const char *sql)
{
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(register_begin(f->ca.reg, &err), DEVID_OK);
	assert_rc(
		db_run(register_db(f->ca.reg), sql, NULL, 0, NULL, NULL, &err),
		DEVID_OK);
	assert_rc(register_commit(f->ca.reg, &err), DEVID_OK);
}
