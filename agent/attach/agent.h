/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_AGENT_H
#define DEVID_AGENT_AGENT_H

/*
 * The daemon: joins links, ports, wpa_supplicant, hooks and status in one
 * event loop. agent.c holds its life: beginning, reload, end.
 */

#include "config.h"

/* Runs the daemon until SIGTERM or SIGINT. Takes @config over. Returns the
 * exit code. */
int agent_run(const char *config_path, struct config *config);

#endif
