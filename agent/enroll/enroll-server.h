/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ENROLL_SERVER_H
#define DEVID_ENROLL_SERVER_H

/*
 * Which registrar is asked, and whether there is anything to judge it by. Its
 * name comes from the configuration, else it is devid-registrar in the domain
 * that DHCP gave, which anybody on the wire can give. So where the anchor is
 * the one that a RADIUS server showed at first use, the registrar has to be of
 * that server's domain as well.
 */

#include "enroll-steps.h"

#define ENROLL_REGISTRAR "devid-registrar"

/* Writes the name to @ret, of ENROLL_HOST_MAX + 1 bytes. NONE, or
 * NO_REGISTRAR, NO_ANCHOR, EST_UNTRUSTED with the cause in @err. */
DEVID_MUST_CHECK enum enroll_class enroll_server_find(
	const struct enroll_call *call, char ret[ENROLL_HOST_MAX + 1],
	struct devid_error *err);

#endif
