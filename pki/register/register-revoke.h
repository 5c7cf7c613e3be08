/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_REVOKE_H
#define DEVID_REGISTER_REVOKE_H

/* Where a revocation enters the register, and comes out of it for the lists. */

#include "register.h"

/* Revokes; again with the same reason is OK and keeps the first time. Errors:
 * NOT_FOUND, EXISTS (revoked for another reason). */
DEVID_MUST_CHECK enum devid_err register_cert_revoke(struct reg *reg,
	int64_t id, int64_t when, int reason, struct devid_error *err);

/* Each, in the order of its commit, whatever time it has: id, issuer, serial
 * number, number in this order, when and why, nothing else. */
DEVID_MUST_CHECK enum devid_err register_each_revoked(struct reg *reg,
	const struct register_revoked *which, register_cert_fn *fn, void *arg,
	struct devid_error *err);

/* The number of the last one, 0 when there is none. Whoever asks before the
 * walk knows afterwards up to which it was complete. */
DEVID_MUST_CHECK enum devid_err register_last_revoked(struct reg *reg,
	const uint8_t issuer[32], int64_t *ret, struct devid_error *err);

#endif
