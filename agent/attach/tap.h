/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_TAP_H
#define DEVID_AGENT_TAP_H

/*
 * The beginning of each EAP frame that this machine sends on an interface, kept
 * by the kernel until it is asked for. Its filter, which is locked before the
 * socket hears anything, lets no frame through that came from the network.
 */

#include <devid/error.h>

#include "flight.h"

/* *@ret_fd is the caller's to close. Error: IO. */
DEVID_MUST_CHECK enum devid_err tap_open(
	int ifindex, int *ret_fd, struct devid_error *err);

/* Gives what was sent since the last time to @flight. When the kernel had no
 * room for some of it, nothing is known: FLIGHT_UNSEEN. */
void tap_read(int fd, struct flight *flight);

#endif
