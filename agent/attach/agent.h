/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_AGENT_H
#define DEVID_AGENT_AGENT_H

/*
 * The daemon: joins links, ports, wpa_supplicant, hooks and status in one
 * event loop. agent.c holds its life, agent-ports.c the ports, agent-drive.c
 * what is said to wpa_supplicant.
 */

#include "config.h"
#include <devid/error.h>
#include "hooks.h"
#include "link.h"
#include "port.h"
#include "supplicant.h"
#include "trust.h"
#include "watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define AGENT_PORTS_MAX 32 /* interfaces ever seen; a limit of ours */

struct agent;

struct agent_port {
	struct port port;
	struct agent *agent;    /* borrowed */
	sd_event_source *timer; /* owned */
	bool seen;              /* in the list that is coming in */
	bool raised;            /* was set up by us once */
	bool has_losses;
	uint32_t losses; /* of carrier, as the kernel counts */
	/* wpa_supplicant's side */
	bool added;         /* INTERFACE_ADD was sent */
	bool abandoned;     /* what is under way is void: begin again */
	bool refused;       /* a configuration command failed */
	unsigned n_pending; /* configuration commands without answer */
	unsigned n_status;  /* STATUS commands without answer */
	unsigned n_count;   /* MIB commands without answer */
	int network;        /* its id */
	bool stale;         /* trust or clock changed since */
	bool ignore_time;   /* as last configured */
	enum wpaconf_trust trust_mode; /* as last configured */
	struct trust_candidate server; /* of the running attach */
};

struct agent {
	const char *config_path; /* borrowed */
	struct config *config;   /* owned, as all below */
	sd_event *event;
	struct link_monitor *links;
	struct supplicant *supplicant;
	struct hooks *hooks;
	struct watch *watch;
	sd_event_source *flusher; /* writes status when nothing else is due */
	sd_event_source *prober;  /* tries keyd's socket again */
	unsigned n_probes;
	struct trust trust;
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

/* Runs the daemon until SIGTERM or SIGINT. Returns the exit code. */
int agent_run(const char *config_path, struct config *config);

/* Looks from the event loop whether keyd takes connections. */
void agent_probe_keyd(struct agent *agent);

/* agent-ports.c */

extern const struct link_ops agent_link_ops;
extern const struct port_ops agent_port_ops;

/* The port called @name, or NULL. */
struct agent_port *agent_find_port(struct agent *agent, const char *name);

/* The same; a new one when there is none yet. NULL when there are too many. */
struct agent_port *agent_get_port(struct agent *agent, const char *name);

/* Gives @event to all ports of class @class (all, if ATTACH_CLASS_NONE). */
void agent_dispatch_all(
	struct agent *agent, enum port_event event, enum attach_class class);

/* Status and history shall be written when there is time. */
void agent_touch(struct agent *agent);

/* agent-drive.c */

/* wpa_supplicant is there, or has gone, or says something. */
void agent_on_ready(void *user);
void agent_on_lost(void *user);
void agent_on_event(void *user, const char *line, size_t len);

/* Carries out a command of the state machine. */
void agent_command(struct port *port, enum port_command command);

/* Tells wpa_supplicant that the interface has gone. */
void agent_remove_interface(struct agent_port *ap);

/* Whether the running attach's server may be trusted, and whether it is the
 * one that is remembered (or is remembered now). */
bool agent_server_allowed(struct port *port);
bool agent_server_keep(struct port *port);

#endif
