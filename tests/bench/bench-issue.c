/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-issue: what issuing costs, both steps, from TCG-CSR to certificates in
 * the register, with the CA's own code and a real database on disk.
 *
 *   bench-issue REGISTER N BATCH FIRST INSTANCE VENDOR
 *
 * REGISTER as in devid-ca.conf. N devices and WARM_UP more are made in software
 * before the clock runs (RSA-2048 EK, P-256 IAK and IDevID), and their answers
 * between the two steps. FIRST numbers the serial numbers. VENDOR is the key
 * that certifies the EKs: "RSA:2048" or "P-256". INSTANCE names the process.
 * The CA's key is in memory: what a token adds is measured apart. Before the
 * clock runs the register is read into memory, as `devid-ca serve` does, and
 * a few devices more go through both steps. Prints one line of JSON;
 * microseconds a device, on the wall clock.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/cmocka-all.h"

#include "ca.h"
#include "csr-fixture.h"
#include "memory-signer.h"
#include "tempdir.h"

#define PRIMES    80 /* of 1024 bits; 3,160 pairs: as many EKs */
#define ALL_MAX   (PRIMES * (PRIMES - 1) / 2)
#define BATCH_MAX 256
#define WARM_UP   256 /* devices before those that count */

struct device {
	EVP_PKEY *ek;
	uint8_t *request;
	size_t request_len;
	uint8_t iak_name[66];
	size_t iak_name_len;
	char *challenge;
	char answer[CHALLENGE_FILE_MAX];
};

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* An RSA key pair of two primes that are there already: making 2,000 keys
 * from scratch would take minutes. */
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

static void make_devices(struct csr_fixture *f, struct device *devices,
	size_t n, unsigned long first)
{
	BIGNUM *primes[PRIMES];
	size_t made = 0;

	make_primes(primes);
	for (int i = 0; i < PRIMES && made < n; i++) {
		for (int j = i + 1; j < PRIMES && made < n; j++, made++)
			make_device(f, &devices[made],
				rsa_of(primes[i], primes[j]), first + made);
	}
	for (int i = 0; i < PRIMES; i++)
		BN_free(primes[i]);
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
	const struct der_view name = { d->iak_name, d->iak_name_len };
	struct challenge_answer a;
	struct challenge c;

	assert_int_equal(challenge_parse((const uint8_t *)d->challenge,
				 strlen(d->challenge), &c, NULL),
		DEVID_OK);
	memcpy(a.id, c.id, sizeof(a.id));
	assert_true(csr_fixture_activate(d->ek, name, &c, a.secret));
	assert_int_equal(
		challenge_answer_encode(&a, d->answer, sizeof(d->answer), NULL),
		DEVID_OK);
}

typedef enum devid_err step_fn(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct devid_error *err);

/* One step for all devices in batches; microseconds in all. */
static double run_step(struct ca *ca, step_fn *step, struct device *devices,
	size_t n, size_t batch)
{
	struct ca_job jobs[BATCH_MAX];
	struct devid_error err = { DEVID_OK, "" };
	bool first = step == ca_challenge;
	double start = now_us();

	for (size_t at = 0; at < n; at += batch) {
		size_t k = n - at < batch ? n - at : batch;

		memset(jobs, 0, sizeof(jobs));
		for (size_t i = 0; i < k; i++) {
			struct device *d = &devices[at + i];

			jobs[i].station = "bench";
			jobs[i].input =
				first ? d->request : (const uint8_t *)d->answer;
			jobs[i].input_len =
				first ? d->request_len : strlen(d->answer);
		}
		if (step(ca, jobs, k, &err) != DEVID_OK) {
			(void)fprintf(stderr, "bench-issue: %s\n",
				devid_error_text(&err));
			exit(1);
		}
		for (size_t i = 0; i < k; i++) {
			if (jobs[i].code != DEVID_OK) {
				(void)fprintf(stderr, "bench-issue: %s\n",
					devid_error_text(&jobs[i].error));
				exit(1);
			}
			if (first)
				devices[at + i].challenge = jobs[i].output;
			else
				ca_job_done(&jobs[i]);
		}
	}
	return now_us() - start;
}

static void answer_all(struct device *devices, size_t n)
{
	for (size_t i = 0; i < n; i++)
		answer(&devices[i]);
}

