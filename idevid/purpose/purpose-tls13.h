/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PURPOSE_TLS13_H
#define DEVID_PURPOSE_TLS13_H

/* What is signed in a TLS 1.3 handshake (RFC 8446 4.4.3). */

#include "der.h"
#include <devid/error.h>

#include <stdbool.h>

/* Whether @in begins as what TLS 1.3 signs: with 64 spaces. */
bool purpose_tls13_is(struct view in);

/*
 * The rest of it: one of the two context strings, 0, and a transcript hash of
 * 32 or 48 bytes. @ret_server says whose context it is. Errors: PURPOSE.
 */
DEVID_MUST_CHECK enum devid_err purpose_tls13_check(
	struct view in, bool *ret_server, struct devid_error *err);

#endif
