/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_DOCTOR_H
#define DEVID_CMD_DOCTOR_H

/* `devid doctor`: what is wrong with this device, by what evidence, and what to
 * do. Gets its own argv, with its name first; returns the exit status. */

int cmd_doctor(int argc, char **argv);

#endif
