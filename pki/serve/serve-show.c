/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-show.h"

#include <stdio.h>

#include "ca-revoke.h"
#include "cleanup-json.h"
#include "cleanup.h"
#include "device-json.h"
#include "fail.h"
#include "register-device.h"

enum devid_err serve_show(
	struct ca *ca, const char *serial, char **ret, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *json = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	struct devid_error cause = { DEVID_OK, "" };
	struct register_device device;
	enum devid_err rc;

	rc = register_begin_read(ca->reg, err);
	if (rc == DEVID_OK) {
		rc = register_device_by_serial(
			ca->reg, serial, &device, &cause);
		if (rc == DEVID_ERR_NOT_FOUND)
			rc = ca_revoked_before(ca, serial, &cause);
		if (rc != DEVID_OK)
			(void)fail_with(err, rc, &cause);
		else
			rc = device_json(ca->reg, &device, &json, err);
		register_rollback(ca->reg); /* nothing was written */
	}
	if (rc != DEVID_OK)
		return rc;
	text = json_dumps(json, JSON_COMPACT);
	if (!text || asprintf(ret, "%s\n", text) < 0)
		return fail_no_memory(err);
	return DEVID_OK;
}
