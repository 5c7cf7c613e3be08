/* SPDX-License-Identifier: Apache-2.0 */
/* Both steps of issuing: who gets certificates, and who does not. */
#include "ca-clock.h"
#include "ca-fixture.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "ticket-seal.h"
#include "ordered-id.h"
#include <devid/profile.h>
#include "tpm-template.h"
#include "reason.h"
#include "ca-challenge.h"
#include "ca-issue.h"
#include "ca-revoke.h"

/* The @n-th certificate of the PEM text @pem. */
static X509 *nth_cert(const char *pem, int n)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = NULL;

	for (int i = 0; i <= n; i++) {
		X509_free(cert);
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		assert_non_null(cert);
	}
	BIO_free(bio);
	return cert;
}

/* Nothing was issued: neither rows nor output. */
static void assert_unchanged(
	struct ca_fixture *f, int64_t devices, const char *cause)
{
	assert_null(f->output);
	assert_cause(&f->job.error, cause);
	assert_int_equal(ca_fixture_rows(f, "device"), devices);
	assert_int_equal(ca_fixture_rows(f, "cert"), 2 * devices);
}

static void assert_profile(
	struct ca_fixture *f, int n, enum devid_profile_kind kind)
{
	struct devid_profile_report *r = malloc(sizeof(*r));
	X509 *cert = nth_cert(f->output, n);
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	assert_non_null(r);
	assert_true(len > 0);
	if (!devid_profile_check(
		    der, (size_t)len, kind, DEVID_PROFILE_STRICT, r))
		fail_msg("rule %s", devid_rule_id(r->failed));
	assert_string_equal(r->serial, CSR_FIXTURE_SERIAL);
	assert_string_equal(r->model, CSR_FIXTURE_MODEL);
	assert_string_equal(r->tpm_manufacturer, "IBM");
	assert_int_equal(X509_verify(cert, f->ca.signer->public_key), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert),
				 kind == DEVID_PROFILE_IAK ? f->device.iak
							   : f->device.idevid),
		1);
	OPENSSL_free(der);
	X509_free(cert);
	free(r);
}

/* covers: TCG-8-certificate */
static void issue_good_request_certifies_both_keys(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	assert_profile(f, 0, DEVID_PROFILE_IDEVID);
	assert_profile(f, 1, DEVID_PROFILE_IAK);
	assert_int_equal(ca_fixture_rows(f, "device"), 1);
	assert_int_equal(ca_fixture_rows(f, "cert"), 2);
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 1);
	assert_int_equal(ca_fixture_rows(f, "audit"), 1);
}

static void issue_again_same_returns_same_certificates(void **state)
{
	struct ca_fixture *f = *state;
	char *first;

	ca_fixture_certify(f, &f->device);
	first = strdup(f->output);
	ca_fixture_certify(f, &f->device);
	assert_string_equal(f->output, first);
	assert_int_equal(ca_fixture_rows(f, "device"), 1);
	assert_int_equal(ca_fixture_rows(f, "cert"), 2);
	free(first);
}

static void challenge_again_refuse_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	f->conf.again = CA_AGAIN_REFUSE;
	ca_fixture_certify(f, &f->device);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
		DEVID_ERR_EXISTS);
	assert_unchanged(f, 1, "has its certificates already");
}

static void issue_challenge_of_other_version_refused(void **state)
{
	struct ca_fixture *f = *state;

	assert_rc(ca_fixture_challenge(f, &f->device, "line"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	ca_fixture_outdate(f);
	assert_rc(ca_fixture_issue(f, "line"), DEVID_ERR_NOT_FOUND);
	assert_cause(&f->job.error, "made by another version of this CA");
	assert_int_equal(ca_fixture_rows(f, "device"), 0);
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 0);
}

/* Whoever asks and never answers takes no room. */
static void challenge_not_answered_leaves_nothing(void **state)
{
	struct ca_fixture *f = *state;

	for (int i = 0; i < 3; i++)
		assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
			DEVID_OK);
	assert_int_equal(ca_fixture_rows(f, "device"), 0);
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 0);
	assert_int_equal(ca_fixture_rows(f, "audit"), 0);
}

/* Two challenges for one device; the second answer comes after the first
 * issued. */
static void issue_second_challenge_same_returns_same(void **state)
{
	struct ca_fixture *f = *state;
	char *first;

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	first = strdup(f->answer);
	ca_fixture_certify(f, &f->device);
	memcpy(f->answer, first, strlen(first) + 1);
	free(first);
	first = strdup(f->output);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_OK);
	assert_string_equal(f->output, first);
	assert_int_equal(ca_fixture_rows(f, "cert"), 2);
	free(first);
}

