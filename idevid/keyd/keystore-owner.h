/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYSTORE_OWNER_H
#define DEVID_KEYSTORE_OWNER_H

/*
 * The keystore of a TPM 2.0, its part for keys of the owner: operations of
 * keystore.h, with @ks of keystore-tpm.h.
 *
 * A key that is not at its place is loaded, used and flushed each time:
 * StartAuthSession, PolicyNV, Load, Sign or Certify, FlushContext.
 */

#include "keystore-link.h"

const char *keystore_owner_place(struct keystore *ks, enum key_id id);

/* For keystore_link_load(): its public key is known afterwards. */
DEVID_MUST_CHECK enum devid_err keystore_owner_ready(
	struct keystore_tpm *self, enum key_id id, struct devid_error *err);

/* Uses @key, which is loaded or at its place. */
typedef enum devid_err keystore_owner_fn(struct keystore_tpm *self,
	const struct tpm_key *key, void *arg, struct devid_error *err);

/*
 * On a connected TPM: has @fn use the key @id, once more where what this
 * connection knew of it turns out to be old. A key at its place is not loaded.
 */
DEVID_MUST_CHECK enum devid_err keystore_owner_use(struct keystore_tpm *self,
	enum key_id id, keystore_owner_fn *fn, void *arg,
	struct devid_error *err);

/* The public area (TPMT_PUBLIC) of the key @id, which was given. Errors:
 * NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err keystore_owner_area(
	const struct keystore_tpm *self, enum key_id id, struct key_blob *ret,
	struct devid_error *err);

/* The same for a signature. */
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
