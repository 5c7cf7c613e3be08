/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_DRIVE_H
#define DEVID_AGENT_DRIVE_H

/*
 * What is said to wpa_supplicant for a port, and what its answers and events
 * mean for it.
 */

#include "port.h"

#include <stdbool.h>
#include <stddef.h>

struct agent_port;

/* wpa_supplicant is there, or has gone, or says something. @user is the
 * struct agent. */
void agent_on_ready(void *user);
void agent_on_lost(void *user);
void agent_on_event(void *user, const char *line, size_t len);

/* Carries out a command of the state machine. */
void agent_command(struct port *port, enum port_command command);

/* How far our side of TLS came in the running attach. */
enum flight_stage agent_flight(struct port *port);

/* No attach runs any more. */
void agent_close_tap(struct agent_port *ap);

/* Tells wpa_supplicant that the interface has gone. */
void agent_remove_interface(struct agent_port *ap);

#endif
