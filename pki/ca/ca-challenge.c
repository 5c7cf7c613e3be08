/* SPDX-License-Identifier: Apache-2.0 */
/* Step 1: a request is judged and challenged. */
#include "ca-jobs.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ticket-seal.h"
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
	char *text; /* owned: the challenge as it is handed out */
};

/* Some 20 KB that are worth their place in the cache: one serves all of a
 * batch. */
struct step1 {
	struct proof proof;
	struct ca_ticket ticket;
	struct challenge challenge;
	char text[CHALLENGE_FILE_MAX];
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
	free(judged->text); /* nothing is secret: of the secret a hash */
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

/* What the answer brings back. */
static enum devid_err seal_ticket(const struct ca *ca,
	const struct ca_ticket *t, struct challenge *c, struct devid_error *err)
{
	enum devid_err rc =
		ca_ticket_encode(t, c->ticket.data, &c->ticket.len, err);

	return rc == DEVID_OK
		       ? ca_seal_add(ca->seal_key, c->id, &c->ticket, err)
		       : rc;
}

/* TPM 2.0 part 1, 24: a secret for the EK and the Name of the IAK. */
static enum devid_err make_challenge(
	const struct ca *ca, struct step1 *s, struct devid_error *err)
{
	const struct proof *proof = &s->proof;
	const struct der_view name = { proof->iak.name, proof->iak.name_len };
	struct challenge *c = &s->challenge;
	struct ca_ticket *t = &s->ticket;
	uint8_t secret[CHALLENGE_SECRET_LEN];
	enum devid_err rc;

	if (RAND_bytes(c->id + ORDERED_ID_TIME,
		    sizeof(c->id) - ORDERED_ID_TIME) != 1 ||
		!ordered_id_stamp(c->id) ||
		RAND_priv_bytes(secret, sizeof(secret)) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"challenge: no clock or no random numbers");
	c->deadline = (int64_t)time(NULL) + ca->conf->challenge_seconds;
	t->deadline = c->deadline;
	memcpy(c->serial, proof->serial, sizeof(proof->serial));
	rc = digest_hash(secret, sizeof(secret), t->secret_hash)
		     ? credential_make(&proof->ek.key, name, secret, c, err)
		     : devid_fail(
			       err, DEVID_ERR_CRYPTO, "challenge: no SHA-256");
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc == DEVID_OK ? seal_ticket(ca, t, c, err) : rc;
}

/* For a proof that no rule refuses. */
static enum devid_err challenge_device(const struct ca *ca, const char *station,
	struct step1 *s, struct ca_judged *j, struct devid_error *err)
{
	const struct ca_ticket *t = &s->ticket;
	enum devid_err rc =
		ca_ticket_from_proof(&s->proof, station, &s->ticket, err);

	if (rc == DEVID_OK)
		rc = make_challenge(ca, s, err);
	if (rc == DEVID_OK)
		rc = challenge_encode(
			&s->challenge, s->text, sizeof(s->text), err);
	if (rc != DEVID_OK)
		return rc;
	j->device = t->device;
	memcpy(j->key_fingerprint, t->key_fingerprint,
		sizeof(j->key_fingerprint));
	j->text = strdup(s->text);
	return j->text ? DEVID_OK
		       : devid_fail(err, DEVID_ERR_NOMEM, "ca: no memory");
}

static void judge(struct ca *ca, const struct ca_job *job, struct step1 *s,
	struct ca_judged *j)
{
	struct proof *proof = &s->proof;
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
		rc = challenge_device(ca, job->station, s, j, &err);
		if (rc != DEVID_OK)
			j->error = err;
	} else {
		refuse_by_rule(j, proof);
	}
	memcpy(j->serial, proof->serial, sizeof(j->serial));
	proof_done(proof);
}

/* NULL: it was not judged. */
static struct ca_judged *judge_locked(
	struct ca *ca, const struct ca_job *job, struct step1 *s)
{
	CLEANUP(judged_done) struct ca_judged *j = calloc(1, sizeof(*j));
	bool able;

	if (!j)
		return NULL;
	(void)pthread_mutex_lock(&judge_lock); /* cannot fail */
	/* Without roots proof.h would not judge the chain, and what has no
	 * seal must not leave. */
	able = ca->trust && ca->has_seal_key;
	if (able)
		judge(ca, job, s, j);
	(void)pthread_mutex_unlock(&judge_lock);
	return able ? STEAL(j) : NULL;
}

void ca_judge(struct ca *ca, struct ca_job *jobs, size_t n_jobs)
{
	CLEANUP(cleanup_free) struct step1 *s = malloc(sizeof(*s));

	for (size_t i = 0; s && i < n_jobs; i++) {
		if (!jobs[i].judged)
			jobs[i].judged = judge_locked(ca, &jobs[i], s);
	}
}

/* The audit log has what was refused. A challenge alone changes nothing, and
 * who answers it gets his line then. */
static enum devid_err tell_refusal(
	struct ca *ca, struct ca_job *job, void *state, struct devid_error *err)
{
	const struct ca_event event = { "challenge", job->serial, NULL };

	(void)state;
	return job->code == DEVID_OK ? DEVID_OK
				     : ca_audit_job(ca, &event, job, err);
}

/* Who is in the register already. Returns an error only when it cannot be
 * used. */
static enum devid_err look_up(struct ca *ca, struct ca_job *job,
	const struct ca_judged *j, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct ca_found found;
	enum devid_err rc = ca_find_device(
		ca, &j->device, j->key_fingerprint, &found, &cause);

	if (rc == DEVID_ERR_EXISTS) {
		ca_job_refuse(job, &cause);
		return DEVID_OK;
	}
	return rc == DEVID_OK
		       ? rc
		       : devid_fail(err, rc, "%s", devid_error_text(&cause));
}

/* The same for all that the rules let through. Nothing is written: the answer
 * is judged by what the register holds then. Who only reads waits for nobody,
 * so that there is no conflict after which to try again. */
static enum devid_err look_up_all(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct ca_judged *const *judged, struct devid_error *err)
{
	enum devid_err rc = register_begin_read(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; rc == DEVID_OK && i < n_jobs; i++) {
		if (jobs[i].code == DEVID_OK)
			rc = look_up(ca, &jobs[i], judged[i], err);
	}
	if (rc == DEVID_OK)
		return register_commit(ca->reg, err);
	register_rollback(ca->reg);
	return rc;
}

/* A challenge for each job that is not refused, once refusals have their audit
 * lines. */
static enum devid_err hand_out(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct ca_judged **judged, struct devid_error *err)
{
	const struct ca_batch lines = { jobs, n_jobs, NULL, 0, tell_refusal };
	enum devid_err rc = DEVID_OK;
	bool refused = false;

	for (size_t i = 0; i < n_jobs; i++)
		refused = refused || jobs[i].code != DEVID_OK;
	if (refused)
		rc = ca_run_batch(ca, &lines, err);
	for (size_t i = 0; rc == DEVID_OK && i < n_jobs; i++) {
		if (jobs[i].code == DEVID_OK)
			jobs[i].output = STEAL(judged[i]->text);
	}
	return rc;
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
	rc = look_up_all(ca, jobs, n_jobs, judged, &cause);
	if (rc == DEVID_OK)
		rc = hand_out(ca, jobs, n_jobs, judged, &cause);
	else
		(void)ca_refuse_all(jobs, n_jobs, &cause);
	for (size_t i = 0; i < n_jobs; i++)
		ca_judged_free(judged[i]);
	return rc == DEVID_OK
		       ? rc
		       : devid_fail(err, rc, "%s", devid_error_text(&cause));
}
