/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HTTP_ACCEPT_H
#define DEVID_HTTP_ACCEPT_H

/*
 * evhttp asks for the bufferevent of a new connection before it gives it the
 * socket. So each new one is noted and looked at right after, by an event that
 * goes before all others.
 */

#include "http-server.h"

/* Descriptors of connections beyond connections_max: those not looked at yet,
 * and those shut down for another's sake that evhttp has not closed. At so many
 * no more are accepted until it has. */
#define HTTP_FDS_AHEAD 64

DEVID_MUST_CHECK enum devid_err http_fresh_new(
	struct http_server *s, struct devid_error *err);
void http_fresh_free(struct http_fresh *fresh);

/* Callbacks of evhttp that make the bufferevent of a connection. */
struct bufferevent *http_accept_tls(struct event_base *base, void *arg);
struct bufferevent *http_accept_plain(struct event_base *base, void *arg);

#endif
