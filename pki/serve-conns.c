/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-conns.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FD_STEP 64

enum conn_state {
	CONN_NONE,
	CONN_WAITS,   /* for a request */
	CONN_WORKS,   /* on one */
	CONN_ANSWERS, /* the answer goes out */
};

struct conn {
	enum conn_state state;
	enum serve_side side;
	uint64_t cookie; /* socket(7), SO_COOKIE: never used again */
	int64_t since;   /* milliseconds */
};

struct serve_conns {
	unsigned max[2]; /* of all, for this side to be let in */
	unsigned n;
	unsigned n_side[2];
	struct conn *conns; /* owned; by descriptor */
	size_t n_conns;
};

enum devid_err serve_conns_new(
	unsigned max, struct serve_conns **ret, struct devid_error *err)
{
	struct serve_conns *c = calloc(1, sizeof(*c));

	if (!c)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	c->max[SERVE_STATIONS] = max;
	c->max[SERVE_PUBLIC] = max - max / 4;
	*ret = c;
	return DEVID_OK;
}

void serve_conns_free(struct serve_conns *c)
{
	if (!c)
		return;
	free(c->conns);
	free(c);
}

static bool cookie_of(int fd, uint64_t *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, ret, &len) == 0;
}

static void forget(struct serve_conns *c, struct conn *conn)
{
	if (conn->state == CONN_NONE)
		return;
	c->n--;
	c->n_side[conn->side]--;
	memset(conn, 0, sizeof(*conn));
}

/* Whether the socket is still the one that was taken in. */
static bool is_open(const struct serve_conns *c, size_t fd)
{
	uint64_t cookie;

	return c->conns[fd].state != CONN_NONE && cookie_of((int)fd, &cookie) &&
	       cookie == c->conns[fd].cookie;
}

unsigned serve_conns_count(struct serve_conns *c)
{
	for (size_t fd = 0; fd < c->n_conns; fd++) {
		if (!is_open(c, fd))
			forget(c, &c->conns[fd]);
	}
	return c->n;
}

static bool has_room(const struct serve_conns *c, enum serve_side side)
{
	return c->n < c->max[SERVE_STATIONS] &&
	       (side == SERVE_STATIONS ||
		       c->n_side[SERVE_PUBLIC] < c->max[SERVE_PUBLIC]);
}

static bool grow(struct serve_conns *c, size_t fd)
{
	size_t n = (fd / FD_STEP + 1) * FD_STEP;
	struct conn *bigger;

	if (fd < c->n_conns)
		return true;
	bigger = realloc(c->conns, n * sizeof(*bigger));
	if (!bigger)
		return false;
	memset(bigger + c->n_conns, 0, (n - c->n_conns) * sizeof(*bigger));
	c->conns = bigger;
	c->n_conns = n;
	return true;
}

bool serve_conns_add(
	struct serve_conns *c, int fd, enum serve_side side, int64_t now)
{
	uint64_t cookie = 0;
	bool ok;

	if (fd < 0)
		return false; /* gone before we looked */
	ok = grow(c, (size_t)fd) && cookie_of(fd, &cookie);
	if (ok)
		forget(c, &c->conns[fd]); /* who had this number before */
	/* Only a full table is worth asking the kernel for each. */
	if (ok && !has_room(c, side))
		(void)serve_conns_count(c);
	if (!ok || !has_room(c, side)) {
		(void)shutdown(fd, SHUT_RDWR);
		return false;
	}
	c->conns[fd] = (struct conn) { CONN_WAITS, side, cookie, now };
	c->n++;
	c->n_side[side]++;
	return true;
}

static void set_state(
	struct serve_conns *c, int fd, enum conn_state state, int64_t now)
{
	if (fd < 0 || (size_t)fd >= c->n_conns ||
		c->conns[fd].state == CONN_NONE)
		return;
	c->conns[fd].state = state;
	c->conns[fd].since = now;
}

void serve_conns_busy(struct serve_conns *c, int fd)
{
	set_state(c, fd, CONN_WORKS, 0);
}

void serve_conns_answered(struct serve_conns *c, int fd, int64_t now)
{
	set_state(c, fd, CONN_ANSWERS, now);
}

void serve_conns_idle(struct serve_conns *c, int fd, int64_t now)
{
	set_state(c, fd, CONN_WAITS, now);
}

static bool is_over(const struct conn *conn, int64_t now)
{
	switch (conn->state) {
	case CONN_WAITS:
		return now - conn->since > SERVE_REQUEST_SECONDS * 1000;
	case CONN_ANSWERS:
		return now - conn->since > SERVE_ANSWER_SECONDS * 1000;
	case CONN_NONE:
	case CONN_WORKS:
		break;
	}
	return false;
}

void serve_conns_expire(struct serve_conns *c, int64_t now)
{
	for (size_t fd = 0; fd < c->n_conns; fd++) {
		if (!is_over(&c->conns[fd], now))
			continue;
		if (is_open(c, fd))
			(void)shutdown((int)fd, SHUT_RDWR);
		else
			forget(c, &c->conns[fd]);
	}
}

void serve_conns_end_idle(struct serve_conns *c)
{
	for (size_t fd = 0; fd < c->n_conns; fd++) {
		if (c->conns[fd].state == CONN_WAITS && is_open(c, fd))
			(void)shutdown((int)fd, SHUT_RDWR);
	}
}
