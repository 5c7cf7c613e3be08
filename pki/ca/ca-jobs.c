/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-jobs.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ca-judge.h"
#include "cleanup-json.h"
#include "cleanup.h"
#include "fail.h"
#include "register-audit.h"

#define TRIES 8 /* of a batch; each time somebody else got on */

void ca_job_done(struct ca_job *job)
{
	free(job->output);
	job->output = NULL;
	ca_judged_free(job->judged);
	job->judged = NULL;
}

void ca_job_refuse(struct ca_job *job, const struct devid_error *err)
{
	job->code = err->code;
	job->error = *err;
	ca_job_done(job);
}

enum devid_err ca_refuse_all(
	struct ca_job *jobs, size_t n_jobs, const struct devid_error *err)
{
	for (size_t i = 0; i < n_jobs; i++) {
		ca_job_refuse(&jobs[i], err);
		jobs[i].rule = PROOF_NONE;
	}
	return err->code;
}

/* Whether @code is the register's trouble with other processes. */
static bool is_conflict(enum devid_err code)
{
	return code == DEVID_ERR_STATE || code == DEVID_ERR_EXISTS;
}

static enum devid_err try_once(
	struct ca *ca, const struct ca_batch *b, struct devid_error *err)
{
	enum devid_err rc = register_begin(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; rc == DEVID_OK && i < b->n_jobs; i++)
		rc = b->work(ca, &b->jobs[i],
			(char *)b->states + i * b->state_size, err);
	if (rc == DEVID_OK)
		rc = register_audit_sign(ca->reg, ca->audit_signer, err);
	if (rc != DEVID_OK) {
		register_rollback(ca->reg);
		return rc;
	}
	return register_commit(ca->reg, err);
}

/* The jobs as they were before a try. */
static void restore(const struct ca_batch *b, const struct ca_job *before)
{
	for (size_t i = 0; i < b->n_jobs; i++) {
		if (b->jobs[i].output != before[i].output)
			ca_job_done(&b->jobs[i]);
	}
	memcpy(b->jobs, before, b->n_jobs * sizeof(*before));
}

enum devid_err ca_run_batch(
	struct ca *ca, const struct ca_batch *b, struct devid_error *err)
{
	CLEANUP(cleanup_free)
	struct ca_job *before = calloc(b->n_jobs + 1, sizeof(*before));
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_ERR_STATE;

	if (!before) {
		(void)fail_no_memory_for(&cause, "ca");
		return devid_fail(err,
			ca_refuse_all(b->jobs, b->n_jobs, &cause), "%s",
			devid_error_text(&cause));
	}
	memcpy(before, b->jobs, b->n_jobs * sizeof(*before));
	for (int i = 0; i < TRIES && is_conflict(rc); i++) {
		if (i > 0)
			restore(b, before);
		devid_error_clear(&cause);
		rc = try_once(ca, b, &cause);
	}
	if (rc == DEVID_OK)
		return DEVID_OK;
	/* Those as well that were refused before: nobody is told what is not in
	 * the audit log. */
	return devid_fail(err, ca_refuse_all(b->jobs, b->n_jobs, &cause), "%s",
		devid_error_text(&cause));
}

/* @text as a JSON string. Jansson takes UTF-8 alone: other text has '?' for
 * each byte above 7F, since no name must keep a line out of the log. */
static json_t *text_json(const char *text)
{
	CLEANUP(cleanup_free) char *copy = NULL;
	json_t *json = json_string(text);

	if (json)
		return json;
	copy = strdup(text);
	for (char *p = copy; p && *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	return copy ? json_string(copy) : NULL;
}

static json_t *event_json(
	const struct ca_event *event, const struct ca_job *job)
{
	CLEANUP(cleanup_json)
	json_t *line = json_pack("{s:I, s:s, s:o, s:o}", "time",
		(json_int_t)time(NULL), "event", event->name, "station",
		text_json(job->station), "serial", text_json(event->serial));

	if (!line || (event->more && json_object_update(line, event->more) < 0))
		return NULL;
	if (job->code != DEVID_OK &&
		json_object_set_new(line, "refused",
			text_json(devid_error_text(&job->error))) < 0)
		return NULL;
	if (job->rule != PROOF_NONE &&
		json_object_set_new(line, "rule",
			json_string(proof_rule_id(job->rule))) < 0)
		return NULL;
	return STEAL(line);
}

enum devid_err ca_audit_job(struct ca *ca, const struct ca_event *event,
	const struct ca_job *job, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *json = event_json(event, job);
	CLEANUP(cleanup_free) char *line = NULL;

	if (json)
		line = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (!line)
		return fail_no_memory_for(err, "audit");
	return register_audit(ca->reg, line, err);
}
