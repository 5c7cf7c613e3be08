/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-http.h"

#include <event2/http_struct.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "log.h"
#include "metrics.h"
#include "http-end.h"
#include "serve-ocsp.h"
#include "serve-private.h"
#include "serve-reply.h"
#include "serve-status.h"
#include "serve-tls.h"

#define FINGERPRINT_LEN 32

static enum serve_method method_of(const struct evhttp_request *req)
{
	switch (evhttp_request_get_command(req)) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_HEAD: /* RFC 9110 9.3.2: the answer lacks its content */
		return SERVE_GET;
	case EVHTTP_REQ_POST:
		return SERVE_POST;
	case EVHTTP_REQ_PUT:
	case EVHTTP_REQ_DELETE:
	case EVHTTP_REQ_OPTIONS:
	case EVHTTP_REQ_TRACE:
	case EVHTTP_REQ_CONNECT:
	case EVHTTP_REQ_PATCH:
		break;
	}
	return SERVE_OTHER;
}

static void read_call(
	struct evhttp_request *req, enum http_side side, struct serve_call *ret)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	const uint8_t *body = evbuffer_pullup(in, -1);

	*ret = (struct serve_call) { .side = side,
		.method = method_of(req),
		.target = evhttp_request_get_uri(req),
		.type = evhttp_find_header(
			evhttp_request_get_input_headers(req), "Content-Type"),
		.body = body ? body : (const uint8_t *)"",
		.body_len = body ? evbuffer_get_length(in) : 0 };
}

static void refuse(struct serve *s, struct evhttp_request *req, int status,
	const struct devid_error *err)
{
	const struct serve_job why = { .code = err->code, .error = *err };

	serve_reply_error(s, req, status, &why);
}

static void refuse_route(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route)
{
	if (route->allow)
		http_header(req, "Allow", route->allow);
	if (route->status == 413)
		http_header(req, "Connection", "close");
	refuse(s, req, route->status, &route->error);
}

/* false, and answered, when its head was not right: nobody knows then where
 * the next one begins. */
static bool begin(struct serve *s, struct evhttp_request *req)
{
	struct devid_error err = { DEVID_OK, "" };
	const char *why;
	int status = http_begin(&s->http, req, &why);

	if (status == 0)
		return true;
	(void)devid_fail(&err, DEVID_ERR_SYNTAX, "%s", why);
	refuse(s, req, status, &err);
	return false;
}

/* The station at the other end; NULL, and refused, when it is none of ours. */
static const struct ca_station *find_station(
	struct serve *s, struct evhttp_request *req)
{
	SSL *ssl = http_tls_of(req);
	uint8_t print[FINGERPRINT_LEN] = { 0 };
	const struct ca_station *station =
		ssl ? serve_tls_station(s->conf, ssl, print) : NULL;
	struct devid_error err = { DEVID_OK, "" };
	char hex[2 * FINGERPRINT_LEN + 1];

	if (station)
		return station;
	hex_encode(print, sizeof(print), hex);
	(void)devid_fail(&err, DEVID_ERR_DENIED,
		"station: no station has the certificate %s, or it expired",
		hex);
	http_warn(&s->http, &err);
	http_header(req, "Connection", "close");
	refuse(s, req, 403, &err);
	return NULL;
}

/* Role and rate of @station; false, and refused, when it must not now. */
static bool may(struct serve *s, struct evhttp_request *req,
	const struct ca_station *station, const struct serve_route *route)
{
	struct http_rate *rate = &s->rates[station - s->conf->stations];
	struct devid_error err = { DEVID_OK, "" };
	unsigned wait = 0;
	char text[16];

	if (!http_rate_take(rate, http_clock(), &wait)) {
		(void)snprintf(text, sizeof(text), "%u", wait);
		http_header(req, "Retry-After", text);
		(void)devid_fail(&err, DEVID_ERR_STATE,
			"station %s: more than %u requests a minute",
			station->name, station->rate);
		refuse(s, req, 429, &err);
		return false;
	}
	if ((station->roles & route->role) != route->role) {
		(void)devid_fail(&err, DEVID_ERR_DENIED,
			"station %s: has not the role for this", station->name);
		http_warn(&s->http, &err);
		refuse(s, req, 403, &err);
		return false;
	}
	return true;
}

