/* SPDX-License-Identifier: Apache-2.0 */
#include "conns.h"

#include <netinet/in.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fail.h"

#define FD_STEP 64

enum conn_state {
	CONN_NONE,
	CONN_SHAKES,  /* hands: nobody knows who it is */
	CONN_WAITS,   /* for a request */
	CONN_WORKS,   /* on one */
	CONN_ANSWERS, /* the answer goes out */
};

struct conn {
	enum conn_state state;
	enum http_side side;
	uint16_t source; /* whose place in @shaking is counted */
	uint64_t cookie; /* socket(7), SO_COOKIE: never used again */
	int64_t since;   /* milliseconds */
};

/* Addresses share these by a secret hash; seldom do two of them. */
#define SOURCES 4096

/* The shortest time between two looks at all for the sake of one address. */
#define SCAN_PAUSE 100 /* milliseconds */

struct http_conns {
	unsigned shaking[SOURCES]; /* handshakes by source */
	uint64_t seed;
	int64_t scanned;
	unsigned max[2]; /* of all, for this side to be let in */
	unsigned n;
	unsigned n_side[2];
	struct conn *conns; /* owned; by descriptor */
	size_t n_conns;
};

enum devid_err http_conns_new(
	unsigned max, struct http_conns **ret, struct devid_error *err)
{
	struct http_conns *c = calloc(1, sizeof(*c));

	if (!c)
		return fail_no_memory(err);
	c->max[HTTP_STATIONS] = max;
	c->max[HTTP_PUBLIC] = max - max / 4;
	c->scanned = -SCAN_PAUSE;
	if (RAND_bytes((unsigned char *)&c->seed, sizeof(c->seed)) != 1) {
		free(c);
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"serve: no random bytes for the connections");
	}
	*ret = c;
	return DEVID_OK;
}

void http_conns_free(struct http_conns *c)
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

static void forget(struct http_conns *c, struct conn *conn)
{
	if (conn->state == CONN_NONE)
		return;
	if (conn->state == CONN_SHAKES)
		c->shaking[conn->source]--;
	c->n--;
	c->n_side[conn->side]--;
	memset(conn, 0, sizeof(*conn));
}

/* Whether the socket is still the one that was taken in. */
static bool is_open(const struct http_conns *c, size_t fd)
{
	uint64_t cookie;

	return c->conns[fd].state != CONN_NONE && cookie_of((int)fd, &cookie) &&
	       cookie == c->conns[fd].cookie;
}

unsigned http_conns_count(struct http_conns *c)
{
	for (size_t fd = 0; fd < c->n_conns; fd++) {
		if (!is_open(c, fd))
			forget(c, &c->conns[fd]);
	}
	return c->n;
}

static bool has_room(const struct http_conns *c, enum http_side side)
{
	return c->n < c->max[HTTP_STATIONS] &&
	       (side == HTTP_STATIONS ||
		       c->n_side[HTTP_PUBLIC] < c->max[HTTP_PUBLIC]);
}

/* Where the other end's address is counted; of an IPv6 address the network's
 * part, for a host has all of the rest. */
