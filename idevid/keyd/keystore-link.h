/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYSTORE_LINK_H
#define DEVID_KEYSTORE_LINK_H

/*
 * What keystore-tpm.c and keystore-owner.c share: the keystore's state and its
 * connection to the TPM, which is made again after it broke.
 */

#include "blob.h"
#include "keystore.h"
#include "tpm-key.h"
#include "tpm-owner.h"

/* A key of the owner that was given. */
struct owned_key {
	struct blob sealed; /* empty: there is none */
	bool known;         /* this connection found that it can be used */
	bool persistent;    /* it was at its place when it was looked for */
	/* Why it cannot be used and never will: no cause, or what this
	 * connection found, so that it need not ask again. */
	struct devid_error refused;
};

struct keystore_tpm {
	struct keystore base;
	char *tcti; /* owned */
	struct tpm_places at;
	struct tpm_auth owner_auth, endorsement_auth;
	struct tpm *tpm; /* owned; NULL while not connected */
	struct tpm_key keys[N_KEYS];
	char places[N_KEYS][sizeof("0x81020000")];
	/* Why a key is not persistent; no cause: it is, or there is none. */
	struct devid_error limits[N_KEYS];

	struct owned_key owned[N_KEYS];
	struct tpm_owner owner; /* none until it is needed */
	char parent_place[sizeof("parent:0x81040000")];

	/* Persistent objects: keystore_link_has(). */
	struct tpm_handles handles;
	bool listed;
	bool asked[N_KEYS];
};

/* An operation on a connected TPM. */
typedef enum devid_err keystore_op(
	struct keystore_tpm *self, void *arg, struct devid_error *err);

/*
 * Runs @op; when the connection turns out to have broken since it was last
 * used, connects and runs it once more. A TPM that restarted is found so
 * without a command of its own for every signature. When there was no room,
 * the slots are emptied, ours as well, and it is run again. A storage parent
 * that had to be derived does not stay in the TPM between operations.
 */
DEVID_MUST_CHECK enum devid_err keystore_link_run(struct keystore_tpm *self,
	keystore_op *op, void *arg, struct devid_error *err);

/* Has the public key of @id in @self->keys[id].spki, or says why not. */
typedef enum devid_err keystore_ready(
	struct keystore_tpm *self, enum key_id id, struct devid_error *err);

/* The public key, once @ready. */
DEVID_MUST_CHECK enum devid_err keystore_link_load(struct keystore_tpm *self,
	keystore_ready *ready, enum key_id id, struct key_blob *ret_spki,
	struct devid_error *err);

/* A signature to be made. */
struct keystore_sign {
	enum key_id id;
	const struct key_sign *what;
	struct key_sig *ret;
};

/* Ends the connection, if there is one. */
void keystore_link_close(struct keystore_tpm *self);

/*
 * Whether something is at the place of @id: from a list of all persistent
 * objects, which is made again when the same key is asked for again, or after
 * @self->listed was set to false.
 */
DEVID_MUST_CHECK enum devid_err keystore_link_has(struct keystore_tpm *self,
	enum key_id id, bool *ret, struct devid_error *err);

#endif
