/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_LIST_H
#define DEVID_CMD_LIST_H

/* `devid-ca list`: devices and certificates of the register.
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_list(int argc, char **argv);

#endif
