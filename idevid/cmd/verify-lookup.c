/* SPDX-License-Identifier: Apache-2.0 */
#include "verify-lookup.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of the one who waits and of the thread; the last one frees it. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned users;
	bool has_ended;
	int code;              /* of getaddrinfo() */
	struct addrinfo *list; /* owned until it is taken */
	char *host, *port;     /* owned */
};

int64_t lookup_now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail on Linux */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int resolve(
	const char *host, const char *port, int flags, struct addrinfo **ret)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags };

	return getaddrinfo(host, port, &hints, ret);
}

static void lookup_free(struct lookup *l)
{
	if (l->list)
		freeaddrinfo(l->list);
	/* nobody holds them any more */
	(void)pthread_cond_destroy(&l->ended);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l->port);
	free(l);
}

/* Gives up a share. The lock is held, and released. */
static void leave(struct lookup *l)
{
	bool last = --l->users == 0;

	(void)pthread_mutex_unlock(&l->lock); /* locked by us */
	if (last)
		lookup_free(l);
}

static void *run(void *arg)
{
	struct addrinfo *list = NULL;
	struct lookup *l = arg;
	int code = resolve(l->host, l->port, 0, &list);

	(void)pthread_mutex_lock(&l->lock); /* of the plain kind */
	l->code = code;
	l->list = code == 0 ? list : NULL;
	l->has_ended = true;
	(void)pthread_cond_signal(&l->ended); /* cannot fail */
	leave(l);
	return NULL;
}

static bool init_locks(struct lookup *l)
{
	pthread_condattr_t attr;
	bool ok;

	if (pthread_condattr_init(&attr) != 0)
		return false;
	ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	     pthread_cond_init(&l->ended, &attr) == 0;
	(void)pthread_condattr_destroy(&attr); /* initialised above */
	if (!ok)
		return false;
	if (pthread_mutex_init(&l->lock, NULL) == 0)
		return true;
	(void)pthread_cond_destroy(&l->ended); /* unused */
	return false;
}

static struct lookup *lookup_new(const char *host, const char *port)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	if (!init_locks(l)) {
		free(l);
		return NULL;
	}
	l->users = 2;
	l->host = strdup(host);
	l->port = strdup(port);
	if (l->host && l->port)
		return l;
	lookup_free(l);
	return NULL;
}

static bool start(struct lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool ok;

	if (pthread_attr_init(&attr) != 0)
		return false;
	ok = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
	     pthread_create(&thread, &attr, run, l) == 0;
	(void)pthread_attr_destroy(&attr); /* initialised above */
	return ok;
}

/* Waits for the thread, which has the other share. */
static int await(struct lookup *l, int64_t deadline, struct addrinfo **ret)
{
	const struct timespec until = { .tv_sec = deadline / 1000,
		.tv_nsec = deadline % 1000 * 1000000 };
	int code = LOOKUP_LATE;

	(void)pthread_mutex_lock(&l->lock); /* of the plain kind */
	while (!l->has_ended &&
		pthread_cond_timedwait(&l->ended, &l->lock, &until) == 0)
		;
	if (l->has_ended) {
		code = l->code;
		*ret = l->list;
		l->list = NULL;
	}
	leave(l);
	return code;
}

int lookup_within(const char *host, const char *port, int64_t deadline,
	struct addrinfo **ret)
{
	struct lookup *l;
	int code = resolve(host, port, AI_NUMERICHOST, ret);

	if (code != EAI_NONAME) /* an address: nobody was asked */
		return code;
	if (lookup_now_ms() >= deadline)
		return LOOKUP_LATE; /* however soon the answer came */
	l = lookup_new(host, port);
	if (!l)
		return EAI_MEMORY;
	if (!start(l)) {
		lookup_free(l);
		return EAI_AGAIN;
	}
	return await(l, deadline, ret);
}
