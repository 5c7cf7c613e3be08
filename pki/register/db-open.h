/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DB_OPEN_H
#define DEVID_DB_OPEN_H

/* Which database a URI names. */

#include "db.h"

/*
 * "sqlite:/path" or "postgresql:CONNINFO" (libpq's key=value or a URI after
 * it). SQLite: WAL, synchronous=FULL, a file of mode 0600.
 * Errors: INVALID, UNREACHABLE, IO.
 */
DEVID_MUST_CHECK enum devid_err db_open(
	const char *uri, struct db **ret, struct devid_error *err);

#endif
