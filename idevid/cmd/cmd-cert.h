/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_CERT_H
#define DEVID_CMD_CERT_H

/* `devid cert` and `devid chain`: @argv[0] is the command. Return the exit
 * status. */
int cmd_cert(int argc, char **argv);
int cmd_chain(int argc, char **argv);

#endif
