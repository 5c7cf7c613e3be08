/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-challenge.h"

#include <stdlib.h>
#include <string.h>

#include "ca-find.h"
#include "ca-jobs.h"
#include "ca-judge.h"
#include "cleanup.h"
#include "fail.h"

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
	const struct ca_wanted want = { &j->device, j->key_fingerprint,
		j->alg };
	struct ca_found found;
	enum devid_err rc = ca_find_device(ca, &want, &found, &cause);

	if (rc == DEVID_ERR_EXISTS) {
		ca_job_refuse(job, &cause);
		return DEVID_OK;
	}
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
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
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}
