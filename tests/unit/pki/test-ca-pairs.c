/* SPDX-License-Identifier: Apache-2.0 */
/* A device with several identities: who gets a further pair of certificates. */
#include "ca-fixture.h"

#include <openssl/pem.h>
#include <stdio.h>

#include "ca-challenge.h"
#include "ca-issue.h"
#include "ca-revoke.h"
#include "reason.h"

/* The device, P-256, and other pairs of its TPM. */
struct pairs {
	struct ca_fixture *ca;
	struct csr_fixture p384, rsa;
};

static int pairs_new(void **state)
{
	static struct pairs p;

	(void)ca_fixture_new((void **)&p.ca);
	p.ca->conf.identities = 2;
	ca_fixture_further(p.ca, KEY_ALG_P384, &p.p384);
	ca_fixture_further(p.ca, KEY_ALG_RSA2048, &p.rsa);
	*state = &p;
	return 0;
}

static int pairs_done(void **state)
{
	struct pairs *p = *state;

	csr_fixture_done(&p->p384);
	csr_fixture_done(&p->rsa);
	return ca_fixture_done((void **)&p->ca);
}

/* f->output is both certificates of @d and no others. */
static void assert_certifies(
	const struct ca_fixture *f, const struct csr_fixture *d)
{
	EVP_PKEY *const keys[] = { d->idevid, d->iak };
	BIO *bio = BIO_new_mem_buf(f->output, -1);

	for (size_t i = 0; i < N_OF(keys); i++) {
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		assert_non_null(cert);
		assert_int_equal(
			EVP_PKEY_eq(X509_get0_pubkey(cert), keys[i]), 1);
		X509_free(cert);
	}
	assert_null(PEM_read_bio_X509(bio, NULL, NULL, NULL));
	BIO_free(bio);
}

static void assert_rows(struct ca_fixture *f, int64_t devices, int64_t certs)
{
	assert_int_equal(ca_fixture_rows(f, "device"), devices);
	assert_int_equal(ca_fixture_rows(f, "cert"), certs);
}

/* A challenge for @d is refused, with @cause. */
static void assert_refused(
	struct ca_fixture *f, const struct csr_fixture *d, const char *cause)
{
	int64_t devices = ca_fixture_rows(f, "device");
	int64_t certs = ca_fixture_rows(f, "cert");

	assert_rc(ca_fixture_challenge(f, d, "line-1"), DEVID_ERR_EXISTS);
	assert_cause(&f->job.error, cause);
	assert_rows(f, devices, certs);
}

static void assert_member(
	const json_t *line, const char *name, const char *text)
{
	assert_string_equal(
		json_string_value(json_object_get(line, name)), text);
}

/* covers: OWN-several-idevids */
static void issue_other_type_certifies_further_pair(void **state)
{
	struct pairs *p = *state;
	json_t *line;

	ca_fixture_certify(p->ca, &p->ca->device);
	line = ca_fixture_audit(p->ca);
	assert_member(line, "event", "issue");
	assert_member(line, "type", "p256");
	json_decref(line);
	ca_fixture_certify(p->ca, &p->p384);
	assert_certifies(p->ca, &p->p384);
	assert_rows(p->ca, 1, 4);
	line = ca_fixture_audit(p->ca);
	assert_member(line, "event", "issue-further");
	assert_member(line, "type", "p384");
	assert_member(line, "serial", CSR_FIXTURE_SERIAL);
	json_decref(line);
}

/* Each keeps its own, whatever became of the other. */
static void issue_again_gives_that_pair_alone(void **state)
{
	struct pairs *p = *state;
	char *first, *second;

	ca_fixture_certify(p->ca, &p->ca->device);
	first = strdup(p->ca->output);
	ca_fixture_certify(p->ca, &p->p384);
	second = strdup(p->ca->output);
	ca_fixture_certify(p->ca, &p->ca->device);
	assert_string_equal(p->ca->output, first);
	ca_fixture_certify(p->ca, &p->p384);
	assert_string_equal(p->ca->output, second);
	assert_rows(p->ca, 1, 4);
	free(first);
	free(second);
}

