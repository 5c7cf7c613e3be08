/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_EXPORT_H
#define DEVID_CMD_EXPORT_H

/* `devid-ca export`: allow-lists, CSV, JSON.
 * Gets its own argv, with its name first; returns the exit status. */

int cmd_export(int argc, char **argv);

#endif
