/* SPDX-License-Identifier: Apache-2.0 */
/* Step 1: a request is judged and challenged. */
#include "ca-jobs.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ca-seal.h"
#include "cleanup.h"
#include "credential.h"
#include "digest.h"
#include "ordered-id.h"

/* What is kept of a request that was judged: as little as can be, a full line
 * is a thousand of them. */
struct ca_judged {
	struct devid_error error;          /* code OK: it proves what it must */
	enum proof_rule rule;              /* that refused it, or NONE */
	char serial[TCG_CSR_NAME_MAX + 1]; /* also of one that was refused */
	/* The rest is there where it was not refused. */
	struct register_device device; /* as in struct ca_ticket */
	uint8_t key_fingerprint[N_KEY_ROLES][32];
	uint8_t *ticket; /* owned: encoded, with room behind it for its seal */
	size_t ticket_len;
	char *text; /* owned: the challenge as it is handed out */
	uint8_t id[CHALLENGE_ID_LEN];
	int64_t deadline;
	uint8_t secret_hash[32];
};

/* Some 15 KB that are worth their place in the cache: one serves all of a
 * batch. */
struct room {
	struct proof proof;
	struct ca_ticket ticket;
};

_Static_assert(REGISTER_NAME_MAX == TCG_CSR_NAME_MAX + 1, "serial numbers fit");

/*
 * Held while a request is judged, and while ca->trust is replaced, of any CA: a
 * process has one. It keeps those apart that use ca->trust with what it
 * remembers, ca->iak_key and ca->idevid_key: the judge, and the worker when it
 * judges what nobody has judged.
 */
static pthread_mutex_t judge_lock = PTHREAD_MUTEX_INITIALIZER;

void ca_set_trust(struct ca *ca, struct ek_trust *trust)
{
	struct ek_trust *before;

	(void)pthread_mutex_lock(&judge_lock); /* cannot fail */
	before = ca->trust;
	ca->trust = trust;
	(void)pthread_mutex_unlock(&judge_lock);
	ek_trust_free(before);
}

void ca_judged_free(struct ca_judged *judged)
{
	if (!judged)
		return;
	free(judged->ticket); /* nothing is secret: of the secret a hash */
	free(judged->text);
	free(judged);
}

static void judged_done(struct ca_judged **judged)
{
	ca_judged_free(*judged);
}

/* The first rule that refuses, with what it has to say. */
static void refuse_by_rule(struct ca_judged *j, const struct proof *proof)
{
	const struct proof_result *r = &proof->results[proof->failed];

	j->rule = proof->failed;
	(void)devid_fail(&j->error, DEVID_ERR_NOT_GENUINE,
		"request%s%s: rule %s: %s%s (%s)",
		proof->serial[0] ? " of " : "", proof->serial,
		proof_rule_id(proof->failed), r->detail[0] ? "" : "not so: ",
		r->detail[0] ? r->detail : proof_rule_text(proof->failed),
		proof_rule_clause(proof->failed));
}

/* TPM 2.0 part 1, 24: a secret for the EK and the Name of the IAK. */
static enum devid_err make_challenge(struct ca *ca, const struct proof *proof,
	struct ca_judged *j, struct devid_error *err)
{
	uint8_t secret[CHALLENGE_SECRET_LEN];
	struct challenge c = { .deadline = (int64_t)time(NULL) +
					   ca->conf->challenge_seconds };
	char text[CHALLENGE_FILE_MAX];
	enum devid_err rc;

	if (RAND_bytes(c.id + ORDERED_ID_TIME,
		    sizeof(c.id) - ORDERED_ID_TIME) != 1 ||
		!ordered_id_stamp(c.id) ||
		RAND_priv_bytes(secret, sizeof(secret)) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"challenge: no clock or no random numbers");
	memcpy(c.serial, proof->serial, sizeof(proof->serial));
	rc = digest_hash(secret, sizeof(secret), j->secret_hash)
		     ? credential_make(&proof->ek.key, proof->iak.name,
			       proof->iak.name_len, secret, &c, err)
		     : devid_fail(
			       err, DEVID_ERR_CRYPTO, "challenge: no SHA-256");
	OPENSSL_cleanse(secret, sizeof(secret));
	if (rc == DEVID_OK)
		rc = challenge_encode(&c, text, sizeof(text), err);
	if (rc != DEVID_OK)
		return rc;
	memcpy(j->id, c.id, sizeof(c.id));
	j->deadline = c.deadline;
	j->text = strdup(text);
	return j->text ? DEVID_OK
		       : devid_fail(err, DEVID_ERR_NOMEM, "ca: no memory");
}

/* @t is room for the work. */
static enum devid_err keep_ticket(const struct proof *proof,
	const char *station, struct ca_ticket *t, struct ca_judged *j,
	struct devid_error *err)
{
	uint8_t buf[CA_TICKET_MAX];
	enum devid_err rc = ca_ticket_from_proof(proof, station, t, err);

	if (rc == DEVID_OK)
		rc = ca_ticket_encode(t, buf, &j->ticket_len, err);
	if (rc != DEVID_OK)
		return rc;
	j->device = t->device;
	memcpy(j->key_fingerprint, t->key_fingerprint,
		sizeof(j->key_fingerprint));
	j->ticket = malloc(j->ticket_len + CA_SEAL_LEN);
	if (!j->ticket)
		return devid_fail(err, DEVID_ERR_NOMEM, "ca: no memory");
	memcpy(j->ticket, buf, j->ticket_len);
	return DEVID_OK;
}

