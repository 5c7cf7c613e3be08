/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_SCHEMA_H
#define DEVID_REGISTER_SCHEMA_H

/* The tables of the register. */

#include "register-private.h"

/* Makes or checks the schema. */
DEVID_MUST_CHECK enum devid_err register_schema(
	struct reg *reg, struct devid_error *err);

#endif
