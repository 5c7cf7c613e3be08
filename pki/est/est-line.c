/* SPDX-License-Identifier: Apache-2.0 */
#include "est-line.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fail.h"

/* Jobs in line; more are sent away. The slowest token signs some fifty times a
 * second, so that who is last waits no longer than clients do. */
#define LINE_MAX_KNOWN 512
#define LINE_MAX_OPEN  128

/* One address has one of so many parts of it. */
#define PARTS 4

enum which {
	LINE_KNOWN,
	LINE_OPEN,
	N_LINES
};

static const size_t room[N_LINES] = { LINE_MAX_KNOWN, LINE_MAX_OPEN };

struct jobs {
	struct est_job *first, **tail;
	size_t n;
	uint16_t by[HTTP_SOURCES];
};

struct est_line {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	struct jobs jobs[N_LINES];
	enum which turn; /* whose turn it is when both wait */
	struct est_job *done, **done_tail;
	struct est_news news; /* not collected yet */
	const char *trouble;  /* borrowed, for ever */
	bool ended, reload;
	int64_t busy; /* since when the worker has not asked; 0: it waits */
	int fd;       /* owned: eventfd */
};

void est_job_free(struct est_job *job)
{
	if (!job)
		return;
	X509_free(job->cert);
	sk_X509_pop_free(job->chain, X509_free);
	blob_done(&job->csr);
	registrar_answer_done(&job->answer);
	free(job);
}

static void free_list(struct est_job *job)
{
	while (job) {
		struct est_job *next = job->next;

		est_job_free(job);
		job = next;
	}
}

enum devid_err est_line_new(struct est_line **ret, struct devid_error *err)
{
	struct est_line *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	if (!l)
		return fail_no_memory(err);
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->fd < 0) {
		free(l);
		return devid_fail(err, DEVID_ERR_IO, "serve: eventfd: %s",
			strerror(errno));
	}
	for (int i = 0; i < N_LINES; i++)
		l->jobs[i].tail = &l->jobs[i].first;
	l->done_tail = &l->done;
	/* None of these fails on Linux with these arguments. */
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->ready, &attr);
	(void)pthread_condattr_destroy(&attr);
	*ret = l;
	return DEVID_OK;
}

void est_line_free(struct est_line *l)
{
	if (!l)
		return;
	for (int i = 0; i < N_LINES; i++)
		free_list(l->jobs[i].first);
	free_list(l->done);
	sk_X509_NAME_pop_free(l->news.names, X509_NAME_free);
	(void)close(l->fd);
	(void)pthread_cond_destroy(&l->ready);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

int est_line_fd(const struct est_line *l)
{
	return l->fd;
}

static void wake(struct est_line *l)
{
	(void)eventfd_write(l->fd, 1); /* full: it is readable already */
}

bool est_line_push(struct est_line *l, struct est_job *job)
{
	enum which which = job->cert ? LINE_KNOWN : LINE_OPEN;
	struct jobs *jobs = &l->jobs[which];
	bool fits;

	(void)pthread_mutex_lock(&l->lock);
	fits = !l->ended && jobs->n < room[which] &&
	       jobs->by[job->source] < room[which] / PARTS;
	if (fits) {
		job->next = NULL;
		*jobs->tail = job;
		jobs->tail = &job->next;
		jobs->n++;
		jobs->by[job->source]++;
		(void)pthread_cond_signal(&l->ready);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return fits;
}

/* The job to do next, or NULL. */
static struct est_job *next_job(struct est_line *l)
{
	enum which which = l->turn;
	struct est_job *job;
	struct jobs *jobs;

	if (!l->jobs[which].first)
		which = which == LINE_KNOWN ? LINE_OPEN : LINE_KNOWN;
	jobs = &l->jobs[which];
	job = jobs->first;
	if (!job)
		return NULL;
	l->turn = which == LINE_KNOWN ? LINE_OPEN : LINE_KNOWN;
	jobs->first = job->next;
	if (!jobs->first)
		jobs->tail = &jobs->first;
	jobs->n--;
	jobs->by[job->source]--;
	job->next = NULL;
	return job;
}

struct est_job *est_line_take(struct est_line *l, int64_t until)
{
	const struct timespec when = { .tv_sec = (time_t)(until / 1000),
		.tv_nsec = (long)(until % 1000) * 1000000 };
	struct est_job *job;
	int r = 0;

	(void)pthread_mutex_lock(&l->lock);
	l->busy = 0;
	while (!(job = next_job(l)) && !l->ended && !l->reload &&
		r != ETIMEDOUT)
		r = pthread_cond_timedwait(&l->ready, &l->lock, &when);
	l->busy = http_clock();
	(void)pthread_mutex_unlock(&l->lock);
	return job;
}

void est_line_finish(struct est_line *l, struct est_job *job)
{
	(void)pthread_mutex_lock(&l->lock);
	job->next = NULL;
	*l->done_tail = job;
	l->done_tail = &job->next;
	(void)pthread_mutex_unlock(&l->lock);
	wake(l);
}

void est_line_reload(struct est_line *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->reload = true;
	(void)pthread_cond_signal(&l->ready);
	(void)pthread_mutex_unlock(&l->lock);
}

bool est_line_reload_asked(struct est_line *l)
{
	bool asked;

	(void)pthread_mutex_lock(&l->lock);
	asked = l->reload;
	l->reload = false;
	(void)pthread_mutex_unlock(&l->lock);
	return asked;
}

void est_line_tell(struct est_line *l, const struct est_news *news)
{
	(void)pthread_mutex_lock(&l->lock);
	if (news->names) {
		sk_X509_NAME_pop_free(l->news.names, X509_NAME_free);
		l->news.names = news->names;
	}
	l->news.reloaded = l->news.reloaded || news->reloaded;
	l->news.gone = l->news.gone || news->gone;
	(void)pthread_mutex_unlock(&l->lock);
	wake(l);
}

struct est_job *est_line_collect(struct est_line *l, struct est_news *ret_news)
{
	struct est_job *list;
	eventfd_t n;

	(void)eventfd_read(l->fd, &n); /* nothing there: nothing is told */
	(void)pthread_mutex_lock(&l->lock);
	list = l->done;
	l->done = NULL;
	l->done_tail = &l->done;
	*ret_news = l->news;
	l->news = (struct est_news) { .names = NULL };
	(void)pthread_mutex_unlock(&l->lock);
	return list;
}

void est_line_set_trouble(struct est_line *l, const char *trouble)
{
	(void)pthread_mutex_lock(&l->lock);
	l->trouble = trouble;
	(void)pthread_mutex_unlock(&l->lock);
}

const char *est_line_health(struct est_line *l, int64_t now)
{
	const char *trouble;

	(void)pthread_mutex_lock(&l->lock);
	trouble = l->trouble;
	if (l->busy && now - l->busy > EST_STUCK_SECONDS * 1000)
		trouble = "the worker is stuck\n";
	(void)pthread_mutex_unlock(&l->lock);
	return trouble;
}

void est_line_end(struct est_line *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->ended = true;
	(void)pthread_cond_signal(&l->ready);
	(void)pthread_mutex_unlock(&l->lock);
}

bool est_line_ended(struct est_line *l)
{
	bool ended;

	(void)pthread_mutex_lock(&l->lock);
	ended = l->ended && !l->jobs[LINE_KNOWN].first &&
		!l->jobs[LINE_OPEN].first;
	(void)pthread_mutex_unlock(&l->lock);
	return ended;
}