static void judge(struct ca *ca, const struct ca_job *job, struct room *room,
	struct ca_judged *j)
{
	struct proof *proof = &room->proof;
	const struct proof_context ctx = {
		.trust = ca->trust,
		.policy = &ca->conf->ek,
		.now = time(NULL),
		.iak_key = ca->iak_key,
		.idevid_key = ca->idevid_key,
	};
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	if (proof_check(&ctx, job->input, job->input_len, proof)) {
		rc = keep_ticket(proof, job->station, &room->ticket, j, &err);
		if (rc == DEVID_OK)
			rc = make_challenge(ca, proof, j, &err);
		if (rc != DEVID_OK)
			j->error = err;
	} else {
		refuse_by_rule(j, proof);
	}
	memcpy(j->serial, proof->serial, sizeof(j->serial));
	proof_done(proof);
}

void ca_judge(struct ca *ca, struct ca_job *jobs, size_t n_jobs)
{
	CLEANUP(cleanup_free) struct room *room = malloc(sizeof(*room));

	for (size_t i = 0; room && i < n_jobs; i++) {
		CLEANUP(judged_done)
		struct ca_judged *j =
			jobs[i].judged ? NULL : calloc(1, sizeof(*j));

		if (!j)
			continue;
		(void)pthread_mutex_lock(&judge_lock); /* cannot fail */
		/* Without roots proof.h would not judge the chain. */
		if (ca->trust) {
			judge(ca, &jobs[i], room, j);
			jobs[i].judged = STEAL(j);
		}
		(void)pthread_mutex_unlock(&judge_lock);
	}
}

static enum devid_err keep_challenge(
	struct ca *ca, const struct ca_judged *j, struct devid_error *err)
{
	struct register_challenge rc = { .deadline = j->deadline,
		.request = j->ticket,
		.request_len = j->ticket_len };
	enum devid_err code;

	memcpy(rc.id, j->id, sizeof(rc.id));
	memcpy(rc.secret_hash, j->secret_hash, sizeof(rc.secret_hash));
	memcpy(rc.station, j->device.station, sizeof(rc.station));
	code = ca_seal_make(ca->seal_key, &rc, j->ticket + rc.request_len, err);
	if (code != DEVID_OK)
		return code;
	rc.request_len += CA_SEAL_LEN;
	return register_challenge_add(ca->reg, &rc, err);
}

static enum devid_err work(
	struct ca *ca, struct ca_job *job, void *state, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	const struct ca_judged *j = *(struct ca_judged **)state;
	const struct ca_event event = { "challenge", job->serial, "" };
	struct ca_found found;
	enum devid_err rc = DEVID_OK;

	if (job->code == DEVID_OK) {
		rc = ca_find_device(
			ca, &j->device, j->key_fingerprint, &found, &cause);
		if (rc == DEVID_ERR_EXISTS)
			ca_job_refuse(job, &cause);
		else if (rc == DEVID_OK)
			rc = keep_challenge(ca, j, &cause);
		if (rc == DEVID_OK && !(job->output = strdup(j->text)))
			rc = devid_fail(
				&cause, DEVID_ERR_NOMEM, "ca: no memory");
	}
	if (rc != DEVID_OK && job->code == DEVID_OK)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	return ca_audit_job(ca, &event, job, err);
}

/* What the rules said becomes the job's. */
static void take_verdict(struct ca_job *job, const struct ca_judged *j)
{
	const struct devid_error no_memory = { DEVID_ERR_NOMEM,
		"ca: no memory" };

	if (!j || j->error.code != DEVID_OK)
		ca_job_refuse(job, j ? &j->error : &no_memory);
	if (!j)
		return;
	job->rule = j->rule;
	memcpy(job->serial, j->serial, sizeof(job->serial));
}

enum devid_err ca_challenge(struct ca *ca, struct ca_job *jobs, size_t n_jobs,
	struct devid_error *err)
{
	CLEANUP(cleanup_free)
	struct ca_judged **judged = calloc(n_jobs, sizeof(*judged));
	const struct ca_batch batch = { jobs, n_jobs, judged, sizeof(*judged),
		work };
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	if (!judged || !ca->trust || !ca->has_seal_key) {
		(void)devid_fail(&cause,
			judged ? DEVID_ERR_INVALID : DEVID_ERR_NOMEM,
			!judged     ? "ca: no memory"
			: ca->trust ? "ca: no key of challenges"
				    : "ca: no TPM vendors' roots");
		return devid_fail(err, ca_refuse_all(jobs, n_jobs, &cause),
			"%s", devid_error_text(&cause));
	}
	ca_judge(ca, jobs, n_jobs);
	for (size_t i = 0; i < n_jobs; i++) {
		judged[i] = STEAL(jobs[i].judged);
		take_verdict(&jobs[i], judged[i]);
	}
	rc = ca_run_batch(ca, &batch, err);
	for (size_t i = 0; i < n_jobs; i++)
		ca_judged_free(judged[i]);
	return rc;
}
