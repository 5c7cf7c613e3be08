/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_PRIVATE_H
#define DEVID_REGISTER_PRIVATE_H

/* What the files of the register share. */

#include "register.h"

#define REG_PAGE 512 /* rows that a walk takes at once */

struct reg {
	struct db *db; /* owned */
	char instance[REGISTER_NAME_MAX];
	uint8_t *held; /* owned: what the last call lent out */
	/* The audit chain in this transaction; number 0: not touched yet. */
	int64_t audit_number, audit_seq;
	uint8_t audit_hash[32];
};

/* What the register asks of a database often: the numbers of register_sql[], by
 * the function that asks. */
enum register_sql {
	REG_SQL_NONE = DB_ONCE,
	REG_SQL_ISSUER_NUMBER_FIND,
	REG_SQL_ISSUER_NUMBER_ADD,
	REG_SQL_SECRET,
	REG_SQL_CHALLENGE_USE,
	REG_SQL_CHALLENGE_PURGE,
	REG_SQL_CRL_NUMBER,
	REG_SQL_BLOB_PUT,
	REG_SQL_BLOB_GET,
	REG_SQL_DEVICE_BY_SERIAL,
	REG_SQL_FIND_HOLDERS,
	REG_SQL_IS_BARRED,
	REG_SQL_DEVICE_ADD,
	REG_SQL_DEVICE_REMOVE,
	REG_SQL_DEVICE_SET_STATE,
	REG_SQL_EACH_DEVICE,
	REG_SQL_EACH_DEVICE_NAMED,
	REG_SQL_CERT_ADD,
	REG_SQL_CERT_BY_SERIAL,
	REG_SQL_CERT_REVOKE,
	REG_SQL_CERT_REVOKE_LOOK,
	REG_SQL_CERTS_OF_DEVICE,
	REG_SQL_EACH_CERT,
	REG_SQL_EACH_REVOKED,
	REG_SQL_COUNT_REVOKED,
	REG_SQL_FIND_END_LOCK,
	REG_SQL_FIND_END_LAST,
	REG_SQL_AUDIT,
	REG_SQL_AUDIT_SIGN,
	REG_SQL_WALK_INSTANCE,
	REG_SQL_NEXT_INSTANCE,
	REG_SQL_EACH_AUDIT_HEAD,
	REG_SQL_AUDIT_GET_AT,
	REG_SQL_AUDIT_GET_NEWEST,
	REG_SQL_CHECK_OWNERS_NEXT,
	REG_SQL_CHECK_OWNERS_FIND,
	N_REG_SQL
};

extern const char *const register_sql[N_REG_SQL];

#define REG_QUERY(name, params, n)                                             \
	((struct db_query) {                                                   \
		REG_SQL_##name, register_sql[REG_SQL_##name], (params), (n) })

/* One statement whose only row gives one integer; *@ret stays when there is no
 * row. */
DEVID_MUST_CHECK enum devid_err register_int(struct reg *reg,
	struct db_query query, int64_t *ret, struct devid_error *err);

/* Copies a column; false when it is no such value or does not fit. */
bool register_copy_text(const struct db_value *v, char *ret, size_t size);
bool register_copy_blob(const struct db_value *v, void *ret, size_t len);

/* Says that a row cannot be one that the register wrote. */
enum devid_err register_damaged(struct devid_error *err, const char *what);

/* Keeps a copy of @v until the next call; NULL when there is no memory. */
const uint8_t *register_hold(struct reg *reg, const struct db_value *v);

/* The number that stands for an issuer's hash; 0 when it has none and
 * @make is false. */
DEVID_MUST_CHECK enum devid_err register_issuer_number(struct reg *reg,
	const uint8_t hash[32], bool make, int64_t *ret,
	struct devid_error *err);

#endif
