/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_ROUTE_H
#define DEVID_EST_ROUTE_H

/*
 * What an HTTP request asks an EST server for (RFC 7030 3.2.2): method, target
 * and media type against a table. Nothing is done here, and nothing is known
 * of connections.
 */

#include "registrar-conf.h"

#include <stdbool.h>
#include <stddef.h>

enum est_op {
	EST_CACERTS,
	EST_CSRATTRS,
	EST_NONCE,
	EST_ENROL,
	EST_REENROL,
	EST_ONBOARDING,
};

enum est_method {
	EST_GET,
	EST_HEAD,
	EST_POST,
	EST_OTHER,
};

struct est_call {
	enum est_method method;
	const char *target; /* of the request line; borrowed as all here */
	const char *type;   /* Content-Type; NULL: none */
	size_t body_len;
};

struct est_route {
	int status; /* 0: it is served; else how it is refused ... */
	const char *rule, *text; /* ... and why, static */
	const char *allow;       /* with status 405 */
	enum est_op op;
	bool open;                      /* for clients without a certificate */
	char label[REGISTRAR_NAME_MAX]; /* "": none was in the path */
};

void est_route(const struct est_call *call, struct est_route *ret);

#endif
