/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-owner.h"

#include <string.h>

#include "tpm-child-template.h"
#include "tpm-public.h"

void tpm_owner_done(struct tpm_owner *owner)
{
	tpm_parent_done(&owner->parent);
	tpm_epoch_done(&owner->epoch);
}

struct tpm_above tpm_owner_above(const struct tpm_owner *owner)
{
	return (struct tpm_above) { &owner->epoch, &owner->parent };
}

static struct tpm_owner take(struct tpm_owner *owner)
{
	struct tpm_owner taken = *owner;

	*owner = (struct tpm_owner) { 0 };
	return taken;
}

enum devid_err tpm_owner_open(
	struct tpm *tpm, struct tpm_owner *ret, struct devid_error *err)
{
	CLEANUP(tpm_owner_done) struct tpm_owner owner = { 0 };
	enum devid_err rc = tpm_epoch_open(tpm, &owner.epoch, err);

	if (rc == DEVID_OK)
		rc = tpm_parent_open(
			tpm, owner.epoch.value, &owner.parent, err);
	if (rc == DEVID_OK)
		*ret = take(&owner);
	return rc;
}

enum devid_err tpm_owner_begin(
	struct tpm *tpm, struct tpm_owner *ret, struct devid_error *err)
{
	CLEANUP(tpm_owner_done) struct tpm_owner owner = { 0 };
	enum devid_err rc = tpm_epoch_begin(tpm, &owner.epoch, err);

	if (rc == DEVID_OK)
		rc = tpm_parent_open(
			tpm, owner.epoch.value, &owner.parent, err);
	if (rc == DEVID_OK)
		rc = tpm_parent_keep(&owner.parent, err);
	if (rc == DEVID_OK)
		*ret = take(&owner);
	return rc;
}

/* Whether the TPM cannot be asked at all. */
static bool is_out_of_reach(enum devid_err rc)
{
	return rc == DEVID_ERR_TPM_ABSENT || rc == DEVID_ERR_TPM_LOCKOUT ||
	       rc == DEVID_ERR_TPM_FAILURE;
}

/* ---- objects at their places ---- */

static bool same_name(const TPM2B_NAME *a, const TPM2B_NAME *b)
{
	return a->size == b->size && memcmp(a->name, b->name, a->size) == 0;
}

static bool same_area(const TPMT_PUBLIC *a, const TPMT_PUBLIC *b)
{
	uint8_t one[sizeof(TPMT_PUBLIC)], other[sizeof(TPMT_PUBLIC)];
	struct room r1 = { one, sizeof(one), 0 };
	struct room r2 = { other, sizeof(other), 0 };

	return tpm_public_encode(a, &r1, NULL) == DEVID_OK &&
	       tpm_public_encode(b, &r2, NULL) == DEVID_OK &&
	       r1.len == r2.len && memcmp(one, other, r1.len) == 0;
}

/* The same public key may be there below another parent. */
static bool is_key(const struct tpm_found *found, const struct tpm_sealed *key)
{
	return same_area(&found->area, &key->pub.publicArea) &&
	       tpm_parent_has(&key->parent, &found->name, &found->qualified);
}

enum devid_err tpm_owner_find(struct tpm *tpm, TPM2_HANDLE place,
	const struct tpm_sealed *key, struct tpm_handle *ret,
	struct devid_error *err)
{
	CLEANUP(tpm_found_done) struct tpm_found found = { 0 };
	enum devid_err rc = tpm_handle_read(tpm, place, &found, err);

	if (rc != DEVID_OK)
		return rc;
	if (!is_key(&found, key))
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: the object at 0x%08x is another key", place);
	*ret = tpm_handle_take(&found.object);
	return DEVID_OK;
}

static enum devid_err evict(
	struct tpm_handle *object, TPM2_HANDLE at, struct devid_error *err)
{
	struct tpm *tpm = object->tpm;
	ESYS_TR none = ESYS_TR_NONE;
	enum devid_err rc = tpm_result_by(tpm, ESYS_TR_RH_OWNER,
		Esys_EvictControl(tpm->esys, ESYS_TR_RH_OWNER, object->tr,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, at,
			&none),
		"take a key from its place", err);

	if (rc == DEVID_OK)
		tpm_handle_done(object); /* what ESYS has of it */
	return rc;
}

/* ---- erasure ---- */

static bool is_place_of_owner(const struct tpm *tpm, TPM2_HANDLE at)
{
	for (int i = 0; i < N_KEYS; i++) {
		if (key_id_row((enum key_id)i)->home == ROLE_HOME_OWNER &&
			tpm->places.handle[i] == at)
			return true;
	}
	return false;
}

/* Whether it ends with the erasure: a key below the parent of @name, which is
 * empty when that is not known, or one at our places that looks like ours. */
static bool is_of_owner(const struct tpm *tpm, TPM2_HANDLE at,
	const struct tpm_found *found, const TPM2B_NAME *name)
{
	enum key_alg alg;
	bool imported;

	/* Or that parent itself, which devid.conf had elsewhere before. */
	if (name->size > 0 &&
		(same_name(name, &found->name) ||
			tpm_parent_has(name, &found->name, &found->qualified)))
		return true;
	return is_place_of_owner(tpm, at) &&
	       child_template_matches(&found->area, &alg, &imported);
}

