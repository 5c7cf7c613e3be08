/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HTTP_REPLY_H
#define DEVID_HTTP_REPLY_H

/* Requests as they begin, and answers as they go out. */

#include "http-server.h"

/* The descriptor of its connection; -1: that is gone. */
int http_fd(struct evhttp_request *req);

/* What TLS knows of its connection; NULL: in the clear, or gone. */
SSL *http_tls_of(struct evhttp_request *req);

/*
 * For each request first. 0 when its head was right; else the status that it
 * is to be answered with, and *@ret_why: nobody knows then where the next one
 * begins, and its connection ends with the answer.
 */
int http_begin(struct http_server *s, struct evhttp_request *req,
	const char **ret_why);

/* Adds a header that is ours. */
void http_header(
	struct evhttp_request *req, const char *name, const char *value);

/* The request is answered with @status and @body, which is emptied; NULL:
 * nothing. Of an answer to HEAD only the head goes out. */
void http_reply(struct http_server *s, struct evhttp_request *req, int status,
	struct evbuffer *body);

/* The same with text or bytes that are copied, and their media type; 503
 * without memory. */
struct http_content {
	const char *type;
	const void *data;
	size_t len;
};
void http_reply_bytes(struct http_server *s, struct evhttp_request *req,
	int status, const struct http_content *content);

/* Tells in the log what went wrong with a request, not each time: who is
 * refused can come again as fast as he likes; the log cannot. */
void http_warn(struct http_server *s, const struct devid_error *err);

#endif
