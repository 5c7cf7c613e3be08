/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HEAD_H
#define DEVID_HEAD_H

/*
 * Reads the requests of a connection beside evhttp, byte by byte, and says
 * which head is not what RFC 9112 has. evhttp takes a lot that others read
 * otherwise: of two lengths the first, "+4", a blank before the colon, a bare
 * line feed. Where two read one stream in two ways, somebody's request hides in
 * another's (RFC 9112 11.2). What a head asks for is not looked at here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a field's value that is looked at; the longest name of a host is shorter
 * (RFC 1035 2.3.4). */
#define HTTP_HEAD_VALUE_MAX 264

struct http_head {
	unsigned part;   /* of a request, an enum of head.c */
	unsigned at;     /* bytes of the part so far */
	unsigned field;  /* which one this is, an enum of head.c */
	unsigned n_seen; /* heads that were right */
	unsigned n_asked;
	int status;      /* what the first wrong one is answered; 0: none */
	const char *why; /* with it */
	char method[8];
	bool old; /* HTTP/1.0 */
	bool has_length, has_coding, has_host, chunked;
	uint64_t length; /* of the body; of what is missing of it */
	char value[HTTP_HEAD_VALUE_MAX];
	size_t value_len;
};

/* For a new connection. */
void http_head_init(struct http_head *head);

/* The connection brought @len bytes more. */
void http_head_feed(struct http_head *head, const uint8_t *data, size_t len);

/*
 * evhttp has a request, the next one. 0 when its head was right; else the
 * status that it is to be answered with, after which the connection ends, and
 * *@ret_why. Nothing of a connection is right after that.
 */
int http_head_next(struct http_head *head, const char **ret_why);

#endif
