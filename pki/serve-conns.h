/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_CONNS_H
#define DEVID_SERVE_CONNS_H

/*
 * The open connections: how many there may be, and for how long one may stay
 * without a request. evhttp tells nobody when it closes a connection on which
 * no request came, so the kernel is asked: a descriptor whose socket has
 * another cookie is another connection.
 */

#include "serve-route.h"

/* Seconds for the TLS handshake: more than any station needs. */
#define SERVE_HANDSHAKE_SECONDS 5

/* Seconds from connecting, or from the last answer, to the end of the next
 * request. It holds for a client that sends a byte now and then as well. */
#define SERVE_REQUEST_SECONDS 30

/* Seconds to read the answer in: a list of a million entries over a slow
 * line. */
#define SERVE_ANSWER_SECONDS 120

struct serve_conns;

/* @max in all, of which a quarter is kept for stations; one address has at
 * most a quarter in handshakes. */
DEVID_MUST_CHECK enum devid_err serve_conns_new(
	unsigned max, struct serve_conns **ret, struct devid_error *err);
void serve_conns_free(struct serve_conns *conns);

/* Takes in the connected socket @fd (borrowed); false when there is no room,
 * or not for its address: then it was shut down. One of the stations is in its
 * handshake. @now: serve_clock(). */
bool serve_conns_add(
	struct serve_conns *conns, int fd, enum serve_side side, int64_t now);

/* The handshake on @fd is over: it is known who that is. */
void serve_conns_known(struct serve_conns *conns, int fd);

/* A request came on @fd: its time counts no more. */
void serve_conns_busy(struct serve_conns *conns, int fd);

/* Its answer goes out at @now. */
void serve_conns_answered(struct serve_conns *conns, int fd, int64_t now);

/* Its answer is out: time for the next request begins. */
void serve_conns_idle(struct serve_conns *conns, int fd, int64_t now);

/* Shuts down those whose time is over; evhttp then closes them. */
void serve_conns_expire(struct serve_conns *conns, int64_t now);

/* Shuts down those on which no request is at work. */
void serve_conns_end_idle(struct serve_conns *conns);

/* Those that are still open. */
unsigned serve_conns_count(struct serve_conns *conns);

#endif
