/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_SERVER_H
#define DEVID_AGENT_SERVER_H

/*
 * The agent's verdict on a RADIUS server, after wpa_supplicant's: by its names
 * with trust = pinned, by what is remembered with trust = first-use.
 */

#include "port.h"

#include <limits.h>
#include <stdbool.h>

struct agent;
struct agent_port;

/* Where the remembered issuer is written for wpa_supplicant. */
void server_ca_path(const struct agent *agent, char ret[PATH_MAX]);

/* Where the anchors of the site's document are written. */
void server_site_path(const struct agent *agent, char ret[PATH_MAX]);

/* Writes it, if there is one and it is used. */
void server_write_ca(const struct agent *agent);

/* Whether the running attach's server may be trusted, and whether the one that
 * let us in is such a one (what is new about it is remembered now). */
bool server_allowed(struct port *port);
bool server_keep(struct port *port);

/*
 * The attach has failed for the server. One whose chain wpa_supplicant does not
 * verify may have the remembered key all the same, so the next try goes by the
 * key alone; and the one after it by the issuer again.
 */
void server_failed(struct agent_port *ap);

#endif
