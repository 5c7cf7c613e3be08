/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_DECIDE_H
#define DEVID_DESK_DECIDE_H

/* `devid-registrar pending|approve|refuse`: requests that wait for a person. */

int desk_pending(int argc, char **argv);
int desk_approve(int argc, char **argv);
int desk_refuse(int argc, char **argv);

#endif
