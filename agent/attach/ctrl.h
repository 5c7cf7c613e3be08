/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_CTRL_H
#define DEVID_AGENT_CTRL_H

/*
 * The two connections to wpa_supplicant's global control socket: one for
 * commands, one for the events of all interfaces. Never blocks: commands are
 * queued and answered through callbacks, one on its way at a time, so that
 * their order is kept. libwpa_client opens the sockets; its blocking
 * wpa_ctrl_request() is not used.
 */

#include <devid/error.h>

#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define CTRL_COMMAND_MAX 4096
#define CTRL_QUEUE_MAX   512   /* commands of 16 ports being configured */
#define CTRL_WAIT_MS     10000 /* for one answer */

struct ctrl;

/* @answer is NULL when the connection broke; not NUL-terminated otherwise. */
typedef void (*ctrl_reply_fn)(
	void *user, const char *command, const char *answer, size_t len);

struct ctrl_ops {
	void (*event)(void *user, const char *line, size_t len);
	/* No answer, or the socket failed: the ctrl is of no more use. Not
	 * called from within ctrl_send(). */
	void (*broken)(void *user, const char *why);
	void *user; /* borrowed: for both */
};

struct ctrl_options {
	const char *server;     /* borrowed: the socket to connect to */
	const char *client_dir; /* borrowed: folder of the client sockets */
	/* Whose that socket is; who gets the client sockets, and must be able
	 * to answer. */
	uid_t uid;
	gid_t gid;
	struct ctrl_ops ops;
};

/* Connects as @options say. Errors: UNREACHABLE (not listening yet), DENIED (a
 * link, or not that user's), IO. */
DEVID_MUST_CHECK enum devid_err ctrl_open(sd_event *event,
	const struct ctrl_options *options, struct ctrl **ret_ctrl,
	struct devid_error *err);

/* Pending replies are called with NULL. */
void ctrl_close(struct ctrl *ctrl);

/* Queues @command. @reply may be NULL. When that is not possible the
 * connection is reported broken from the event loop. */
void ctrl_send(struct ctrl *ctrl, ctrl_reply_fn reply, void *user,
	const char *command);

#endif
