/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DEVICE_JSON_H
#define DEVID_DEVICE_JSON_H

/*
 * A device of the register for other programs: the one form that `list
 * --json`, `export --format json` and GET /v1/device/S have in common, and the
 * words of it that text and tables use too. devid-ca(1), "JSON of a device",
 * tells its members.
 */

#include <devid/error.h>
#include "register.h"

#include <jansson.h>

#define DEVICE_TIME_MAX 32

/* "live", "revoked" or "replaced". */
const char *device_state_name(enum register_state state);

/* ISO 8601, in UTC, to the second. */
void device_time_text(int64_t when, char ret[DEVICE_TIME_MAX]);

/* @device with all its certificates, inside a transaction of the caller's;
 * *@ret is the caller's (json_decref()). Errors: INVALID (a text that is not
 * UTF-8), NOMEM, those of the register. */
DEVID_MUST_CHECK enum devid_err device_json(struct reg *reg,
	const struct register_device *device, json_t **ret,
	struct devid_error *err);

#endif
