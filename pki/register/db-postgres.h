/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DB_POSTGRES_H
#define DEVID_DB_POSTGRES_H

/* A database of PostgreSQL behind db.h. */

#include "db.h"

/* @place: a CONNINFO or a URI of libpq. Errors: as db_open(). */
DEVID_MUST_CHECK enum devid_err db_postgres_open(
	const char *place, struct db **ret, struct devid_error *err);

#endif
