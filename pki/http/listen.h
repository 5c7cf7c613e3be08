/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_LISTEN_H
#define DEVID_LISTEN_H

/* Listening sockets: the service manager's (sd_listen_fds(3), by their names),
 * or our own. */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>

#define HTTP_LISTEN_MAX 4 /* addresses of a name */

struct http_listen {
	int fds[HTTP_LISTEN_MAX]; /* owned until taken */
	size_t n;
	bool shared; /* another process listens on the same address */
};

/*
 * Listens on @where, "host:port", "[address]:port" or ":port", with
 * SO_REUSEPORT: another process of ours may stand beside this one and take
 * over. That there is one already is noted in @ret. Errors: INVALID, IO.
 */
DEVID_MUST_CHECK enum devid_err http_listen_open(
	const char *where, struct http_listen *ret, struct devid_error *err);

/* What a side is called, and where it listens: as http_listen_open() has it;
 * NULL or "": nowhere. Both borrowed. */
struct http_place {
	const char *name, *where;
};

/* Takes what the service manager passed into @ret[side], enum http_side; where
 * it passed none, listens on @places, and says in the log that another process
 * does. There may be no socket after that. Errors: INVALID (a name that is
 * none of @places, not a TCP socket that listens), IO. */
DEVID_MUST_CHECK enum devid_err http_listen_at(
	const struct http_place places[2], struct http_listen ret[2],
	struct devid_error *err);

void http_listen_close(struct http_listen *listen);

#endif