/* again = refuse is about a pair that is there. */
static void challenge_again_refuse_lets_further_pair_in(void **state)
{
	struct pairs *p = *state;

	p->ca->conf.again = CA_AGAIN_REFUSE;
	ca_fixture_certify(p->ca, &p->ca->device);
	ca_fixture_certify(p->ca, &p->p384);
	assert_refused(p->ca, &p->p384, "has its certificates already");
	assert_refused(p->ca, &p->ca->device, "has its certificates already");
}

static void challenge_second_identity_not_permitted_is_refused(void **state)
{
	struct pairs *p = *state;

	p->ca->conf.identities = 1;
	ca_fixture_certify(p->ca, &p->ca->device);
	assert_refused(p->ca, &p->p384,
		"has an identity of type P-256 already; one of type P-384 "
		"beside it takes identities = 2 in [ca] of devid-ca.conf");
}

static void challenge_third_identity_of_two_is_refused(void **state)
{
	struct pairs *p = *state;

	ca_fixture_certify(p->ca, &p->ca->device);
	ca_fixture_certify(p->ca, &p->p384);
	assert_refused(p->ca, &p->rsa, "takes identities = 3");
}

/* There are five types, and room for four pairs in a device. */
static void challenge_more_than_there_can_be_is_refused(void **state)
{
	static struct csr_fixture d[2];
	struct pairs *p = *state;

	p->ca->conf.identities = N_KEY_PAIRS;
	ca_fixture_further(p->ca, KEY_ALG_RSA3072, &d[0]);
	ca_fixture_further(p->ca, KEY_ALG_RSA4096, &d[1]);
	ca_fixture_certify(p->ca, &p->ca->device);
	ca_fixture_certify(p->ca, &p->p384);
	ca_fixture_certify(p->ca, &p->rsa);
	ca_fixture_certify(p->ca, &d[0]);
	assert_refused(
		p->ca, &d[1], "has 4 identities already, as many as it can");
	csr_fixture_done(&d[0]);
	csr_fixture_done(&d[1]);
}

/* More are permitted, but not of that type. */
static void challenge_second_of_further_type_is_refused(void **state)
{
	static struct csr_fixture same;
	struct pairs *p = *state;

	p->ca->conf.identities = N_KEY_PAIRS;
	ca_fixture_further(p->ca, KEY_ALG_P384, &same);
	ca_fixture_certify(p->ca, &p->ca->device);
	ca_fixture_certify(p->ca, &p->p384);
	assert_refused(p->ca, &same, "other keys of the same TPM");
	csr_fixture_done(&same);
}

/* The setting of the moment in which it issues counts. */
static void issue_when_no_longer_permitted_is_refused(void **state)
{
	struct pairs *p = *state;

	ca_fixture_certify(p->ca, &p->ca->device);
	assert_rc(ca_fixture_challenge(p->ca, &p->p384, "line-1"), DEVID_OK);
	ca_fixture_answer(p->ca, &p->p384);
	p->ca->conf.identities = 1;
	assert_rc(ca_fixture_issue(p->ca, "line-1"), DEVID_ERR_EXISTS);
	assert_cause(&p->ca->job.error, "takes identities = 2");
	assert_rows(p->ca, 1, 2);
}

/* Both were challenged while the device was new. */
static void challenge_two_at_once(struct pairs *p, char second[])
{
	char first[CHALLENGE_FILE_MAX];
	struct ca_fixture *f = p->ca;

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	memcpy(first, f->answer, sizeof(first));
	assert_rc(ca_fixture_challenge(f, &p->p384, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &p->p384);
	memcpy(second, f->answer, sizeof(f->answer));
	memcpy(f->answer, first, sizeof(first));
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_OK);
	assert_certifies(f, &f->device);
	memcpy(f->answer, second, sizeof(f->answer));
}

