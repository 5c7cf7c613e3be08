/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_REPLY_H
#define DEVID_SERVE_REPLY_H

/* Answers as they go out. */

#include "serve-private.h"

/* The descriptor of its connection; -1: that is gone. */
int serve_fd(struct evhttp_request *req);

/* Adds a header that is ours. */
void serve_header(
	struct evhttp_request *req, const char *name, const char *value);

/* The request is answered with @status and @body, which is emptied; NULL:
 * nothing. Of an answer to HEAD only the head goes out. */
void serve_reply(struct serve *s, struct evhttp_request *req, int status,
	struct evbuffer *body);

/* The same with text or bytes that are copied. */
void serve_reply_bytes(struct serve *s, struct evhttp_request *req,
	const char *type, const void *data, size_t len);

/* The same with the JSON of a failure. */
void serve_reply_error(struct serve *s, struct evhttp_request *req, int status,
	const struct serve_job *why);

/* Tells in the log what went wrong with a request, not each time: who is
 * refused can come again as fast as he likes; the log cannot. */
void serve_warn(struct serve *s, const struct devid_error *err);

/* A job about @input (copied); NULL without memory, which is answered. */
struct serve_job *serve_job_for(struct serve *s, struct evhttp_request *req,
	const struct serve_route *route);

/* Puts a job in line; when there is no room the request is told so. Takes
 * @job. */
void serve_push(struct serve *s, struct serve_job *job);

#endif
