/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_JOBS_H
#define DEVID_CA_JOBS_H

/* What both steps of ca.h share. */

#include "ca.h"

#include <jansson.h>

/* Work of one job inside the register's transaction: fills job->code. Returns
 * an error only when the transaction cannot go on. */
typedef enum devid_err ca_work_fn(struct ca *ca, struct ca_job *job,
	void *state, struct devid_error *err);

struct ca_batch {
	struct ca_job *jobs;
	size_t n_jobs;
	void *states; /* an array, one element of @state_size per job; with
		       * size 0 one that all share */
	size_t state_size;
	ca_work_fn *work;
};

/*
 * Runs @batch->work for each job, also for those refused before (they get
 * their audit line), in one transaction and commits it with a signed audit
 * head. When another process was in the way all of it is done again, and sees
 * then what the other has done; job->judged of each is NULL. After an error no
 * job has an output and each has the error: what is not known to be committed
 * does not leave.
 */
DEVID_MUST_CHECK enum devid_err ca_run_batch(
	struct ca *ca, const struct ca_batch *batch, struct devid_error *err);

/* The job is over: refused for @err, and has no output. */
void ca_job_refuse(struct ca_job *job, const struct devid_error *err);

/* No job is done: each is refused with @err, whose code is returned, and not by
 * a rule. */
enum devid_err ca_refuse_all(
	struct ca_job *jobs, size_t n_jobs, const struct devid_error *err);

struct ca_event {
	const char *name;   /* "issue" */
	const char *serial; /* of the device, or "" */
	json_t *more;       /* borrowed: further members, or NULL */
};

/* An audit line about a job: event, station, serial number, and why it was
 * refused when it was. */
DEVID_MUST_CHECK enum devid_err ca_audit_job(struct ca *ca,
	const struct ca_event *event, const struct ca_job *job,
	struct devid_error *err);

#endif
