/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_PORT_LINK_H
#define LAB_PORT_LINK_H

/*
 * One port of the switch, by rtnetlink: its carrier, and in which bridge it is
 * with which flags. A port is either parked (in a bridge that leads nowhere,
 * nothing in, nothing out) or open for one address in the bridge of a VLAN.
 *
 * What the kernel does not offer: changing the bridge and locking the port in
 * one step. port_link_open() locks right after the move and then forgets what
 * was learned in between; frames of those microseconds may have passed.
 */

#include <devid/error.h>
#include "port-event.h"

#include <stdbool.h>

struct port_link;

/*
 * Opens the port @name, which belongs to the caller's network namespace, and
 * parks it in bridge @park. Errors: NOT_FOUND when one of them does not exist,
 * IO. The caller frees with port_link_free().
 */
DEVID_MUST_CHECK enum devid_err port_link_new(const char *name,
	const char *park, struct port_link **ret_link, struct devid_error *err);

void port_link_free(struct port_link *link);

/* Readable when port_link_read() has something to do. */
int port_link_get_fd(const struct port_link *link);

/* What changed since the read before. Both: it went down and came back. */
struct port_carrier {
	bool lost;
	bool gained;
};

/*
 * Reads all changes that wait. Errors: NOT_FOUND when the port was removed,
 * IO.
 */
DEVID_MUST_CHECK enum devid_err port_link_read(struct port_link *link,
	struct port_carrier *ret_carrier, struct devid_error *err);

/*
 * Moves the port into @bridge, locked, and lets @mac alone through. On any
 * error the port is parked.
 */
DEVID_MUST_CHECK enum devid_err port_link_open(struct port_link *link,
	const char *bridge, const struct port_mac *mac,
	struct devid_error *err);

/* Parks the port; harmless when it is parked. Errors: IO. */
DEVID_MUST_CHECK enum devid_err port_link_park(
	struct port_link *link, struct devid_error *err);

#endif
