/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-judge.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ca-ticket.h"
#include "challenge.h"
#include "cleanup.h"
#include "credential.h"
#include "digest.h"
#include "fail.h"
#include "ordered-id.h"
#include "proof.h"
#include "ticket-seal.h"

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
 * Held while a request is judged, and while ca->trust or ca->clock_turns is
 * replaced, of any CA: a process has one. It keeps those apart that use
 * ca->trust with what it remembers: the judge, and the worker when it judges
 * what nobody has judged.
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

void ca_set_turns(struct ca *ca, int64_t turns)
{
	if (turns == ca->clock_turns) /* as ever; nobody else writes it */
		return;
	(void)pthread_mutex_lock(&judge_lock); /* cannot fail */
	ca->clock_turns = turns;
	(void)pthread_mutex_unlock(&judge_lock);
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
	const struct view name = { proof->iak.name, proof->iak.name_len };
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
	t->turns = ca->clock_turns;
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
	j->alg = t->alg;
	j->text = strdup(s->text);
	return j->text ? DEVID_OK : fail_no_memory_for(err, "ca");
}

static void judge(struct ca *ca, const struct ca_job *job, struct step1 *s,
	struct ca_judged *j)
{
	struct proof *proof = &s->proof;
	const struct proof_context ctx = {
		.trust = ca->trust,
		.policy = &ca->conf->ek,
		.now = time(NULL),
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
