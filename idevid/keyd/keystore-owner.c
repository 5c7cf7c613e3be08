/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore-owner.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "keystore-link.h"
#include "tpm-about.h"
#include "tpm-public.h"

static struct keystore_tpm *self_of(struct keystore *ks)
{
	return (struct keystore_tpm *)ks; /* base is the first member */
}

const char *keystore_owner_place(struct keystore *ks, enum key_id id)
{
	struct keystore_tpm *self = self_of(ks);

	return self->owned[id].persistent ? self->places[id]
					  : self->parent_place;
}

bool keystore_owner_is_persistent(struct keystore *ks, enum key_id id)
{
	return self_of(ks)->owned[id].persistent;
}

/* ---- what is given ---- */

/* To be looked for again. */
static void forget(struct keystore_tpm *self, enum key_id id)
{
	tpm_key_done(&self->keys[id]);
	self->owned[id].known = false;
	self->owned[id].persistent = false;
	devid_error_clear(&self->owned[id].refused);
	devid_error_clear(&self->limits[id]);
}

static enum devid_err read_facts(enum key_id id,
	const struct key_sealed *sealed, struct key_sealed_facts *ret,
	struct devid_error *err)
{
	struct tpm_sealed key = { 0 };
	enum devid_err rc = tpm_sealed_parse(
		(struct view) { sealed->data, sealed->len }, &key, err);

	if (rc != DEVID_OK)
		return rc;
	/* Under two names it would sign for the purposes of both. */
	if (key.id != id)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"sealed key: is the key %s, not %s",
			key_id_name(key.id), key_id_name(id));
	ret->imported = key.imported;
	return tpm_public_spki(&key.pub.publicArea, &ret->spki, err);
}

enum devid_err keystore_owner_give(struct keystore *ks, enum key_id id,
	const struct key_sealed *sealed, struct key_sealed_facts *ret,
	struct devid_error *err)
{
	struct keystore_tpm *self = self_of(ks);
	CLEANUP(blob_done) struct blob copy = { NULL, 0 };
	struct key_sealed_facts facts = { 0 };
	enum devid_err rc = DEVID_OK;

	if (sealed)
		rc = read_facts(id, sealed, &facts, err);
	if (rc != DEVID_OK)
		return rc;
	if (sealed) {
		copy.data = malloc(sealed->len);
		if (!copy.data)
			return fail_no_memory_for(err, "tpm");
		memcpy(copy.data, sealed->data, sealed->len);
		copy.len = sealed->len;
	}
	forget(self, id);
	blob_done(&self->owned[id].sealed);
	self->owned[id].sealed = blob_take(&copy);
	if (ret)
		*ret = facts;
	return DEVID_OK;
}

/* The key @id as it was given. Errors: NOT_FOUND. */
static enum devid_err get_sealed(const struct keystore_tpm *self,
	enum key_id id, struct tpm_sealed *ret, struct devid_error *err)
{
	if (self->owned[id].sealed.len == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND, "tpm: %s: no key",
			key_id_name(id));
	return tpm_sealed_parse(blob_view(&self->owned[id].sealed), ret, err);
}

/* ---- looking for it in the TPM ---- */

static bool same_parent(
	const struct tpm_owner *owner, const struct tpm_sealed *key)
{
	const TPM2B_NAME *name = &owner->parent.name;

	return owner->epoch.value == key->epoch &&
	       name->size == key->parent.size &&
	       memcmp(name->name, key->parent.name, name->size) == 0;
}

/* Counter and parent, which are those of @key, are open afterwards. */
static enum devid_err ensure_owner(struct keystore_tpm *self,
	const struct tpm_sealed *key, struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc = DEVID_OK;

	if (!tpm_handle_is_open(&self->owner.epoch.index))
		rc = tpm_owner_open(self->tpm, &self->owner, &why);
	if (rc == DEVID_OK && same_parent(&self->owner, key))
		return DEVID_OK;
	tpm_owner_done(&self->owner);
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND &&
		rc != DEVID_ERR_STATE)
		return fail_with(err, rc, &why);
	return tpm_owner_explain(self->tpm, key, err);
}

/* The object at its place, when it is there. */
static enum devid_err find_place(struct keystore_tpm *self, enum key_id id,
	const struct tpm_sealed *key, struct devid_error *err)
{
	struct devid_error limit = { DEVID_OK, "" };
	bool there = false;
	enum devid_err rc = keystore_link_has(self, id, &there, err);

	devid_error_clear(&self->limits[id]);
	self->owned[id].persistent = false;
	if (rc != DEVID_OK || !there)
		return rc;
	rc = tpm_owner_find(self->tpm, self->at.handle[id], key,
		&self->keys[id].object, &limit);
	self->owned[id].persistent = rc == DEVID_OK;
	if (rc == DEVID_ERR_EXISTS) { /* it serves all the same */
		self->limits[id] = limit;
		return DEVID_OK;
	}
	return rc == DEVID_OK ? rc : fail_with(err, rc, &limit);
}

