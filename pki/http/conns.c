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
	CONN_ENDED,   /* shut down, and open until evhttp closes it */
};

struct conn {
	enum conn_state state;
	enum http_side side;
	uint16_t source; /* whose places are counted */
	uint64_t cookie; /* socket(7), SO_COOKIE: never used again */
	int64_t since;   /* milliseconds */
	/* Owned, and kept for the next one with this descriptor: evhttp may
	 * still read from a socket that counts no more. */
	struct http_head *head;
};

/* Addresses share these by a secret hash; seldom do two of them. */
#define SOURCES HTTP_SOURCES

/* The shortest time between two looks at all: what is closed is known to the
 * kernel alone. */
#define SCAN_PAUSE 100 /* milliseconds */

struct http_conns {
	unsigned shaking[SOURCES]; /* handshakes by source */
	unsigned held[2][SOURCES]; /* all of a side by source */
	uint64_t seed;
	int64_t scanned;
	unsigned max;      /* of all */
	unsigned max_side; /* the rest is kept for the other side */
	unsigned n;
	unsigned n_side[2];
	unsigned ended;     /* CONN_ENDED, maybe closed since */
	struct conn *conns; /* owned; by descriptor */
	size_t n_conns;
};

enum devid_err http_conns_new(
	unsigned max, struct http_conns **ret, struct devid_error *err)
{
	struct http_conns *c = calloc(1, sizeof(*c));

	if (!c)
		return fail_no_memory(err);
	c->max = max;
	c->max_side = max - max / 4;
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
	for (size_t fd = 0; fd < c->n_conns; fd++)
		free(c->conns[fd].head);
	free(c->conns);
	free(c);
}

static bool cookie_of(int fd, uint64_t *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, ret, &len) == 0;
}

/* Whether it has a place of those that there are. */
static bool is_in(const struct conn *conn)
{
	return conn->state != CONN_NONE && conn->state != CONN_ENDED;
}

static void give_place_back(struct http_conns *c, const struct conn *conn)
{
	if (!is_in(conn))
		return;
	if (conn->state == CONN_SHAKES)
		c->shaking[conn->source]--;
	c->held[conn->side][conn->source]--;
	c->n--;
	c->n_side[conn->side]--;
}

static void forget(struct http_conns *c, struct conn *conn)
{
	if (conn->state == CONN_NONE)
		return;
	give_place_back(c, conn);
	if (conn->state == CONN_ENDED)
		c->ended--;
	*conn = (struct conn) { .head = conn->head };
}

