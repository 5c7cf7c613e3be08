/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_AUDIT_CHECK_H
#define DEVID_REGISTER_AUDIT_CHECK_H

/* Whether the audit log is whole: every chain from its first line on. */

#include "register.h"

/* The same for a register whose instances have tokens, and so keys, of their
 * own: each signature is that of one of @n @keys. */
DEVID_MUST_CHECK enum devid_err register_audit_check_keys(struct reg *reg,
	EVP_PKEY *const *keys, size_t n, int64_t *ret_lines,
	struct devid_error *err);

/*
 * Walks all chains and verifies them with @key: every sequence number there,
 * every hash right, every head's signature right, and the newest line signed.
 * *@ret_lines counts. Errors: MISMATCH names instance, line and what is wrong.
 *
 * What it cannot see: a chain cut back to an older signed line. For that an
 * auditor keeps a head that he saw and compares it with register_audit_get().
 */
DEVID_MUST_CHECK enum devid_err register_audit_check(struct reg *reg,
	EVP_PKEY *key, int64_t *ret_lines, struct devid_error *err);

#endif
