/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HTTP_SERVER_H
#define DEVID_HTTP_SERVER_H

/* A server of HTTP on one thread, as the files of this folder share it: who may
 * connect, and how it ends. What is asked for is the service's part. */

#include "conns.h"
#include "listen.h"
#include "rate.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/ssl.h>

struct http_fresh;

/* What a service is made of. Every function gets its @arg. */
struct http_setup {
	unsigned connections_max;
	struct {
		const char *name; /* as the log has it; borrowed */
		void (*on_request)(struct evhttp_request *req, void *arg);
		size_t body_max; /* bytes: the longest body on this side */
	} sides[2];
	void (*on_second)(void *arg); /* each second until it is to end */
	void (*on_hup)(void *arg);    /* SIGHUP */
	void *arg;                    /* borrowed */
};

struct http_server {
	const struct http_setup *setup; /* borrowed */
	struct event_base *base;        /* owned, as all below */
	struct evhttp *evhttp[2];
	SSL_CTX *tls; /* of HTTP_STATIONS; NULL: that side does not listen */
	struct http_conns *conns;
	struct http_fresh *fresh;
	struct event *on_tick, *on_term, *on_int, *on_hup;
	struct evhttp_bound_socket *bound[2][HTTP_LISTEN_MAX]; /* of evhttp */
	unsigned pending;  /* requests that the service still works on */
	int64_t drain_end; /* 0: not told to end; else when to go at last */
	int64_t drain_start;
	struct http_rate warnings; /* of refused requests, in the log */
	unsigned unsaid;           /* such that were not logged */
};

#endif
