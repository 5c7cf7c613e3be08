/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_PRIVATE_H
#define DEVID_SERVE_PRIVATE_H

/* What the files of the event thread share. */

#include "serve-cache.h"
#include "conns.h"
#include "serve-files.h"
#include "serve-queue.h"
#include "rate.h"
#include "serve.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/ssl.h>

struct serve_fresh;

struct serve {
	const struct ca_conf *conf; /* borrowed */
	struct event_base *base;    /* owned, as all below */
	struct evhttp *http[2];
	SSL_CTX *tls;
	struct http_conns *conns;
	struct serve_fresh *fresh;
	struct serve_queue *queue;
	struct serve_cache *cache;
	struct serve_files files;
	struct http_rate rates[CA_STATIONS_MAX];
	struct event *on_done, *on_tick, *on_term, *on_int, *on_hup;
	struct evhttp_bound_socket *bound[2][HTTP_LISTEN_MAX]; /* of http */
	unsigned pending;  /* requests at the worker */
	int64_t drain_end; /* 0: not told to end; else when to go at last */
	int64_t drain_start;
	struct http_rate warnings; /* of refused requests, in the log */
	unsigned unsaid;           /* such that were not logged */
	unsigned ticks;
	bool token_gone;
};

#endif