static void issue_challenges_of_two_pairs_each_its_own(void **state)
{
	char second[CHALLENGE_FILE_MAX];
	struct pairs *p = *state;

	challenge_two_at_once(p, second);
	assert_rc(ca_fixture_issue(p->ca, "line-1"), DEVID_OK);
	assert_certifies(p->ca, &p->p384);
	assert_rows(p->ca, 1, 4);
}

static void issue_second_challenge_of_one_identity_is_refused(void **state)
{
	char second[CHALLENGE_FILE_MAX];
	struct pairs *p = *state;

	p->ca->conf.identities = 1;
	challenge_two_at_once(p, second);
	assert_rc(ca_fixture_issue(p->ca, "line-1"), DEVID_ERR_EXISTS);
	assert_cause(&p->ca->job.error, "takes identities = 2");
	assert_rows(p->ca, 1, 2);
}

/* What one job of a batch did counts for the next. */
static void issue_batch_with_more_than_permitted_refuses_last(void **state)
{
	char answers[2][CHALLENGE_FILE_MAX];
	struct ca_job jobs[2] = { { .station = "line-1" },
		{ .station = "line-1" } };
	struct pairs *p = *state;
	const struct csr_fixture *const d[] = { &p->p384, &p->rsa };

	ca_fixture_certify(p->ca, &p->ca->device);
	for (int i = 0; i < 2; i++) {
		assert_rc(
			ca_fixture_challenge(p->ca, d[i], "line-1"), DEVID_OK);
		ca_fixture_answer(p->ca, d[i]);
		memcpy(answers[i], p->ca->answer, sizeof(answers[i]));
		jobs[i].input = (const uint8_t *)answers[i];
		jobs[i].input_len = strlen(answers[i]);
	}
	assert_rc(ca_issue(&p->ca->ca, jobs, 2, NULL), DEVID_OK);
	assert_rc(jobs[0].code, DEVID_OK);
	assert_rc(jobs[1].code, DEVID_ERR_EXISTS);
	assert_cause(&jobs[1].error, "takes identities = 3");
	assert_rows(p->ca, 1, 4);
	ca_job_done(&jobs[0]);
	ca_job_done(&jobs[1]);
}

/* A challenge is for one IAK: with that of the other pair a TPM opens none. */
static void challenge_opens_with_its_own_iak_alone(void **state)
{
	uint8_t secret[CHALLENGE_SECRET_LEN];
	struct pairs *p = *state;
	struct challenge c;

	ca_fixture_certify(p->ca, &p->ca->device);
	assert_rc(ca_fixture_challenge(p->ca, &p->p384, "line-1"), DEVID_OK);
	assert_rc(challenge_parse((const uint8_t *)p->ca->output,
			  strlen(p->ca->output), &c, NULL),
		DEVID_OK);
	assert_false(csr_fixture_activate(p->p384.ek,
		(struct view) {
			p->ca->device.iak_name, p->ca->device.iak_name_len },
		&c, secret));
	assert_true(csr_fixture_activate(p->p384.ek,
		(struct view) { p->p384.iak_name, p->p384.iak_name_len }, &c,
		secret));
}

