/* SPDX-License-Identifier: Apache-2.0 */
#include "serve.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "fail.h"
#include "files.h"
#include "log.h"
#include "serve-accept.h"
#include "serve-end.h"
#include "serve-http.h"
#include "serve-private.h"
#include "serve-tls.h"
#include "serve-worker.h"
#include "tcg-csr.h"

#define HEADERS_MAX   8192 /* bytes of a request's head; a limit of ours */
#define CACHE_ENTRIES 4096
#define WARNINGS_MAX  10 /* lines a minute about requests refused */
#define REFRESH_TICKS 30 /* seconds between looks at the publish folder */
#define FDS_BESIDES   64 /* descriptors that are no connections */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct serve *s = arg;

	(void)fd; /* a timer */
	(void)what;
	http_conns_expire(s->conns, serve_clock());
	if (s->drain_end)
		serve_drain(s);
	else if (++s->ticks % REFRESH_TICKS == 0)
		serve_files_refresh(&s->files);
	serve_set_tick(s);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig; /* either of two */
	(void)what;
	serve_end(arg);
}

static void on_hup(evutil_socket_t sig, short what, void *arg)
{
	struct serve *s = arg;

	(void)sig; /* this one */
	(void)what;
	serve_queue_reload(s->queue);
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
		what, connections + SERVE_FDS_AHEAD + FDS_BESIDES, err);
}

static enum devid_err open_http(
	struct serve *s, enum http_side side, struct devid_error *err)
{
	struct evhttp *http = evhttp_new(s->base);

	if (!http)
		return no_memory(err);
	s->http[side] = http;
	evhttp_set_max_headers_size(http, HEADERS_MAX);
	evhttp_set_timeout(http, HTTP_REQUEST_SECONDS);
	evhttp_set_default_content_type(http, NULL);
	evhttp_set_allowed_methods(http, 0xffff); /* routes say 405 */
	/* evhttp holds a body until it is whole: no side gets room for more
	 * than the longest that it may send. */
	if (side == HTTP_STATIONS) {
		evhttp_set_max_body_size(http, TCG_CSR_MAX);
		/* Read to the end, so that the answer is not lost. */
		(void)evhttp_set_flags(http, EVHTTP_SERVER_LINGERING_CLOSE);
		evhttp_set_bevcb(http, serve_accept_tls, s);
		evhttp_set_gencb(http, serve_on_station, s);
	} else {
		evhttp_set_max_body_size(http, OCSP_REQUEST_MAX);
		evhttp_set_bevcb(http, serve_accept_plain, s);
		evhttp_set_gencb(http, serve_on_public, s);
	}
	return DEVID_OK;
}

/* Where we can be asked, also when the kernel chose the port. */
static void log_address(enum http_side side, int fd)
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
	log_info("serve: %s on %s%s%s:%s",
		side == HTTP_STATIONS ? "stations" : "public", v6 ? "[" : "",
		host, v6 ? "]" : "", port);
}

static enum devid_err bind_side(struct serve *s, enum http_side side,
	struct http_listen *listen, struct devid_error *err)
{
	enum devid_err rc;

	if (listen->n == 0)
		return DEVID_OK;
	rc = open_http(s, side, err);
	while (rc == DEVID_OK && listen->n > 0) {
		int fd = listen->fds[listen->n - 1];

		s->bound[side][listen->n - 1] =
			evhttp_accept_socket_with_handle(s->http[side], fd);
		if (!s->bound[side][listen->n - 1])
			return no_memory(err);
		log_address(side, fd);
		listen->n--; /* it closes the socket from now on */
	}
	return rc;
}

static struct event *new_event(
	struct serve *s, evutil_socket_t fd, short what, event_callback_fn fn)
{
	struct event *event = event_new(s->base, fd, what, fn, s);

	if (event && !(what & EV_TIMEOUT) && event_add(event, NULL) < 0) {
		event_free(event);
		event = NULL;
	}
	return event;
}

