/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-http PORT FILE: what the HTTP library can do: serves FILE to whatever
 * is asked on 127.0.0.1:PORT, with the headers of an OCSP answer. The limit
 * that the OCSP responder is held against.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX 65536

struct constant {
	char data[FILE_MAX];
	size_t len;
};

static void answer(struct evhttp_request *req, void *arg)
{
	const struct constant *c = arg;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *body = evbuffer_new();

	(void)evhttp_add_header(
		headers, "Content-Type", "application/ocsp-response");
	(void)evhttp_add_header(headers, "Cache-Control",
		"max-age=86400, public, no-transform, must-revalidate");
	(void)evbuffer_add(body, c->data, c->len);
	evhttp_send_reply(req, 200, "OK", body);
	evbuffer_free(body);
}

int main(int argc, char **argv)
{
	static struct constant c;
	struct event_base *base;
	struct evhttp *http;
	FILE *file;

	if (argc != 3 || !(file = fopen(argv[2], "rb"))) {
		(void)fprintf(stderr, "usage: bench-http PORT FILE\n");
		return 2;
	}
	c.len = fread(c.data, 1, sizeof(c.data), file);
	(void)fclose(file);
	base = event_base_new();
	http = evhttp_new(base);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
	evhttp_set_gencb(http, answer, &c);
	if (evhttp_bind_socket(
		    http, "127.0.0.1", (uint16_t)strtoul(argv[1], NULL, 10))) {
		(void)fprintf(stderr, "bench-http: cannot listen\n");
		return 1;
	}
	(void)puts("ready");
	(void)fflush(stdout);
	return event_base_dispatch(base);
}
