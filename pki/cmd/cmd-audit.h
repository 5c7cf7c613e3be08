/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_AUDIT_H
#define DEVID_CMD_AUDIT_H

/* `devid-ca audit`: is every line of the audit log as it was written?
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_audit(int argc, char **argv);

#endif
