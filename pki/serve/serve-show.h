/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_SHOW_H
#define DEVID_SERVE_SHOW_H

/* What a station may see of a device. */

#include "ca.h"

/* What the register knows of the live device @serial, as JSON; *@ret is the
 * caller's (free()). Errors: NOT_FOUND, those of the register. */
DEVID_MUST_CHECK enum devid_err serve_show(
	struct ca *ca, const char *serial, char **ret, struct devid_error *err);

#endif
