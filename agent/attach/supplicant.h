/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_SUPPLICANT_H
#define DEVID_AGENT_SUPPLICANT_H

/*
 * The one wpa_supplicant for all ports: its files, its process, its control
 * connection. A dead one is started again at once, and with growing pauses
 * when that does not help. What is said over the control connection is the
 * caller's business.
 */

#include "config.h"
#include "ctrl.h"
#include <devid/error.h>

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

struct supplicant;

struct supplicant_ops {
	/* supplicant_pid() is another; within supplicant_new() as well. */
	void (*changed)(void *user);
	/* It runs and can be commanded through supplicant_ctrl(). */
	void (*ready)(void *user);
	/* It died or stopped answering; the ctrl is closed already. */
	void (*lost)(void *user);
	/* It has ended after supplicant_stop(). */
	void (*stopped)(void *user);
	void (*event)(void *user, const char *line, size_t len);
	void *user; /* borrowed */
};

/*
 * Prepares <run_dir>/eap and <run_dir>/eap-agent, kills what an earlier agent
 * left, and starts the process; ready() follows. @config is borrowed until
 * supplicant_free(). Errors: IO, INVALID (the folders cannot be made). A
 * program that does not start is no error: it is tried again.
 */
DEVID_MUST_CHECK enum devid_err supplicant_new(sd_event *event,
	const struct config *config, const struct supplicant_ops *ops,
	struct supplicant **ret_supplicant, struct devid_error *err);

/* Kills what still runs. */
void supplicant_free(struct supplicant *s);

/* The control connection, or NULL. */
struct ctrl *supplicant_ctrl(const struct supplicant *s);

/* Path of the configuration file for INTERFACE_ADD. */
const char *supplicant_interface_file(const struct supplicant *s);

/* Its process, or 0. */
pid_t supplicant_pid(const struct supplicant *s);

/* Begins an orderly end: TERMINATE after the commands before it; killed when
 * it does not end in time. */
void supplicant_stop(struct supplicant *s);

#endif
