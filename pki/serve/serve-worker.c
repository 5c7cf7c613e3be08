/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-worker.h"

#include <stdlib.h>
#include <string.h>

#include "ca-challenge.h"
#include "ca-clock.h"
#include "ca-issue.h"
#include "ca-judge.h"
#include "ca-revoke.h"
#include "cleanup.h"
#include "fail.h"
#include "http-thread.h"
#include "log.h"
#include "ocsp-answer.h"
#include "publish.h"
#include "rate.h"
#include "serve-duties.h"
#include "serve-show.h"

/* OCSP answers signed in a second for who asks with a nonce or about what is
 * not known: anybody can, and each keeps the token from issuing. */
#define ON_DEMAND_MAX 200

/* Of one address: a quarter, so that one leaves something to the others. */
#define ON_DEMAND_SHARE (ON_DEMAND_MAX / 4)

struct serve_on_demand {
	struct http_rate all;
	struct http_rate by_source[HTTP_SOURCES];
};

struct serve_worker {
	struct ca *ca;             /* borrowed */
	struct serve_queue *queue; /* borrowed */
	struct serve_duties duties;
	pthread_t thread, judge;
	bool told_gone;
	struct serve_on_demand *on_demand; /* owned */
};

/* ---- jobs ---- */

static void log_step(const struct serve_job *job, const char *serial)
{
	const char *what = job->action == SERVE_ISSUE ? "issue" : "challenge";

	if (job->code != DEVID_OK)
		log_info("%s: station %s: refused: %s", what, job->station,
			devid_error_text(&job->error));
	else if (job->action == SERVE_ISSUE)
		log_info("issue: station %s: device %s", job->station, serial);
}

typedef enum devid_err step_fn(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct devid_error *err);

static void take_result(struct serve_job *job, struct ca_job *from,
	enum devid_err rc, const struct devid_error *err)
{
	job->code = from->code;
	job->error = from->error;
	job->rule = from->rule;
	/* An error of the whole batch is each job's. */
	if (rc != DEVID_OK && job->code == DEVID_OK) {
		job->code = rc;
		job->error = *err;
	}
	log_step(job, from->serial);
	if (job->code == DEVID_OK) {
		job->output.len = strlen(from->output);
		job->output.data = (uint8_t *)STEAL(from->output);
	}
	ca_job_done(from);
}

/* A service may run longer than its CA's certificate holds. What it issued
 * would be refused everywhere (RFC 5280 6.1.3 (a)(2)). */
static enum devid_err check_not_expired(
	const struct ca *ca, struct devid_error *err)
{
	if (X509_cmp_current_time(X509_get0_notAfter(ca->cert)) > 0)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_STATE,
		"ca: the certificate of the issuing CA has expired");
}

/* What the CA needs of each job of @list; what was judged moves. Returns how
 * many there are. @jobs: of SERVE_BATCH_MAX, all zero. */
static size_t fill_jobs(struct serve_job *list, struct ca_job *jobs)
{
	size_t n = 0;

	for (struct serve_job *job = list; job; job = job->next) {
		jobs[n].station = job->station;
		jobs[n].input = job->input;
		jobs[n].input_len = job->input_len;
		jobs[n++].judged = STEAL(job->judged);
	}
	return n;
}

static void work_batch(struct ca *ca, struct serve_job *list, step_fn *step)
{
	struct ca_job jobs[SERVE_BATCH_MAX] = { { .station = NULL } };
	size_t n = fill_jobs(list, jobs);
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	rc = check_not_expired(ca, &err);
	if (rc == DEVID_OK)
		rc = ca_clock_refuse(ca, &err);
	if (rc == DEVID_OK)
		rc = step(ca, jobs, n, &err);
	n = 0;
	for (struct serve_job *job = list; job; job = job->next)
		take_result(job, &jobs[n++], rc, &err);
}

static void init_rate(struct http_rate *rate, unsigned a_second)
{
	http_rate_init(rate, 60 * a_second, http_clock());
	rate->burst = a_second;
}

struct serve_on_demand *serve_on_demand_new(void)
{
	struct serve_on_demand *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	init_rate(&o->all, ON_DEMAND_MAX);
	for (size_t i = 0; i < HTTP_SOURCES; i++)
		init_rate(&o->by_source[i], ON_DEMAND_SHARE);
	return o;
}

static void work_ocsp(
	struct ca *ca, struct serve_on_demand *on_demand, struct serve_job *job)
{
	struct ocsp_reply reply = { .expires = 0 };
	struct http_share share = { NULL, NULL };

	if (on_demand) {
		share.all = &on_demand->all;
		share.own = &on_demand->by_source[job->source];
	}
	job->code =
		ocsp_answer(ca, (struct view) { job->input, job->input_len },
			on_demand ? &share : NULL, &reply, &job->error);
	job->output = reply.der;
	job->expires = reply.expires;
}

