/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-reply.h"

#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "serve-private.h"
#include "serve-status.h"

/* Seconds after which to come back when the register, the token or the queue
 * are in trouble. */
#define RETRY_SECONDS "2"

int serve_fd(struct evhttp_request *req)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);

	if (!evcon)
		return -1; /* gone meanwhile */
	return bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));
}

void serve_header(
	struct evhttp_request *req, const char *name, const char *value)
{
	/* It fails without memory, or for a line break, which ours lack. */
	(void)evhttp_add_header(
		evhttp_request_get_output_headers(req), name, value);
}

static const char *reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = { { 200, "OK" }, { 204, "No Content" },
		{ 304, "Not Modified" }, { 400, "Bad Request" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" },
		{ 410, "Gone" }, { 411, "Length Required" },
		{ 413, "Content Too Large" }, { 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" } };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Unknown";
}

/* The answer is out: evhttp reads the next request. */
static void on_sent(struct evhttp_request *req, void *arg)
{
	struct serve *s = arg;

	http_conns_idle(s->conns, serve_fd(req), serve_clock());
}

/* RFC 9110 9.3.2, 8.6: evhttp would send the content of an answer to HEAD, and
 * no length. */
static struct evbuffer *strip_body(
	struct evhttp_request *req, int status, struct evbuffer *body)
{
	char text[24];

	if (evhttp_request_get_command(req) != EVHTTP_REQ_HEAD)
		return body;
	if (body && status != 204 && status != 304) {
		(void)snprintf(
			text, sizeof(text), "%zu", evbuffer_get_length(body));
		serve_header(req, "Content-Length", text);
	}
	return NULL;
}

void serve_reply(struct serve *s, struct evhttp_request *req, int status,
	struct evbuffer *body)
{
	body = strip_body(req, status, body);
	http_conns_answered(s->conns, serve_fd(req), serve_clock());
	evhttp_request_set_on_complete_cb(req, on_sent, s);
	if (s->drain_end)
		serve_header(req, "Connection", "close");
	evhttp_send_reply(req, status, reason_of(status), body);
}

void serve_reply_bytes(struct serve *s, struct evhttp_request *req,
	const char *type, const void *data, size_t len)
{
	struct evbuffer *body = evbuffer_new();

	serve_header(req, "Content-Type", type);
	if (!body || evbuffer_add(body, data, len) < 0)
		serve_reply(s, req, 503, NULL);
	else
		serve_reply(s, req, 200, body);
	if (body)
		evbuffer_free(body);
}

void serve_reply_error(struct serve *s, struct evhttp_request *req, int status,
	const struct serve_job *why)
{
	CLEANUP(cleanup_free)
	char *json = serve_error_json(
		why->code, why->rule, devid_error_text(&why->error));
	struct evbuffer *body = evbuffer_new();

	serve_header(req, "Content-Type", "application/json");
	serve_header(req, "Cache-Control", "no-store");
	if (status == 503)
		serve_header(req, "Retry-After", RETRY_SECONDS);
	if (body && json)
		(void)evbuffer_add_printf(body, "%s\n", json); /* or without */
	serve_reply(s, req, status, body);
	if (body)
		evbuffer_free(body);
}

void serve_warn(struct serve *s, const struct devid_error *err)
{
	unsigned wait;

	if (!http_rate_take(&s->warnings, serve_clock(), &wait)) {
		s->unsaid++;
		return;
	}
	if (s->unsaid > 0)
		log_warn("%s; and %u before that were not told", err->text,
			s->unsaid);
	else
		log_warn("%s", err->text);
	s->unsaid = 0;
}

struct serve_job *serve_job_for(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route)
{
	struct serve_job *job = calloc(1, sizeof(*job));

	if (job && route->input_len > 0)
		job->input = malloc(route->input_len);
	if (!job || (route->input_len > 0 && !job->input)) {
		serve_job_free(job);
		serve_reply(s, req, 503, NULL);
		return NULL;
	}
	if (route->input_len > 0)
		memcpy(job->input, route->input, route->input_len);
	job->input_len = route->input_len;
	job->action = route->action;
	job->reason = route->reason;
	memcpy(job->serial, route->serial, sizeof(job->serial));
	job->owner = req;
	return job;
}

void serve_push(struct serve *s, struct serve_job *job)
{
	struct evhttp_request *req = job->owner;

	if (serve_queue_push(s->queue, job)) {
		s->pending++;
		return;
	}
	job->code = devid_fail(&job->error, DEVID_ERR_STATE,
		"serve: too many requests wait; come back");
	serve_reply_error(s, req, 503, job);
	serve_job_free(job);
}