/* covers: TCG-7f-once */
static void issue_replayed_answer_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_REPLAYED);
	assert_unchanged(f, 1, "replayed");
}

/* covers: TCG-7f-once */
static void issue_late_answer_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	ca_fixture_age(f, 61);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_TIMEOUT);
	assert_unchanged(f, 0, "expired");
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 1);
}

/* Marks of answered challenges are not kept for ever: beyond that no deadline
 * counts. */
static void issue_answer_to_very_old_challenge_is_refused(void **state)
{
	static const struct {
		int64_t age;
		enum devid_err rc;
	} cases[] = {
		{ CA_CHALLENGE_SECONDS_MAX + 10, DEVID_ERR_TIMEOUT },
		/* by a clock that was ahead */
		{ -CA_CLOCK_SLACK - 10, DEVID_ERR_TIMEOUT },
		{ CA_CHALLENGE_SECONDS_MAX - 10, DEVID_OK },
	};
	struct ca_fixture *f = *state;

	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
			DEVID_OK);
		ca_fixture_answer(f, &f->device);
		ca_fixture_predate(f, cases[i].age);
		assert_rc(ca_fixture_issue(f, "line-1"), cases[i].rc);
		assert_int_equal(
			ca_fixture_rows(f, "device"), cases[i].rc == DEVID_OK);
	}
}

static void issue_without_key_is_refused(void **state)
{
	struct ca_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct ca_job job = { .station = "line-1" };

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	job.input = (const uint8_t *)f->answer;
	job.input_len = strlen(f->answer);
	f->ca.has_seal_key = false;
	assert_rc(ca_issue(&f->ca, &job, 1, &err), DEVID_ERR_INVALID);
	assert_rc(job.code, DEVID_ERR_INVALID);
	assert_null(job.output);
	assert_cause(&err, "key of challenges");
	assert_int_equal(ca_fixture_rows(f, "device"), 0);
}

static void issue_answer_of_other_challenge_is_refused_for_good(void **state)
{
	struct ca_fixture *f = *state;
	struct challenge_answer mine, others;
	char good[CHALLENGE_FILE_MAX];

	assert_rc(ca_fixture_challenge(f, &f->other, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->other);
	assert_rc(challenge_answer_parse((const uint8_t *)f->answer,
			  strlen(f->answer), &others, NULL),
		DEVID_OK);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	memcpy(good, f->answer, sizeof(good));
	assert_rc(challenge_answer_parse(
			  (const uint8_t *)good, strlen(good), &mine, NULL),
		DEVID_OK);
	memcpy(mine.secret, others.secret, sizeof(mine.secret));
	assert_rc(challenge_answer_encode(
			  &mine, f->answer, sizeof(f->answer), NULL),
		DEVID_OK);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_MISMATCH);
	assert_unchanged(f, 0, "not the secret");
	/* There is no second guess. */
	memcpy(f->answer, good, sizeof(good));
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_REPLAYED);
	assert_unchanged(f, 0, "replayed");
}

/* A thief who has no TPM sets a secret of his own. */
static void issue_forged_ticket_is_refused(void **state)
{
	static const uint8_t secret[CHALLENGE_SECRET_LEN] = { 7 };
	struct ca_fixture *f = *state;

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	ca_fixture_forge(f, secret);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_NOT_FOUND);
	assert_unchanged(f, 0, "challenge_key");
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 0);
}

/* The ticket of a device that a TPM vouches for, with an id that was not
 * answered yet. */
static void issue_ticket_of_other_challenge_is_refused(void **state)
{
	struct ca_fixture *f = *state;
	struct challenge_answer a;

	ca_fixture_certify(f, &f->device);
	assert_rc(challenge_answer_parse((const uint8_t *)f->answer,
			  strlen(f->answer), &a, NULL),
		DEVID_OK);
	a.id[sizeof(a.id) - 1] ^= 1;
	assert_rc(
		challenge_answer_encode(&a, f->answer, sizeof(f->answer), NULL),
		DEVID_OK);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_NOT_FOUND);
	assert_unchanged(f, 1, "challenge_key");
}

