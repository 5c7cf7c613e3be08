/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYSTORE_OWNER_H
#define DEVID_KEYSTORE_OWNER_H

/*
 * The keystore of a TPM 2.0, its part for keys of the owner: operations of
 * keystore.h, with @ks of keystore-tpm.h.
 *
 * A key that is not at its place is loaded, used and flushed each time:
 * StartAuthSession, PolicyNV, Load, Sign, FlushContext.
 */

#include "keystore-link.h"

const char *keystore_owner_place(struct keystore *ks, enum key_id id);

/* For keystore_link_load(): its public key is known afterwards. */
DEVID_MUST_CHECK enum devid_err keystore_owner_ready(
	struct keystore_tpm *self, enum key_id id, struct devid_error *err);

/* On a connected TPM. */
DEVID_MUST_CHECK enum devid_err keystore_owner_sign(struct keystore_tpm *self,
	const struct keystore_sign *a, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_make(struct keystore *ks,
	enum key_id id, enum key_alg alg, struct key_sealed *ret,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_take_in(struct keystore *ks,
	enum key_id id, EVP_PKEY *private, struct key_sealed *ret,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_give(struct keystore *ks,
	enum key_id id, const struct key_sealed *sealed,
	struct key_sealed_facts *ret, struct devid_error *err);

bool keystore_owner_is_persistent(struct keystore *ks, enum key_id id);

DEVID_MUST_CHECK enum devid_err keystore_owner_persist(struct keystore *ks,
	enum key_id id, bool persistent, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_evict_lost(struct keystore *ks,
	enum key_id id, const struct key_blob *spki, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_erase(
	struct keystore *ks, uint32_t *ret_resets, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_epoch(struct keystore *ks,
	uint64_t *ret_epoch, uint32_t *ret_resets, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_seed(struct keystore *ks,
	enum keystore_seed which, uint8_t ret[KEYSTORE_SEED_LEN],
	struct devid_error *err);

#endif
