/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ca-judge.h"
#include "fail.h"

/* Jobs in line; more are sent away. A station asks for one thing at a time,
 * and the slowest token signs some fifty times a second. */
#define STATIONS_MAX 1024
#define OCSP_MAX     512

/* One address has one of so many parts of it, and of a batch. */
#define OCSP_PARTS 4

/* OCSP requests taken at once: they share no commit, so that more would only
 * keep a station waiting; and when one waits already. */
#define OCSP_BATCH       64
#define OCSP_BATCH_SMALL 4

enum line_name {
	LINE_STATIONS, /* the first two are the worker's */
	LINE_OCSP,
	LINE_REQUESTS, /* the judge's */
	N_LINES
};

struct line {
	struct serve_job *first, **tail;
	size_t n;
};

struct serve_queue {
	pthread_mutex_t lock;
	pthread_cond_t ready;    /* something for the worker */
	pthread_cond_t requests; /* something for the judge */
	struct line lines[N_LINES];
	uint16_t ocsp_by[HTTP_SOURCES]; /* jobs in that line by source */
	size_t judging;                 /* jobs that the judge has taken */
	enum line_name turn;            /* whose turn it is when both wait */
	struct serve_job *done, **done_tail;
	bool ended, reload;
	const char *trouble;    /* borrowed, for ever */
	struct serve_news news; /* not collected yet */
	int64_t busy; /* since when the worker has not asked; 0: it waits */
	int fd;       /* owned: eventfd */
};

void serve_job_free(struct serve_job *job)
{
	if (!job)
		return;
	free(job->input);
	blob_done(&job->output);
	ca_judged_free(job->judged);
	free(job);
}

static void free_list(struct serve_job *job)
{
	while (job) {
		struct serve_job *next = job->next;

		serve_job_free(job);
		job = next;
	}
}

enum devid_err serve_queue_new(
	struct serve_queue **ret, struct devid_error *err)
{
	struct serve_queue *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;

	if (!q)
		return fail_no_memory(err);
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0) {
		free(q);
		return devid_fail(err, DEVID_ERR_IO, "serve: eventfd: %s",
			strerror(errno));
	}
	for (int i = 0; i < N_LINES; i++)
		q->lines[i].tail = &q->lines[i].first;
	q->done_tail = &q->done;
	/* None of these fails on Linux with these arguments. */
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&q->ready, &attr);
	(void)pthread_cond_init(&q->requests, NULL);
	(void)pthread_condattr_destroy(&attr);
	*ret = q;
	return DEVID_OK;
}

void serve_queue_free(struct serve_queue *q)
{
	if (!q)
		return;
	for (int i = 0; i < N_LINES; i++)
		free_list(q->lines[i].first);
	free_list(q->done);
	(void)close(q->fd);
	(void)pthread_cond_destroy(&q->ready);
	(void)pthread_cond_destroy(&q->requests);
	(void)pthread_mutex_destroy(&q->lock);
	free(q);
}

int serve_queue_fd(const struct serve_queue *q)
{
	return q->fd;
}

static enum line_name line_of(enum serve_action action)
{
	if (action == SERVE_OCSP)
		return LINE_OCSP;
	return action == SERVE_CHALLENGE ? LINE_REQUESTS : LINE_STATIONS;
}

static bool has_room(const struct serve_queue *q, enum line_name name,
	const struct serve_job *job)
{
	if (name == LINE_OCSP)
		return q->lines[LINE_OCSP].n < OCSP_MAX &&
		       q->ocsp_by[job->source] < OCSP_MAX / OCSP_PARTS;
	return q->lines[LINE_REQUESTS].n + q->judging +
		       q->lines[LINE_STATIONS].n <
	       STATIONS_MAX;
}

/* Puts a list at the end of @line, and returns how many jobs it has. */
static size_t append(struct line *line, struct serve_job *list)
{
	size_t n = 0;

	*line->tail = list;
	while (*line->tail) {
		line->tail = &(*line->tail)->next;
		n++;
	}
	line->n += n;
	return n;
}