static void issue_cut_ticket_is_refused(void **state)
{
	static const size_t lengths[] = { 1, CA_SEAL_LEN, CA_SEAL_LEN + 1,
		200 };
	struct ca_fixture *f = *state;

	for (size_t i = 0; i < N_OF(lengths); i++) {
		assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
			DEVID_OK);
		ca_fixture_answer(f, &f->device);
		ca_fixture_cut(f, lengths[i]);
		assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_NOT_FOUND);
		assert_unchanged(f, 0, "challenge_key");
	}
}

static void issue_again_by_other_ca_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	f->ca.issuer_hash[0] ^= 1;
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_EXISTS);
	assert_unchanged(f, 1, "another issuing CA");
}

/* Of a CA with another register. */
static void issue_challenge_of_other_ca_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	f->ca.seal_key[0] ^= 1;
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	f->ca.seal_key[0] ^= 1;
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_NOT_FOUND);
	assert_unchanged(f, 0, "challenge_key");
}

static void issue_other_station_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	assert_rc(ca_fixture_issue(f, "line-2"), DEVID_ERR_DENIED);
	assert_unchanged(f, 0, "line-1");
	/* And has not taken it from the one that it was made for. */
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_OK);
}

/* Operators at the CA have names with '@' and stand in for each other. */
static void issue_other_operator_is_served(void **state)
{
	struct ca_fixture *f = *state;

	assert_rc(
		ca_fixture_challenge(f, &f->device, "operator-a@ca"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	assert_rc(ca_fixture_issue(f, "operator-b@ca"), DEVID_OK);
}

static void issue_malformed_answer_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	(void)snprintf(f->answer, sizeof(f->answer), "nonsense");
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_SYNTAX);
	assert_unchanged(f, 0, "DEVID ANSWER");
}

/* A slip of the operator, or of the label's printer. */
static void challenge_same_device_other_model_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	f->device.model = "M2";
	csr_fixture_encode(&f->device);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
		DEVID_ERR_EXISTS);
	assert_unchanged(f, 1, "issued as model \"M1\"");
}

static void challenge_serial_of_other_tpm_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	f->other.serial = CSR_FIXTURE_SERIAL;
	csr_fixture_encode(&f->other);
	assert_rc(
		ca_fixture_challenge(f, &f->other, "line-1"), DEVID_ERR_EXISTS);
	assert_unchanged(f, 1, "issued to another TPM");
}

static void challenge_ek_of_other_serial_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	f->device.serial = "ACCC8E000009";
	ca_fixture_new_keys(&f->device);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
		DEVID_ERR_EXISTS);
	assert_unchanged(f, 1, "the EK of its TPM");
}

static void challenge_other_keys_of_same_tpm_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	ca_fixture_new_keys(&f->device);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
		DEVID_ERR_EXISTS);
	assert_unchanged(f, 1, "other keys of the same TPM");
}

/* A TPM with two EK certificates. */
static void challenge_keys_of_other_device_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	f->device.serial = "ACCC8E000009";
	ca_fixture_new_ek(f, &f->device);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
		DEVID_ERR_EXISTS);
	assert_unchanged(
		f, 1, "its IDevID key has certificates already, of device");
}

/* Between the device's challenge and its answer @meanwhile takes place. */
static void issue_after(
	struct ca_fixture *f, void (*meanwhile)(struct ca_fixture *))
{
	char first[CHALLENGE_FILE_MAX];

	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"), DEVID_OK);
	ca_fixture_answer(f, &f->device);
	memcpy(first, f->answer, sizeof(first));
	meanwhile(f);
	memcpy(f->answer, first, sizeof(first));
	assert_rc(ca_fixture_issue(f, "line-1"), DEVID_ERR_EXISTS);
}

/* In a certificate it is the same name. */
static void challenge_serial_in_other_case_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	ca_fixture_certify(f, &f->device);
	f->other.serial = "accc8e000001";
	csr_fixture_encode(&f->other);
	assert_rc(
		ca_fixture_challenge(f, &f->other, "line-1"), DEVID_ERR_EXISTS);
	assert_unchanged(f, 1,
		"differs only in case from that of device " CSR_FIXTURE_SERIAL);
}

static void certify_same_serial(struct ca_fixture *f)
{
	f->other.serial = CSR_FIXTURE_SERIAL;
	csr_fixture_encode(&f->other);
	ca_fixture_certify(f, &f->other);
}

static void certify_serial_in_other_case(struct ca_fixture *f)
{
	f->other.serial = "accc8e000001";
	csr_fixture_encode(&f->other);
	ca_fixture_certify(f, &f->other);
}

static void issue_serial_in_other_case_taken_meanwhile_is_refused(void **state)
{
	issue_after(*state, certify_serial_in_other_case);
	assert_unchanged(*state, 1, "differs only in case");
}

