/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_WORKER_H
#define DEVID_SERVE_WORKER_H

/*
 * Two threads. The judge looks at the requests of stations (ca_judge()), which
 * is most of the work and touches neither register nor token: the next ones are
 * judged while the last ones wait for the disk. The worker owns the CA: token,
 * register, revocation lists. It takes jobs from the queue, all that wait for
 * the same thing at once, and between them does what is due. Whatever fails is
 * told to who asked, or logged and tried again; it never ends by itself. What
 * it has to tell the event thread is struct serve_news.
 */

#include "ca.h"
#include "serve-queue.h"

struct serve_worker;
struct serve_on_demand;

/* Starts both; @ca and @queue are their own until serve_worker_join(). */
DEVID_MUST_CHECK enum devid_err serve_worker_start(struct ca *ca,
	struct serve_queue *queue, struct serve_worker **ret,
	struct devid_error *err);

/* Waits for their end, which serve_queue_end() brings about. */
void serve_worker_join(struct serve_worker *worker);

/* How many OCSP answers may be signed for who asks, of all and by address; free
 * with free(). NULL without memory. */
struct serve_on_demand *serve_on_demand_new(void);

/* Does the jobs of @list, all of one action, on @ca: the worker's work, apart
 * for tests. @on_demand: NULL: no limit. */
void serve_work(struct ca *ca, struct serve_on_demand *on_demand,
	struct serve_job *list);

/* Judges the requests of @list: the judge's work. */
void serve_judge(struct ca *ca, struct serve_job *list);

/* What a CA does by itself: lists, OCSP answers, marks of old challenges,
 * trust, a look whether register, token and clock are there and right. The
 * clock is first: what it is worth decides about the others. */
enum serve_duty {
	SERVE_DUTY_CLOCK,
	SERVE_DUTY_CRL,
	SERVE_DUTY_DELTA,
	SERVE_DUTY_OCSP,
	SERVE_DUTY_PURGE,
	SERVE_DUTY_TRUST,
	SERVE_DUTY_PROBE,
	SERVE_N_DUTIES
};

struct serve_duties {
	int64_t due[SERVE_N_DUTIES];  /* when it is next, milliseconds */
	int64_t made[SERVE_N_DUTIES]; /* a list for a revocation; 0: never */
	int64_t seen[SERVE_N_DUTIES]; /* end of the list seen last */
	int64_t files; /* when files are compared next, milliseconds */
	bool failed[SERVE_N_DUTIES];    /* the last time */
	int64_t logged[SERVE_N_DUTIES]; /* when that was told */
	bool clock_wrong; /* as it was looked at last: nothing is signed */
	bool clock_back;  /* and signed by, though the register knows later */
	bool use_failed;  /* of register or token, and not seen well since */
	int64_t early; /* when something from the future was seen; 0: never */
};

#endif
