/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-ocsp.h"

#include <openssl/ocsp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cert-time.h"
#include "ocsp.h"
#include "serve-private.h"
#include "serve-reply.h"

/* How long others may keep a list before they look for a newer one. */
#define FILE_MAX_AGE "max-age=300"

/* OCSPResponse { tryLater }: RFC 6960 4.2.1. */
static const uint8_t try_later[] = { 0x30, 0x03, 0x0a, 0x01, 0x03 };

/* thisUpdate of the one answer in an OCSPResponse, 0 when it has none (an
 * error is no answer, RFC 6960 4.2.1). */
static int64_t this_update(const uint8_t *der, size_t len)
{
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, (long)len);
	OCSP_BASICRESP *basic =
		response ? OCSP_response_get1_basic(response) : NULL;
	OCSP_SINGLERESP *single = basic ? OCSP_resp_get0(basic, 0) : NULL;
	ASN1_GENERALIZEDTIME *when = NULL;
	int64_t result = 0;

	if (single)
		(void)OCSP_single_get0_status(single, NULL, NULL, &when, NULL);
	if (when && !pki_time_seconds(when, &result))
		result = 0;
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return result;
}

/* RFC 5019 6.2; of a POST nobody keeps the answer (RFC 9110 9.3.3). One that is
 * not in the cache for want of memory goes without. HEAD gets what GET gets. */
static void add_cache_headers(
	struct evhttp_request *req, const struct serve_answer *answer)
{
	if (evhttp_request_get_command(req) == EVHTTP_REQ_POST || !answer->etag)
		return;
	http_header(req, "Cache-Control", answer->cache_control);
	http_header(req, "Expires", answer->expires);
	http_header(req, "Last-Modified", answer->last_modified);
	http_header(req, "ETag", answer->etag);
}

static void send_answer(struct serve *s, struct evhttp_request *req,
	const struct serve_answer *answer)
{
	add_cache_headers(req, answer);
	serve_reply_bytes(
		s, req, "application/ocsp-response", answer->data, answer->len);
}

void serve_ocsp(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route)
{
	struct serve_answer answer;
	struct ocsp_request asked;
	struct serve_job *job;
	int64_t now = (int64_t)time(NULL);

	if (serve_cache_get(s->cache, route->input, route->input_len, now,
		    &answer) == DEVID_OK) {
		send_answer(s, req, &answer);
		return;
	}
	job = serve_job_for(s, req, route);
	if (!job)
		return;
	job->source = http_conns_source(s->http.conns, http_fd(req));
	/* An answer with a nonce is for this request alone. */
	job->keep = ocsp_parse((struct view) { route->input, route->input_len },
			    &asked, NULL) == DEVID_OK &&
		    !asked.nonce.data;
	if (serve_queue_push(s->queue, job)) {
		s->http.pending++;
		return;
	}
	serve_job_free(job);
	http_header(req, "Cache-Control", "no-store");
	serve_reply_bytes(s, req, "application/ocsp-response", try_later,
		sizeof(try_later));
}

void serve_ocsp_done(struct serve *s, struct serve_job *job)
{
	struct evhttp_request *req = job->owner;
	int64_t now = (int64_t)time(NULL);
	struct serve_answer answer = { .data = job->output.data,
		.len = job->output.len,
		.next_update = job->expires };

	if (job->code != DEVID_OK) {
		http_warn(&s->http, &job->error);
		http_header(req, "Cache-Control", "no-store");
		serve_reply_bytes(s, req, "application/ocsp-response",
			try_later, sizeof(try_later));
		return;
	}
	if (job->keep && answer.next_update > now)
		answer.this_update = this_update(answer.data, answer.len);
	if (answer.this_update > 0) {
		serve_cache_put(
			s->cache, job->input, job->input_len, &answer, now);
		/* With its tag; or as it is, when it could not be kept. */
		(void)!serve_cache_get(
			s->cache, job->input, job->input_len, now, &answer);
		send_answer(s, req, &answer);
		return;
	}
	http_header(req, "Cache-Control", "no-store");
	serve_reply_bytes(s, req, "application/ocsp-response", job->output.data,
		job->output.len);
}

static void free_blob(const void *data, size_t len, void *arg)
{
	(void)data; /* the blob's */
	(void)len;
	serve_blob_unref(arg);
}

/* Whether a line of If-None-Match has @tag (RFC 9110 13.1.2: any of a list, of
 * a weak one what it would be if it were strong, or "*"). @tag is quoted. */
static bool has_tag(const char *line, const char *tag)
{
	size_t len = strlen(tag);

	line += strspn(line, " \t");
	if (strcmp(line, "*") == 0)
		return true;
	for (;;) {
		const char *end;

		line += strspn(line, " \t,");
		if (strncmp(line, "W/", 2) == 0)
			line += 2;
		end = *line == '"' ? strchr(line + 1, '"') : NULL;
		if (!end)
			return false;
		if ((size_t)(end + 1 - line) == len &&
			memcmp(line, tag, len) == 0)
			return true;
		line = end + 1;
	}
}

void serve_published_file(
	struct serve *s, struct evhttp_request *req, enum serve_file file)
{
	const char *known = evhttp_find_header(
		evhttp_request_get_input_headers(req), "If-None-Match");
	struct serve_blob *blob = s->files.blobs[file];
	struct evbuffer *body = evbuffer_new();
	char date[SERVE_DATE_MAX];

	if (!blob || !body) {
		struct serve_job why = { .code = DEVID_OK };

		why.code = devid_fail(
			&why.error, DEVID_ERR_NOT_FOUND, "not published yet");
		serve_reply_error(s, req, 404, &why);
	} else {
		http_header(req, "Content-Type", serve_file_type(file));
		http_header(req, "Cache-Control", FILE_MAX_AGE);
		http_header(req, "ETag", blob->tag);
		serve_http_date(blob->changed, date);
		http_header(req, "Last-Modified", date);
		if (known && has_tag(known, blob->tag)) {
			http_reply(&s->http, req, 304, NULL);
		} else {
			blob->refs++;
			if (evbuffer_add_reference(body, blob->data, blob->len,
				    free_blob, blob) < 0)
				serve_blob_unref(blob);
			http_reply(&s->http, req, 200, body);
		}
	}
	if (body)
		evbuffer_free(body);
}
