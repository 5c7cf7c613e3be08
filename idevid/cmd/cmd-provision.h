/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_PROVISION_H
#define DEVID_CMD_PROVISION_H

/* `devid provision`: makes keys and requests, takes certificates. */

/* Gets its own argv, with its name first; returns the exit status. */
int cmd_provision(int argc, char **argv);

#endif
