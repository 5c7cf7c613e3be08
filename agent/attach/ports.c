/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "log.h"
#include "wallclock.h"

struct agent_port *agent_find_port(struct agent *agent, const char *name)
{
	for (size_t i = 0; i < agent->n_ports; i++) {
		if (strcmp(agent->ports[i].port.name, name) == 0)
			return &agent->ports[i];
	}
	return NULL;
}

static struct agent_port *find_index(struct agent *agent, int ifindex)
{
	for (size_t i = 0; i < agent->n_ports; i++) {
		if (agent->ports[i].port.ifindex == ifindex)
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
			ap->n_status == 0 && ap->n_count == 0 &&
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
	port_init(&ap->port, name, &agent_port_ops, ap);
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

/* Links */

static void set_carrier(struct agent_port *ap, bool carrier)
{
	struct port *port = &ap->port;

	if (carrier == port->carrier)
		return;
	port->carrier = carrier;
	if (carrier)
		port->carrier_us = port->ops->now(port);
	port_dispatch(port,
		carrier ? PORT_EVENT_CARRIER_UP : PORT_EVENT_CARRIER_DOWN);
}

static void drop_link(struct agent_port *ap)
{
	struct port *port = &ap->port;

	agent_remove_interface(ap);
	port->ifindex = 0;
	port->carrier = false;
	port->admin_up = false;
	ap->has_losses = false;
	ap->raised = false;
	port_dispatch(port, PORT_EVENT_LINK_GONE);
}

/* Once for each interface: an administrator who sets it down later means
 * it. */
static void raise_link(struct agent_port *ap)
{
	struct devid_error err = { DEVID_OK, "" };

	if (ap->raised)
		return;
	ap->raised = true;
	log_debug("port: %s: setting the interface up", ap->port.name);
	if (link_monitor_set_up(ap->agent->links, ap->port.ifindex, &err) !=
		DEVID_OK)
		log_error(
			"port: %s: %s", ap->port.name, devid_error_text(&err));
}

/* An unplug shorter than the kernel's own delay leaves nothing but its
 * count; the switch may have shut the port all the same. */
static void note_losses(struct agent_port *ap, const struct link_info *info)
{
	bool missed = ap->has_losses && info->has_losses &&
		      info->losses != ap->losses && info->carrier &&
		      ap->port.carrier;

	ap->has_losses = info->has_losses;
	ap->losses = info->losses;
	if (missed)
		set_carrier(ap, false);
}

static void on_seen(void *user, const struct link_info *info)
{
	struct agent *agent = user;
	struct agent_port *ap = find_index(agent, info->ifindex);

	if (agent->stopping)
		return;
	if (ap && strcmp(ap->port.name, info->name) != 0) {
		drop_link(ap); /* renamed */
		ap = NULL;
	}
	if (!info->ethernet || !config_wants(agent->config, info->name))
		return;
	ap = agent_get_port(agent, info->name);
	if (!ap)
		return;
	if (ap->port.ifindex && ap->port.ifindex != info->ifindex)
		drop_link(ap); /* its end was not heard */
	ap->seen = true;
	ap->port.admin_up = info->up;
	if (!ap->port.ifindex) {
		ap->port.ifindex = info->ifindex;
		port_dispatch(&ap->port, PORT_EVENT_LINK_SEEN);
	}
	if (!info->up)
		raise_link(ap);
	else if (!ap->port.configured)
		agent_command(&ap->port, PORT_COMMAND_CONFIGURE);
	note_losses(ap, info);
	set_carrier(ap, info->carrier);
}

static void on_gone(void *user, int ifindex)
{
	struct agent *agent = user;
	struct agent_port *ap = find_index(agent, ifindex);

	if (ap && !agent->stopping)
		drop_link(ap);
}

static void on_begin(void *user)
{
	struct agent *agent = user;

	for (size_t i = 0; i < agent->n_ports; i++)
		agent->ports[i].seen = false;
}

static void on_end(void *user)
{
	struct agent *agent = user;

	for (size_t i = 0; i < agent->n_ports && !agent->stopping; i++) {
		struct agent_port *ap = &agent->ports[i];

		if (ap->port.ifindex && !ap->seen)
			drop_link(ap);
	}
}

const struct link_ops agent_link_ops = { on_seen, on_gone, on_begin, on_end };

/* What the state machine asks for */

static void set_timer(struct port *port, uint32_t ms)
{
	struct agent_port *ap = port->owner;
	int r = 0;

	if (ms)
		r = sd_event_source_set_time_relative(ap->timer, ms * 1000ull);
	if (r >= 0)
		r = sd_event_source_set_enabled(
			ap->timer, ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (r < 0)
		log_error("port: %s: timer: %s", port->name, strerror(-r));
}

static uint64_t now(struct port *port)
{
	struct timespec ts;

	(void)port;                                /* one clock for all */
	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail on Linux */
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint32_t random_number(struct port *port)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		n = (uint32_t)now(port); /* jitter, not a secret */
	return n;
}

static void run_hooks(struct port *port, const char *event)
{
	struct agent_port *ap = port->owner;
	struct hooks_event ev = { .key = "idevid" };

	(void)snprintf(ev.port, sizeof(ev.port), "%s", port->name);
	(void)snprintf(ev.event, sizeof(ev.event), "%s", event);
	(void)snprintf(
		ev.state, sizeof(ev.state), "%s", states_name(port->state));
	if (port->class != ATTACH_CLASS_NONE)
		(void)snprintf(ev.reason, sizeof(ev.reason), "%s: %s",
			attach_class_name(port->class), port->reason);
	hooks_run(ap->agent->hooks, &ev);
}

/*
 * Others are told of four changes. A port that was admitted stays so for them
 * while it is attached anew (re-authentication, a dead wpa_supplicant): the
 * switch has it open until it says otherwise.
 */
static void changed(struct port *port, enum port_state old)
{
	struct agent_port *ap = port->owner;
	bool first_failure = false;

	switch (port->state) {
	case PORT_STATE_ABSENT:
	case PORT_STATE_DOWN:
		port->admitted = false;
		if (old != port->state && old != PORT_STATE_ABSENT &&
			old != PORT_STATE_DOWN)
			run_hooks(port, "down");
		break;
	case PORT_STATE_BACKOFF:
		first_failure = port->backoff.failures <= 1;
		if (port->admitted || (first_failure && old != port->state))
			run_hooks(port, "unauthorized");
		port->admitted = false;
		break;
	case PORT_STATE_AUTHORIZED:
		if (!port->admitted)
			run_hooks(port, "authorized");
		port->admitted = true;
		break;
	case PORT_STATE_WAITING:
		if (old == PORT_STATE_DOWN)
			run_hooks(port, "up");
		break;
	case PORT_STATE_ASSOCIATING:
	case PORT_STATE_STARTING:
	case PORT_STATE_AUTHENTICATING:
	case PORT_STATE_CONFIRMING:
	case PORT_STATE_CHECKING:
	case PORT_STATE_JUDGING:
		break;
	}
	agent_touch(ap->agent);
}

static void tell_success(const struct port *port)
{
	const struct attach *a = &port->attach;

	log_info("port: %s: %s in %d ms: %s%s%s%s", port->name,
		port->admitted ? "re-authenticated" : "authorized", a->done_ms,
		a->tls_version[0] ? a->tls_version : "EAP-TLS",
		a->resumed ? " resumed" : "", a->server_name[0] ? " with " : "",
		a->server_name);
}

/* A successful attach proves that the clock's time is not too far off. */
static void refresh_stamp(struct agent *agent)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX];

	(void)snprintf(
		path, sizeof(path), "%s/clock", agent->config->state_dir);
	if (agent->clock_ok && wallclock_refresh(path, &err) != DEVID_OK)
		log_warn("%s", devid_error_text(&err));
}

static void finished(struct port *port)
{
	struct agent_port *ap = port->owner;

	ap->agent->history_dirty = true;
	if (port->attach.end == ATTACH_END_SUCCESS) {
		tell_success(port);
		refresh_stamp(ap->agent);
	}
	if (port->attach.class == ATTACH_CLASS_KEY_UNAVAILABLE)
		agent_probe_keyd(ap->agent);
	agent_touch(ap->agent);
}

const struct port_ops agent_port_ops = {
	.command = agent_command,
	.set_timer = set_timer,
	.now = now,
	.random = random_number,
	.server_allowed = agent_server_allowed,
	.server_keep = agent_server_keep,
	.changed = changed,
	.finished = finished,
};
