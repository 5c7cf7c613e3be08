/* SPDX-License-Identifier: Apache-2.0 */
#include "verify-connect.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "verify-lookup.h"

#define ATTEMPT_DELAY 250 /* ms until the next address: RFC 8305, 5 */

CLEANUP_DEFINE(addrinfo, struct addrinfo *, freeaddrinfo)

struct race {
	const struct addrinfo *order[CONNECT_ADDRESSES_MAX]; /* borrowed */
	size_t n;
	struct pollfd tries[CONNECT_ADDRESSES_MAX]; /* owned; fd -1: over */
	size_t n_tried, n_open;
	int64_t next_at; /* when the next address has its turn */
	int winner;      /* owned; -1: none yet */
	int error;       /* errno of the last that failed */
};

static void cleanup_race(struct race *r)
{
	for (size_t i = 0; i < r->n_tried; i++) {
		if (r->tries[i].fd >= 0)
			(void)close(r->tries[i].fd); /* nothing was written */
	}
	if (r->winner >= 0)
		(void)close(r->winner); /* the same */
}

size_t connect_order(const struct addrinfo *list,
	const struct addrinfo *ret[CONNECT_ADDRESSES_MAX])
{
	const struct addrinfo *rest[CONNECT_ADDRESSES_MAX];
	size_t n = 0, left, at;
	int family = list ? list->ai_family : AF_UNSPEC;

	for (; list && n < CONNECT_ADDRESSES_MAX; list = list->ai_next)
		rest[n++] = list;
	for (size_t i = 0; i < n; i++) {
		left = n - i;
		for (at = 0; at < left && rest[at]->ai_family != family; at++)
			;
		if (at == left) /* none of that family is left */
			at = 0;
		ret[i] = rest[at];
		memmove(&rest[at], &rest[at + 1],
			(left - at - 1) * sizeof(rest[0]));
		family = ret[i]->ai_family == AF_INET6 ? AF_INET : AF_INET6;
	}
	return n;
}

/* The outcome of a try: it wins, or its end calls the next. */
static void settle(struct race *r, struct pollfd *try, int error)
{
	r->n_open--;
	if (error == 0) {
		r->winner = try->fd;
	} else {
		(void)close(try->fd); /* nothing was written */
		r->error = error;
		r->next_at = 0;
	}
	try->fd = -1;
}

static void start_next(struct race *r, int64_t now)
{
	const struct addrinfo *ai = r->order[r->n_tried];
	struct pollfd *try = &r->tries[r->n_tried++];

	*try = (struct pollfd) { .events = POLLOUT };
	try->fd = socket(ai->ai_family,
		ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
		ai->ai_protocol);
	if (try->fd < 0) {
		r->error = errno;
		return;
	}
	r->n_open++;
	r->next_at = now + ATTEMPT_DELAY;
	if (connect(try->fd, ai->ai_addr, ai->ai_addrlen) == 0)
		settle(r, try, 0);
	else if (errno != EINPROGRESS)
		settle(r, try, errno);
}

/* Waits until a try has an outcome or @until comes. */
static void wait_for_tries(struct race *r, int64_t now, int64_t until)
{
	int n = poll(
		r->tries, r->n_tried, until > now ? (int)(until - now) : 0);
	socklen_t len = sizeof(int);

	for (size_t i = 0; n > 0 && r->winner < 0 && i < r->n_tried; i++) {
		int error = 0;

		if (r->tries[i].fd < 0 || r->tries[i].revents == 0)
			continue;
		if (getsockopt(r->tries[i].fd, SOL_SOCKET, SO_ERROR, &error,
			    &len) < 0)
			error = errno;
		settle(r, &r->tries[i], error);
	}
}

/* Until one wins, all are over, or the time is. */
static void race_run(struct race *r, int64_t deadline)
{
	while (r->winner < 0 && (r->n_tried < r->n || r->n_open > 0)) {
		int64_t now = lookup_now_ms();
		bool more = r->n_tried < r->n;

		if (now >= deadline) {
			r->error = ETIMEDOUT;
			return;
		}
		if (more && (r->n_open == 0 || now >= r->next_at))
			start_next(r, now);
		else
			wait_for_tries(r, now,
				more && r->next_at < deadline ? r->next_at
							      : deadline);
	}
}

static const char *lookup_cause(int code)
{
	return code == LOOKUP_LATE ? "the name look-up did not end in time"
				   : gai_strerror(code);
}

int connect_within(const char *host, const char *port, int64_t deadline,
	char *cause, size_t size)
{
	CLEANUP(cleanup_addrinfo) struct addrinfo *list = NULL;
	CLEANUP(cleanup_race) struct race r = { .winner = -1 };
	int code = lookup_within(host, port, deadline, &list);

	if (code != 0) {
		(void)snprintf(cause, size, "%s", lookup_cause(code));
		return -1;
	}
	r.n = connect_order(list, r.order);
	race_run(&r, deadline);
	if (r.winner < 0)
		(void)snprintf(cause, size, "%s", strerror(r.error));
	return steal_fd(&r.winner);
}