static enum devid_err open_base(struct serve *s, struct devid_error *err)
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
	s->on_done = new_event(s, serve_queue_fd(s->queue),
		EV_READ | EV_PERSIST, serve_on_done);
	s->on_tick = new_event(s, -1, EV_TIMEOUT, on_tick);
	s->on_term = new_event(s, SIGTERM, EV_SIGNAL | EV_PERSIST, on_signal);
	s->on_int = new_event(s, SIGINT, EV_SIGNAL | EV_PERSIST, on_signal);
	s->on_hup = new_event(s, SIGHUP, EV_SIGNAL | EV_PERSIST, on_hup);
	if (!s->on_done || !s->on_tick || !s->on_term || !s->on_int ||
		!s->on_hup)
		return no_memory(err);
	return serve_fresh_new(s, err);
}

static enum devid_err open_all(
	struct serve *s, struct http_listen listen[2], struct devid_error *err)
{
	enum devid_err rc = raise_limit(s->conf->connections_max, err);

	for (size_t i = 0; i < s->conf->n_stations; i++)
		http_rate_init(
			&s->rates[i], s->conf->stations[i].rate, serve_clock());
	if (rc == DEVID_OK && listen[HTTP_STATIONS].n > 0)
		rc = serve_tls_new(s->conf, &s->tls, err);
	if (rc == DEVID_OK)
		rc = http_conns_new(s->conf->connections_max, &s->conns, err);
	if (rc == DEVID_OK)
		rc = serve_cache_new(CACHE_ENTRIES, &s->cache, err);
	if (rc == DEVID_OK)
		rc = serve_queue_new(&s->queue, err);
	if (rc == DEVID_OK)
		rc = open_base(s, err);
	for (int side = 0; rc == DEVID_OK && side < 2; side++)
		rc = bind_side(s, (enum http_side)side, &listen[side], err);
	return rc;
}

static void close_event(struct event *event)
{
	if (event)
		event_free(event);
}

static void close_all(struct serve *s)
{
	for (int side = 0; side < 2; side++) {
		if (s->http[side])
			evhttp_free(s->http[side]);
	}
	serve_fresh_free(s->fresh);
	close_event(s->on_done);
	close_event(s->on_tick);
	close_event(s->on_term);
	close_event(s->on_int);
	close_event(s->on_hup);
	if (s->base)
		event_base_free(s->base); /* frees what was to be closed */
	serve_files_done(&s->files);
	serve_cache_free(s->cache);
	serve_queue_free(s->queue);
	http_conns_free(s->conns);
	SSL_CTX_free(s->tls);
	free(s);
}

enum devid_err serve_run(const struct ca_conf *conf, struct ca *ca,
	struct http_listen listen[2], struct devid_error *err)
{
	struct serve *s = calloc(1, sizeof(*s));
	struct serve_worker *worker = NULL;
	enum devid_err rc;

	if (!s)
		return no_memory(err);
	s->conf = conf;
	s->files.dir = conf->publish;
	s->files.ca_name = conf->name;
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail */
	http_rate_init(&s->warnings, WARNINGS_MAX, serve_clock());
	rc = open_all(s, listen, err);
	if (rc == DEVID_OK)
		rc = serve_worker_start(ca, s->queue, &worker, err);
	if (rc == DEVID_OK) {
		serve_files_refresh(&s->files);
		serve_set_tick(s);
		log_info("serve: ready");
		(void)sd_notify(0, "READY=1"); /* nobody may be listening */
		if (event_base_dispatch(s->base) < 0)
			rc = devid_fail(err, DEVID_ERR_IO,
				"serve: the event loop failed: %s",
				strerror(errno));
		serve_queue_end(s->queue);
		serve_worker_join(worker);
	}
	/* Nobody logs in again here: a PIN is tried once by a program. */
	if (rc == DEVID_OK && s->token_gone)
		rc = devid_fail(err, DEVID_ERR_UNREACHABLE,
			"serve: the token or its session was lost: ended, to "
			"be started again");
	close_all(s);
	return rc;
}