static enum devid_err look(struct keystore_tpm *self, enum key_id id,
	const struct tpm_sealed *key, struct devid_error *err)
{
	enum devid_err rc;

	tpm_key_done(&self->keys[id]);
	rc = ensure_owner(self, key, err);
	if (rc == DEVID_OK)
		rc = find_place(self, id, key, err);
	if (rc == DEVID_OK)
		rc = tpm_public_spki(
			&key->pub.publicArea, &self->keys[id].spki, err);
	if (rc != DEVID_OK)
		return rc;
	self->keys[id].id = id;
	self->keys[id].alg = key->alg;
	self->keys[id].name_alg = key->pub.publicArea.nameAlg;
	self->owned[id].known = true;
	return DEVID_OK;
}

/* Afterwards the key is known to be usable, as far as that can be said without
 * loading it. */
static enum devid_err ensure_known(struct keystore_tpm *self, enum key_id id,
	const struct tpm_sealed *key, struct devid_error *err)
{
	struct devid_error *refused = &self->owned[id].refused;
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc;

	if (self->owned[id].known)
		return DEVID_OK;
	if (refused->code != DEVID_OK)
		return fail_with(err, refused->code, refused);
	rc = look(self, id, key, &why);
	if (rc == DEVID_OK)
		return rc;
	if (rc == DEVID_ERR_ERASED || rc == DEVID_ERR_MISMATCH)
		*refused = why;
	return fail_with(err, rc, &why);
}

enum devid_err keystore_owner_ready(
	struct keystore_tpm *self, enum key_id id, struct devid_error *err)
{
	struct tpm_sealed key = { 0 };
	enum devid_err rc = get_sealed(self, id, &key, err);

	return rc == DEVID_OK ? ensure_known(self, id, &key, err) : rc;
}

/* ---- use ---- */

/* Whether @rc can come from counter, parent or place being other than they were
 * when this connection looked. */
static bool is_stale(enum devid_err rc)
{
	return rc == DEVID_ERR_NOT_FOUND || rc == DEVID_ERR_ERASED ||
	       rc == DEVID_ERR_MISMATCH || rc == DEVID_ERR_TPM;
}

/* Its key loaded, for as long as the caller has it. */
static enum devid_err load_transient(struct keystore_tpm *self, enum key_id id,
	const struct tpm_sealed *key, struct tpm_key *ret,
	struct devid_error *err)
{
	enum devid_err rc = ensure_owner(self, key, err);

	if (rc != DEVID_OK)
		return rc;
	*ret = (struct tpm_key) { .id = id, .alg = key->alg };
	return tpm_child_load(
		tpm_owner_above(&self->owner), key, &ret->object, err);
}

/* What is to be done with which key. */
struct use {
	enum key_id id;
	keystore_owner_fn *fn;
	void *arg;
};

/* At its place: no command besides. */
static enum devid_err use_once(struct keystore_tpm *self, const struct use *u,
	const struct tpm_sealed *key, struct devid_error *err)
{
	CLEANUP(tpm_key_done) struct tpm_key loaded = { 0 };
	enum devid_err rc = ensure_known(self, u->id, key, err);

	if (rc != DEVID_OK)
		return rc;
	if (tpm_handle_is_open(&self->keys[u->id].object))
		return u->fn(self, &self->keys[u->id], u->arg, err);
	rc = load_transient(self, u->id, key, &loaded, err);
	return rc == DEVID_OK ? u->fn(self, &loaded, u->arg, err) : rc;
}

enum devid_err keystore_owner_use(struct keystore_tpm *self, enum key_id id,
	keystore_owner_fn *fn, void *arg, struct devid_error *err)
{
	const struct use u = { id, fn, arg };
	struct devid_error why = { DEVID_OK, "" };
	bool had = self->owned[id].known ||
		   tpm_handle_is_open(&self->owner.epoch.index);
	struct tpm_sealed key = { 0 };
	enum devid_err rc = get_sealed(self, id, &key, err);

	if (rc != DEVID_OK)
		return rc;
	rc = use_once(self, &u, &key, &why);
	if (had && is_stale(rc) && !self->tpm->dead) {
		forget(self, id);
		tpm_owner_done(&self->owner);
		self->listed = false;
		devid_error_clear(&why);
		rc = use_once(self, &u, &key, &why);
	}
	if (rc == DEVID_ERR_MISMATCH) {
		forget(self, id);
		return tpm_owner_explain(self->tpm, &key, err);
	}
	return rc == DEVID_OK ? rc : fail_with(err, rc, &why);
}

