/* SPDX-License-Identifier: Apache-2.0 */
#include "db-open.h"

#include <string.h>

#include "db-postgres.h"
#include "db-sqlite.h"

#define SQLITE_SCHEME   "sqlite:"
#define POSTGRES_SCHEME "postgresql:"

static const char *behind(const char *uri, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncmp(uri, scheme, n) == 0 ? uri + n : NULL;
}

enum devid_err db_open(
	const char *uri, struct db **ret, struct devid_error *err)
{
	const char *place = behind(uri, SQLITE_SCHEME);

	if (place)
		return db_sqlite_open(place, ret, err);
	place = behind(uri, POSTGRES_SCHEME);
	if (place) /* libpq knows the URI whole */
		return db_postgres_open(
			strncmp(place, "//", 2) == 0 ? uri : place, ret, err);
	/* Not quoted: there may be a password in it. */
	return devid_fail(err, DEVID_ERR_INVALID,
		"database: neither sqlite:/PATH nor postgresql:CONNINFO");
}
