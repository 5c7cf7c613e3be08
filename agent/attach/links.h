/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_LINKS_H
#define DEVID_AGENT_LINKS_H

/*
 * What the kernel tells of interfaces, as events for ports: one that appears,
 * goes, is renamed, gains or loses its carrier.
 */

#include "link.h"

/* For link_monitor_new(); its user is the struct agent. */
extern const struct link_ops agent_link_ops;

#endif
