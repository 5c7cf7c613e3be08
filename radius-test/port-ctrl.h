/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_PORT_CTRL_H
#define LAB_PORT_CTRL_H

/*
 * The connection to the hostapd of one port: one socket for commands, one for
 * events. hostapd may be absent, die and return; the connection is then
 * opened again by the caller.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>

#define PORT_CTRL_TEXT_MAX 4096 /* hostapd's answers are at most this */

struct port_ctrl;

/*
 * @path: hostapd's control socket; @own_dir: folder for our ends, writable by
 * hostapd's user. Both are copied. Does not connect. Errors: NOMEM.
 */
DEVID_MUST_CHECK enum devid_err port_ctrl_new(const char *path,
	const char *own_dir, struct port_ctrl **ret_ctrl,
	struct devid_error *err);

void port_ctrl_free(struct port_ctrl *ctrl);

/* Connects and asks for events. Errors: UNREACHABLE. */
DEVID_MUST_CHECK enum devid_err port_ctrl_open(
	struct port_ctrl *ctrl, struct devid_error *err);

void port_ctrl_close(struct port_ctrl *ctrl);

/* Readable when an event waits; -1 while not connected. */
int port_ctrl_get_fd(const struct port_ctrl *ctrl);

/*
 * Whether hostapd still is behind the socket: a datagram to a dead one is
 * refused at once. Does not wait for the answer, which arrives as an event.
 */
bool port_ctrl_is_alive(const struct port_ctrl *ctrl);

/* Reads one waiting event line; false when none waits or it is gone. */
bool port_ctrl_read(struct port_ctrl *ctrl, char *ret_line, size_t line_max);

/*
 * Sends @command and waits for the answer (libwpa_client: up to 10 s from a
 * hostapd that hangs). @answer_max counts the NUL. Errors: UNREACHABLE.
 */
DEVID_MUST_CHECK enum devid_err port_ctrl_ask(struct port_ctrl *ctrl,
	const char *command, char *ret_answer, size_t answer_max,
	struct devid_error *err);

#endif
