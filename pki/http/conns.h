/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CONNS_H
#define DEVID_CONNS_H

/*
 * The open connections: how many there may be, and for how long one may stay
 * without a request. evhttp tells nobody when it closes a connection on which
 * no request came, so the kernel is asked: a descriptor whose socket has
 * another cookie is another connection.
 */

#include "head.h"

#include <devid/error.h>

#include <stdbool.h>
#include <stdint.h>

enum http_side {
	HTTP_STATIONS, /* mutual TLS */
	HTTP_PUBLIC,   /* anybody */
};

/* Seconds for the TLS handshake: more than any station needs. */
#define HTTP_HANDSHAKE_SECONDS 5

/* Seconds from connecting, or from the last answer, to the end of the next
 * request. It holds for a client that sends a byte now and then as well. */
#define HTTP_REQUEST_SECONDS 30

/* Seconds to read the answer in: a list of a million entries over a slow
 * line. */
#define HTTP_ANSWER_SECONDS 120

/* Addresses are told apart by a secret hash into so many; of IPv6 all below
 * one /64 are one. */
#define HTTP_SOURCES 4096

struct http_conns;

/* @max in all, of which a quarter is kept for either side; one address has at
 * most a quarter in handshakes. */
DEVID_MUST_CHECK enum devid_err http_conns_new(
	unsigned max, struct http_conns **ret, struct devid_error *err);
void http_conns_free(struct http_conns *conns);

/* Takes in the connected socket @fd (borrowed). Where its side is full, one of
 * the address that has most there is shut down for it, an idle one first;
 * false when that is its own and has none to spare, and for too many
 * handshakes: then @fd was shut down. One of the stations is in its handshake.
 * @now: http_clock(). */
bool http_conns_add(
	struct http_conns *conns, int fd, enum http_side side, int64_t now);

/* What reads its requests (borrowed, good until its descriptor is closed);
 * NULL: it was not taken in, or shut down meanwhile. */
struct http_head *http_conns_head(struct http_conns *conns, int fd);

/* Where its address is counted, below HTTP_SOURCES. */
uint16_t http_conns_source(const struct http_conns *conns, int fd);

/* The handshake on @fd is over: it is known who that is. */
void http_conns_known(struct http_conns *conns, int fd);

/* A request came on @fd: its time counts no more. */
void http_conns_busy(struct http_conns *conns, int fd);

/* Its answer goes out at @now. */
void http_conns_answered(struct http_conns *conns, int fd, int64_t now);

/* Its answer is out: time for the next request begins. */
void http_conns_idle(struct http_conns *conns, int fd, int64_t now);

/* Shuts down those whose time is over; evhttp then closes them. */
void http_conns_expire(struct http_conns *conns, int64_t now);

/* Shuts down those on which no request is at work. */
void http_conns_end_idle(struct http_conns *conns);

/* Those that are still open and were not shut down for another. */
unsigned http_conns_count(struct http_conns *conns);

/* Those that http_conns_add() shut down, and that are not closed yet: each has
 * a descriptor, which @max does not count. Who takes in more only while these
 * are few never runs out of descriptors. */
unsigned http_conns_ended(struct http_conns *conns);

#endif