static void issue_serial_taken_meanwhile_is_refused(void **state)
{
	issue_after(*state, certify_same_serial);
	assert_unchanged(*state, 1, "issued to another TPM");
}

static void certify_same_ek(struct ca_fixture *f)
{
	f->device.serial = "ACCC8E000009";
	ca_fixture_new_keys(&f->device);
	ca_fixture_certify(f, &f->device);
}

static void issue_ek_taken_meanwhile_is_refused(void **state)
{
	issue_after(*state, certify_same_ek);
	assert_unchanged(*state, 1, "the EK of its TPM");
}

static void certify_same_keys(struct ca_fixture *f)
{
	f->device.serial = "ACCC8E000009";
	ca_fixture_new_ek(f, &f->device);
	ca_fixture_certify(f, &f->device);
}

static void issue_key_taken_meanwhile_is_refused(void **state)
{
	issue_after(*state, certify_same_keys);
	assert_unchanged(*state, 1,
		"its IDevID key has certificates already, of device");
}

static void certify_and_compromise(struct ca_fixture *f)
{
	struct devid_error err = { DEVID_OK, "" };

	ca_fixture_certify(f, &f->device);
	assert_rc(ca_revoke(&f->ca, CSR_FIXTURE_SERIAL,
			  reason_by_name("keyCompromise"), "x@ca", &err),
		DEVID_OK);
}

static void issue_tpm_compromised_meanwhile_is_refused(void **state)
{
	issue_after(*state, certify_and_compromise);
	assert_unchanged(*state, 1, "revoked for keyCompromise");
}

static void read_challenge(struct ca_fixture *f, const struct csr_fixture *d,
	struct challenge *ret)
{
	assert_rc(ca_fixture_challenge(f, d, "line-1"), DEVID_OK);
	assert_rc(challenge_parse((const uint8_t *)f->output, strlen(f->output),
			  ret, NULL),
		DEVID_OK);
}

/* Their index grows at its end, and nobody can guess the next one. */
static void challenge_ids_ascend_in_time_and_differ(void **state)
{
	struct ca_fixture *f = *state;
	struct challenge a, b;
	uint8_t before[ORDERED_ID_TIME], after[ORDERED_ID_TIME];

	assert_true(ordered_id_stamp(before));
	read_challenge(f, &f->device, &a);
	read_challenge(f, &f->device, &b);
	assert_true(ordered_id_stamp(after));
	assert_true(memcmp(before, a.id, ORDERED_ID_TIME) <= 0);
	assert_true(memcmp(a.id, b.id, ORDERED_ID_TIME) <= 0);
	assert_true(memcmp(b.id, after, ORDERED_ID_TIME) <= 0);
	assert_memory_not_equal(a.id + ORDERED_ID_TIME, b.id + ORDERED_ID_TIME,
		sizeof(a.id) - ORDERED_ID_TIME);
}

static void challenge_refused_by_rule_names_it(void **state)
{
	struct ca_fixture *f = *state;

	f->device.iak_area.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM;
	csr_fixture_encode(&f->device);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(f->job.rule, PROOF_IAK_TEMPLATE);
	assert_unchanged(f, 0, proof_rule_id(PROOF_IAK_TEMPLATE));
	assert_int_equal(ca_fixture_rows(f, "challenge_used"), 0);
	assert_int_equal(ca_fixture_rows(f, "audit"), 1);
}

/* A thief has a genuine EK certificate, and keys in software with all the
 * attributes of a TPM's: every rule holds, and nobody can answer.
 * covers: TCG-7f-credential */
static void challenge_software_keys_cannot_be_answered(void **state)
{
	struct ca_fixture *f = *state;
	const struct csr_fixture *tpm = &f->device;
	const struct view fake = { f->other.iak_name, f->other.iak_name_len };
	const struct view genuine = { tpm->iak_name, tpm->iak_name_len };
	uint8_t secret[CHALLENGE_SECRET_LEN];
	struct challenge c;

	f->other.payload[TCG_CSR_EK_CERT] =
		(struct view) { tpm->ek_cert.der.data, tpm->ek_cert.der.len };
	csr_fixture_encode(&f->other);
	read_challenge(f, &f->other, &c);
	/* Not without the EK, nor by its TPM, where no key has that Name. */
	assert_false(csr_fixture_activate(f->other.ek, fake, &c, secret));
	assert_false(csr_fixture_activate(tpm->ek, genuine, &c, secret));
}

