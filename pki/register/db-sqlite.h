/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DB_SQLITE_H
#define DEVID_DB_SQLITE_H

/* A file of SQLite behind db.h. */

#include "db.h"

/* @place: an absolute path. Errors: as db_open(). */
DEVID_MUST_CHECK enum devid_err db_sqlite_open(
	const char *place, struct db **ret, struct devid_error *err);

#endif
