/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_SERVER_H
#define DEVID_KEYD_SERVER_H

/*
 * The key socket: accepts, reads one record, answers it. Connections are
 * bounded in number, in all and per user; users on no list have their share all
 * together, so that nobody gains by having many uids. Who needs a place when
 * there is none gets one of whoever holds most. Each turn of the event loop
 * takes all who want to connect and serves one record: listed users and root
 * in turn by uid, and the others at least each fourth time. So a listed user
 * waits for at most one request of each other one, and a request is one TPM
 * command once keys are loaded.
 */

#include <devid/error.h>
#include "keyd-requests.h"

#include <systemd/sd-event.h>

struct server;

struct server_options {
	int listen_fd; /* owned from server_new() on, also when that fails */
	struct requests *requests; /* borrowed: answer what is asked */
	/* In all; a quarter of them for a listed user other than root, and one
	 * for all users together who are on no list. */
	unsigned connections_max;
};

/* Serves the socket in @options on @event. *@ret is the caller's:
 * server_free(). Errors: IO. */
DEVID_MUST_CHECK enum devid_err server_new(sd_event *event,
	const struct server_options *options, struct server **ret,
	struct devid_error *err);

void server_free(struct server *s);

/*
 * Makes the listening socket at @path, mode 0666: who may do what is decided
 * per request. A socket file that nobody listens on is replaced; one that
 * somebody does is EXISTS.
 */
DEVID_MUST_CHECK enum devid_err server_listen(
	const char *path, int *ret_fd, struct devid_error *err);

#endif