/* Its place is another's; its descriptor is not. */
static void end(struct http_conns *c, struct conn *conn)
{
	(void)shutdown((int)(conn - c->conns), SHUT_RDWR);
	give_place_back(c, conn);
	conn->state = CONN_ENDED;
	c->ended++;
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

unsigned http_conns_ended(struct http_conns *c)
{
	for (size_t fd = 0; c->ended > 0 && fd < c->n_conns; fd++) {
		if (c->conns[fd].state == CONN_ENDED && !is_open(c, fd))
			forget(c, &c->conns[fd]);
	}
	return c->ended;
}

static bool has_room(const struct http_conns *c, enum http_side side)
{
	return c->n < c->max && c->n_side[side] < c->max_side;
}

/* Counts anew, unless that was done just now. */
static void look_again(struct http_conns *c, int64_t now)
{
	if (now - c->scanned < SCAN_PAUSE)
		return;
	c->scanned = now;
	(void)http_conns_count(c);
}

/* ---- who goes when there is no room ---- */

static uint16_t find_fullest(const struct http_conns *c, enum http_side side)
{
	size_t fullest = 0;

	for (size_t i = 1; i < SOURCES; i++) {
		if (c->held[side][i] > c->held[side][fullest])
			fullest = i;
	}
	return (uint16_t)fullest;
}

/* Ends the one of @source that is in @state the longest; false: none is. */
static bool end_one(struct http_conns *c, enum http_side side, uint16_t source,
	enum conn_state state)
{
	struct conn *oldest = NULL;

	for (size_t fd = 0; fd < c->n_conns; fd++) {
		struct conn *conn = &c->conns[fd];

		if (conn->state == state && conn->side == side &&
			conn->source == source &&
			(!oldest || conn->since < oldest->since))
			oldest = conn;
	}
	if (!oldest)
		return false;
	if (is_open(c, (size_t)(oldest - c->conns)))
		end(c, oldest);
	else
		forget(c, oldest);
	return true;
}

/*
 * Makes a place on @side for one more of @source: one of the address that has
 * most goes, what is idle first. Who has most himself gives only what is of
 * least worth, and with that nobody else's: in public an idle one, of stations
 * one that nobody knows yet. A request of a station at work is never ended.
 */
static bool make_room(
	struct http_conns *c, enum http_side side, uint16_t source)
{
	static const enum conn_state goes[] = { CONN_SHAKES, CONN_WAITS,
		CONN_ANSWERS, CONN_WORKS };
	const size_t n_own[] = { [HTTP_STATIONS] = 1, [HTTP_PUBLIC] = 2 };
	const size_t n_others[] = { [HTTP_STATIONS] = 3, [HTTP_PUBLIC] = 4 };
	uint16_t fullest = find_fullest(c, side);
	bool own = c->held[side][source] >= c->held[side][fullest];
	size_t n = own ? n_own[side] : n_others[side];

	for (size_t i = 0; i < n; i++) {
		if (end_one(c, side, own ? source : fullest, goes[i]))
			return true;
	}
	return false;
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
	unsigned max = c->max / 4;

	if (c->shaking[source] >= max)
		look_again(c, now);
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

static bool has_head(struct conn *conn)
{
	if (!conn->head)
		conn->head = malloc(sizeof(*conn->head));
	if (conn->head)
		http_head_init(conn->head);
	return conn->head != NULL;
}

/* Whether one of @source is let in on @side, and a place is there. */
static bool let_in(
	struct http_conns *c, enum http_side side, uint16_t source, int64_t now)
{
	if (side == HTTP_STATIONS && is_greedy(c, source, now))
		return false;
	if (!has_room(c, side))
		look_again(c, now);
	return has_room(c, side) || make_room(c, side, source);
}

bool http_conns_add(
	struct http_conns *c, int fd, enum http_side side, int64_t now)
{
	struct conn new = { .side = side, .since = now };
	bool ok;

	if (fd < 0)
		return false; /* gone before we looked */
	ok = grow(c, (size_t)fd) && cookie_of(fd, &new.cookie);
	if (ok)
		forget(c, &c->conns[fd]); /* who had this number before */
	new.source = source_of(c, fd);
	if (!ok) {
		(void)shutdown(fd, SHUT_RDWR); /* without memory for it */
		return false;
	}
	new.head = c->conns[fd].head;
	c->conns[fd] = new;
	if (!let_in(c, side, new.source, now) || !has_head(&c->conns[fd])) {
		end(c, &c->conns[fd]);
		return false;
	}
	c->conns[fd].state = side == HTTP_STATIONS ? CONN_SHAKES : CONN_WAITS;
	if (side == HTTP_STATIONS)
		c->shaking[new.source]++;
	c->held[side][new.source]++;
	c->n++;
	c->n_side[side]++;
	return true;
}

struct http_head *http_conns_head(struct http_conns *c, int fd)
{
	if (fd < 0 || (size_t)fd >= c->n_conns || !is_in(&c->conns[fd]))
		return NULL;
	return c->conns[fd].head;
}

uint16_t http_conns_source(const struct http_conns *c, int fd)
{
	return fd < 0 || (size_t)fd >= c->n_conns ? 0 : c->conns[fd].source;
}

static void set_state(
	struct http_conns *c, int fd, enum conn_state state, int64_t now)
{
	if (fd < 0 || (size_t)fd >= c->n_conns || !is_in(&c->conns[fd]))
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
	case CONN_ENDED:
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