/* What SQLite has in its log goes to its place in the file: a service does that
 * after every 64 MiB, which is more than a round here writes. Microseconds. */
static double write_back(struct ca *ca)
{
	struct devid_error err = { DEVID_OK, "" };
	struct db *db = register_db(ca->reg);
	double start = now_us();

	if (!db_is_postgres(db) && db_script(db, "PRAGMA wal_checkpoint(FULL)",
					   &err) != DEVID_OK) {
		(void)fprintf(
			stderr, "bench-issue: %s\n", devid_error_text(&err));
		exit(1);
	}
	return now_us() - start;
}

/* What a CA that runs for a while has behind it. Returns the seconds that it
 * took to read the register. */
static double warm_up(struct ca *ca, const char *reg, struct device *devices)
{
	struct devid_error err = { DEVID_OK, "" };
	double start = now_us();

	if (register_warm(reg, NULL, &err) != DEVID_OK) {
		(void)fprintf(
			stderr, "bench-issue: %s\n", devid_error_text(&err));
		exit(1);
	}
	start = now_us() - start;
	(void)run_step(ca, ca_challenge, devices, WARM_UP, WARM_UP);
	answer_all(devices, WARM_UP);
	(void)run_step(ca, ca_issue, devices, WARM_UP, WARM_UP);
	(void)write_back(ca);
	return start / 1e6;
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
	assert_int_equal(X509_NAME_digest(X509_get_subject_name(ca->cert),
				 EVP_sha256(), ca->issuer_hash, NULL),
		1);
	if (ek_trust_new(roots, &ca->trust, &err) != DEVID_OK ||
		register_open(reg, conf->instance, &ca->reg, &err) !=
			DEVID_OK) {
		(void)fprintf(
			stderr, "bench-issue: %s\n", devid_error_text(&err));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct csr_fixture *f = calloc(1, sizeof(*f));
	struct tempdir dir = tempdir_new();
	struct device *devices;
	struct ca_conf conf;
	double step1, step2, warm;
	struct ca ca;
	size_t n, batch, all;
	char *pem;

	if (argc != 7) {
		(void)fprintf(stderr,
			"usage: bench-issue REGISTER N BATCH FIRST INSTANCE "
			"VENDOR\n");
		return 2;
	}
	n = strtoul(argv[2], NULL, 10);
	batch = strtoul(argv[3], NULL, 10);
	if (!f || n < 1 || n > ALL_MAX - WARM_UP || batch < 1 ||
		batch > BATCH_MAX)
		return 2;
	all = WARM_UP + n;
	devices = calloc(all, sizeof(*devices));
	assert_non_null(devices);
	csr_fixture_new(f, KEY_ALG_P256, "RSA:2048");
	set_vendor(f, argv[6]);
	make_devices(f, devices, all, strtoul(argv[4], NULL, 10));
	pem = csr_fixture_trust_pem(f);
	tempdir_write(&dir, "vendor.pem", pem, strlen(pem), 0600);
	free(pem);
	make_ca(&ca, &conf, argv[1], dir.path, argv[5]);
	warm = warm_up(&ca, argv[1], devices);
	/* Two processes begin together: their parent says when. */
	(void)puts("ready");
	(void)fflush(stdout);
	(void)getchar();
	step1 = run_step(&ca, ca_challenge, devices + WARM_UP, n, batch);
	answer_all(devices + WARM_UP, n);
	(void)puts("half");
	(void)fflush(stdout);
	(void)getchar();
	step2 = run_step(&ca, ca_issue, devices + WARM_UP, n, batch) +
		write_back(&ca);
	(void)printf("{\"devices\":%zu,\"batch\":%zu,\"challenge_us\":%.1f,"
		     "\"issue_us\":%.1f,\"device_us\":%.1f,\"warm_s\":%.1f}\n",
		n, batch, step1 / (double)n, step2 / (double)n,
		(step1 + step2) / (double)n, warm);
	for (size_t i = 0; i < all; i++) {
		EVP_PKEY_free(devices[i].ek);
		free(devices[i].request);
		free(devices[i].challenge);
	}
	free(devices);
	ca_done(&ca);
	free(conf.name);
	free(conf.instance);
	free(conf.crl_url);
	free(conf.ocsp_url);
	csr_fixture_done(f);
	free(f);
	tempdir_remove(&dir);
	return 0;
}
