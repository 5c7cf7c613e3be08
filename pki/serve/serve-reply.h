/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_REPLY_H
#define DEVID_SERVE_REPLY_H

/* Answers as they go out. */

#include "http-reply.h"
#include "serve-private.h"

/* 200 with text or bytes that are copied. */
void serve_reply_bytes(struct serve *s, struct evhttp_request *req,
	const char *type, const void *data, size_t len);

/* @status with the JSON of a failure. */
void serve_reply_error(struct serve *s, struct evhttp_request *req, int status,
	const struct serve_job *why);

/* A job about @input (copied); NULL without memory, which is answered. */
struct serve_job *serve_job_for(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route);

/* Puts a job in line; when there is no room the request is told so. Takes
 * @job. */
void serve_push(struct serve *s, struct serve_job *job);

#endif
