/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STATION_SHOW_H
#define DEVID_STATION_SHOW_H

/* What the CA's register has of a device, for people. */

#include "blob.h"
#include <devid/error.h>

/*
 * The text of @json, which is "JSON of a device" in devid-ca(1), as
 * `devid-ca list` shows it; *@ret is the caller's. What is not in it is left
 * out. Errors: SYNTAX (no JSON object), NOMEM.
 */
DEVID_MUST_CHECK enum devid_err station_show_text(
	struct view json, struct blob *ret, struct devid_error *err);

#endif
