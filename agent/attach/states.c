/* SPDX-License-Identifier: Apache-2.0 */
#include "states.h"

#include <string.h>

#include "log.h"
#include "port.h"

#define REPLY_WAIT_MS  2000 /* an answer of wpa_supplicant */
#define START_FIRST_MS 250  /* until the second EAPOL-Start */
#define START_MAX_MS   1000

#define N_STATES PORT_N_STATES
#define N_EVENTS PORT_N_EVENTS

static const char *const state_names[N_STATES] = {
	[PORT_STATE_ABSENT] = "absent",
	[PORT_STATE_DOWN] = "down",
	[PORT_STATE_WAITING] = "waiting",
	[PORT_STATE_ASSOCIATING] = "associating",
	[PORT_STATE_STARTING] = "starting",
	[PORT_STATE_AUTHENTICATING] = "authenticating",
	[PORT_STATE_CONFIRMING] = "confirming",
	[PORT_STATE_AUTHORIZED] = "authorized",
	[PORT_STATE_CHECKING] = "checking",
	[PORT_STATE_BACKOFF] = "backoff",
};

static const char *const event_names[N_EVENTS] = {
	[PORT_EVENT_NONE] = "none",
	[PORT_EVENT_LINK_SEEN] = "link-seen",
	[PORT_EVENT_LINK_GONE] = "link-gone",
	[PORT_EVENT_CARRIER_UP] = "carrier-up",
	[PORT_EVENT_CARRIER_DOWN] = "carrier-down",
	[PORT_EVENT_READY] = "ready",
	[PORT_EVENT_REFUSED] = "refused",
	[PORT_EVENT_SUPPLICANT_LOST] = "supplicant-lost",
	[PORT_EVENT_ASSOCIATED] = "associated",
	[PORT_EVENT_EAP_STARTED] = "eap-started",
	[PORT_EVENT_CERT_CHECK] = "cert-check",
	[PORT_EVENT_KEY_REQUEST] = "key-request",
	[PORT_EVENT_EAP_SUCCESS] = "eap-success",
	[PORT_EVENT_EAP_FAILURE] = "eap-failure",
	[PORT_EVENT_PORT_OPEN] = "port-open",
	[PORT_EVENT_PORT_SHUT] = "port-shut",
	[PORT_EVENT_TIMEOUT] = "timeout",
	[PORT_EVENT_GIVE_UP] = "give-up",
	[PORT_EVENT_RETRY] = "retry",
	[PORT_EVENT_SHOW] = "show",
};

#define S(name) PORT_STATE_##name
#define T(name) PORT_TIMEOUT_##name
#define E(name) PORT_EVENT_##name

/* One line for each cell. */
/* clang-format off */
/* Ways out that hold wherever a cable is in. */
#define UNPLUGGED                                                              \
	[E(LINK_GONE)] = { port_on_gone, S(ABSENT), T(NONE) },                 \
	[E(CARRIER_DOWN)] = { port_on_unplug, S(DOWN), T(NONE) }

/* And wherever wpa_supplicant is at work. */
#define LOST                                                                   \
	[E(SUPPLICANT_LOST)] = { port_on_supplicant_lost, S(WAITING), T(NONE) }, \
	SHOWN

/* And wherever an identity is shown, or was. */
#define SHOWN                                                                  \
	[E(SHOW)] = { port_on_show, S(WAITING), T(NONE) }

