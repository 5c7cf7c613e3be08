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
	struct http_rate warnings; /* of refused stations, in the log */
	unsigned unsaid;           /* such that were not logged */
	unsigned ticks;
	bool token_gone;
};

/* Accepts nothing more, and ends when all is answered. */
void serve_end(struct serve *s);

/* ---- serve-http.c: between evhttp and routes ---- */

/* The callback of evhttp for every request; @arg is struct serve. */
void serve_on_station(struct evhttp_request *req, void *arg);
void serve_on_public(struct evhttp_request *req, void *arg);

/* What came back from the worker. */
void serve_on_done(evutil_socket_t fd, short what, void *arg);

/* ---- serve-ocsp.c ---- */

/* Answers an OCSP request from the cache, or puts it in line. */
void serve_ocsp(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route);

/* The worker's answer to it. */
void serve_ocsp_done(struct serve *s, struct serve_job *job);

void serve_published_file(
	struct serve *s, struct evhttp_request *req, enum serve_file file);

/* ---- serve-reply.c ---- */

/* The request is answered with @status and @body, which is emptied; NULL:
 * nothing. */
void serve_reply(struct serve *s, struct evhttp_request *req, int status,
	struct evbuffer *body);

/* The same with text or bytes that are copied. */
void serve_reply_bytes(struct serve *s, struct evhttp_request *req,
	const char *type, const void *data, size_t len);

/* The same with the JSON of a failure. */
void serve_reply_error(struct serve *s, struct evhttp_request *req, int status,
	const struct serve_job *why);

/* Adds a header that is ours. */
void serve_header(
	struct evhttp_request *req, const char *name, const char *value);

/* Puts a job in line; when there is no room the request is told so. Takes
 * @job. */
void serve_push(struct serve *s, struct serve_job *job);

/* A job about @input (copied); NULL without memory, which is answered. */
struct serve_job *serve_job_for(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route);

/* ---- serve-accept.c: connections as they come ---- */

DEVID_MUST_CHECK enum devid_err serve_fresh_new(
	struct serve *s, struct devid_error *err);
void serve_fresh_free(struct serve_fresh *fresh);

/* Callbacks of evhttp that make the bufferevent of a connection. */
struct bufferevent *serve_accept_tls(struct event_base *base, void *arg);
struct bufferevent *serve_accept_plain(struct event_base *base, void *arg);

#endif
