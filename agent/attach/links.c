/* SPDX-License-Identifier: Apache-2.0 */
#include "links.h"

#include <string.h>

#include "drive.h"
#include "log.h"
#include "ports.h"
#include "states.h"

static struct agent_port *find_index(struct agent *agent, int ifindex)
{
	for (size_t i = 0; i < agent->n_ports; i++) {
		if (agent->ports[i].port.ifindex == ifindex)
			return &agent->ports[i];
	}
	return NULL;
}

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
	ap->has_address = false;
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

/*
 * The switch has let another address in, and wpa_supplicant goes by the one
 * that the interface had when it was told of it: both begin anew, as with a
 * cable that was pulled.
 */
static void note_address(struct agent_port *ap, const struct link_info *info)
{
	bool other =
		ap->has_address && info->has_address &&
		memcmp(ap->address, info->address, sizeof(ap->address)) != 0;

	if (info->has_address)
		memcpy(ap->address, info->address, sizeof(ap->address));
	ap->has_address |= info->has_address;
	if (!other)
		return;
	log_info("port: %s: it has another address now", ap->port.name);
	set_carrier(ap, false);
	agent_remove_interface(ap);
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
	ap->port.mtu = info->mtu;
	if (!ap->port.ifindex) {
		ap->port.ifindex = info->ifindex;
		port_dispatch(&ap->port, PORT_EVENT_LINK_SEEN);
	}
	note_address(ap, info);
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
