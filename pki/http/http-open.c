/* SPDX-License-Identifier: Apache-2.0 */
#include "http-open.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "fail.h"
#include "files.h"
#include "http-accept.h"
#include "http-end.h"
#include "log.h"

#define HEADERS_MAX  8192 /* bytes of a request's head; a limit of ours */
#define WARNINGS_MAX 10   /* lines a minute about requests refused */
#define FDS_BESIDES  64   /* descriptors that are no connections */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;

	(void)fd; /* a timer */
	(void)what;
	http_conns_expire(s->conns, http_clock());
	if (s->drain_end)
		http_drain(s);
	else if (s->setup->on_second)
		s->setup->on_second(s->setup->arg);
	http_set_tick(s);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig; /* either of two */
	(void)what;
	http_end(arg);
}

static void on_hup(evutil_socket_t sig, short what, void *arg)
{
	struct http_server *s = arg;

	(void)sig; /* this one */
	(void)what;
	if (s->setup->on_hup)
		s->setup->on_hup(s->setup->arg);
}

/* ---- the beginning ---- */

static enum devid_err no_memory(struct devid_error *err)
{
	return fail_no_memory_for(err, "serve");
}

/* As many descriptors as the connections need. */
static enum devid_err raise_limit(unsigned connections, struct devid_error *err)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "serve: connections_max %u",
		connections); /* fits */
	return files_allow_open(
		what, connections + HTTP_FDS_AHEAD + FDS_BESIDES, err);
}

static enum devid_err open_side(
	struct http_server *s, enum http_side side, struct devid_error *err)
{
	struct evhttp *evhttp = evhttp_new(s->base);

	if (!evhttp)
		return no_memory(err);
	s->evhttp[side] = evhttp;
	evhttp_set_max_headers_size(evhttp, HEADERS_MAX);
	evhttp_set_timeout(evhttp, HTTP_REQUEST_SECONDS);
	evhttp_set_default_content_type(evhttp, NULL);
	evhttp_set_allowed_methods(evhttp, 0xffff); /* routes say 405 */
	/* evhttp holds a body until it is whole: no side gets room for more
	 * than the longest that it may send. */
	evhttp_set_max_body_size(
		evhttp, (ev_ssize_t)s->setup->sides[side].body_max);
	evhttp_set_gencb(
		evhttp, s->setup->sides[side].on_request, s->setup->arg);
	if (side == HTTP_STATIONS) {
		/* Read to the end, so that the answer is not lost. */
		(void)evhttp_set_flags(evhttp, EVHTTP_SERVER_LINGERING_CLOSE);
		evhttp_set_bevcb(evhttp, http_accept_tls, s);
	} else {
		evhttp_set_bevcb(evhttp, http_accept_plain, s);
	}
	return DEVID_OK;
}

/* Where we can be asked, also when the kernel chose the port. */
static void log_address(const char *name, int fd)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];
	struct sockaddr_storage addr = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(addr);
	bool v6;

	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0 ||
		getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host),
			port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return; /* it is only said */
	v6 = addr.ss_family == AF_INET6;
	log_info("serve: %s on %s%s%s:%s", name, v6 ? "[" : "", host,
		v6 ? "]" : "", port);
}

static enum devid_err bind_side(struct http_server *s, enum http_side side,
	struct http_listen *listen, struct devid_error *err)
{
	enum devid_err rc;

	if (listen->n == 0)
		return DEVID_OK;
	rc = open_side(s, side, err);
	while (rc == DEVID_OK && listen->n > 0) {
		int fd = listen->fds[listen->n - 1];

		s->bound[side][listen->n - 1] =
			evhttp_accept_socket_with_handle(s->evhttp[side], fd);
		if (!s->bound[side][listen->n - 1])
			return no_memory(err);
		log_address(s->setup->sides[side].name, fd);
		listen->n--; /* it closes the socket from now on */
	}
	return rc;
}

enum devid_err http_listen(struct http_server *s, struct http_listen listen[2],
	struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (int side = 0; rc == DEVID_OK && side < 2; side++)
		rc = bind_side(s, (enum http_side)side, &listen[side], err);
	return rc;
}

static struct event *new_event(struct http_server *s, evutil_socket_t fd,
	short what, event_callback_fn fn)
{
	struct event *event = event_new(s->base, fd, what, fn, s);

	if (event && !(what & EV_TIMEOUT) && event_add(event, NULL) < 0) {
		event_free(event);
		event = NULL;
	}
	return event;
}

static enum devid_err open_base(struct http_server *s, struct devid_error *err)
{
	struct event_config *config = event_config_new();

	/* One thread uses it. */
	if (config && event_config_set_flag(
			      config, EVENT_BASE_FLAG_NOLOCK |
					      EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		s->base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	if (!s->base || event_base_priority_init(s->base, 2) < 0)
		return no_memory(err);
	s->on_tick = new_event(s, -1, EV_TIMEOUT, on_tick);
	s->on_term = new_event(s, SIGTERM, EV_SIGNAL | EV_PERSIST, on_signal);
	s->on_int = new_event(s, SIGINT, EV_SIGNAL | EV_PERSIST, on_signal);
	s->on_hup = new_event(s, SIGHUP, EV_SIGNAL | EV_PERSIST, on_hup);
	if (!s->on_tick || !s->on_term || !s->on_int || !s->on_hup)
		return no_memory(err);
	return http_fresh_new(s, err);
}

enum devid_err http_open(const struct http_setup *setup, struct http_server *s,
	struct devid_error *err)
{
	enum devid_err rc;

	s->setup = setup;
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail */
	http_rate_init(&s->warnings, WARNINGS_MAX, http_clock());
	rc = raise_limit(setup->connections_max, err);
	if (rc == DEVID_OK)
		rc = http_conns_new(setup->connections_max, &s->conns, err);
	if (rc == DEVID_OK)
		rc = open_base(s, err);
	return rc;
}

void http_set_tls(struct http_server *s, SSL_CTX *tls)
{
	SSL_CTX_free(s->tls);
	s->tls = tls;
}

enum devid_err http_run(struct http_server *s, struct devid_error *err)
{
	http_set_tick(s);
	log_info("serve: ready");
	(void)sd_notify(0, "READY=1"); /* nobody may be listening */
	if (event_base_dispatch(s->base) < 0)
		return devid_fail(err, DEVID_ERR_IO,
			"serve: the event loop failed: %s", strerror(errno));
	return DEVID_OK;
}

static void close_event(struct event *event)
{
	if (event)
		event_free(event);
}

void http_close(struct http_server *s)
{
	for (int side = 0; side < 2; side++) {
		if (s->evhttp[side])
			evhttp_free(s->evhttp[side]);
	}
	http_fresh_free(s->fresh);
	close_event(s->on_tick);
	close_event(s->on_term);
	close_event(s->on_int);
	close_event(s->on_hup);
	if (s->base)
		event_base_free(s->base); /* frees what was to be closed */
	http_conns_free(s->conns);
	SSL_CTX_free(s->tls);
	*s = (struct http_server) { .base = NULL };
}
