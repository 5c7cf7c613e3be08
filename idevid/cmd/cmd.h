/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_H
#define DEVID_CMD_H

/*
 * The subcommands of devid(1). Each gets its own argv, argv[0] being the
 * subcommand's name, and returns the exit status.
 */

int cmd_provision(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_verify(int argc, char **argv);

#endif
