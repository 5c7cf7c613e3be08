/* SPDX-License-Identifier: Apache-2.0 */
#include "http-reply.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http_struct.h>
#include <stdio.h>

#include "log.h"

static struct bufferevent *bufferevent_of(struct evhttp_request *req)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);

	/* Or gone meanwhile. */
	return evcon ? evhttp_connection_get_bufferevent(evcon) : NULL;
}

int http_fd(struct evhttp_request *req)
{
	struct bufferevent *bev = bufferevent_of(req);

	return bev ? bufferevent_getfd(bev) : -1;
}

SSL *http_tls_of(struct evhttp_request *req)
{
	struct bufferevent *bev = bufferevent_of(req);

	return bev ? bufferevent_openssl_get_ssl(bev) : NULL;
}

int http_begin(
	struct http_server *s, struct evhttp_request *req, const char **ret_why)
{
	int fd = http_fd(req);
	struct http_head *head = http_conns_head(s->conns, fd);
	int status;

	*ret_why = "connection: too many";
	status = head ? http_head_next(head, ret_why) : 503;
	http_conns_busy(s->conns, fd);
	if (status != 0)
		http_header(req, "Connection", "close");
	return status;
}

void http_header(
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
	} reasons[] = { { 200, "OK" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" },
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
	struct http_server *s = arg;

	http_conns_idle(s->conns, http_fd(req), http_clock());
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
		http_header(req, "Content-Length", text);
	}
	return NULL;
}

void http_reply(struct http_server *s, struct evhttp_request *req, int status,
	struct evbuffer *body)
{
	body = strip_body(req, status, body);
	http_conns_answered(s->conns, http_fd(req), http_clock());
	evhttp_request_set_on_complete_cb(req, on_sent, s);
	if (s->drain_end)
		http_header(req, "Connection", "close");
	evhttp_send_reply(req, status, reason_of(status), body);
}

void http_reply_bytes(struct http_server *s, struct evhttp_request *req,
	int status, const struct http_content *content)
{
	struct evbuffer *body = evbuffer_new();

	http_header(req, "Content-Type", content->type);
	if (!body || evbuffer_add(body, content->data, content->len) < 0)
		http_reply(s, req, 503, NULL);
	else
		http_reply(s, req, status, body);
	if (body)
		evbuffer_free(body);
}

void http_warn(struct http_server *s, const struct devid_error *err)
{
	unsigned wait;

	if (!http_rate_take(&s->warnings, http_clock(), &wait)) {
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
