/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_OPEN_H
#define DEVID_REGISTER_OPEN_H

/* The way to a register. */

#include "register.h"

/* Opens and, when it is empty, makes the schema. Errors: as db_open();
 * UNSUPPORTED: schema of another version. @instance names this process in the
 * audit log (letters, digits, '-'); each has its own chain. */
DEVID_MUST_CHECK enum devid_err register_open(const char *uri,
	const char *instance, struct reg **ret, struct devid_error *err);

#endif