enum devid_err keystore_owner_area(const struct keystore_tpm *self,
	enum key_id id, struct key_blob *ret, struct devid_error *err)
{
	struct room out = { ret->data, sizeof(ret->data), 0 };
	struct tpm_sealed key = { 0 };
	enum devid_err rc = get_sealed(self, id, &key, err);

	if (rc == DEVID_OK)
		rc = tpm_public_encode(&key.pub.publicArea, &out, err);
	if (rc == DEVID_OK)
		ret->len = out.len;
	return rc;
}

static enum devid_err sign(struct keystore_tpm *self, const struct tpm_key *key,
	void *arg, struct devid_error *err)
{
	const struct keystore_sign *a = arg;

	return tpm_key_sign(self->tpm, key, a->what, a->ret, err);
}

enum devid_err keystore_owner_sign(struct keystore_tpm *self,
	const struct keystore_sign *a, struct devid_error *err)
{
	struct keystore_sign arg = *a;

	return keystore_owner_use(self, a->id, sign, &arg, err);
}

/* ---- new keys ---- */

struct make_arg {
	enum key_id id;
	enum key_alg alg;
	EVP_PKEY *private; /* NULL: it is to be made */
	struct key_sealed *ret;
};

/* Which TPM it is, for whoever asks why a key is not taken. Where the
 * endorsement hierarchy is closed that is not told. */
static enum devid_err add_tpm_id(
	struct tpm *tpm, struct tpm_sealed *key, struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc = tpm_id(tpm, key->tpm_id, &why);

	key->has_tpm_id = rc == DEVID_OK;
	return rc == DEVID_OK || rc == DEVID_ERR_DENIED
		       ? DEVID_OK
		       : fail_with(err, rc, &why);
}

static enum devid_err op_make(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	struct make_arg *a = arg;
	struct room out = { a->ret->data, sizeof(a->ret->data), 0 };
	struct tpm_sealed key = { .id = a->id };
	struct tpm_above at;
	enum devid_err rc;

	tpm_owner_done(&self->owner);
	rc = tpm_owner_begin(self->tpm, &self->owner, err);
	if (rc != DEVID_OK)
		return rc;
	at = tpm_owner_above(&self->owner);
	rc = a->private ? tpm_child_import(at, a->private, &key, err)
			: tpm_child_make(at, a->alg, &key, err);
	if (rc == DEVID_OK)
		rc = add_tpm_id(self->tpm, &key, err);
	if (rc == DEVID_OK)
		rc = tpm_sealed_encode(&key, &out, err);
	if (rc == DEVID_OK)
		a->ret->len = out.len;
	return rc;
}

enum devid_err keystore_owner_make(struct keystore *ks, enum key_id id,
	enum key_alg alg, struct key_sealed *ret, struct devid_error *err)
{
	struct make_arg arg = { id, alg, NULL, ret };

	return keystore_link_run(self_of(ks), op_make, &arg, err);
}

enum devid_err keystore_owner_take_in(struct keystore *ks, enum key_id id,
	EVP_PKEY *private, struct key_sealed *ret, struct devid_error *err)
{
	struct make_arg arg = { id, KEY_ALG_NONE, private, ret };

	return keystore_link_run(self_of(ks), op_make, &arg, err);
}

/* ---- at its place ---- */

struct persist_arg {
	enum key_id id;
	bool persistent;
};

static enum devid_err put(struct keystore_tpm *self, enum key_id id,
	const struct tpm_sealed *key, struct devid_error *err)
{
	CLEANUP(tpm_key_done) struct tpm_key loaded = { 0 };
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc = load_transient(self, id, key, &loaded, &why);

	if (rc == DEVID_ERR_MISMATCH)
		return tpm_owner_explain(self->tpm, key, err);
	if (rc == DEVID_OK)
		rc = tpm_key_keep(&loaded, &why);
	if (rc == DEVID_ERR_TOO_LARGE)
		return devid_fail(err, rc,
			"tpm: %s: no room for one more persistent key",
			key_id_name(id));
	return rc == DEVID_OK ? rc : fail_with(err, rc, &why);
}

