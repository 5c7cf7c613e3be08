/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-issue: what issuing costs, both steps, from TCG-CSR to certificates in
 * the register, with the judge, the worker and the queue of `devid-ca serve`
 * and a real database on disk; without HTTP and TLS.
 *
 *   bench-issue REGISTER N ROUNDS FIRST INSTANCE VENDOR
 *
 * REGISTER as in devid-ca.conf. FIRST numbers the serial numbers. VENDOR is the
 * key that certifies the EKs: "RSA:2048" or "P-256". INSTANCE names the
 * process. The CA's key is in memory: what a token adds is measured apart.
 *
 * Devices are made in software (RSA-2048 EK, P-256 IAK and IDevID), and their
 * answers, while no clock runs. A round is N requests and N answers, those of
 * the devices of the round before, by turns: as from a line of stations that
 * never ends. Prints "ready", waits for a byte, and prints a line of JSON for
 * the round: microseconds a device, on the wall clock, until the last of them
 * has its answer and all is in its place in the file. Then it waits for another
 * byte, so that whoever measures something beside it has the machine, and goes
 * on to the next round; the end of its input ends it early. Before the first
 * one a round without answers has gone that does not count.
 *
 * It is the best case: the line is full, so that batches are. The service makes
 * OCSP answers ahead besides, which is not in here.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmocka-all.h"

#include "ca.h"
#include "db-open.h"
#include "csr-fixture.h"
#include "log.h"
#include "memory-signer.h"
#include "register-open.h"
#include "serve-worker.h"
#include "tempdir.h"
#include "ek-load.h"
#include "ca-open.h"

#define PRIMES  180  /* of 1024 bits; 16,110 pairs: as many EKs */
#define IN_LINE 1000 /* jobs at once; the queue takes a few more */

struct device {
	EVP_PKEY *ek;
	uint8_t *request;
	size_t request_len;
	uint8_t iak_name[66];
	size_t iak_name_len;
	char *challenge;
	char answer[CHALLENGE_FILE_MAX];
};

static double clock_us(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void die(const struct devid_error *err)
{
	(void)fprintf(stderr, "bench-issue: %s\n", devid_error_text(err));
	exit(1);
}

/* An RSA key pair of two primes that are there already: making thousands of
 * keys from scratch would take minutes. */
static EVP_PKEY *rsa_of(BIGNUM *p, BIGNUM *q)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_new(), *e = BN_new(), *d = BN_new(), *phi = BN_new();
	BIGNUM *p1 = BN_dup(p), *q1 = BN_dup(q);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	assert_true(BN_set_word(e, 65537) && BN_mul(n, p, q, ctx) &&
		    BN_sub_word(p1, 1) && BN_sub_word(q1, 1) &&
		    BN_mul(phi, p1, q1, ctx) && BN_mod_inverse(d, e, phi, ctx));
	assert_true(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) &&
		    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) &&
		    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_D, d));
	params = OSSL_PARAM_BLD_to_param(bld);
	assert_true(
		EVP_PKEY_fromdata_init(pctx) == 1 &&
		EVP_PKEY_fromdata(pctx, &key, EVP_PKEY_KEYPAIR, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(pctx);
	BN_free(n);
	BN_free(e);
	BN_free(d);
	BN_free(phi);
	BN_free(p1);
	BN_free(q1);
	BN_CTX_free(ctx);
	return key;
}

static void make_primes(BIGNUM *primes[PRIMES])
{
	BIGNUM *e = BN_new(), *r = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	(void)BN_set_word(e, 65537);
	for (int i = 0; i < PRIMES; i++) {
		primes[i] = BN_new();
		do {
			assert_true(BN_generate_prime_ex(
				primes[i], 1024, 0, NULL, NULL, NULL));
			(void)BN_mod(r, primes[i], e, ctx);
		} while (BN_is_one(r));
	}
	BN_free(e);
	BN_free(r);
	BN_CTX_free(ctx);
}

static void replace(EVP_PKEY **key, EVP_PKEY *with)
{
	EVP_PKEY_free(*key);
	*key = with;
}

static void make_device(struct csr_fixture *f, struct device *d, EVP_PKEY *ek,
	unsigned long number)
{
	char serial[32], cert_serial[32];

	(void)snprintf(serial, sizeof(serial), "BENCH%010lu", number);
	(void)snprintf(cert_serial, sizeof(cert_serial), "40%012lx", number);
	f->serial = serial;
	f->ek_spec.serial = cert_serial;
	replace(&f->ek, ek);
	replace(&f->iak, certs_key("P-256"));
	replace(&f->idevid, certs_key("P-256"));
	csr_fixture_set_key(&f->iak_area, f->iak);
	csr_fixture_set_key(&f->idevid_area, f->idevid);
	f->certifier = f->iak;
	f->signer = f->idevid;
	csr_fixture_encode(f);
	d->request = malloc(f->len);
	assert_non_null(d->request);
	memcpy(d->request, f->data, f->len);
	d->request_len = f->len;
	memcpy(d->iak_name, f->iak_name, f->iak_name_len);
	d->iak_name_len = f->iak_name_len;
	d->ek = f->ek;
	assert_int_equal(EVP_PKEY_up_ref(d->ek), 1);
}

/* Where devices come from. */
struct maker {
	struct csr_fixture *f;
	BIGNUM *primes[PRIMES];
	int i, j; /* the next pair */
	unsigned long number;
};

static void make_devices(struct maker *m, struct device *devices, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		if (++m->j == PRIMES)
			m->j = ++m->i + 1;
		if (m->j >= PRIMES) {
			(void)fprintf(stderr, "bench-issue: no more EKs\n");
			exit(1);
		}
		make_device(m->f, &devices[k],
			rsa_of(m->primes[m->i], m->primes[m->j]), m->number++);
	}
}