static enum devid_err evict_owners(struct tpm *tpm, TPM2_HANDLE at,
	const TPM2B_NAME *parent, struct devid_error *err)
{
	CLEANUP(tpm_found_done) struct tpm_found found = { 0 };
	enum devid_err rc = tpm_handle_read(tpm, at, &found, err);

	if (rc != DEVID_OK || !is_of_owner(tpm, at, &found, parent))
		return rc;
	return evict(&found.object, at, err);
}

static enum devid_err evict_keys(struct tpm *tpm,
	const struct tpm_handles *list, const TPM2B_NAME *parent,
	struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < list->n && rc == DEVID_OK; i++) {
		if (list->at[i] != tpm->places.parent)
			rc = evict_owners(tpm, list->at[i], parent, err);
	}
	return rc;
}

/* The keys below the parent at its place, if it is ours, then that. */
static enum devid_err evict_below(struct tpm *tpm,
	const struct tpm_handles *list, TPM2B_NAME *name,
	struct devid_error *err)
{
	CLEANUP(tpm_found_done) struct tpm_found parent = { 0 };
	bool ours = false;
	enum devid_err rc = DEVID_OK;

	if (tpm_handles_have(list, tpm->places.parent)) {
		rc = tpm_handle_read(tpm, tpm->places.parent, &parent, err);
		ours = rc == DEVID_OK && tpm_parent_is_ours(&parent.area);
	}
	if (ours)
		*name = parent.name;
	if (rc == DEVID_OK)
		rc = evict_keys(tpm, list, name, err);
	if (rc == DEVID_OK && ours)
		rc = evict(&parent.object, tpm->places.parent, err);
	return rc;
}

enum devid_err tpm_owner_erase(struct tpm *tpm, struct devid_error *err)
{
	CLEANUP(tpm_epoch_done) struct tpm_epoch epoch = { 0 };
	struct devid_error none = { DEVID_OK, "" };
	TPM2B_NAME name = { 0 };
	struct tpm_handles list;
	enum devid_err rc, counted;

	counted = tpm_epoch_open(tpm, &epoch, &none);
	/* Without a counter of ours no key of ours can be loaded. */
	if (counted != DEVID_OK && counted != DEVID_ERR_NOT_FOUND &&
		counted != DEVID_ERR_EXISTS)
		return devid_fail(err, counted, "%s", none.text);
	rc = tpm_handles_list(tpm, &list, err);
	if (rc == DEVID_OK && counted == DEVID_OK &&
		!tpm_handles_have(&list, tpm->places.parent))
		rc = tpm_parent_name(tpm, epoch.value, &name, err);
	if (rc == DEVID_OK)
		rc = evict_below(tpm, &list, &name, err);
	if (rc == DEVID_OK && counted == DEVID_OK)
		rc = tpm_epoch_advance(&epoch, err);
	return rc;
}

/* ---- one key, wherever it is ---- */

/* Which key is meant. */
struct wanted {
	const struct tpm_sealed *key; /* NULL: there is no record of it */
	const struct key_blob *spki;  /* then, or NULL: by its place alone */
	TPM2_HANDLE place;            /* that it has now */
	TPM2B_NAME parent;            /* empty: not known */
};

static bool has_spki(const TPMT_PUBLIC *area, const struct key_blob *spki)
{
	struct key_blob has = { 0 };

	return tpm_public_spki(area, &has, NULL) == DEVID_OK &&
	       key_blob_equal(&has, spki);
}

static bool is_wanted(const struct tpm *tpm, TPM2_HANDLE at,
	const struct tpm_found *found, const struct wanted *w)
{
	if (w->key)
		return is_key(found, w->key);
	return is_of_owner(tpm, at, found, &w->parent) &&
	       (w->spki ? has_spki(&found->area, w->spki) : at == w->place);
}

static enum devid_err evict_if_wanted(struct tpm *tpm, TPM2_HANDLE at,
	const struct wanted *w, struct devid_error *err)
{
	CLEANUP(tpm_found_done) struct tpm_found found = { 0 };
	enum devid_err rc = tpm_handle_read(tpm, at, &found, err);

	return rc == DEVID_OK && is_wanted(tpm, at, &found, w)
		       ? evict(&found.object, at, err)
		       : rc;
}

/* From all places but @stays; 0: from all. */
static enum devid_err evict_wanted(struct tpm *tpm, const struct wanted *w,
	TPM2_HANDLE stays, struct devid_error *err)
{
	struct tpm_handles list;
	enum devid_err rc = tpm_handles_list(tpm, &list, err);

	for (size_t i = 0; rc == DEVID_OK && i < list.n; i++) {
		if (list.at[i] != stays && list.at[i] != tpm->places.parent)
			rc = evict_if_wanted(tpm, list.at[i], w, err);
	}
	return rc;
}

