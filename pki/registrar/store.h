/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STORE_H
#define DEVID_STORE_H

/*
 * The database of a registrar: the site's list (site.sql), what is the
 * registrar's own (registrar.sql), and the register's tables for the audit log
 * and CRL numbers. What the other store-*.h have is called inside
 * store_write() or store_read().
 */

#include "cleanup.h"
#include "register.h"
#include <devid/error.h>

#include <stdint.h>

#define STORE_HASH_MAX 65  /* SHA-256 in hex, with the NUL */
#define STORE_CERT_MAX 129 /* a serial number in hex, with the NUL */
#define STORE_NAME_MAX 65  /* of a unit, model, profile, with the NUL */

struct store {
	struct reg *reg; /* owned */
	struct db *db;   /* of @reg */
};

/* Opens, and makes the tables where there are none. @instance: as in
 * register_open(), whose errors these are; UNSUPPORTED: of another version. */
DEVID_MUST_CHECK enum devid_err store_open(const char *uri,
	const char *instance, struct store **ret, struct devid_error *err);
void store_close(struct store *s);
CLEANUP_DEFINE(store, struct store *, store_close)

/* What is done in a transaction. It may be called again, when another process
 * was in the way of the first try. */
typedef enum devid_err store_work(
	struct store *s, void *arg, struct devid_error *err);

/* Runs @work and commits, with the audit lines that it wrote signed by
 * @signer (NULL: not signed). STATE and EXISTS of @work make it run again, at
 * most eight times. Errors: those of @work and of the database; then nothing
 * of it has happened, unless it is UNREACHABLE, where nobody knows. */
DEVID_MUST_CHECK enum devid_err store_write(struct store *s,
	struct signer *signer, store_work *work, void *arg,
	struct devid_error *err);

/* The same for looking. */
DEVID_MUST_CHECK enum devid_err store_read(
	struct store *s, store_work *work, void *arg, struct devid_error *err);

/* A statement that gives no rows; *@ret_n, if not NULL: rows changed. */
DEVID_MUST_CHECK enum devid_err store_run(struct store *s,
	struct db_query query, int64_t *ret_n, struct devid_error *err);

/* A statement whose only row gives one integer. */
DEVID_MUST_CHECK enum devid_err store_int(struct store *s,
	struct db_query query, int64_t *ret, struct devid_error *err);

/* Copies the text of a column. Errors: IO (a row that the registrar cannot
 * have written). */
DEVID_MUST_CHECK enum devid_err store_text(const struct db_value *v, char *ret,
	size_t size, struct devid_error *err);

#endif
