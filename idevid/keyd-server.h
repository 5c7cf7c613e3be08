/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_SERVER_H
#define DEVID_KEYD_SERVER_H

/*
 * The key socket: accepts, reads one record, answers it. Connections are
 * bounded in number, in all and per user; at the bound the one that has been
 * silent longest goes, never one whose request waits. Each turn of the event
 * loop serves one record of one connection, so nobody waits for more than one
 * request of each other peer, and a request is one TPM command once keys are
 * loaded.
 */

#include "error.h"
#include "keyd-requests.h"

#include <systemd/sd-event.h>

struct server;

/*
 * Serves @listen_fd (owned from now on, also on failure) on @event through
 * @requests (borrowed). At most @connections_max connections, and a quarter
 * of them for one user other than root. *@ret is the caller's.
 */
DEVID_MUST_CHECK enum devid_err server_new(sd_event *event, int listen_fd,
	struct requests *requests, unsigned connections_max,
	struct server **ret, struct devid_error *err);

void server_free(struct server *s);

/*
 * Makes the listening socket at @path, mode 0666: who may do what is decided
 * per request. A socket file that nobody listens on is replaced; one that
 * somebody does is EXISTS.
 */
DEVID_MUST_CHECK enum devid_err server_listen(
	const char *path, int *ret_fd, struct devid_error *err);

#endif
