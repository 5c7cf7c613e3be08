/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_SERVE_H
#define DEVID_EST_SERVE_H

/* The registrar on the network. */

#include "listen.h"
#include "registrar.h"

/*
 * Serves EST on the sockets of listen[HTTP_STATIONS] and what anybody may have
 * on those of listen[HTTP_PUBLIC] until SIGTERM or SIGINT; either may be
 * none. Takes the sockets. SIGHUP reads lists, makers' roots, certificate and
 * key of the service again. @conf and @r are borrowed, and @r is another
 * thread's until this returns. Errors: those of the parts.
 */
DEVID_MUST_CHECK enum devid_err est_serve(const struct registrar_conf *conf,
	struct registrar *r, struct http_listen listen[2],
	struct devid_error *err);

#endif
