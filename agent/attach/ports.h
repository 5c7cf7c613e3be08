/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_PORTS_H
#define DEVID_AGENT_PORTS_H

/*
 * The daemon's ports, and all that is known to it: struct agent. A port is
 * found here, made, told of an event. What it does to the world stands in
 * effects.c, which this file does not know: agent.c names it as
 * agent->port_ops.
 */

#include "config.h"
#include "port.h"
#include "trust.h"
#include "wpaconf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define AGENT_PORTS_MAX 32 /* interfaces ever seen; a limit of ours */

struct agent;
struct hooks;
struct link_monitor;
struct onboarding;
struct supplicant;
struct watch;

/* A try by the key of a server that the issuer has verified before. */
enum look {
	LOOK_DUE, /* not in this run yet */
	LOOK_NEXT,
	LOOK_OVER,
};

struct agent_port {
	struct port port;
	struct agent *agent;    /* borrowed */
	sd_event_source *timer; /* owned */
	bool seen;              /* in the list that is coming in */
	bool raised;            /* was set up by us once */
	bool has_address;
	uint8_t address[6]; /* Ethernet, as wpa_supplicant has it */
	bool has_losses;
	uint32_t losses; /* of carrier, as the kernel counts */
	/* wpa_supplicant's side */
	bool added;         /* INTERFACE_ADD was sent */
	bool abandoned;     /* what is under way is void: begin again */
	bool refused;       /* a configuration command failed */
	unsigned n_pending; /* configuration commands without answer */
	unsigned n_status;  /* STATUS commands without answer */
	int network;        /* its id */
	bool stale;         /* trust or clock changed since */
	bool by_key;        /* the next try goes by the server's key */
	enum look look;     /* by which the next try is so */
	bool clock_ok;      /* as last configured */
	char told_key[KEY_NAME_MAX + 1]; /* hooks were told of last */
	uint32_t mtu;                    /* as last configured */
	enum wpaconf_trust trust_mode;   /* as last configured */
	size_t identity;                 /* as last configured */
	struct identity_stamp stamp;     /* of its files then */
	struct trust_candidate server;   /* of the running attach */
	int tap;              /* owned: of the running attach, or -1 */
	struct flight flight; /* what came out of it so far */
};

/* The RADIUS servers that the site's document names (onboarding.h). */
struct site_trust {
	bool in_force;
	struct names names;
};

struct agent {
	const char *config_path;         /* borrowed */
	const struct port_ops *port_ops; /* borrowed: of every port */
	struct config *config;           /* owned, as all below */
	sd_event *event;
	struct link_monitor *links;
	struct supplicant *supplicant;
	struct hooks *hooks;
	struct watch *watch;
	sd_event_source *flusher; /* writes status when nothing else is due */
	sd_event_source *prober;  /* tries keyd's socket again */
	unsigned n_probes;
	struct trust trust;
	struct site_trust site;
	struct onboarding *onboarding; /* NULL: it does not onboard */
	bool keyd_present;
	bool keyd_renewed; /* its socket has changed */
	bool clock_ok;
	bool clock_told;
	bool history_dirty;
	bool stopping;
	int exit_code;
	struct agent_port ports[AGENT_PORTS_MAX];
	size_t n_ports;
};

/* The port called @name, or NULL. */
struct agent_port *agent_find_port(struct agent *agent, const char *name);

/* The same; a new one when there is none yet. NULL when there are too many. */
struct agent_port *agent_get_port(struct agent *agent, const char *name);

/* Gives @event to all ports of class @class (all, if ATTACH_CLASS_NONE). */
void agent_dispatch_all(
	struct agent *agent, enum port_event event, enum attach_class class);

/* Status and history shall be written when there is time. */
void agent_touch(struct agent *agent);

#endif