enum devid_err tpm_owner_evict(struct tpm *tpm, const struct tpm_sealed *key,
	TPM2_HANDLE stays, struct devid_error *err)
{
	const struct wanted w = { .key = key };

	return evict_wanted(tpm, &w, stays, err);
}

enum devid_err tpm_owner_evict_lost(struct tpm *tpm, enum key_id id,
	const struct key_blob *spki, struct devid_error *err)
{
	CLEANUP(tpm_owner_done) struct tpm_owner owner = { 0 };
	struct devid_error why = { DEVID_OK, "" };
	struct wanted w = { .spki = spki, .place = tpm->places.handle[id] };
	enum devid_err rc = tpm_owner_open(tpm, &owner, &why);

	/* Without the parent what is at our places can still be known. */
	if (is_out_of_reach(rc))
		return devid_fail(err, rc, "%s", why.text);
	if (rc == DEVID_OK)
		w.parent = owner.parent.name;
	return evict_wanted(tpm, &w, 0, err);
}

/* ---- why a key is not taken ---- */

/* MISMATCH when the seeds are not those of @key; what a hierarchy does not let
 * be asked is taken for right. */
static enum devid_err explain_seeds(
	struct tpm *tpm, const struct tpm_sealed *key, struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	uint8_t id[TPM_ID_LEN];
	TPM2B_NAME name = { 0 };
	bool known = false;
	enum devid_err rc = DEVID_OK;

	if (key->has_tpm_id) {
		rc = tpm_id(tpm, id, &why);
		known = rc == DEVID_OK;
	}
	if (known && memcmp(id, key->tpm_id, sizeof(id)) != 0)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"tpm: another TPM made this key");
	if (!is_out_of_reach(rc))
		rc = tpm_parent_name(tpm, key->epoch, &name, &why);
	if (is_out_of_reach(rc))
		return devid_fail(err, rc, "%s", why.text);
	if (rc != DEVID_OK || same_name(&name, &key->parent))
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_MISMATCH, "tpm: %s",
		known ? "the TPM was cleared since it made this key"
		      : "another TPM made this key, or this one was cleared "
			"since");
}

/* What is at the parent's place. */
enum at_parent {
	AT_PARENT_NOTHING, /* or what cannot be read */
	AT_PARENT_SAME,    /* the one that the key was made below */
	AT_PARENT_OTHER,
};

static enum at_parent look_at_parent(
	struct tpm *tpm, const struct tpm_sealed *key)
{
	CLEANUP(tpm_found_done) struct tpm_found parent = { 0 };
	bool found = false;

	if (tpm_handle_find(tpm, tpm->places.parent, &found, NULL) !=
			DEVID_OK ||
		!found ||
		tpm_handle_read(tpm, tpm->places.parent, &parent, NULL) !=
			DEVID_OK)
		return AT_PARENT_NOTHING;
	return same_name(&parent.name, &key->parent) ? AT_PARENT_SAME
						     : AT_PARENT_OTHER;
}

static enum devid_err explain_now(
	struct tpm *tpm, enum at_parent at, struct devid_error *err)
{
	if (at == AT_PARENT_OTHER)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: the storage parent at 0x%08x is another than the "
			"one that the key was made below",
			tpm->places.parent);
	return devid_fail(err, DEVID_ERR_SYNTAX,
		"tpm: the sealed key is damaged: the TPM does not take its "
		"private part");
}

static enum devid_err explain_counter(struct tpm *tpm,
	const struct tpm_sealed *key, uint64_t value, struct devid_error *err)
{
	unsigned long long then = key->epoch, now = value;
	enum at_parent at = look_at_parent(tpm, key);

	if (then == now)
		return explain_now(tpm, at, err);
	if (then > now)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"tpm: the counter of erasures at 0x%08x is at %llu, "
			"before the %llu of the key: it is not the one that "
			"the key was made with",
			tpm->places.epoch, now, then);
	/* Every erasure of ours takes it away before the counter goes on. */
	if (at == AT_PARENT_SAME)
		return devid_fail(err, DEVID_ERR_ERASED,
			"tpm: the counter of erasures at 0x%08x went on from "
			"%llu to %llu, or was made anew, by somebody else: the "
			"key can be used no more",
			tpm->places.epoch, then, now);
	return devid_fail(err, DEVID_ERR_ERASED,
		"tpm: the key is of before an erasure (%llu, now %llu)", then,
		now);
}

enum devid_err tpm_owner_explain(
	struct tpm *tpm, const struct tpm_sealed *key, struct devid_error *err)
{
	CLEANUP(tpm_epoch_done) struct tpm_epoch epoch = { 0 };
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc = explain_seeds(tpm, key, err);

	if (rc != DEVID_OK)
		return rc;
	rc = tpm_epoch_open(tpm, &epoch, &why);
	if (rc == DEVID_OK)
		return explain_counter(tpm, key, epoch.value, err);
	if (rc == DEVID_ERR_NOT_FOUND)
		return devid_fail(err, DEVID_ERR_ERASED,
			"tpm: the counter of erasures at 0x%08x was removed: "
			"the key can be used no more",
			tpm->places.epoch);
	return devid_fail(err, rc, "%s", why.text);
}
