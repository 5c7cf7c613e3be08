/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DOMAIN_H
#define DEVID_DOMAIN_H

/*
 * The domain that DHCP gave (option 15). Anybody on the cable can have written
 * it: it says where to ask, and nothing is trusted for it.
 */

#include <devid/error.h>

/* A host of it, "devid-registrar." before it, must be a name of at most 253
 * characters (RFC 1035 2.3.4). */
#define DOMAIN_MAX 237

/*
 * Whether @name is one domain to ask in: two labels or more, each of letters,
 * digits and '-' within (RFC 1123 2.1), the last one no number, and not
 * "local" (RFC 6762) or "localhost" (RFC 6761). No dot at its end.
 * Errors: INVALID, TOO_LARGE; the cause does not repeat @name.
 */
DEVID_MUST_CHECK enum devid_err domain_check(
	const char *name, struct devid_error *err);

#endif
