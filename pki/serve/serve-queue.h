/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_QUEUE_H
#define DEVID_SERVE_QUEUE_H

/*
 * Between the event thread, which speaks HTTP, and those of serve-worker.h. Who
 * asks for a challenge waits in a line for the judge, and then as all others in
 * one for the worker. Jobs of stations and OCSP requests wait in lines of their
 * own and take turns, so that a flood of the one does not starve the other; in
 * that of OCSP one address has a quarter of the places, and of each batch while
 * others wait.
 * Each job belongs to one thread at a time; handing it over is all that is
 * locked.
 */

#include "ca.h"
#include "rate.h"
#include "serve-route.h"

#include <pthread.h>

#define SERVE_BATCH_MAX 256 /* jobs that share one commit to disk */

#define SERVE_STUCK_SECONDS 30

struct serve_job {
	struct serve_job *next;
	enum serve_action action; /* challenge, issue, revoke, show, OCSP */
	void *owner;              /* borrowed; for the event thread alone */
	const char *station;      /* borrowed, lives as long as the server */
	uint8_t *input;           /* owned */
	size_t input_len;
	char serial[REGISTER_NAME_MAX]; /* revoke, show */
	int reason;                     /* revoke */
	bool keep;                      /* OCSP: may be cached */
	uint16_t source;                /* OCSP: whose, below HTTP_SOURCES */
	struct ca_judged *judged;       /* owned; challenge: by the judge */
	/* What came of it. */
	enum devid_err code;
	struct devid_error error;
	enum proof_rule rule;
	struct blob output;
	int64_t expires; /* OCSP */
};

void serve_job_free(struct serve_job *job);

struct serve_queue;

DEVID_MUST_CHECK enum devid_err serve_queue_new(
	struct serve_queue **ret, struct devid_error *err);
/* With every job in it; all threads are done with it. */
void serve_queue_free(struct serve_queue *queue);

/* Readable when serve_queue_collect() has something. */
int serve_queue_fd(const struct serve_queue *queue);

/* Puts @job in line, which takes it. false, and it stays the caller's, when
 * too many wait. */
DEVID_MUST_CHECK bool serve_queue_push(
	struct serve_queue *queue, struct serve_job *job);

/*
 * For the judge: a list of at most SERVE_BATCH_MAX requests for a challenge,
 * the longest waiting first. Waits until there is one, or the end: NULL.
 * serve_queue_judged() puts what it took in line for the worker.
 */
struct serve_job *serve_queue_take_requests(struct serve_queue *queue);
void serve_queue_judged(struct serve_queue *queue, struct serve_job *list);

/*
 * For the worker: a list of at most SERVE_BATCH_MAX jobs of one action, the
 * longest waiting first. Waits until there is one, until @until (milliseconds
 * of CLOCK_MONOTONIC), serve_queue_reload() or the end: NULL.
 */
struct serve_job *serve_queue_take(struct serve_queue *queue, int64_t until);

/* The worker shall read again what may have changed; and whether it was told
 * to since it was asked last. */
void serve_queue_reload(struct serve_queue *queue);
bool serve_queue_reload_asked(struct serve_queue *queue);

/* For the worker: what is in trouble, as a line that stays; NULL: nothing. */
void serve_queue_set_trouble(struct serve_queue *queue, const char *trouble);

/* NULL when all is well at @now (http_clock()); else a line that says what is
 * not: such trouble, or a worker that has what it took for longer than
 * SERVE_STUCK_SECONDS. */
const char *serve_queue_health(struct serve_queue *queue, int64_t now);

/* Gives a list of jobs back to the event thread. */
void serve_queue_finish(struct serve_queue *queue, struct serve_job *list);

/* What the worker tells the event thread beside its jobs. */
struct serve_news {
	bool published; /* published files may have changed */
	bool gone;      /* the token does not come back */
};

/* Adds @news to what was not collected yet. */
void serve_queue_tell(struct serve_queue *queue, const struct serve_news *news);

/* What was finished, in order; NULL: nothing. *@ret_news: what was told since
 * the last time. */
struct serve_job *serve_queue_collect(
	struct serve_queue *queue, struct serve_news *ret_news);

/* No job is pushed any more: judge and worker end when their lines are empty,
 * and the worker not before the judge has handed over what it took. */
void serve_queue_end(struct serve_queue *queue);
/* It was ended, and nothing comes to the worker any more. */
bool serve_queue_ended(struct serve_queue *queue);

#endif