static void work_one(
	struct ca *ca, struct serve_on_demand *on_demand, struct serve_job *job)
{
	char *text = NULL;

	switch (job->action) {
	case SERVE_REVOKE:
		job->code = ca_revoke(ca, job->serial, job->reason,
			job->station, &job->error);
		log_info("revoke: station %s: device %s: %s", job->station,
			job->serial,
			job->code == DEVID_OK ? "done"
					      : devid_error_text(&job->error));
		break;
	case SERVE_SHOW:
		job->code = serve_show(ca, job->serial, &text, &job->error);
		if (job->code == DEVID_OK) {
			job->output.len = strlen(text);
			job->output.data = (uint8_t *)text;
		}
		break;
	case SERVE_OCSP:
		work_ocsp(ca, on_demand, job);
		break;
	case SERVE_CHALLENGE:
	case SERVE_ISSUE:
	case SERVE_REFUSE:
	case SERVE_FILE:
	case SERVE_HEALTH:
	case SERVE_METRICS: /* the event thread answers */
		break;
	}
}

void serve_work(struct ca *ca, struct serve_on_demand *on_demand,
	struct serve_job *list)
{
	if (list->action == SERVE_CHALLENGE) {
		work_batch(ca, list, ca_challenge);
		return;
	}
	if (list->action == SERVE_ISSUE) {
		work_batch(ca, list, ca_issue);
		return;
	}
	for (struct serve_job *job = list; job; job = job->next)
		work_one(ca, on_demand, job);
}

/* ---- the judge ---- */

void serve_judge(struct ca *ca, struct serve_job *list)
{
	struct ca_job jobs[SERVE_BATCH_MAX] = { { .station = NULL } };
	size_t n = fill_jobs(list, jobs);

	ca_judge(ca, jobs, n);
	n = 0;
	for (struct serve_job *job = list; job; job = job->next)
		job->judged = jobs[n++].judged;
}

static void *run_judge(void *arg)
{
	struct serve_worker *w = arg;
	struct serve_job *list;

	while ((list = serve_queue_take_requests(w->queue))) {
		serve_judge(w->ca, list);
		serve_queue_judged(w->queue, list);
	}
	return NULL;
}

/* ---- the worker ---- */

/* Tells the event thread, of the token once that it does not come back. */
static void tell(struct serve_worker *w, bool published)
{
	const bool gone =
		!w->told_gone && w->ca->token && token_gone(w->ca->token);
	const struct serve_news news = { published, gone };

	if (!published && !gone)
		return;
	serve_queue_tell(w->queue, &news);
	w->told_gone = w->told_gone || gone;
}

static void *run(void *arg)
{
	struct serve_worker *w = arg;
	int64_t due = 0;

	serve_duties_init(&w->duties, http_clock());
	for (;;) {
		struct serve_job *list = serve_queue_take(w->queue, due);
		const struct serve_job *job;
		bool published = false;

		if (!list && serve_queue_ended(w->queue))
			return NULL;
		if (list) {
			serve_work(w->ca, w->on_demand, list);
			for (job = list; job; job = job->next)
				serve_duties_used(
					&w->duties, job->code, job->rule);
			if (list->action == SERVE_REVOKE)
				serve_duties_revoked(
					&w->duties, w->ca, http_clock());
			serve_queue_finish(w->queue, list);
		}
		if (serve_queue_reload_asked(w->queue))
			serve_duties_reload(&w->duties);
		/* Who waits for an answer comes before what is only due. */
		due = serve_duties_run(
			&w->duties, w->ca, http_clock(), &published);
		serve_queue_set_trouble(w->queue,
			serve_duties_trouble(&w->duties, http_clock()));
		tell(w, published);
	}
}

enum devid_err serve_worker_start(struct ca *ca, struct serve_queue *queue,
	struct serve_worker **ret, struct devid_error *err)
{
	struct serve_worker *w = calloc(1, sizeof(*w));
	int r;

	if (w)
		w->on_demand = serve_on_demand_new();
	if (!w || !w->on_demand) {
		free(w);
		return fail_no_memory(err);
	}
	w->ca = ca;
	w->queue = queue;
	r = http_thread_start(&w->judge, run_judge, w);
	if (r == 0) {
		r = http_thread_start(&w->thread, run, w);
		if (r != 0) {
			serve_queue_end(queue);
			(void)pthread_join(w->judge, NULL); /* was started */
		}
	}
	if (r != 0) {
		free(w->on_demand);
		free(w);
		return devid_fail(
			err, DEVID_ERR_IO, "serve: thread: %s", strerror(r));
	}
	*ret = w;
	return DEVID_OK;
}

void serve_worker_join(struct serve_worker *w)
{
	if (!w)
		return;
	/* They are ours and were started. */
	(void)pthread_join(w->judge, NULL);
	(void)pthread_join(w->thread, NULL);
	free(w->on_demand);
	free(w);
}
