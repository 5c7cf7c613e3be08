/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VERIFY_CONNECT_H
#define DEVID_VERIFY_CONNECT_H

/*
 * A TCP connection to whichever address of a host answers first, tried side
 * by side (RFC 8305), so that one that swallows everything costs a quarter of
 * a second and not the whole time.
 */

#include <netdb.h>
#include <stddef.h>
#include <stdint.h>

#define CONNECT_ADDRESSES_MAX 16 /* of one host; the rest is not tried */

/* The order of RFC 8305, 4: @list with its families taking turns, the family
 * of its first address first. How many stand in @ret. */
size_t connect_order(const struct addrinfo *list,
	const struct addrinfo *ret[CONNECT_ADDRESSES_MAX]);

/* Looks @host up and connects until @deadline (lookup_now_ms()). A descriptor
 * that does not block, or -1 with the cause in @cause of @size bytes. */
int connect_within(const char *host, const char *port, int64_t deadline,
	char *cause, size_t size);

#endif
