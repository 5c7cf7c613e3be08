/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-owner.h"

#include <assert.h>
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

/* ---- objects at their places ---- */

/* A persistent object, and what it is. */
struct found {
	struct tpm_handle object;
	TPMT_PUBLIC area;
	TPM2B_NAME name, qualified;
};

static void found_done(struct found *found)
{
	tpm_handle_done(&found->object);
}

static enum devid_err open_at(struct tpm *tpm, TPM2_HANDLE at,
	struct found *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *pub = NULL;
	CLEANUP(cleanup_esys) TPM2B_NAME *name = NULL;
	CLEANUP(cleanup_esys) TPM2B_NAME *qualified = NULL;
	CLEANUP(tpm_handle_done)
	struct tpm_handle object = { tpm, ESYS_TR_NONE, true };
	TSS2_RC tss = Esys_TR_FromTPMPublic(tpm->esys, at, ESYS_TR_NONE,
		ESYS_TR_NONE, ESYS_TR_NONE, &object.tr);
	enum devid_err rc;

	if (tss == TSS2_RC_SUCCESS)
		tss = Esys_ReadPublic(tpm->esys, object.tr, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, &pub, &name, &qualified);
	rc = tpm_result(tpm, tss, "read a persistent object", err);
	if (rc != DEVID_OK)
		return rc;
	assert(pub && name && qualified); /* ESYS sets them when it succeeds */
	ret->object = tpm_handle_take(&object);
	ret->area = pub->publicArea;
	ret->name = *name;
	ret->qualified = *qualified;
	return DEVID_OK;
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

enum devid_err tpm_owner_find(struct tpm *tpm, TPM2_HANDLE place,
	const struct tpm_sealed *key, struct tpm_handle *ret,
	struct devid_error *err)
{
	CLEANUP(found_done) struct found found = { 0 };
	enum devid_err rc = open_at(tpm, place, &found, err);

	if (rc != DEVID_OK)
		return rc;
	/* The same public key may be there below another parent. */
	if (!same_area(&found.area, &key->pub.publicArea) ||
		!tpm_parent_has(&key->parent, &found.name, &found.qualified))
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: the object at 0x%08x is another key", place);
	*ret = tpm_handle_take(&found.object);
	return DEVID_OK;
}

enum devid_err tpm_owner_evict(
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
	const struct found *found, const TPM2B_NAME *name)
{
	enum key_alg alg;
	bool imported;

	if (name->size > 0 &&
		tpm_parent_has(name, &found->name, &found->qualified))
		return true;
	return is_place_of_owner(tpm, at) &&
	       child_template_matches(&found->area, &alg, &imported);
}

static enum devid_err evict_key(struct tpm *tpm, TPM2_HANDLE at,
	const TPM2B_NAME *parent, struct devid_error *err)
{
	CLEANUP(found_done) struct found found = { 0 };
	enum devid_err rc = open_at(tpm, at, &found, err);

	if (rc != DEVID_OK || !is_of_owner(tpm, at, &found, parent))
		return rc;
	return tpm_owner_evict(&found.object, at, err);
}

static enum devid_err evict_keys(struct tpm *tpm,
	const struct tpm_handles *list, const TPM2B_NAME *parent,
	struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < list->n && rc == DEVID_OK; i++) {
		if (list->at[i] != tpm->places.parent)
			rc = evict_key(tpm, list->at[i], parent, err);
	}
	return rc;
}

/* The keys below the parent at its place, if it is ours, then that. */
static enum devid_err evict_below(struct tpm *tpm,
	const struct tpm_handles *list, TPM2B_NAME *name,
	struct devid_error *err)
{
	CLEANUP(found_done) struct found parent = { 0 };
	bool ours = false;
	enum devid_err rc = DEVID_OK;

	if (tpm_handles_have(list, tpm->places.parent)) {
		rc = open_at(tpm, tpm->places.parent, &parent, err);
		ours = rc == DEVID_OK && tpm_parent_is_ours(&parent.area);
	}
	if (ours)
		*name = parent.name;
	if (rc == DEVID_OK)
		rc = evict_keys(tpm, list, name, err);
	if (rc == DEVID_OK && ours)
		rc = tpm_owner_evict(&parent.object, tpm->places.parent, err);
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

/* ---- why a key is not taken ---- */

/* Whether the TPM cannot be asked at all. */
static bool is_out_of_reach(enum devid_err rc)
{
	return rc == DEVID_ERR_TPM_ABSENT || rc == DEVID_ERR_TPM_LOCKOUT ||
	       rc == DEVID_ERR_TPM_FAILURE;
}

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
	if (rc != DEVID_OK ||
		(name.size == key->parent.size &&
			memcmp(name.name, key->parent.name, name.size) == 0))
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
	CLEANUP(found_done) struct found parent = { 0 };
	bool found = false;

	if (tpm_handle_find(tpm, tpm->places.parent, &found, NULL) !=
			DEVID_OK ||
		!found ||
		open_at(tpm, tpm->places.parent, &parent, NULL) != DEVID_OK)
		return AT_PARENT_NOTHING;
	return parent.name.size == key->parent.size &&
			       memcmp(parent.name.name, key->parent.name,
				       key->parent.size) == 0
		       ? AT_PARENT_SAME
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
