/* SPDX-License-Identifier: Apache-2.0 */
/* Step 1: a request is judged and challenged. */
#include "ca-jobs.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ca-seal.h"
#include "cleanup.h"
#include "credential.h"
#include "digest.h"

/* What is kept of a request that was judged. The proof itself is some 10 KB
 * that are worth their place in the cache: one serves all of a batch. */
struct step1 {
	char serial[TCG_CSR_NAME_MAX + 1]; /* also of one that was refused */
	struct ca_ticket ticket;
	struct challenge challenge;
	uint8_t secret_hash[32];
};

/* The first rule that refuses, with what it has to say. */
static void refuse_by_rule(struct ca_job *job, const struct proof *proof)
{
	const struct proof_result *r = &proof->results[proof->failed];
	struct devid_error err = { DEVID_OK, "" };

	job->rule = proof->failed;
	(void)devid_fail(&err, DEVID_ERR_NOT_GENUINE,
		"request%s%s: rule %s: %s%s (%s)",
		proof->serial[0] ? " of " : "", proof->serial,
		proof_rule_id(proof->failed), r->detail[0] ? "" : "not so: ",
		r->detail[0] ? r->detail : proof_rule_text(proof->failed),
		proof_rule_clause(proof->failed));
	ca_job_refuse(job, &err);
}

/* TPM 2.0 part 1, 24: a secret for the EK and the Name of the IAK. */
static enum devid_err make_challenge(struct ca *ca, const struct proof *proof,
	struct step1 *s, struct devid_error *err)
{
	uint8_t secret[CHALLENGE_SECRET_LEN];
	struct challenge *c = &s->challenge;
	enum devid_err rc;

	if (RAND_bytes(c->id, sizeof(c->id)) != 1 ||
		RAND_priv_bytes(secret, sizeof(secret)) != 1 ||
		!digest_hash(secret, sizeof(secret), s->secret_hash))
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "challenge: no random numbers");
	c->deadline = (int64_t)time(NULL) + ca->conf->challenge_seconds;
	memcpy(c->serial, proof->serial, sizeof(proof->serial));
	rc = credential_make(proof->ek.key, proof->iak.name,
		proof->iak.name_len, secret, c, err);
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

/* All that needs no register. @proof is room for the work. */
static void judge(
	struct ca *ca, struct ca_job *job, struct proof *proof, struct step1 *s)
{
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
		rc = ca_ticket_from_proof(
			proof, job->station, &s->ticket, &err);
		if (rc == DEVID_OK)
			rc = make_challenge(ca, proof, s, &err);
		if (rc != DEVID_OK)
			ca_job_refuse(job, &err);
	} else {
		refuse_by_rule(job, proof);
	}
	memcpy(s->serial, proof->serial, sizeof(s->serial));
	proof_done(proof);
}

static enum devid_err keep_challenge(
	struct ca *ca, const struct step1 *s, struct devid_error *err)
{
	struct register_challenge rc = { .deadline = s->challenge.deadline };
	uint8_t ticket[CA_TICKET_MAX + CA_SEAL_LEN];
	enum devid_err code;

	code = ca_ticket_encode(&s->ticket, ticket, &rc.request_len, err);
	if (code != DEVID_OK)
		return code;
	memcpy(rc.id, s->challenge.id, sizeof(rc.id));
	memcpy(rc.secret_hash, s->secret_hash, sizeof(rc.secret_hash));
	memcpy(rc.station, s->ticket.device.station, sizeof(rc.station));
	rc.request = ticket;
	code = ca_seal_make(ca->seal_key, &rc, ticket + rc.request_len, err);
	if (code != DEVID_OK)
		return code;
	rc.request_len += CA_SEAL_LEN;
	return register_challenge_add(ca->reg, &rc, err);
}

static enum devid_err write_output(
	struct ca_job *job, const struct step1 *s, struct devid_error *err)
{
	char text[CHALLENGE_FILE_MAX];
	enum devid_err rc =
		challenge_encode(&s->challenge, text, sizeof(text), err);

	if (rc != DEVID_OK)
		return rc;
	job->output = strdup(text);
	return job->output ? DEVID_OK
			   : devid_fail(err, DEVID_ERR_NOMEM, "ca: no memory");
}

static enum devid_err work(
	struct ca *ca, struct ca_job *job, void *state, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct step1 *s = state;
	const struct ca_event event = { "challenge", s->serial, "" };
	struct ca_found found;
	enum devid_err rc = DEVID_OK;

	if (job->code == DEVID_OK) {
		rc = ca_find_device(ca, &s->ticket, &found, &cause);
		if (rc == DEVID_ERR_EXISTS)
			ca_job_refuse(job, &cause);
		else if (rc == DEVID_OK)
			rc = keep_challenge(ca, s, &cause);
		if (rc == DEVID_OK)
			rc = write_output(job, s, &cause);
	}
	if (rc != DEVID_OK && job->code == DEVID_OK)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	return ca_audit_job(ca, &event, job, err);
}

enum devid_err ca_challenge(struct ca *ca, struct ca_job *jobs, size_t n_jobs,
	struct devid_error *err)
{
	CLEANUP(cleanup_free)
	struct step1 *steps = calloc(n_jobs, sizeof(*steps));
	CLEANUP(cleanup_free) struct proof *proof = malloc(sizeof(*proof));
	struct devid_error cause = { DEVID_OK, "" };
	const struct ca_batch batch = { jobs, n_jobs, steps, sizeof(*steps),
		work };

	/* Without roots proof.h does not judge the chain, for inspect. */
	if (!steps || !proof || !ca->trust || !ca->has_seal_key) {
		bool memory = steps && proof;

		(void)devid_fail(&cause,
			memory ? DEVID_ERR_INVALID : DEVID_ERR_NOMEM,
			!memory     ? "ca: no memory"
			: ca->trust ? "ca: no key of challenges"
				    : "ca: no TPM vendors' roots");
		return devid_fail(err, ca_refuse_all(jobs, n_jobs, &cause),
			"%s", devid_error_text(&cause));
	}
	for (size_t i = 0; i < n_jobs; i++)
		judge(ca, &jobs[i], proof, &steps[i]);
	return ca_run_batch(ca, &batch, err);
}
