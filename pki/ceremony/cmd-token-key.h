/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_TOKEN_KEY_H
#define DEVID_CMD_TOKEN_KEY_H

/* `devid-ca token-key`: makes or shows a CA's key in a token.
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_token_key(int argc, char **argv);

#endif