/* An IDevID of P-384 and the IAK of the pair of P-256. */
static void challenge_iak_of_other_pair_is_refused(void **state)
{
	struct pairs *p = *state;
	struct csr_fixture *d = &p->p384;

	ca_fixture_certify(p->ca, &p->ca->device);
	EVP_PKEY_free(d->iak);
	d->iak = p->ca->device.iak;
	assert_int_equal(EVP_PKEY_up_ref(d->iak), 1);
	d->iak_area = p->ca->device.iak_area;
	d->certifier = d->iak;
	csr_fixture_encode(d);
	assert_rc(ca_fixture_challenge(p->ca, d, "line-1"),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(p->ca->job.rule, PROOF_KEYS_DIFFER);
	assert_rows(p->ca, 1, 2);
}

/* Of a pair whose IDevID alone was revoked. */
static void challenge_iak_of_revoked_identity_is_refused(void **state)
{
	struct pairs *p = *state;
	struct csr_fixture *d = &p->ca->device;

	ca_fixture_certify(p->ca, d);
	ca_fixture_sql(p->ca, "UPDATE cert SET state = 1, reason = 4,"
			      " revoked_seq = 1 WHERE role = 0");
	assert_refused(p->ca, d, "IDevID or IAK has a certificate already");
	EVP_PKEY_free(d->idevid);
	d->idevid = certs_key("P-256");
	csr_fixture_set_key(&d->idevid_area, d->idevid);
	d->signer = d->idevid;
	csr_fixture_encode(d);
	assert_refused(p->ca, d, "IDevID or IAK has a certificate already");
}

/* Other keys come from the same seed. */
static void challenge_further_of_compromised_is_refused(void **state)
{
	struct pairs *p = *state;

	ca_fixture_certify(p->ca, &p->ca->device);
	ca_fixture_sql(p->ca, "UPDATE cert SET state = 1, reason = 1,"
			      " revoked_seq = 1 WHERE role = 1");
	assert_refused(p->ca, &p->p384, "was revoked for keyCompromise");
}

static void challenge_further_of_other_tpm_is_refused(void **state)
{
	struct pairs *p = *state;

	ca_fixture_certify(p->ca, &p->ca->device);
	ca_fixture_new_ek(p->ca, &p->p384);
	assert_refused(p->ca, &p->p384, "issued to another TPM");
}

static void challenge_further_as_other_model_is_refused(void **state)
{
	struct pairs *p = *state;

	ca_fixture_certify(p->ca, &p->ca->device);
	p->p384.model = "M2";
	csr_fixture_encode(&p->p384);
	assert_refused(p->ca, &p->p384, "issued as model \"M1\"");
}

static void challenge_further_under_other_serial_is_refused(void **state)
{
	struct pairs *p = *state;

	ca_fixture_certify(p->ca, &p->ca->device);
	p->p384.serial = "ACCC8E000009";
	csr_fixture_encode(&p->p384);
	assert_refused(p->ca, &p->p384, "the EK of its TPM");
}

/* A TPM with two EK certificates, and a device for each. */
static void challenge_further_with_key_of_other_device_is_refused(void **state)
{
	struct pairs *p = *state;
	EVP_PKEY *ek = p->p384.ek;

	ca_fixture_certify(p->ca, &p->ca->device);
	assert_int_equal(EVP_PKEY_up_ref(ek), 1);
	p->p384.serial = "ACCC8E000009";
	ca_fixture_new_ek(p->ca, &p->p384);
	ca_fixture_certify(p->ca, &p->p384);
	EVP_PKEY_free(p->p384.ek);
	p->p384.ek = ek;
	p->p384.serial = CSR_FIXTURE_SERIAL;
	csr_fixture_encode(&p->p384);
	assert_refused(p->ca, &p->p384,
		"its IDevID key has certificates already, of device "
		"ACCC8E000009");
}

/* Under one CA of the register the one, under another the other. */
static void issue_further_by_other_ca_is_served(void **state)
{
	struct pairs *p = *state;

	ca_fixture_certify(p->ca, &p->ca->device);
	p->ca->ca.issuer_hash[0] ^= 1;
	ca_fixture_certify(p->ca, &p->p384);
	ca_fixture_certify(p->ca, &p->p384);
	assert_certifies(p->ca, &p->p384);
	assert_rc(ca_fixture_challenge(p->ca, &p->ca->device, "line-1"),
		DEVID_OK);
	ca_fixture_answer(p->ca, &p->ca->device);
	assert_rc(ca_fixture_issue(p->ca, "line-1"), DEVID_ERR_EXISTS);
	assert_cause(&p->ca->job.error, "another issuing CA");
}

/* As many as there can be: all go, and the log has each. */
static void revoke_takes_every_pair(void **state)
{
	static struct csr_fixture d;
	struct pairs *p = *state;
	json_t *line;

	p->ca->conf.identities = N_KEY_PAIRS;
	ca_fixture_further(p->ca, KEY_ALG_RSA3072, &d);
	ca_fixture_certify(p->ca, &p->ca->device);
	ca_fixture_certify(p->ca, &p->p384);
	ca_fixture_certify(p->ca, &p->rsa);
	ca_fixture_certify(p->ca, &d);
	assert_rows(p->ca, 1, N_MAKER_KEYS);
	assert_rc(ca_revoke(&p->ca->ca, CSR_FIXTURE_SERIAL,
			  reason_by_name("superseded"), "x@ca", NULL),
		DEVID_OK);
	ca_fixture_sql(p->ca, "DELETE FROM cert WHERE state = 1");
	assert_rows(p->ca, 1, 0);
	line = ca_fixture_audit(p->ca);
	assert_member(line, "event", "revoke");
	assert_int_equal(
		json_array_size(json_object_get(line, "idevid")), N_KEY_PAIRS);
	assert_int_equal(
		json_array_size(json_object_get(line, "iak")), N_KEY_PAIRS);
	json_decref(line);
	csr_fixture_done(&d);
}

/* A board that was repaired begins with any of its pairs. */
static void issue_after_revocation_begins_with_either_pair(void **state)
{
	struct pairs *p = *state;

	ca_fixture_certify(p->ca, &p->ca->device);
	ca_fixture_certify(p->ca, &p->p384);
	assert_rc(ca_revoke(&p->ca->ca, CSR_FIXTURE_SERIAL,
			  reason_by_name("superseded"), "x@ca", NULL),
		DEVID_OK);
	ca_fixture_certify(p->ca, &p->p384);
	ca_fixture_certify(p->ca, &p->ca->device);
	assert_rows(p->ca, 2, 8);
	assert_rc(ca_revoke(&p->ca->ca, CSR_FIXTURE_SERIAL,
			  reason_by_name("keyCompromise"), "x@ca", NULL),
		DEVID_OK);
	assert_refused(p->ca, &p->rsa, "revoked for keyCompromise");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, pairs_new, pairs_done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(issue_other_type_certifies_further_pair),
		CASE(issue_again_gives_that_pair_alone),
		CASE(challenge_again_refuse_lets_further_pair_in),
		CASE(challenge_second_identity_not_permitted_is_refused),
		CASE(challenge_third_identity_of_two_is_refused),
		CASE(challenge_more_than_there_can_be_is_refused),
		CASE(challenge_second_of_further_type_is_refused),
		CASE(issue_when_no_longer_permitted_is_refused),
		CASE(issue_challenges_of_two_pairs_each_its_own),
		CASE(issue_second_challenge_of_one_identity_is_refused),
		CASE(issue_batch_with_more_than_permitted_refuses_last),
		CASE(challenge_opens_with_its_own_iak_alone),
		CASE(challenge_iak_of_other_pair_is_refused),
		CASE(challenge_iak_of_revoked_identity_is_refused),
		CASE(challenge_further_of_compromised_is_refused),
		CASE(challenge_further_of_other_tpm_is_refused),
		CASE(challenge_further_as_other_model_is_refused),
		CASE(challenge_further_under_other_serial_is_refused),
		CASE(challenge_further_with_key_of_other_device_is_refused),
		CASE(issue_further_by_other_ca_is_served),
		CASE(revoke_takes_every_pair),
		CASE(issue_after_revocation_begins_with_either_pair),
	};

	return cmocka_run_group_tests_name("ca-pairs", tests, NULL, NULL);
}
