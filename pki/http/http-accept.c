/* SPDX-License-Identifier: Apache-2.0 */
#include "http-accept.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <stdlib.h>

#include "fail.h"
#include "log.h"
#include "http-server.h"

/* How soon after a pause it is looked whether evhttp closed what it was to. */
#define RESUME 1 /* milliseconds */

struct http_fresh {
	struct event *look, *resume; /* owned */
	unsigned ended;              /* shut down, and not closed */
	bool paused;
	struct {
		struct bufferevent *bev; /* borrowed */
		enum http_side side;
	} * list; /* owned */
	size_t n, room;
};

/* What came is at the end of @buffer; evhttp reads it after us. */
static void on_input(
	struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	struct evbuffer_iovec part;
	struct evbuffer_ptr at;
	size_t rest = info->n_added;

	if (rest == 0 || evbuffer_ptr_set(buffer, &at,
				 evbuffer_get_length(buffer) - rest,
				 EVBUFFER_PTR_SET) < 0)
		return;
	while (rest > 0 &&
		evbuffer_peek(buffer, (ev_ssize_t)rest, &at, &part, 1) > 0) {
		size_t n = part.iov_len < rest ? part.iov_len : rest;

		http_head_feed(arg, part.iov_base, n);
		rest -= n;
		if (evbuffer_ptr_set(buffer, &at, n, EVBUFFER_PTR_ADD) < 0)
			return; /* the end */
	}
}

static void look_at(
	struct http_server *s, struct bufferevent *bev, enum http_side side)
{
	int fd = bufferevent_getfd(bev);

	/* A request that nobody read along is answered as malformed. */
	if (http_conns_add(s->conns, fd, side, http_clock()))
		(void)evbuffer_add_cb(bufferevent_get_input(bev), on_input,
			http_conns_head(s->conns, fd));
}

static void set_listening(struct http_server *s, bool on)
{
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < HTTP_LISTEN_MAX; i++) {
			struct evhttp_bound_socket *bound = s->bound[side][i];
			struct evconnlistener *listener =
				bound ? evhttp_bound_socket_get_listener(bound)
				      : NULL;

			if (listener && on)
				(void)evconnlistener_enable(listener);
			else if (listener)
				(void)evconnlistener_disable(listener);
		}
	}
}

/* Accepts no more while so many descriptors are beyond those of
 * connections_max: a client that connects anew as often as it is shut down is
 * faster than evhttp closes, and without descriptors no token can sign. */
static void pause_or_resume(struct http_server *s)
{
	static const struct timeval soon = { .tv_usec = RESUME * 1000 };
	struct http_fresh *fresh = s->fresh;
	bool full = fresh->n + fresh->ended >= HTTP_FDS_AHEAD;

	if (full != fresh->paused)
		set_listening(s, !full);
	fresh->paused = full;
	/* A timer that cannot be set needs memory that was there before. */
	if (full)
		(void)event_add(fresh->resume, &soon);
}

static void look_at_ended(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;

	(void)fd; /* a timer */
	(void)what;
	s->fresh->ended = http_conns_ended(s->conns);
	pause_or_resume(s);
}

static void look(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;
	struct http_fresh *fresh = s->fresh;

	(void)fd; /* made active by us alone */
	(void)what;
	for (size_t i = 0; i < fresh->n; i++)
		look_at(s, fresh->list[i].bev, fresh->list[i].side);
	fresh->n = 0;
	fresh->ended = http_conns_ended(s->conns);
	pause_or_resume(s);
}

enum devid_err http_fresh_new(struct http_server *s, struct devid_error *err)
{
	s->fresh = calloc(1, sizeof(*s->fresh));
	if (s->fresh)
		s->fresh->look = event_new(s->base, -1, 0, look, s);
	if (s->fresh)
		s->fresh->resume =
			event_new(s->base, -1, EV_TIMEOUT, look_at_ended, s);
	if (!s->fresh || !s->fresh->look || !s->fresh->resume ||
		event_priority_set(s->fresh->look, 0) < 0)
		return fail_no_memory(err);
	return DEVID_OK;
}

void http_fresh_free(struct http_fresh *fresh)
{
	if (!fresh)
		return;
	if (fresh->look)
		event_free(fresh->look);
	if (fresh->resume)
		event_free(fresh->resume);
	free(fresh->list);
	free(fresh);
}

static bool note(
	struct http_server *s, struct bufferevent *bev, enum http_side side)
{
	struct http_fresh *fresh = s->fresh;

	if (fresh->n == fresh->room) {
		size_t room = fresh->room ? 2 * fresh->room : 64;
		void *bigger =
			realloc(fresh->list, room * sizeof(*fresh->list));

		if (!bigger)
			return false;
		fresh->list = bigger;
		fresh->room = room;
	}
	fresh->list[fresh->n].bev = bev;
	fresh->list[fresh->n++].side = side;
	event_active(fresh->look, 0, 0);
	return true;
}

/* A connection that is not counted must not be: evhttp closes one without a
 * socket of its own at once, and would make one in the clear for NULL. */
static struct bufferevent *take(
	struct http_server *s, struct bufferevent *bev, enum http_side side)
{
	if (!bev || !note(s, bev, side)) {
		log_error("serve: no memory for a connection");
		abort();
	}
	pause_or_resume(s);
	return bev;
}

static void on_tls(const SSL *ssl, int where, int ret)
{
	struct http_server *s = SSL_get_app_data(ssl);

	(void)ret; /* done is done */
	if (where & SSL_CB_HANDSHAKE_DONE)
		http_conns_known(s->conns, SSL_get_fd(ssl));
}

struct bufferevent *http_accept_tls(struct event_base *base, void *arg)
{
	struct http_server *s = arg;
	SSL *ssl = SSL_new(s->tls);
	struct bufferevent *bev = NULL;

	if (ssl) {
		(void)SSL_set_app_data(ssl, s); /* it lies in the SSL */
		SSL_set_info_callback(ssl, on_tls);
		bev = bufferevent_openssl_socket_new(base, -1, ssl,
			BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	}
	if (bev)
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return take(s, bev, HTTP_STATIONS);
}

struct bufferevent *http_accept_plain(struct event_base *base, void *arg)
{
	return take(arg,
		bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE),
		HTTP_PUBLIC);
}
