/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_STATUS_H
#define DEVID_CMD_STATUS_H

/* `devid status`: identities, certificates, port, failures.
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_status(int argc, char **argv);

#endif
