/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_MODULE_H
#define DEVID_CMD_MODULE_H

/* `devid init`, `devid entropy`, `devid erase`: what is about the module as a
 * whole. Return the exit status. */
int cmd_init(int argc, char **argv);
int cmd_entropy(int argc, char **argv);
int cmd_erase(int argc, char **argv);

#endif
