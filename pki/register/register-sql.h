/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_SQL_H
#define DEVID_REGISTER_SQL_H

#include "db.h"

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

#endif
