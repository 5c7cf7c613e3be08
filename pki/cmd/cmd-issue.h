/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_ISSUE_H
#define DEVID_CMD_ISSUE_H

/* `devid-ca challenge` and `devid-ca issue`: the two steps, on files.
 * Each gets its own argv, with its name first; returns the exit status. */

int cmd_challenge(int argc, char **argv);
int cmd_issue(int argc, char **argv);

#endif
