/* SPDX-License-Identifier: Apache-2.0 */
#include "est-http.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "est-answer.h"
#include "est-body.h"
#include "http-reply.h"

static enum est_method method_of(const struct evhttp_request *req)
{
	switch (evhttp_request_get_command(req)) {
	case EVHTTP_REQ_GET:
		return EST_GET;
	case EVHTTP_REQ_HEAD:
		return EST_HEAD;
	case EVHTTP_REQ_POST:
		return EST_POST;
	case EVHTTP_REQ_PUT:
	case EVHTTP_REQ_DELETE:
	case EVHTTP_REQ_OPTIONS:
	case EVHTTP_REQ_TRACE:
	case EVHTTP_REQ_CONNECT:
	case EVHTTP_REQ_PATCH:
		break;
	}
	return EST_OTHER;
}

static void send_answer(struct est_server *s, struct evhttp_request *req,
	const struct est_answer *answer)
{
	const struct http_content content = { answer->type, answer->body.data,
		answer->body.len };
	char text[16];

	http_header(req, "Cache-Control", "no-store");
	if (answer->base64)
		http_header(req, "Content-Transfer-Encoding", "base64");
	if (answer->retry_after > 0) {
		(void)snprintf(text, sizeof(text), "%u", answer->retry_after);
		http_header(req, "Retry-After", text);
	}
	if (answer->type)
		http_reply_bytes(&s->http, req, answer->status, &content);
	else
		http_reply(&s->http, req, answer->status, NULL);
}

/* One that the registrar was not asked about. */
static void refuse(struct est_server *s, struct evhttp_request *req, int status,
	const char *rule, const char *text)
{
	struct est_answer answer;

	est_answer_refuse(&answer, status, rule, text);
	send_answer(s, req, &answer);
	est_answer_clear(&answer);
}

/* Those certificates that the client showed; false without memory. */
static bool take_client(struct evhttp_request *req, struct est_job *job)
{
	SSL *ssl = http_tls_of(req);
	STACK_OF(X509) *chain = ssl ? SSL_get_peer_cert_chain(ssl) : NULL;

	job->cert = ssl ? SSL_get1_peer_certificate(ssl) : NULL;
	if (!job->cert || !chain)
		return true;
	job->chain = X509_chain_up_ref(chain);
	return job->chain != NULL;
}

/* The body of a POST into @job; false, and refused, when it is no base64. */
static bool take_body(
	struct est_server *s, struct evhttp_request *req, struct est_job *job)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	const struct view body = { evbuffer_pullup(in, -1),
		evbuffer_get_length(in) };
	enum devid_err rc = est_base64_read(body, &job->csr, NULL);

	if (rc == DEVID_ERR_NOMEM)
		refuse(s, req, 503, "body", "no memory for it now");
	else if (rc == DEVID_ERR_TOO_LARGE)
		refuse(s, req, 413, "body", "too large");
	else if (rc != DEVID_OK)
		refuse(s, req, 400, "body", "no Base64 of a request");
	else
		return true;
	return false;
}

static struct est_job *new_job(struct est_server *s, struct evhttp_request *req,
	const struct est_route *route)
{
	struct est_job *job = calloc(1, sizeof(*job));

	if (!job || !take_client(req, job)) {
		est_job_free(job);
		refuse(s, req, 503, "client", "no memory for it now");
		return NULL;
	}
	job->op = route->op;
	job->owner = req;
	job->source = http_conns_source(s->http.conns, http_fd(req));
	memcpy(job->label, route->label, sizeof(job->label));
	return job;
}

static void refuse_route(struct est_server *s, struct evhttp_request *req,
	const struct est_route *route)
{
	if (route->allow)
		http_header(req, "Allow", route->allow);
	if (route->status == 413)
		http_header(req, "Connection", "close");
	refuse(s, req, route->status, route->rule, route->text);
}

/* Takes @job. */
static void push(struct est_server *s, struct est_job *job)
{
	struct evhttp_request *req = job->owner;

	if (est_line_push(s->line, job)) {
		s->http.pending++;
		return;
	}
	est_job_free(job);
	refuse(s, req, 503, "busy", "too many requests wait; come back");
}

void est_on_request(struct evhttp_request *req, void *arg)
{
	struct est_server *s = arg;
	struct est_route route;
	struct est_job *job;
	const char *why;
	int status = http_begin(&s->http, req, &why);
	const struct est_call call = { method_of(req),
		evhttp_request_get_uri(req),
		evhttp_find_header(
			evhttp_request_get_input_headers(req), "Content-Type"),
		evbuffer_get_length(evhttp_request_get_input_buffer(req)) };

	if (status != 0) {
		refuse(s, req, status, "http", why);
		return;
	}
	est_route(&call, &route);
	if (route.status != 0) {
		refuse_route(s, req, &route);
		return;
	}
	job = new_job(s, req, &route);
	if (!job)
		return;
	if (!route.open && !job->cert)
		refuse(s, req, 403, "client-certificate", "none was shown");
	else if (call.method != EST_POST || take_body(s, req, job)) {
		push(s, job);
		return;
	}
	est_job_free(job);
}

void est_job_done(struct est_server *s, struct est_job *job)
{
	struct devid_error err = { DEVID_OK, "" };
	struct est_answer answer;

	est_answer_make(&answer, job->op, &job->answer);
	if (answer.status >= 400) {
		(void)devid_fail(&err, DEVID_ERR_DENIED, "est: %s: %s: %s",
			est_op_name(job->op), job->answer.rule,
			job->answer.text);
		http_warn(&s->http, &err);
	}
	send_answer(s, job->owner, &answer);
	est_answer_clear(&answer);
}
