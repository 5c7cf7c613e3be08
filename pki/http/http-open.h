/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HTTP_OPEN_H
#define DEVID_HTTP_OPEN_H

/* The server's life: opened, listening, run until SIGTERM or SIGINT, closed. */

#include "http-server.h"

/* Room for as many connections as @setup has, the loop and its signals; @ret
 * was zeroed. http_close() is due whatever comes of it. Errors: NOMEM, IO (too
 * few descriptors), CRYPTO. */
DEVID_MUST_CHECK enum devid_err http_open(const struct http_setup *setup,
	struct http_server *ret, struct devid_error *err);
void http_close(struct http_server *s);

/* TLS of connections from now on is by @tls, which it takes; those that are
 * open keep theirs. */
void http_set_tls(struct http_server *s, SSL_CTX *tls);

/* Listens on what @listen has, which it takes, and logs the addresses.
 * Errors: NOMEM; what was not taken stays in @listen. */
DEVID_MUST_CHECK enum devid_err http_listen(struct http_server *s,
	struct http_listen listen[2], struct devid_error *err);

/* Tells the service manager that all is ready, and runs. Errors: IO. */
DEVID_MUST_CHECK enum devid_err http_run(
	struct http_server *s, struct devid_error *err);

#endif
