/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_WAIT_H
#define DEVID_CMD_WAIT_H

/* `devid wait`: until devid-keyd answers and its keystore is well, for scripts
 * that have just started it. Gets its own argv, with its name first; returns
 * the exit status. */

int cmd_wait(int argc, char **argv);

#endif