static const struct port_cell table[N_STATES][N_EVENTS] = {
	[S(ABSENT)] = {
		[E(LINK_SEEN)] = { port_on_appear, S(DOWN), T(NONE) },
	},
	[S(DOWN)] = {
		[E(LINK_GONE)] = { port_on_gone, S(ABSENT), T(NONE) },
		[E(CARRIER_UP)] = { port_on_attach, S(WAITING), T(NONE) },
	},
	[S(WAITING)] = {
		UNPLUGGED,
		[E(READY)] = { port_on_ready, S(ASSOCIATING), T(REPLY) },
		[E(REFUSED)] = { port_on_refused, S(BACKOFF), T(BACKOFF) },
	},
	[S(ASSOCIATING)] = {
		UNPLUGGED, LOST,
		[E(ASSOCIATED)] = { port_on_associated, S(STARTING), T(START) },
		[E(EAP_STARTED)] = { port_on_eap_started, S(AUTHENTICATING), T(AUTH) },
		[E(TIMEOUT)] = { port_on_select_again, S(ASSOCIATING), T(REPLY) },
		[E(GIVE_UP)] = { port_on_refused, S(BACKOFF), T(BACKOFF) },
	},
	[S(STARTING)] = {
		UNPLUGGED, LOST,
		[E(EAP_STARTED)] = { port_on_eap_started, S(AUTHENTICATING), T(AUTH) },
		[E(EAP_FAILURE)] = { port_on_failure, S(BACKOFF), T(BACKOFF) },
		[E(KEY_REQUEST)] = { port_on_failure, S(BACKOFF), T(BACKOFF) },
		[E(TIMEOUT)] = { port_on_start_again, S(STARTING), T(START) },
		[E(GIVE_UP)] = { port_on_silence, S(BACKOFF), T(BACKOFF) },
	},
	[S(AUTHENTICATING)] = {
		UNPLUGGED, LOST,
		[E(EAP_STARTED)] = { port_on_eap_started, S(AUTHENTICATING), T(AUTH) },
		[E(CERT_CHECK)] = { port_on_cert_check, S(AUTHENTICATING), T(KEEP) },
		[E(KEY_REQUEST)] = { port_on_failure, S(BACKOFF), T(BACKOFF) },
		[E(EAP_SUCCESS)] = { port_on_confirm, S(CONFIRMING), T(REPLY) },
		[E(EAP_FAILURE)] = { port_on_failure, S(BACKOFF), T(BACKOFF) },
		[E(TIMEOUT)] = { port_on_silence, S(BACKOFF), T(BACKOFF) },
	},
	[S(CONFIRMING)] = {
		UNPLUGGED, LOST,
		[E(EAP_STARTED)] = { port_on_eap_started, S(AUTHENTICATING), T(AUTH) },
		[E(EAP_FAILURE)] = { port_on_failure, S(BACKOFF), T(BACKOFF) },
		[E(PORT_OPEN)] = { port_on_success, S(AUTHORIZED), T(NONE) },
		[E(PORT_SHUT)] = { port_on_failure, S(BACKOFF), T(BACKOFF) },
		[E(TIMEOUT)] = { port_on_silence, S(BACKOFF), T(BACKOFF) },
	},
	[S(AUTHORIZED)] = {
		UNPLUGGED, LOST,
		[E(EAP_STARTED)] = { port_on_eap_started, S(AUTHORIZED), T(NONE) },
		[E(CERT_CHECK)] = { port_on_cert_check, S(AUTHORIZED), T(NONE) },
		[E(EAP_SUCCESS)] = { port_on_confirm, S(CHECKING), T(REPLY) },
		[E(EAP_FAILURE)] = { port_on_confirm, S(CHECKING), T(REPLY) },
		[E(KEY_REQUEST)] = { port_on_nothing, S(AUTHORIZED), T(NONE) },
	},
	[S(CHECKING)] = {
		UNPLUGGED, LOST,
		[E(EAP_STARTED)] = { port_on_eap_started, S(AUTHORIZED), T(NONE) },
		[E(PORT_OPEN)] = { port_on_still_open, S(AUTHORIZED), T(NONE) },
		[E(PORT_SHUT)] = { port_on_lost, S(CHECKING), T(KEEP) },
		[E(TIMEOUT)] = { port_on_lost, S(CHECKING), T(KEEP) },
		[E(GIVE_UP)] = { port_on_failure, S(BACKOFF), T(BACKOFF) },
		[E(RETRY)] = { port_on_attach, S(WAITING), T(NONE) },
	},
	[S(BACKOFF)] = {
		UNPLUGGED, SHOWN,
		[E(EAP_STARTED)] = { port_on_eap_started, S(AUTHENTICATING), T(AUTH) },
		[E(TIMEOUT)] = { port_on_attach, S(WAITING), T(NONE) },
		[E(RETRY)] = { port_on_attach, S(WAITING), T(NONE) },
	},
};

