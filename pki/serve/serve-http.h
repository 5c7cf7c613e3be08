/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_HTTP_H
#define DEVID_SERVE_HTTP_H

/* Requests as they come in: from stations and from the public. */

#include "serve-private.h"

/* The callback of evhttp for every request; @arg is struct serve. */
void serve_on_station(struct evhttp_request *req, void *arg);
void serve_on_public(struct evhttp_request *req, void *arg);

/* What came back from the worker. */
void serve_on_done(evutil_socket_t fd, short what, void *arg);

#endif
