/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_VERIFY_H
#define DEVID_CMD_VERIFY_H

/* `devid verify`: proves which unit answers over TLS.
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_verify(int argc, char **argv);

#endif