static void tell_metrics(struct serve *s, struct evhttp_request *req)
{
	const struct serve_now now = {
		.healthy = !serve_queue_health(s->queue, http_clock()),
		.pending = s->http.pending,
	};
	struct devid_error err = { DEVID_OK, "" };
	struct blob text = { NULL, 0 };

	if (serve_metrics_text(&s->counts, &now, &text, &err) != DEVID_OK) {
		refuse(s, req, 503, &err);
		return;
	}
	http_header(req, "Cache-Control", "no-store");
	serve_reply_bytes(s, req, METRICS_CONTENT_TYPE, text.data, text.len);
	blob_done(&text);
}

void serve_on_station(struct evhttp_request *req, void *arg)
{
	struct serve *s = arg;
	const struct ca_station *station;
	struct serve_route route;
	struct serve_call call;
	struct serve_job *job;

	if (!begin(s, req))
		return;
	station = find_station(s, req);
	if (!station)
		return;
	read_call(req, HTTP_STATIONS, &call);
	serve_route(&call, s->conf->name, &route);
	if (!may(s, req, station, &route))
		return;
	if (route.action == SERVE_REFUSE) {
		refuse_route(s, req, &route);
		return;
	}
	if (route.action == SERVE_METRICS) {
		tell_metrics(s, req);
		return;
	}
	job = serve_job_for(s, req, &route);
	if (!job)
		return;
	job->station = station->name;
	serve_push(s, job);
}

/* For load balancers and monitors: may requests come here? */
static void health(struct serve *s, struct evhttp_request *req)
{
	const char *trouble = serve_queue_health(s->queue, http_clock());
	struct evbuffer *body = evbuffer_new();

	http_header(req, "Cache-Control", "no-store");
	http_header(req, "Content-Type", "text/plain");
	if (body)
		(void)evbuffer_add_printf(
			body, "%s", trouble ? trouble : "ok\n");
	http_reply(&s->http, req, trouble ? 503 : 200, body);
	if (body)
		evbuffer_free(body);
}

void serve_on_public(struct evhttp_request *req, void *arg)
{
	struct serve *s = arg;
	struct serve_route route;
	struct serve_call call;

	if (!begin(s, req))
		return;
	read_call(req, HTTP_PUBLIC, &call);
	serve_route(&call, s->conf->name, &route);
	switch (route.action) {
	case SERVE_OCSP:
		serve_ocsp(s, req, &route);
		return;
	case SERVE_FILE:
		serve_published_file(s, req, route.file);
		return;
	case SERVE_HEALTH:
		health(s, req);
		return;
	case SERVE_REFUSE:
	case SERVE_CHALLENGE: /* the stations' alone; serve_route() knows */
	case SERVE_ISSUE:
	case SERVE_REVOKE:
	case SERVE_SHOW:
	case SERVE_METRICS:
		break;
	}
	refuse_route(s, req, &route);
}

static void station_done(struct serve *s, struct serve_job *job)
{
	struct evhttp_request *req = job->owner;

	if (job->code != DEVID_OK) {
		serve_reply_error(
			s, req, serve_status(job->code, job->rule), job);
		return;
	}
	http_header(req, "Cache-Control", "no-store");
	if (job->action == SERVE_REVOKE) {
		serve_cache_clear(s->cache);
		http_reply(&s->http, req, 204, NULL);
		return;
	}
	serve_reply_bytes(s, req,
		job->action == SERVE_SHOW ? "application/json"
					  : "application/x-pem-file",
		job->output.data, job->output.len);
}

void serve_on_done(evutil_socket_t fd, short what, void *arg)
{
	struct serve *s = arg;
	struct serve_news news;
	struct serve_job *job = serve_queue_collect(s->queue, &news);

	(void)fd; /* the queue's */
	(void)what;
	while (job) {
		struct serve_job *next = job->next;

		s->http.pending--;
		serve_count(&s->counts, job->action, job->code == DEVID_OK);
		if (job->action == SERVE_OCSP)
			serve_ocsp_done(s, job);
		else
			station_done(s, job);
		serve_job_free(job);
		job = next;
	}
	if (news.published)
		serve_files_refresh(&s->files);
	if (news.gone) {
		s->token_gone = true;
		http_end(&s->http);
	}
}
