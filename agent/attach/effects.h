/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_EFFECTS_H
#define DEVID_AGENT_EFFECTS_H

/*
 * What the state machine of a port asks for: its timer, the clock, hooks, log
 * and history. Commands to wpa_supplicant are handed on to drive.c.
 */

#include "port.h"

/* For port_init(); the port's owner is its struct agent_port. */
extern const struct port_ops agent_port_ops;

#endif
