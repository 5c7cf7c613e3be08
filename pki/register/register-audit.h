/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_AUDIT_H
#define DEVID_REGISTER_AUDIT_H

/* The lines of the audit log, each with a hash over the one before. */

#include "register-private.h"
#include "register.h"

/* The hash before the first line of @instance's chain. */
DEVID_MUST_CHECK enum devid_err register_audit_begin(
	const char *instance, uint8_t ret[32], struct devid_error *err);

/* Makes the hash of line @seq of that of the line before. */
DEVID_MUST_CHECK enum devid_err register_audit_next(uint8_t hash[32],
	int64_t seq, const struct db_value *line, struct devid_error *err);

/*
 * Appends a line to this instance's chain, in this transaction: a whole JSON
 * object on one line. Hash of line n = SHA-256(hash n-1 || seq, 8 bytes big
 * endian || line); hash 0 = SHA-256("devid-ca audit" || NUL || instance), so
 * that a chain cannot pass for another's.
 */
DEVID_MUST_CHECK enum devid_err register_audit(
	struct reg *reg, const char *line, struct devid_error *err);

/* Signs the newest line of this instance with @signer, in this transaction;
 * called before each commit that appended lines. */
DEVID_MUST_CHECK enum devid_err register_audit_sign(
	struct reg *reg, struct signer *signer, struct devid_error *err);

/* Every line of every instance, instance by instance, in order. */
DEVID_MUST_CHECK enum devid_err register_each_audit(struct reg *reg,
	register_audit_fn *fn, void *arg, struct devid_error *err);

/* The newest line of every instance. */
DEVID_MUST_CHECK enum devid_err register_each_audit_head(struct reg *reg,
	register_audit_fn *fn, void *arg, struct devid_error *err);

/* The line @seq of @instance, or its newest with @seq 0. Errors: NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err register_audit_get(struct reg *reg,
	const char *instance, int64_t seq, struct register_audit_line *ret,
	struct devid_error *err);

#endif
