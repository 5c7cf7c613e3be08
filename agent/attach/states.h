/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_STATES_H
#define DEVID_AGENT_STATES_H

/*
 * The state machine of a port as one table, [state][event] -> {handler, next
 * state, timeout}. An empty cell rejects: the event is logged at debug and
 * nothing else happens. The diagram in docs/agent-states.md is printed from
 * this table (`devid-agent --dump-states`). What happens to a port is given to
 * the table here as well; the handlers are in port.c.
 */

#include <devid/error.h>
#include "event.h"
#include "port.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum port_timeout {
	PORT_TIMEOUT_NONE, /* stop the timer */
	PORT_TIMEOUT_KEEP, /* leave it as it is */
	PORT_TIMEOUT_REPLY,
	PORT_TIMEOUT_START,
	PORT_TIMEOUT_AUTH,
	PORT_TIMEOUT_BACKOFF,
};

/*
 * Does the work of a cell, after the state was changed, and returns the event
 * that follows at once, or PORT_EVENT_NONE.
 */
typedef enum port_event (*port_handler)(struct port *port);

struct port_cell {
	port_handler handler; /* NULL: the cell rejects */
	enum port_state next;
	enum port_timeout timeout;
};

/* The cell for @event in @state; never NULL. */
const struct port_cell *states_get(
	enum port_state state, enum port_event event);

/* "authorized" etc. */
const char *states_name(enum port_state state);

/* "carrier-up" etc. */
const char *states_event_name(enum port_event event);

/* Gives @event to the state machine, and then what follows from it. */
void port_dispatch(struct port *port, enum port_event event);

/* Adds the facts of an event from wpa_supplicant and gives it to the state
 * machine. */
void port_handle_event(struct port *port, const struct event *ev);

/* Adds the answer to STATUS (@st NULL: none came) and dispatches it. */
void port_handle_status(struct port *port, const struct event_status *st);

/* Writes the diagram as Markdown with a Mermaid block. Error: IO. */
DEVID_MUST_CHECK enum devid_err states_dump(FILE *out);

#endif