static uint16_t source_of(const struct http_conns *c, int fd)
{
	struct sockaddr_storage addr = { .ss_family = AF_UNSPEC };
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&addr;
	socklen_t len = sizeof(addr);
	uint64_t hash = 0xcbf29ce484222325u ^ c->seed;
	uint8_t bytes[8] = { 0 };

	if (getpeername(fd, (struct sockaddr *)&addr, &len) == 0 &&
		addr.ss_family == AF_INET)
		memcpy(bytes, &in->sin_addr, 4);
	else if (addr.ss_family == AF_INET6 &&
		 IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		memcpy(bytes, in6->sin6_addr.s6_addr + 12, 4);
	else if (addr.ss_family == AF_INET6)
		memcpy(bytes, in6->sin6_addr.s6_addr, 8);
	for (size_t i = 0; i < sizeof(bytes); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return (uint16_t)((hash ^ hash >> 32) % SOURCES);
}

/* Whether its source has too many handshakes under way. */
static bool is_greedy(struct http_conns *c, uint16_t source, int64_t now)
{
	unsigned max = c->max[HTTP_STATIONS] / 4;

	/* Some may be closed already: it is the kernel that knows. */
	if (c->shaking[source] >= max && now - c->scanned >= SCAN_PAUSE) {
		c->scanned = now;
		(void)http_conns_count(c);
	}
	return c->shaking[source] >= max;
}

static bool grow(struct http_conns *c, size_t fd)
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

bool http_conns_add(
	struct http_conns *c, int fd, enum http_side side, int64_t now)
{
	enum conn_state state =
		side == HTTP_STATIONS ? CONN_SHAKES : CONN_WAITS;
	uint64_t cookie = 0;
	uint16_t source = 0;
	bool ok;

	if (fd < 0)
		return false; /* gone before we looked */
	ok = grow(c, (size_t)fd) && cookie_of(fd, &cookie);
	if (ok)
		forget(c, &c->conns[fd]); /* who had this number before */
	/* Only a full table is worth asking the kernel for each. */
	if (ok && !has_room(c, side))
		(void)http_conns_count(c);
	if (ok && state == CONN_SHAKES) {
		source = source_of(c, fd);
		ok = !is_greedy(c, source, now);
	}
	if (!ok || !has_room(c, side)) {
		(void)shutdown(fd, SHUT_RDWR);
		return false;
	}
	c->conns[fd] = (struct conn) { state, side, source, cookie, now };
	if (state == CONN_SHAKES)
		c->shaking[source]++;
	c->n++;
	c->n_side[side]++;
	return true;
}

static void set_state(
	struct http_conns *c, int fd, enum conn_state state, int64_t now)
{
	if (fd < 0 || (size_t)fd >= c->n_conns ||
		c->conns[fd].state == CONN_NONE)
		return;
	if (c->conns[fd].state == CONN_SHAKES)
		c->shaking[c->conns[fd].source]--;
	c->conns[fd].state = state;
	c->conns[fd].since = now;
}

void http_conns_known(struct http_conns *c, int fd)
{
	/* Its time for the request goes on; and that may be known twice. */
	if (fd >= 0 && (size_t)fd < c->n_conns &&
		c->conns[fd].state == CONN_SHAKES)
		set_state(c, fd, CONN_WAITS, c->conns[fd].since);
}

void http_conns_busy(struct http_conns *c, int fd)
{
	set_state(c, fd, CONN_WORKS, 0);
}

void http_conns_answered(struct http_conns *c, int fd, int64_t now)
{
	set_state(c, fd, CONN_ANSWERS, now);
}

void http_conns_idle(struct http_conns *c, int fd, int64_t now)
{
	set_state(c, fd, CONN_WAITS, now);
}

static bool is_over(const struct conn *conn, int64_t now)
{
	switch (conn->state) {
	case CONN_SHAKES:
		return now - conn->since > HTTP_HANDSHAKE_SECONDS * 1000;
	case CONN_WAITS:
		return now - conn->since > HTTP_REQUEST_SECONDS * 1000;
	case CONN_ANSWERS:
		return now - conn->since > HTTP_ANSWER_SECONDS * 1000;
	case CONN_NONE:
	case CONN_WORKS:
		break;
	}
	return false;
}

void http_conns_expire(struct http_conns *c, int64_t now)
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

void http_conns_end_idle(struct http_conns *c)
{
	for (size_t fd = 0; fd < c->n_conns; fd++) {
		if ((c->conns[fd].state == CONN_WAITS ||
			    c->conns[fd].state == CONN_SHAKES) &&
			is_open(c, fd))
			(void)shutdown((int)fd, SHUT_RDWR);
	}
}
