/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_LISTEN_H
#define DEVID_LISTEN_H

/* Listening sockets: the service manager's (sd_listen_fds(3), by the names
 * "stations" and "public"), or our own. */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>

#define HTTP_LISTEN_MAX 4 /* addresses of a name */

struct http_listen {
	int fds[HTTP_LISTEN_MAX]; /* owned until taken */
	size_t n;
	bool shared; /* another process listens on the same address */
};

/* Takes what the service manager passed into @ret[side]. Errors: INVALID (a
 * name that we do not know, not a TCP socket that listens). */
DEVID_MUST_CHECK enum devid_err http_listen_inherit(
	struct http_listen ret[2], struct devid_error *err);

/*
 * Listens on @where, "host:port", "[address]:port" or ":port", with
 * SO_REUSEPORT: another process of ours may stand beside this one and take
 * over. That there is one already is noted in @ret. Errors: INVALID, IO.
 */
DEVID_MUST_CHECK enum devid_err http_listen_open(
	const char *where, struct http_listen *ret, struct devid_error *err);

void http_listen_close(struct http_listen *listen);

#endif
