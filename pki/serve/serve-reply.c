/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-reply.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "serve-private.h"
#include "serve-status.h"

/* Seconds after which to come back when the register, the token or the queue
 * are in trouble. */
#define RETRY_SECONDS "2"

void serve_reply_bytes(struct serve *s, struct evhttp_request *req,
	const char *type, const void *data, size_t len)
{
	const struct http_content content = { type, data, len };

	http_reply_bytes(&s->http, req, 200, &content);
}

void serve_reply_error(struct serve *s, struct evhttp_request *req, int status,
	const struct serve_job *why)
{
	CLEANUP(cleanup_free)
	char *json = serve_error_json(
		why->code, why->rule, devid_error_text(&why->error));
	struct evbuffer *body = evbuffer_new();

	http_header(req, "Content-Type", "application/json");
	http_header(req, "Cache-Control", "no-store");
	if (status == 503)
		http_header(req, "Retry-After", RETRY_SECONDS);
	if (body && json)
		(void)evbuffer_add_printf(body, "%s\n", json); /* or without */
	http_reply(&s->http, req, status, body);
	if (body)
		evbuffer_free(body);
}

struct serve_job *serve_job_for(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route)
{
	struct serve_job *job = calloc(1, sizeof(*job));

	if (job && route->input_len > 0)
		job->input = malloc(route->input_len);
	if (!job || (route->input_len > 0 && !job->input)) {
		serve_job_free(job);
		http_reply(&s->http, req, 503, NULL);
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
		s->http.pending++;
		return;
	}
	job->code = devid_fail(&job->error, DEVID_ERR_STATE,
		"serve: too many requests wait; come back");
	serve_reply_error(s, req, 503, job);
	serve_job_free(job);
}
