/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_OVERVIEW_READ_H
#define DEVID_OVERVIEW_READ_H

/* What the database knows of each unit: the site's list, LDevIDs, requests,
 * and what RADIUS saw (seen.sql). */

#include <devid/error.h>

#include "overview-judge.h"
#include "store.h"

/* Certificates that are on no list, and places where they were seen, of the
 * last days; a limit of ours. */
#define OVERVIEW_UNLISTED_MAX  10000
#define OVERVIEW_UNLISTED_DAYS 30

/*
 * Makes a table `seen` known: that of the SQLite file @path (NULL: none), or
 * of the same PostgreSQL database; without one nothing was seen. Once, before
 * a transaction. Errors: NOT_FOUND, INVALID (@path with PostgreSQL), of the
 * database.
 */
DEVID_MUST_CHECK enum devid_err overview_use_seen(
	struct store *s, const char *path, struct devid_error *err);

/* Borrowed for the call. */
typedef enum devid_err overview_fn(
	void *arg, const struct overview_facts *facts, struct devid_error *err);

/* Each unit of the list, by name; some at a time are in memory. Inside
 * store_read(). */
DEVID_MUST_CHECK enum devid_err overview_units(
	struct store *s, overview_fn *fn, void *arg, struct devid_error *err);

/* Each certificate that was seen since @since and is on no list: the unit is
 * its number. */
DEVID_MUST_CHECK enum devid_err overview_unlisted(struct store *s,
	int64_t since, overview_fn *fn, void *arg, struct devid_error *err);

#endif
