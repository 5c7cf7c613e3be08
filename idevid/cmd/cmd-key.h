/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_KEY_H
#define DEVID_CMD_KEY_H

/* `devid key`: @argv[0] is "key". Returns the exit status. */
int cmd_key(int argc, char **argv);

#endif
