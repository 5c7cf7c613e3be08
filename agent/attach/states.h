/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_STATES_H
#define DEVID_AGENT_STATES_H

/*
 * The state machine of a port as one table, [state][event] -> {handler, next
 * state, timeout}. An empty cell rejects: the event is logged at debug and
 * nothing else happens. The diagram in docs/agent-states.md is printed from
 * this table (`devid-agent --dump-states`).
 */

#include <devid/error.h>

#include <stdio.h>

struct port;

enum port_state {
	PORT_STATE_ABSENT,         /* no such interface */
	PORT_STATE_DOWN,           /* no carrier */
	PORT_STATE_WAITING,        /* wpa_supplicant is not ready for it */
	PORT_STATE_ASSOCIATING,    /* wpa_supplicant opens the port */
	PORT_STATE_STARTING,       /* EAPOL-Start sent, no answer yet */
	PORT_STATE_AUTHENTICATING, /* EAP runs */
	PORT_STATE_CONFIRMING,     /* EAP-Success; is the port open? */
	PORT_STATE_AUTHORIZED,
	PORT_STATE_CHECKING, /* was authorised; EAP failed; still open? */
	PORT_STATE_JUDGING,  /* EAP failed; how far had it come? */
	PORT_STATE_BACKOFF,  /* failed; waits for the next try */
};
#define PORT_N_STATES 11

enum port_event {
	PORT_EVENT_NONE, /* a handler's answer: nothing follows */
	PORT_EVENT_LINK_SEEN,
	PORT_EVENT_LINK_GONE,
	PORT_EVENT_CARRIER_UP,
	PORT_EVENT_CARRIER_DOWN,
	PORT_EVENT_READY,   /* wpa_supplicant knows the port */
	PORT_EVENT_REFUSED, /* it refused the port's configuration */
	PORT_EVENT_SUPPLICANT_LOST,
	PORT_EVENT_ASSOCIATED,
	PORT_EVENT_EAP_STARTED,
	PORT_EVENT_CERT_CHECK,
	PORT_EVENT_KEY_REQUEST,
	PORT_EVENT_EAP_SUCCESS,
	PORT_EVENT_EAP_FAILURE,
	PORT_EVENT_PORT_OPEN, /* STATUS: suppPortStatus=Authorized */
	PORT_EVENT_PORT_SHUT, /* STATUS: anything else */
	PORT_EVENT_COUNTED,   /* MIB: frames received */
	PORT_EVENT_TIMEOUT,
	PORT_EVENT_GIVE_UP, /* from a handler: this try is over */
	PORT_EVENT_RETRY,   /* a cause of failure may be gone */
};
#define PORT_N_EVENTS 20

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

/* Writes the diagram as Markdown with a Mermaid block. Error: IO. */
DEVID_MUST_CHECK enum devid_err states_dump(FILE *out);

#endif
