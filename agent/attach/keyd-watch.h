/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_KEYD_WATCH_H
#define DEVID_AGENT_KEYD_WATCH_H

/*
 * Whether devid-keyd takes connections, and what follows for ports that
 * failed for want of a key. That its socket has changed is seen by watch.c
 * and told by agent.c.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

struct agent;

/* Looks from the event loop whether keyd takes connections. */
void agent_probe_keyd(struct agent *agent);

/* Looks at once. While keyd's socket is there and refuses, looks again by the
 * timer agent->prober, a limited number of times: agent->n_probes. Ports that
 * failed for want of a key try again when keyd is there anew. */
void agent_check_keyd(struct agent *agent);

/* The handler of agent->prober; @user is the struct agent. */
int agent_on_probe(sd_event_source *s, uint64_t now, void *user);

#endif
