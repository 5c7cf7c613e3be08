/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_ROUTE_H
#define DEVID_SERVE_ROUTE_H

/*
 * What an HTTP request asks for: method, target, media type and body against
 * a table. Nothing is done here, and nothing is known of connections; who may
 * ask is the caller's part. Reading HTTP itself is evhttp's and head.h's.
 */

#include "conns.h"
#include "publish.h"
#include "register.h"

enum serve_method {
	SERVE_GET = 1, /* or HEAD, which asks for the same */
	SERVE_POST = 2,
	SERVE_OTHER = 4,
};

struct serve_call {
	enum http_side side;
	enum serve_method method;
	const char *target; /* of the request line; borrowed as all here */
	const char *type;   /* Content-Type; NULL: none */
	const uint8_t *body;
	size_t body_len;
};

enum serve_action {
	SERVE_REFUSE,
	SERVE_CHALLENGE,
	SERVE_ISSUE,
	SERVE_REVOKE,
	SERVE_SHOW,
	SERVE_OCSP,
	SERVE_FILE,
	SERVE_HEALTH,
	SERVE_METRICS,
};

/* Files that are published. */
enum serve_file {
	SERVE_FILE_CRL,
	SERVE_FILE_DELTA,
	SERVE_FILE_ISSUER,
	SERVE_FILE_ROOT,
	SERVE_FILE_CHAIN,
	SERVE_N_FILES,
};

struct serve_route {
	enum serve_action action;
	unsigned role;            /* an enum ca_role that it needs, or 0 */
	int status;               /* refused: the HTTP status ... */
	struct devid_error error; /* ... and why */
	const char *allow;        /* with status 405 */
	char serial[REGISTER_NAME_MAX]; /* revoke, show */
	int reason;                     /* revoke */
	enum serve_file file;
	const uint8_t *input; /* challenge, issue, OCSP: what it is about */
	size_t input_len;
	uint8_t ocsp[OCSP_REQUEST_MAX]; /* of a GET, to which input points */
};

/* Reads @call; @ca_name is the CA's name in the names of its files. */
void serve_route(const struct serve_call *call, const char *ca_name,
	struct serve_route *ret);

/* The name of a published file below the folder, "NAME.crl". */
void serve_file_name(
	enum serve_file file, const char *ca_name, char *buf, size_t size);

/* Its media type. */
const char *serve_file_type(enum serve_file file);

#endif