bool serve_queue_push(struct serve_queue *q, struct serve_job *job)
{
	enum line_name name = line_of(job->action);
	bool room;

	(void)pthread_mutex_lock(&q->lock);
	room = !q->ended && has_room(q, name, job);
	if (room) {
		job->next = NULL;
		if (name == LINE_OCSP)
			q->ocsp_by[job->source]++;
		(void)append(&q->lines[name], job);
		(void)pthread_cond_signal(
			name == LINE_REQUESTS ? &q->requests : &q->ready);
	}
	(void)pthread_mutex_unlock(&q->lock);
	return room;
}

/* The line to serve next, or NULL. */
static struct line *next_line(struct serve_queue *q)
{
	struct line *line = &q->lines[q->turn];

	if (!line->first)
		line = &q->lines[!q->turn];
	if (!line->first)
		return NULL;
	q->turn = line == &q->lines[LINE_STATIONS] ? LINE_OCSP : LINE_STATIONS;
	return line;
}

/* Takes *@at out of @line, to the end of a list. */
static struct serve_job **move(
	struct line *line, struct serve_job **at, struct serve_job **tail)
{
	struct serve_job *job = *at;

	*at = job->next;
	if (line->tail == &job->next)
		line->tail = at;
	line->n--;
	job->next = NULL;
	*tail = job;
	return &job->next;
}

/* Takes the first job of @line and those behind it that ask for the same;
 * who asks for something else keeps his place. */
static struct serve_job *take_batch(struct line *line, size_t max)
{
	enum serve_action action = line->first->action;
	struct serve_job *list = NULL, **tail = &list;
	struct serve_job **at = &line->first;

	for (size_t n = 0; *at && n < max;) {
		if ((*at)->action != action) {
			at = &(*at)->next;
			continue;
		}
		tail = move(line, at, tail);
		n++;
	}
	return list;
}

/* The same of OCSP requests: first of each address its part of @max, the
 * longest waiting first, then whatever is left of it. */
static struct serve_job *take_ocsp(struct serve_queue *q, size_t max)
{
	const uint16_t parts[] = { (uint16_t)(max / OCSP_PARTS), UINT16_MAX };
	struct line *line = &q->lines[LINE_OCSP];
	struct serve_job *list = NULL, **tail = &list;
	uint16_t taken[HTTP_SOURCES] = { 0 };
	size_t n = 0;

	for (int round = 0; round < 2; round++) {
		struct serve_job **at = &line->first;

		while (*at && n < max) {
			uint16_t source = (*at)->source;

			if (taken[source] >= parts[round]) {
				at = &(*at)->next;
				continue;
			}
			taken[source]++;
			q->ocsp_by[source]--;
			tail = move(line, at, tail);
			n++;
		}
	}
	return list;
}

struct serve_job *serve_queue_take_requests(struct serve_queue *q)
{
	struct line *line = &q->lines[LINE_REQUESTS];
	struct serve_job *list = NULL;

	(void)pthread_mutex_lock(&q->lock);
	while (!line->first && !q->ended)
		(void)pthread_cond_wait(&q->requests, &q->lock);
	if (line->first) {
		size_t before = line->n;

		list = take_batch(line, SERVE_BATCH_MAX);
		q->judging += before - line->n;
	}
	(void)pthread_mutex_unlock(&q->lock);
	return list;
}

void serve_queue_judged(struct serve_queue *q, struct serve_job *list)
{
	(void)pthread_mutex_lock(&q->lock);
	q->judging -= append(&q->lines[LINE_STATIONS], list);
	(void)pthread_cond_signal(&q->ready);
	(void)pthread_mutex_unlock(&q->lock);
}

/* Nothing comes to the worker but what is in its lines. */
static bool is_over(const struct serve_queue *q)
{
	return q->ended && q->judging == 0 && !q->lines[LINE_REQUESTS].first;
}

static size_t batch_max(const struct serve_queue *q, const struct line *line)
{
	if (line == &q->lines[LINE_STATIONS])
		return SERVE_BATCH_MAX;
	return q->lines[LINE_STATIONS].first ? OCSP_BATCH_SMALL : OCSP_BATCH;
}