static void free_devices(struct device *devices, size_t n)
{
	for (size_t i = 0; devices && i < n; i++) {
		EVP_PKEY_free(devices[i].ek);
		free(devices[i].request);
		free(devices[i].challenge);
	}
	free(devices);
}

/* The EK certificates' issuer gets a key of another type. */
static void set_vendor(struct csr_fixture *f, const char *type)
{
	struct certs_spec spec = certs_ca_spec("Test TPM EK CA");

	certs_done(&f->vendor_ca);
	f->vendor_ca = certs_sign(&spec, certs_key(type), &f->vendor_root);
}

/* What the TPM would say. */
static void answer(struct device *d)
{
	const struct view name = { d->iak_name, d->iak_name_len };
	struct challenge_answer a;
	struct challenge c;

	assert_int_equal(challenge_parse((const uint8_t *)d->challenge,
				 strlen(d->challenge), &c, NULL),
		DEVID_OK);
	memcpy(a.id, c.id, sizeof(a.id));
	a.ticket = c.ticket;
	assert_true(csr_fixture_activate(d->ek, name, &c, a.secret));
	assert_int_equal(
		challenge_answer_encode(&a, d->answer, sizeof(d->answer), NULL),
		DEVID_OK);
}

/* A round: requests of some devices and answers of others. */
struct round {
	struct serve_queue *queue; /* borrowed */
	struct device *asking;     /* owned; @n */
	struct device *answering;  /* owned; @n, or NULL */
	size_t n, pushed, back;    /* pushed, back: jobs */
};

static void push(struct round *r, enum serve_action action, struct device *d,
	const void *input, size_t len)
{
	struct serve_job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->action = action;
	job->station = "bench";
	job->input = malloc(len);
	assert_non_null(job->input);
	memcpy(job->input, input, len);
	job->input_len = len;
	job->owner = d;
	assert_true(serve_queue_push(r->queue, job));
	r->pushed++;
}

/* The line is kept full. */
static void push_all(struct round *r, size_t *next)
{
	while (*next < r->n && r->pushed - r->back < IN_LINE) {
		struct device *d = &r->asking[*next];

		push(r, SERVE_CHALLENGE, d, d->request, d->request_len);
		if (r->answering) {
			d = &r->answering[*next];
			push(r, SERVE_ISSUE, d, d->answer, strlen(d->answer));
		}
		(*next)++;
	}
}

static void take_back(struct round *r, struct serve_job *job)
{
	struct device *d = job->owner;

	if (!d) /* about files */
		return;
	if (job->code != DEVID_OK)
		die(&job->error);
	if (job->action == SERVE_CHALLENGE) {
		d->challenge =
			strndup((char *)job->output.data, job->output.len);
		assert_non_null(d->challenge);
	}
	r->back++;
}

static void run_round(struct round *r)
{
	struct pollfd fd = { serve_queue_fd(r->queue), POLLIN, 0 };
	size_t next = 0;

	push_all(r, &next);
	while (r->back < r->pushed) {
		struct serve_news news;
		struct serve_job *job;

		assert_int_equal(poll(&fd, 1, -1), 1);
		for (job = serve_queue_collect(r->queue, &news); job;) {
			struct serve_job *after = job->next;

			take_back(r, job);
			serve_job_free(job);
			job = after;
		}
		push_all(r, &next);
	}
}

static void answer_all(struct device *devices, size_t n)
{
	for (size_t i = 0; i < n; i++)
		answer(&devices[i]);
}

/* What SQLite has in its log goes to its place in the file. */
static void write_back(struct db *db)
{
	struct devid_error err = { DEVID_OK, "" };

	if (!db_is_postgres(db) &&
		db_script(db, "PRAGMA wal_checkpoint(FULL)", &err) != DEVID_OK)
		die(&err);
}

