/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_SERVE_H
#define DEVID_CMD_SERVE_H

/* `devid-ca serve`: issues to stations, publishes revocation.
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_serve(int argc, char **argv);

#endif