struct serve_job *serve_queue_take(struct serve_queue *q, int64_t until)
{
	struct timespec when = { .tv_sec = until / 1000,
		.tv_nsec = until % 1000 * 1000000 };
	struct serve_job *list = NULL;
	struct line *line;

	(void)pthread_mutex_lock(&q->lock);
	q->busy = 0;
	while (!(line = next_line(q)) && !is_over(q) && !q->reload &&
		pthread_cond_timedwait(&q->ready, &q->lock, &when) == 0)
		;
	if (line == &q->lines[LINE_OCSP])
		list = take_ocsp(q, batch_max(q, line));
	else if (line)
		list = take_batch(line, batch_max(q, line));
	q->busy = http_clock();
	(void)pthread_mutex_unlock(&q->lock);
	return list;
}

/* serve_queue_fd() becomes readable. */
static void wake_event_thread(const struct serve_queue *q)
{
	static const uint64_t one = 1;

	/* It fails only when the counter is full, and then it is readable. */
	if (write(q->fd, &one, sizeof(one)) < 0)
		return;
}

void serve_queue_finish(struct serve_queue *q, struct serve_job *list)
{
	(void)pthread_mutex_lock(&q->lock);
	*q->done_tail = list;
	while (*q->done_tail)
		q->done_tail = &(*q->done_tail)->next;
	(void)pthread_mutex_unlock(&q->lock);
	wake_event_thread(q);
}

void serve_queue_tell(struct serve_queue *q, const struct serve_news *news)
{
	(void)pthread_mutex_lock(&q->lock);
	q->news.published = q->news.published || news->published;
	q->news.gone = q->news.gone || news->gone;
	(void)pthread_mutex_unlock(&q->lock);
	wake_event_thread(q);
}

struct serve_job *serve_queue_collect(
	struct serve_queue *q, struct serve_news *ret_news)
{
	struct serve_job *list;
	uint64_t count;

	*ret_news = (struct serve_news) { false, false };
	/* Read first: what is finished after it makes it readable again. */
	if (read(q->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return NULL;
	(void)pthread_mutex_lock(&q->lock);
	list = q->done;
	q->done = NULL;
	q->done_tail = &q->done;
	*ret_news = q->news;
	q->news = (struct serve_news) { false, false };
	(void)pthread_mutex_unlock(&q->lock);
	return list;
}

void serve_queue_reload(struct serve_queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->reload = true;
	(void)pthread_cond_signal(&q->ready);
	(void)pthread_mutex_unlock(&q->lock);
}

bool serve_queue_reload_asked(struct serve_queue *q)
{
	bool asked;

	(void)pthread_mutex_lock(&q->lock);
	asked = q->reload;
	q->reload = false;
	(void)pthread_mutex_unlock(&q->lock);
	return asked;
}

void serve_queue_set_trouble(struct serve_queue *q, const char *trouble)
{
	(void)pthread_mutex_lock(&q->lock);
	q->trouble = trouble;
	(void)pthread_mutex_unlock(&q->lock);
}

const char *serve_queue_health(struct serve_queue *q, int64_t now)
{
	const char *text = NULL;

	(void)pthread_mutex_lock(&q->lock);
	if (q->busy > 0 && now - q->busy > SERVE_STUCK_SECONDS * 1000)
		text = "register or token: no answer\n";
	else if (q->trouble)
		text = q->trouble;
	(void)pthread_mutex_unlock(&q->lock);
	return text;
}

void serve_queue_end(struct serve_queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->ended = true;
	(void)pthread_cond_signal(&q->ready);
	(void)pthread_cond_signal(&q->requests);
	(void)pthread_mutex_unlock(&q->lock);
}

bool serve_queue_ended(struct serve_queue *q)
{
	bool ended;

	(void)pthread_mutex_lock(&q->lock);
	ended = is_over(q) && !q->lines[LINE_STATIONS].first &&
		!q->lines[LINE_OCSP].first;
	(void)pthread_mutex_unlock(&q->lock);
	return ended;
}