static void spoil_certifier(struct csr_fixture *d)
{
	d->certifier = d->other; /* another IAK */
}

static void spoil_name(struct csr_fixture *d)
{
	TPM2B_NAME *name = &d->attest.attested.certify.name;

	name->size = (uint16_t)csr_fixture_name(&d->iak_area, name->name);
}

static void spoil_iak_attributes(struct csr_fixture *d)
{
	d->iak_area.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM;
}

static void spoil_idevid_attributes(struct csr_fixture *d)
{
	d->idevid_area.objectAttributes |= TPMA_OBJECT_DECRYPT;
}

static void spoil_policy(struct csr_fixture *d)
{
	d->idevid_area.authPolicy.buffer[0] ^= 1;
}

static void spoil_ek_validity(struct csr_fixture *d)
{
	d->ek_spec.not_after = "U200101000000Z";
	d->ek_spec.not_before = "U190101000000Z";
}

static void spoil_ek_tail(struct csr_fixture *d)
{
	d->ek_spec.behind = "0000";
}

static void spoil_signer(struct csr_fixture *d)
{
	d->signer = d->other; /* a key that is not the one in the request */
}

static void spoil_hash(struct csr_fixture *d)
{
	d->bad_hash = true;
}

static const struct {
	void (*spoil)(struct csr_fixture *d);
	enum proof_rule rule;
} frauds[] = {
	{ spoil_certifier, PROOF_CERTIFY_SIGNATURE },
	{ spoil_name, PROOF_CERTIFY_NAME },
	{ spoil_iak_attributes, PROOF_IAK_TEMPLATE },
	{ spoil_idevid_attributes, PROOF_IDEVID_TEMPLATE },
	{ spoil_policy, PROOF_IDEVID_TEMPLATE },
	{ spoil_ek_validity, PROOF_EK_CHAIN },
	{ spoil_ek_tail, PROOF_EK_ENCODING },
	{ spoil_signer, PROOF_SIGNATURE },
	{ spoil_hash, PROOF_HASH },
};

/* Every fraud is refused by its rule and leaves nothing but an audit line. */
static void challenge_frauds_leave_register_unchanged(void **state)
{
	struct ca_fixture *f = *state;

	for (size_t i = 0; i < N_OF(frauds); i++) {
		struct csr_fixture *d = calloc(1, sizeof(*d));

		assert_non_null(d);
		csr_fixture_new(d, KEY_ALG_P256, "P-256");
		d->ek_issuer = &f->device.vendor_ca;
		frauds[i].spoil(d);
		csr_fixture_encode(d);
		assert_rc(ca_fixture_challenge(f, d, "line-1"),
			DEVID_ERR_NOT_GENUINE);
		assert_int_equal(f->job.rule, frauds[i].rule);
		assert_unchanged(f, 0, proof_rule_id(frauds[i].rule));
		assert_int_equal(ca_fixture_rows(f, "challenge_used"), 0);
		assert_int_equal(ca_fixture_rows(f, "audit"), (int64_t)i + 1);
		csr_fixture_done(d);
		free(d);
	}
}

/* A TPM of a vendor whose root is not in the folder.
 * covers: TCG-7b-ek */
