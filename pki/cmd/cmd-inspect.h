/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_INSPECT_H
#define DEVID_CMD_INSPECT_H

/* `devid-ca inspect`: all that a file of any kind says.
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_inspect(int argc, char **argv);

#endif
