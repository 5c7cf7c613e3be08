/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VERIFY_LOOKUP_H
#define DEVID_VERIFY_LOOKUP_H

/*
 * A name look-up that ends in time. getaddrinfo(3) of glibc waits as long as
 * resolv.conf(5) says and cannot be called off, so it runs in a thread of its
 * own, which is left to itself when the time is over.
 */

#include <netdb.h>
#include <stdint.h>

#define LOOKUP_LATE 1 /* getaddrinfo's own codes are negative */

/* Milliseconds of a clock that nobody sets. */
int64_t lookup_now_ms(void);

/* The stream addresses of @host, a name or an address, and of the decimal
 * @port, until @deadline of that clock. 0, LOOKUP_LATE or a code of
 * getaddrinfo(). *@ret is for freeaddrinfo(). */
int lookup_within(const char *host, const char *port, int64_t deadline,
	struct addrinfo **ret);

#endif