/* A CA as ca_open() makes it, but for the token. */
static void make_ca(struct ca *ca, struct ca_conf *conf, const char *reg,
	const char *roots, const char *instance)
{
	struct devid_error err = { DEVID_OK, "" };

	memset(ca, 0, sizeof(*ca));
	memset(conf, 0, sizeof(*conf));
	conf->challenge_seconds = 3600;
	conf->name = strdup("bench");
	conf->instance = strdup(instance);
	conf->crl_url = strdup("http://pki.example/bench.crl");
	conf->ocsp_url = strdup("http://pki.example/ocsp");
	ca->conf = conf;
	ca->signer = memory_signer_new("p256");
	ca->audit_signer = memory_signer_new("p256");
	ca->cert = memory_signer_ca(ca->signer, "bench");
	ca->chain_pem = strdup("");
	ca->has_seal_key = true; /* all zero */
	assert_int_equal(ca_use_signer(ca, &err), DEVID_OK);
	/* Certificates name the responder; OCSP answers are not made here. */
	free(conf->crl_url);
	free(conf->ocsp_url);
	conf->crl_url = conf->ocsp_url = NULL;
	assert_int_equal(X509_NAME_digest(X509_get_subject_name(ca->cert),
				 EVP_sha256(), ca->issuer_hash, NULL),
		1);
	if (ek_trust_new(roots, &ca->trust, &err) != DEVID_OK ||
		register_open(reg, conf->instance, &ca->reg, &err) != DEVID_OK)
		die(&err);
}

/* A round, timed. */
static void time_round(struct round *r, struct db *db)
{
	double wall = clock_us(CLOCK_MONOTONIC);
	double cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);

	run_round(r);
	write_back(db);
	wall = clock_us(CLOCK_MONOTONIC) - wall;
	cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	(void)printf("{\"device_us\":%.1f,\"cpu_us\":%.1f}\n",
		wall / (double)r->n, cpu / (double)r->n);
	(void)fflush(stdout);
}

/* One that does not count, and @rounds that do. */
static void run_rounds(
	struct maker *m, struct round *r, struct db *db, unsigned long rounds)
{
	for (unsigned long i = 0; i <= rounds; i++) {
		r->asking = calloc(r->n, sizeof(*r->asking));
		r->pushed = r->back = 0;
		assert_non_null(r->asking);
		make_devices(m, r->asking, r->n);
		/* Two processes begin together: their parent says when. */
		if (i > 0) {
			(void)puts("ready");
			(void)fflush(stdout);
			if (getchar() == EOF)
				break;
			time_round(r, db);
			if (getchar() == EOF)
				break;
		} else {
			run_round(r);
			write_back(db);
		}
		if (i < rounds)
			answer_all(r->asking, r->n);
		free_devices(r->answering, r->n);
		r->answering = r->asking;
		r->asking = NULL;
	}
	free_devices(r->asking, r->n);
	free_devices(r->answering, r->n);
}

int main(int argc, char **argv)
{
	struct maker m = { .f = calloc(1, sizeof(*m.f)) };
	struct tempdir dir = tempdir_new_on_disk();
	struct devid_error err = { DEVID_OK, "" };
	struct serve_worker *worker = NULL;
	struct round round = { .queue = NULL };
	struct db *db = NULL;
	struct ca_conf conf;
	struct ca ca;
	unsigned long rounds;
	char *pem;

	if (argc != 7) {
		(void)fprintf(stderr, "usage: bench-issue REGISTER N ROUNDS "
				      "FIRST INSTANCE VENDOR\n");
		return 2;
	}
	round.n = strtoul(argv[2], NULL, 10);
	rounds = strtoul(argv[3], NULL, 10);
	m.number = strtoul(argv[4], NULL, 10);
	if (!m.f || round.n < 1)
		return 2;
	/* Not one of the last rounds. */
	if ((rounds + 1) * round.n > PRIMES * (PRIMES - 1) / 2) {
		(void)fprintf(stderr,
			"bench-issue: %lu rounds of %zu devices: "
			"there are EKs for %d devices\n",
			rounds, round.n, PRIMES * (PRIMES - 1) / 2);
		return 2;
	}
	log_init("bench-issue", LOG_LEVEL_INFO); /* as the service */
	make_primes(m.primes);
	csr_fixture_new(m.f, KEY_ALG_P256, "RSA:2048");
	set_vendor(m.f, argv[6]);
	pem = csr_fixture_trust_pem(m.f);
	tempdir_write(&dir, "vendor.pem", pem, strlen(pem), 0600);
	free(pem);
	make_ca(&ca, &conf, argv[1], dir.path, argv[5]);
	if (serve_queue_new(&round.queue, &err) != DEVID_OK ||
		serve_worker_start(&ca, round.queue, &worker, &err) !=
			DEVID_OK ||
		db_open(argv[1], &db, &err) != DEVID_OK)
		die(&err);
	run_rounds(&m, &round, db, rounds);
	serve_queue_end(round.queue);
	serve_worker_join(worker);
	serve_queue_free(round.queue);
	db_close(db);
	ca_done(&ca);
	free(conf.name);
	free(conf.instance);
	for (int i = 0; i < PRIMES; i++)
		BN_free(m.primes[i]);
	csr_fixture_done(m.f);
	free(m.f);
	tempdir_remove(&dir);
	return 0;
}
