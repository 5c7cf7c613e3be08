/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-jobs.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "digest.h"

CLEANUP_DEFINE(json, json_t *, json_decref)

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
		(void)devid_fail(&cause, DEVID_ERR_NOMEM, "ca: no memory");
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

static enum devid_err other_device(const struct register_device *want,
	const struct register_device *found, const char *what,
	struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_EXISTS,
		"%s: %s has certificates already, of device %s", want->serial,
		what, found->serial);
}

/* Which of two keys a device's certificates have. */
struct same_keys {
	const uint8_t (*key_fingerprint)[32]; /* borrowed */
	bool same[N_KEY_ROLES];
};

static enum devid_err compare_key(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct same_keys *s = arg;

	(void)err; /* cannot fail */
	if (cert->state == REGISTER_LIVE &&
		memcmp(s->key_fingerprint[cert->role], cert->key_fingerprint,
			32) == 0)
		s->same[cert->role] = true;
	return DEVID_OK;
}

/* For a device that is not in the register. */
static enum devid_err check_new_device(const struct register_device *want,
	const struct register_holders *h, struct devid_error *err)
{
	/* A TPM whose keys were told to be known to others is not believed
	 * again: it would get the same keys certified, or others made from the
	 * same seed. */
	if (h->found[REGISTER_BY_EK_COMPROMISED])
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: its TPM had device %s, revoked for keyCompromise",
			want->serial,
			h->device[REGISTER_BY_EK_COMPROMISED].serial);
	/* A TPM with two EK certificates would else get two identities for one
	 * key. */
	if (h->found[REGISTER_BY_KEY])
		return other_device(want, &h->device[REGISTER_BY_KEY],
			"its IDevID key", err);
	return DEVID_OK;
}

enum devid_err ca_find_device(struct ca *ca, const struct register_device *want,
	const uint8_t (*key_fingerprint)[32], struct ca_found *ret,
	struct devid_error *err)
{
	const struct register_identity who = { want->serial,
		want->ek_fingerprint, key_fingerprint[KEY_ROLE_IDEVID] };
	struct same_keys keys = { key_fingerprint, { false } };
	struct register_holders h;
	enum devid_err rc;

	ret->known = false;
	rc = register_find_holders(ca->reg, &who, &h, err);
	if (rc != DEVID_OK)
		return rc;
	if (h.found[REGISTER_BY_EK] &&
		strcmp(h.device[REGISTER_BY_EK].serial, want->serial) != 0)
		return other_device(want, &h.device[REGISTER_BY_EK],
			"the EK of its TPM", err);
	if (!h.found[REGISTER_BY_SERIAL])
		return check_new_device(want, &h, err);
	ret->device = h.device[REGISTER_BY_SERIAL];
	if (memcmp(ret->device.ek_fingerprint, want->ek_fingerprint, 32) != 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this serial number was issued to another TPM",
			want->serial);
	rc = register_certs_of_device(
		ca->reg, ret->device.id, compare_key, &keys, err);
	if (rc != DEVID_OK)
		return rc;
	if (!keys.same[KEY_ROLE_IDEVID] || !keys.same[KEY_ROLE_IAK])
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this serial number was issued to other keys of "
			"the same TPM",
			want->serial);
	if (strcmp(ret->device.model, want->model) != 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this device was issued as model \"%s\", not "
			"\"%s\"",
			want->serial, ret->device.model, want->model);
	ret->known = true;
	if (ca->conf->again == CA_AGAIN_REFUSE)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this device has its certificates already",
			want->serial);
	return DEVID_OK;
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
		return devid_fail(err, DEVID_ERR_NOMEM, "audit: no memory");
	return register_audit(ca->reg, line, err);
}