static void challenge_unknown_vendor_is_refused(void **state)
{
	struct ca_fixture *f = *state;

	f->other.ek_issuer = &f->other.vendor_ca;
	csr_fixture_encode(&f->other);
	assert_rc(ca_fixture_challenge(f, &f->other, "line-1"),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(f->job.rule, PROOF_EK_CHAIN);
	assert_unchanged(f, 0, "unknown vendor");
}

/* A CA that was opened without roots believes nobody. */
static void challenge_without_roots_is_refused(void **state)
{
	struct ca_fixture *f = *state;
	struct ek_trust *trust = f->ca.trust;
	struct devid_error err = { DEVID_OK, "" };
	struct ca_job job = { .station = "line-1",
		.input = f->device.data,
		.input_len = f->device.len };

	f->ca.trust = NULL;
	assert_rc(ca_challenge(&f->ca, &job, 1, &err), DEVID_ERR_INVALID);
	assert_null(job.output);
	assert_rc(job.code, DEVID_ERR_INVALID);
	f->ca.trust = trust;
	assert_cause(&err, "roots");
}

static void revoke_live_device_frees_its_serial(void **state)
{
	struct ca_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	ca_fixture_certify(f, &f->device);
	assert_rc(ca_revoke(&f->ca, CSR_FIXTURE_SERIAL,
			  reason_by_name("cessationOfOperation"), "x@ca", &err),
		DEVID_OK);
	assert_rc(ca_revoke(&f->ca, CSR_FIXTURE_SERIAL, 0, "x@ca", &err),
		DEVID_ERR_NOT_FOUND);
	assert_int_equal(ca_fixture_rows(f, "audit"), 3);
	/* A repaired board: another TPM under the same serial number. */
	f->other.serial = CSR_FIXTURE_SERIAL;
	csr_fixture_encode(&f->other);
	ca_fixture_certify(f, &f->other);
	assert_int_equal(ca_fixture_rows(f, "cert"), 4);
}

/* For any other reason the same TPM may come again. */
static void challenge_tpm_once_compromised_is_refused(void **state)
{
	struct ca_fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	ca_fixture_certify(f, &f->device);
	assert_rc(ca_revoke(&f->ca, CSR_FIXTURE_SERIAL,
			  reason_by_name("superseded"), "x@ca", &err),
		DEVID_OK);
	ca_fixture_certify(f, &f->device);
	assert_rc(ca_revoke(&f->ca, CSR_FIXTURE_SERIAL,
			  reason_by_name("keyCompromise"), "x@ca", &err),
		DEVID_OK);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
		DEVID_ERR_EXISTS);
	assert_unchanged(f, 2, "revoked for keyCompromise");
	/* Nor with other keys and another serial number. */
	f->device.serial = "ACCC8E000009";
	ca_fixture_new_keys(&f->device);
	assert_rc(ca_fixture_challenge(f, &f->device, "line-1"),
		DEVID_ERR_EXISTS);
	assert_unchanged(f, 2, "revoked for keyCompromise");
}

static void reason_by_name_knows_those_of_rfc5280(void **state)
{
	(void)state;
	assert_int_equal(reason_by_name("unspecified"), 0);
	assert_int_equal(reason_by_name("keyCompromise"), 1);
	assert_int_equal(reason_by_name("aACompromise"), 10);
	assert_int_equal(reason_by_name("removeFromCRL"), -1);
	assert_int_equal(reason_by_name("certificateHold"), -1);
	assert_int_equal(reason_by_name(""), -1);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, ca_fixture_new, ca_fixture_done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(issue_good_request_certifies_both_keys),
		CASE(issue_again_same_returns_same_certificates),
		CASE(issue_challenge_of_other_version_refused),
		CASE(challenge_not_answered_leaves_nothing),
		CASE(challenge_again_refuse_is_refused),
		CASE(issue_second_challenge_same_returns_same),
		CASE(issue_replayed_answer_is_refused),
		CASE(issue_late_answer_is_refused),
		CASE(challenge_serial_in_other_case_is_refused),
		CASE(issue_serial_in_other_case_taken_meanwhile_is_refused),
		CASE(issue_answer_to_very_old_challenge_is_refused),
		CASE(issue_without_key_is_refused),
		CASE(issue_answer_of_other_challenge_is_refused_for_good),
		CASE(issue_forged_ticket_is_refused),
		CASE(issue_ticket_of_other_challenge_is_refused),
		CASE(issue_cut_ticket_is_refused),
		CASE(issue_again_by_other_ca_is_refused),
		CASE(issue_challenge_of_other_ca_is_refused),
		CASE(issue_other_station_is_refused),
		CASE(issue_other_operator_is_served),
		CASE(issue_malformed_answer_is_refused),
		CASE(challenge_same_device_other_model_is_refused),
		CASE(challenge_serial_of_other_tpm_is_refused),
		CASE(challenge_ek_of_other_serial_is_refused),
		CASE(challenge_other_keys_of_same_tpm_is_refused),
		CASE(challenge_keys_of_other_device_is_refused),
		CASE(issue_serial_taken_meanwhile_is_refused),
		CASE(issue_ek_taken_meanwhile_is_refused),
		CASE(issue_key_taken_meanwhile_is_refused),
		CASE(issue_tpm_compromised_meanwhile_is_refused),
		CASE(challenge_ids_ascend_in_time_and_differ),
		CASE(challenge_refused_by_rule_names_it),
		CASE(challenge_software_keys_cannot_be_answered),
		CASE(challenge_frauds_leave_register_unchanged),
		CASE(challenge_unknown_vendor_is_refused),
		CASE(challenge_without_roots_is_refused),
		CASE(revoke_live_device_frees_its_serial),
		CASE(challenge_tpm_once_compromised_is_refused),
		cmocka_unit_test(reason_by_name_knows_those_of_rfc5280),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