/* clang-format on */

const struct port_cell *states_get(enum port_state state, enum port_event event)
{
	return &table[state][event];
}

const char *states_name(enum port_state state)
{
	return state_names[state];
}

const char *states_event_name(enum port_event event)
{
	return event_names[event];
}

static uint32_t start_interval(const struct port *port)
{
	uint32_t ms = START_FIRST_MS;

	for (unsigned i = 1; i < port->n_starts && ms < START_MAX_MS; i++)
		ms *= 2;
	return ms < START_MAX_MS ? ms : START_MAX_MS;
}

/* A round through all identities counts as one failure. */
static void arm_backoff(struct port *port)
{
	uint32_t ms;

	if (port->another) {
		port->ops->set_timer(port, 0);
		return;
	}
	ms = backoff_next(&port->backoff, port->ops->random(port));

	port->next_retry = time(NULL) + (time_t)((ms + 500) / 1000);
	port->ops->set_timer(port, ms);
}

static void arm(struct port *port, enum port_timeout timeout)
{
	if (timeout != PORT_TIMEOUT_KEEP)
		port->next_retry = 0;
	switch (timeout) {
	case PORT_TIMEOUT_NONE:
		port->ops->set_timer(port, 0);
		return;
	case PORT_TIMEOUT_KEEP:
		return;
	case PORT_TIMEOUT_REPLY:
		port->ops->set_timer(port, REPLY_WAIT_MS);
		return;
	case PORT_TIMEOUT_START:
		port->ops->set_timer(port, start_interval(port));
		return;
	case PORT_TIMEOUT_AUTH:
		port->ops->set_timer(port, port->auth_wait_ms);
		return;
	case PORT_TIMEOUT_BACKOFF:
		arm_backoff(port);
		return;
	}
}

/* The one place where a port's state changes. */
static void set_state(
	struct port *port, enum port_state next, enum port_event cause)
{
	enum port_state old = port->state;

	if (next == old)
		return;
	port->state = next;
	port->since = time(NULL);
	log_debug("port: %s: %s -> %s (%s)", port->name, states_name(old),
		states_name(next), states_event_name(cause));
}

void port_dispatch(struct port *port, enum port_event event)
{
	while (event != PORT_EVENT_NONE) {
		const struct port_cell *cell = states_get(port->state, event);
		enum port_state old = port->state;
		enum port_event follow;

		if (!cell->handler) {
			log_debug("port: %s: %s: no matter while %s",
				port->name, states_event_name(event),
				states_name(port->state));
			return;
		}
		set_state(port, cell->next, event);
		follow = cell->handler(port);
		arm(port, cell->timeout);
		port->ops->changed(port, old);
		event = follow;
	}
}

static enum port_event event_of(enum event_type type)
{
	switch (type) {
	case EVENT_ASSOCIATED:
		return PORT_EVENT_ASSOCIATED;
	case EVENT_EAP_STARTED:
		return PORT_EVENT_EAP_STARTED;
	case EVENT_CERT_CHECK:
		return PORT_EVENT_CERT_CHECK;
	case EVENT_KEY_REQUEST:
		return PORT_EVENT_KEY_REQUEST;
	case EVENT_EAP_SUCCESS:
		return PORT_EVENT_EAP_SUCCESS;
	case EVENT_EAP_REJECTED:
	case EVENT_EAP_FAILURE:
		return PORT_EVENT_EAP_FAILURE;
	case EVENT_OTHER:
	case EVENT_METHOD_PROPOSED:
	case EVENT_PEER_CERT:
	case EVENT_PEER_NAME:
	case EVENT_SERVER_VERIFIED:
	case EVENT_CERT_ERROR:
	case EVENT_LOCAL_ALERT:
	case EVENT_REMOTE_ALERT:
	case EVENT_EAP_ACCEPTED:
	case EVENT_TERMINATING:
		return PORT_EVENT_NONE;
	}
	return PORT_EVENT_NONE;
}

