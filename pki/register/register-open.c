/* SPDX-License-Identifier: Apache-2.0 */
#include "register-open.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "db-open.h"
#include "fail.h"
#include "register-private.h"
#include "register-schema.h"

CLEANUP_DEFINE(reg, struct reg *, register_close)

static bool is_instance(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 0 && n < REGISTER_NAME_MAX && name[n] == '\0';
}

enum devid_err register_open(const char *uri, const char *instance,
	struct reg **ret, struct devid_error *err)
{
	CLEANUP(cleanup_reg) struct reg *reg = calloc(1, sizeof(*reg));
	enum devid_err rc;

	if (!reg)
		return fail_no_memory_for(err, "register");
	if (!is_instance(instance))
		return devid_fail(err, DEVID_ERR_INVALID,
			"register: instance: not 1 to %d letters, digits and "
			"'-'",
			REGISTER_NAME_MAX - 1);
	memcpy(reg->instance, instance, strlen(instance) + 1);
	rc = db_open(uri, &reg->db, err);
	if (rc == DEVID_OK)
		rc = register_schema(reg, err);
	if (rc == DEVID_OK)
		*ret = STEAL(reg);
	return rc;
}