static enum devid_err op_put(struct keystore_tpm *self, enum key_id id,
	const struct tpm_sealed *key, struct devid_error *err)
{
	enum devid_err rc;

	forget(self, id);
	tpm_owner_done(&self->owner);
	self->listed = false;
	rc = ensure_known(self, id, key, err);
	/* Where devid.conf had its place before. */
	if (rc == DEVID_OK)
		rc = tpm_owner_evict(self->tpm, key, self->at.handle[id], err);
	self->listed = false;
	if (rc != DEVID_OK || self->owned[id].persistent)
		return rc;
	if (self->limits[id].code != DEVID_OK)
		return fail_with(err, DEVID_ERR_EXISTS, &self->limits[id]);
	rc = put(self, id, key, err);
	forget(self, id);
	self->listed = false;
	return rc == DEVID_OK ? ensure_known(self, id, key, err) : rc;
}

static enum devid_err op_take_away(struct keystore_tpm *self, enum key_id id,
	const struct tpm_sealed *key, struct devid_error *err)
{
	forget(self, id);
	self->listed = false;
	return tpm_owner_evict(self->tpm, key, 0, err);
}

static enum devid_err op_persist(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct persist_arg *a = arg;
	struct tpm_sealed key = { 0 };
	enum devid_err rc = get_sealed(self, a->id, &key, err);

	if (rc != DEVID_OK)
		return rc;
	return a->persistent ? op_put(self, a->id, &key, err)
			     : op_take_away(self, a->id, &key, err);
}

enum devid_err keystore_owner_persist(struct keystore *ks, enum key_id id,
	bool persistent, struct devid_error *err)
{
	struct persist_arg arg = { id, persistent };

	return keystore_link_run(self_of(ks), op_persist, &arg, err);
}

struct lost_arg {
	enum key_id id;
	const struct key_blob *spki;
};

static enum devid_err op_evict_lost(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct lost_arg *a = arg;

	self->listed = false;
	return tpm_owner_evict_lost(self->tpm, a->id, a->spki, err);
}

enum devid_err keystore_owner_evict_lost(struct keystore *ks, enum key_id id,
	const struct key_blob *spki, struct devid_error *err)
{
	struct lost_arg arg = { id, spki };

	return keystore_link_run(self_of(ks), op_evict_lost, &arg, err);
}

/* ---- the end of them all ---- */

static enum devid_err op_erase(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	enum devid_err rc;

	for (int i = 0; i < N_KEYS; i++) {
		if (key_id_row((enum key_id)i)->home == ROLE_HOME_OWNER)
			forget(self, (enum key_id)i);
	}
	tpm_owner_done(&self->owner);
	self->listed = false;
	rc = tpm_owner_erase(self->tpm, err);
	return rc == DEVID_OK ? tpm_resets(self->tpm, arg, err) : rc;
}

enum devid_err keystore_owner_erase(
	struct keystore *ks, uint32_t *ret_resets, struct devid_error *err)
{
	return keystore_link_run(self_of(ks), op_erase, ret_resets, err);
}

struct epoch_arg {
	uint64_t *ret_epoch;
	uint32_t *ret_resets;
};

static enum devid_err op_epoch(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct epoch_arg *a = arg;
	CLEANUP(tpm_epoch_done) struct tpm_epoch epoch = { 0 };
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc = tpm_epoch_open(self->tpm, &epoch, &why);

	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		return fail_with(err, rc, &why);
	*a->ret_epoch = epoch.value;
	return tpm_resets(self->tpm, a->ret_resets, err);
}

enum devid_err keystore_owner_epoch(struct keystore *ks, uint64_t *ret_epoch,
	uint32_t *ret_resets, struct devid_error *err)
{
	struct epoch_arg arg = { ret_epoch, ret_resets };

	return keystore_link_run(self_of(ks), op_epoch, &arg, err);
}

struct seed_arg {
	enum keystore_seed which;
	uint8_t *ret;
};

static enum devid_err op_seed(
	struct keystore_tpm *self, void *arg, struct devid_error *err)
{
	const struct seed_arg *a = arg;

	_Static_assert(KEYSTORE_SEED_LEN == TPM_ID_LEN, "the same");
	return a->which == KEYSTORE_SEED_MODULE
		       ? tpm_id(self->tpm, a->ret, err)
		       : tpm_owner_id(self->tpm, a->ret, err);
}

enum devid_err keystore_owner_seed(struct keystore *ks,
	enum keystore_seed which, uint8_t ret[KEYSTORE_SEED_LEN],
	struct devid_error *err)
{
	struct seed_arg arg = { which, ret };

	return keystore_link_run(self_of(ks), op_seed, &arg, err);
}
