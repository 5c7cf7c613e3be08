/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_LINE_H
#define DEVID_EST_LINE_H

/*
 * Between the event thread, which speaks HTTP, and the worker, which has the
 * registrar. Who showed a certificate waits in one line and who showed none in
 * another; they take turns, so that a flood of the one does not starve the
 * other, and one address has a quarter of the places of either.
 * Each job belongs to one thread at a time; handing it over is all that is
 * locked.
 */

#include "est-route.h"
#include "http-server.h"
#include "registrar.h"

#define EST_STUCK_SECONDS 30

struct est_job {
	struct est_job *next;
	enum est_op op;
	void *owner;            /* borrowed; for the event thread alone */
	uint16_t source;        /* whose, below HTTP_SOURCES */
	X509 *cert;             /* owned; NULL: none was shown */
	STACK_OF(X509) * chain; /* owned, with what is in it; or NULL */
	char label[REGISTRAR_NAME_MAX]; /* "": none */
	struct blob csr;                /* owned: DER */
	struct registrar_answer answer; /* what came of it */
};

void est_job_free(struct est_job *job);

/* What the worker tells the event thread beside its jobs. */
struct est_news {
	STACK_OF(X509_NAME) * names; /* the receiver's; NULL: as before */
	bool reloaded;               /* all was read again */
	bool gone;                   /* the token does not come back */
};

struct est_line;

DEVID_MUST_CHECK enum devid_err est_line_new(
	struct est_line **ret, struct devid_error *err);
/* With every job in it; the worker is done with it. */
void est_line_free(struct est_line *line);

/* Readable when est_line_collect() has something. */
int est_line_fd(const struct est_line *line);

/* Puts @job in line, which takes it. false, and it stays the caller's, when
 * too many wait. */
DEVID_MUST_CHECK bool est_line_push(struct est_line *line, struct est_job *job);

/* For the worker: the job whose turn it is. Waits until there is one, until
 * @until (http_clock()), est_line_reload() or the end: NULL. */
struct est_job *est_line_take(struct est_line *line, int64_t until);

/* Gives a job back to the event thread. */
void est_line_finish(struct est_line *line, struct est_job *job);

/* The worker shall read again what may have changed; and whether it was told
 * to since it was asked last. */
void est_line_reload(struct est_line *line);
bool est_line_reload_asked(struct est_line *line);

/* Tells the event thread; takes what @news has. */
void est_line_tell(struct est_line *line, const struct est_news *news);

/* What was finished, in order; NULL: nothing. *@ret_news: what was told since
 * the last time. */
struct est_job *est_line_collect(
	struct est_line *line, struct est_news *ret_news);

/* For the worker: what is in trouble, a line that stays; NULL: nothing. */
void est_line_set_trouble(struct est_line *line, const char *trouble);

/* NULL when all is well at @now (http_clock()); else a line that says what is
 * not: such trouble, or a worker that has what it took for longer than
 * EST_STUCK_SECONDS. */
const char *est_line_health(struct est_line *line, int64_t now);

/* No job is pushed any more: the worker ends when the lines are empty. */
void est_line_end(struct est_line *line);
bool est_line_ended(struct est_line *line);

#endif