void port_handle_event(struct port *port, const struct event *ev)
{
	uint64_t now = port->ops->now(port);
	bool open = port->state == PORT_STATE_AUTHORIZED ||
		    port->state == PORT_STATE_CHECKING;

	/* The switch began by itself: a record of its own. */
	if (ev->type == EVENT_EAP_STARTED && (open || !port->attaching) &&
		states_get(port->state, PORT_EVENT_EAP_STARTED)->handler)
		port_begin(port, now);
	if (port->attaching)
		attach_note(&port->attach, ev, now);
	port_dispatch(port, event_of(ev->type));
}

void port_handle_status(struct port *port, const struct event_status *st)
{
	bool open = st && st->authorized;

	if (st && port->attaching) {
		port->attach.resumed = st->resumed;
		memcpy(port->attach.tls_version, st->tls_version,
			sizeof(st->tls_version));
	}
	/* The last word on a new success is the server's identity. */
	if (open && port->attaching && port->attach.succeeded &&
		!port->ops->server_keep(port)) {
		port->attach.refused = true;
		open = false;
	}
	port_dispatch(port, open ? PORT_EVENT_PORT_OPEN : PORT_EVENT_PORT_SHUT);
}

static const char *timeout_text(enum port_timeout timeout)
{
	switch (timeout) {
	case PORT_TIMEOUT_NONE:
	case PORT_TIMEOUT_KEEP:
		return "";
	case PORT_TIMEOUT_REPLY:
		return " [2 s]";
	case PORT_TIMEOUT_START:
		return " [0.25 s, 0.5 s, 1 s ...]";
	case PORT_TIMEOUT_AUTH:
		return " [auth_wait]";
	case PORT_TIMEOUT_BACKOFF:
		return " [1 s, 2 s, 4 s ... 60 s]";
	}
	return "";
}

/* One line for all events that lead from @from to @to with one timeout. */
static void dump_edge(FILE *out, int from, int to, int timeout)
{
	const char *between = " : ";

	for (int e = 0; e < N_EVENTS; e++) {
		const struct port_cell *c = &table[from][e];

		if (!c->handler || (int)c->next != to ||
			(int)c->timeout != timeout)
			continue;
		if (between[1] == ':')
			(void)fprintf(out, "    %s --> %s", state_names[from],
				state_names[to]);
		(void)fprintf(out, "%s%s", between, event_names[e]);
		between = ", ";
	}
	if (between[1] != ':')
		(void)fprintf(
			out, "%s\n", timeout_text((enum port_timeout)timeout));
}

enum devid_err states_dump(FILE *out)
{
	/* Errors of fprintf() stay in the stream until ferror(). */
	(void)fputs(
		"# States of a port\n\n"
		"Printed by `devid-agent --dump-states` from the table in "
		"`agent/attach/states.c`;\na unit test compares them. In brackets: "
		"how long until the event `timeout`.\n\n"
		"```mermaid\nstateDiagram-v2\n    [*] --> absent\n",
		out);
	for (int from = 0; from < N_STATES; from++) {
		for (int to = 0; to < N_STATES; to++) {
			for (int t = 0; t <= PORT_TIMEOUT_BACKOFF; t++)
				dump_edge(out, from, to, t);
		}
	}
	(void)fputs("```\n", out);
	if (fflush(out) != 0 || ferror(out))
		return DEVID_ERR_IO;
	return DEVID_OK;
}
