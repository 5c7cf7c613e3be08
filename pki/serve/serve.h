/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_H
#define DEVID_SERVE_H

/*
 * The CA on the network. One thread, the caller's, speaks TLS and HTTP
 * (libevent) and never waits for anything; judge and worker do what stations
 * and OCSP clients ask for (serve-worker.h). A request that was read is
 * answered, also when the service is told to end.
 */

#include "ca.h"
#include "listen.h"

/*
 * Serves until SIGTERM or SIGINT, then stops accepting, answers what was
 * asked, and returns. @listen has a socket for one side at least; its sockets
 * are taken. Errors: INVALID (TLS files), IO, NOMEM.
 */
DEVID_MUST_CHECK enum devid_err serve_run(const struct ca_conf *conf,
	struct ca *ca, struct http_listen listen[2], struct devid_error *err);

#endif
