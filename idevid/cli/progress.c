/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define WHAT_MAX 128 /* bytes; what is longer is cut */

struct progress {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool ended; /* under @lock */
	struct timespec began;
	char what[WHAT_MAX];
};

/* When the line after one at @seconds is due. */
static unsigned next_after(unsigned seconds)
{
	static const unsigned first[] = { 2, 10, 30, 60 };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		if (first[i] > seconds)
			return first[i];
	}
	return seconds + 60;
}

static void *tell(void *arg)
{
	struct progress *p = arg;
	unsigned seconds = 0;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->ended) {
		struct timespec due = p->began;
		int r = 0;

		due.tv_sec += next_after(seconds);
		while (!p->ended && r != ETIMEDOUT)
			r = pthread_cond_timedwait(&p->over, &p->lock, &due);
		if (p->ended)
			break;
		seconds = next_after(seconds);
		log_info("%s: still at it after %u s", p->what, seconds);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

static bool init(struct progress *p)
{
	pthread_condattr_t attr;
	bool good;

	if (pthread_condattr_init(&attr) != 0)
		return false;
	good = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	       pthread_cond_init(&p->over, &attr) == 0;
	(void)pthread_condattr_destroy(&attr); /* cannot fail */
	if (good && pthread_mutex_init(&p->lock, NULL) != 0) {
		(void)pthread_cond_destroy(&p->over);
		good = false;
	}
	return good;
}

static void done(struct progress *p)
{
	(void)pthread_cond_destroy(&p->over);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

struct progress *progress_begin(const char *what)
{
	struct progress *p;
	sigset_t all, before;
	int r;

	if (!isatty(STDERR_FILENO))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	(void)snprintf(p->what, sizeof(p->what), "%s", what); /* may cut */
	(void)clock_gettime(CLOCK_MONOTONIC, &p->began);      /* always there */
	if (!init(p)) {
		free(p);
		return NULL;
	}
	/* Signals are for the thread that does the work. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&p->thread, NULL, tell, p);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0) {
		done(p);
		return NULL;
	}
	return p;
}

void progress_end(struct progress *p)
{
	if (!p)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->ended = true;
	(void)pthread_cond_signal(&p->over);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL); /* joinable, ours */
	done(p);
}
