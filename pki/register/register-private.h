/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_PRIVATE_H
#define DEVID_REGISTER_PRIVATE_H

/* What the files of the register share. */

#include "register-sql.h"
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
