/* SPDX-License-Identifier: Apache-2.0 */
#include "ports.h"

#include <string.h>

#include "log.h"
#include "states.h"

struct agent_port *agent_find_port(struct agent *agent, const char *name)
{
	for (size_t i = 0; i < agent->n_ports; i++) {
		if (strcmp(agent->ports[i].port.name, name) == 0)
			return &agent->ports[i];
	}
	return NULL;
}

static int on_timer(sd_event_source *s, uint64_t now, void *user)
{
	struct agent_port *ap = user;

	(void)s; /* the port's own */
	(void)now;
	port_dispatch(&ap->port, PORT_EVENT_TIMEOUT);
	return 0;
}

/* An unused slot, or one whose interface went away long ago. */
static struct agent_port *free_slot(struct agent *agent)
{
	struct agent_port *oldest = NULL;

	if (agent->n_ports < AGENT_PORTS_MAX)
		return &agent->ports[agent->n_ports++];
	for (size_t i = 0; i < agent->n_ports; i++) {
		struct agent_port *ap = &agent->ports[i];

		if (ap->port.state == PORT_STATE_ABSENT && ap->n_pending == 0 &&
			ap->n_status == 0 &&
			(!oldest || ap->port.since < oldest->port.since))
			oldest = ap;
	}
	if (oldest) {
		sd_event_source_disable_unref(oldest->timer);
		trust_candidate_clear(&oldest->server);
	}
	return oldest;
}

struct agent_port *agent_get_port(struct agent *agent, const char *name)
{
	struct agent_port *ap = agent_find_port(agent, name);
	int r;

	if (ap)
		return ap;
	ap = free_slot(agent);
	if (!ap) {
		log_warn("port: %s: more than %d interfaces: not driven", name,
			AGENT_PORTS_MAX);
		return NULL;
	}
	memset(ap, 0, sizeof(*ap));
	ap->agent = agent;
	ap->tap = -1; /* an absent port's is closed */
	flight_begin(&ap->flight);
	port_init(&ap->port, name, agent->port_ops, ap);
	ap->port.start_wait_ms = agent->config->start_wait * 1000;
	ap->port.auth_wait_ms = agent->config->auth_wait * 1000;
	r = sd_event_add_time_relative(agent->event, &ap->timer,
		CLOCK_MONOTONIC, 0, 1000, on_timer, ap);
	if (r >= 0)
		r = sd_event_source_set_enabled(ap->timer, SD_EVENT_OFF);
	if (r < 0)
		log_error("port: %s: timer: %s", name, strerror(-r));
	return ap;
}

void agent_dispatch_all(
	struct agent *agent, enum port_event event, enum attach_class class)
{
	for (size_t i = 0; i < agent->n_ports; i++) {
		struct port *port = &agent->ports[i].port;

		if (class != ATTACH_CLASS_NONE && port->class != class)
			continue;
		if (event == PORT_EVENT_RETRY &&
			port->state == PORT_STATE_BACKOFF)
			backoff_reset(&port->backoff);
		if (states_get(port->state, event)->handler)
			port_dispatch(port, event);
	}
}

void agent_touch(struct agent *agent)
{
	if (sd_event_source_set_enabled(agent->flusher, SD_EVENT_ONESHOT) < 0)
		log_error("status: event failed");
}
