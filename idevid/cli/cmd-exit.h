/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_EXIT_H
#define DEVID_CMD_EXIT_H

/* What all programs say with their exit status, beside EXIT_SUCCESS, and
 * EXIT_FAILURE for what was refused or failed. Programs may have more. */

#define EXIT_USAGE 2 /* wrong call or configuration */

/* devid-ca: the token refused the PIN. A service must not be started again
 * after it: the next try may lock the token. */
#define EXIT_PIN 3

/* devid status and doctor, which monitors ask. */
#define EXIT_DEGRADED 3 /* usable, but something is wrong or soon will be */
#define EXIT_UNKNOWN  4 /* could not be found out */

#endif
