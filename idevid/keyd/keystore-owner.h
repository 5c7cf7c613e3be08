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

#include "keystore.h"

const char *keystore_owner_place(struct keystore *ks, enum key_id id);

DEVID_MUST_CHECK enum devid_err keystore_owner_load(struct keystore *ks,
	enum key_id id, struct key_blob *ret_spki, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_sign(struct keystore *ks,
	enum key_id id, const struct key_sign *what, struct key_sig *ret,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_make(struct keystore *ks,
	enum key_alg alg, struct key_sealed *ret, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_take_in(struct keystore *ks,
	EVP_PKEY *private, struct key_sealed *ret, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_give(struct keystore *ks,
	enum key_id id, const struct key_sealed *sealed,
	struct key_sealed_facts *ret, struct devid_error *err);

bool keystore_owner_is_persistent(struct keystore *ks, enum key_id id);

DEVID_MUST_CHECK enum devid_err keystore_owner_persist(struct keystore *ks,
	enum key_id id, bool persistent, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_erase(
	struct keystore *ks, uint32_t *ret_resets, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err keystore_owner_epoch(struct keystore *ks,
	uint64_t *ret_epoch, uint32_t *ret_resets, struct devid_error *err);

#endif
