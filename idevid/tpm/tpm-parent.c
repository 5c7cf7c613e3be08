/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-parent.h"

#include <string.h>

#include "digest.h"
#include "tpm-epoch.h"
#include "tpm-public.h"

/* No userWithAuth: its policy alone lets it be used. */
#define PARENT_ATTRS                                                           \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |                      \
		TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA |           \
		TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)

/* How far back an older epoch of a parent is looked for. */
#define EPOCHS_BACK 4096

/* A storage key as part 1, 27.6 has it; the policy is to be filled in. */
static const TPMT_PUBLIC storage = {
	.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = PARENT_ATTRS,
	.parameters.eccDetail = {
		.symmetric = { .algorithm = TPM2_ALG_AES,
			.keyBits.aes = 128,
			.mode.aes = TPM2_ALG_CFB },
		.scheme.scheme = TPM2_ALG_NULL,
		.curveID = TPM2_ECC_NIST_P256,
		.kdf.scheme = TPM2_ALG_NULL,
	},
};

static enum devid_err policy_of(const struct tpm *tpm, uint64_t epoch,
	TPM2B_DIGEST *ret, struct devid_error *err)
{
	return tpm_epoch_policy(tpm->places.epoch, epoch, ret)
		       ? DEVID_OK
		       : devid_fail(err, DEVID_ERR_CRYPTO,
				 "tpm: storage parent: cannot hash its policy");
}

static bool has_policy(const TPMT_PUBLIC *area, const TPM2B_DIGEST *policy)
{
	return area->authPolicy.size == policy->size &&
	       memcmp(area->authPolicy.buffer, policy->buffer, policy->size) ==
		       0;
}

bool tpm_parent_is_ours(const TPMT_PUBLIC *area)
{
	const TPMS_ECC_PARMS *p = &area->parameters.eccDetail;
	const TPMS_ECC_PARMS *want = &storage.parameters.eccDetail;

	return area->type == storage.type && area->nameAlg == storage.nameAlg &&
	       area->objectAttributes == storage.objectAttributes &&
	       area->authPolicy.size == 32 && p->curveID == want->curveID &&
	       p->symmetric.algorithm == want->symmetric.algorithm &&
	       p->symmetric.keyBits.aes == want->symmetric.keyBits.aes &&
	       p->symmetric.mode.aes == want->symmetric.mode.aes &&
	       p->scheme.scheme == want->scheme.scheme;
}

/* Whether @area is a parent of an epoch before @epoch. */
static bool is_older(
	const struct tpm *tpm, const TPMT_PUBLIC *area, uint64_t epoch)
{
	uint64_t last = epoch > EPOCHS_BACK ? epoch - EPOCHS_BACK : 1;
	TPM2B_DIGEST policy;

	while (epoch-- > last) {
		if (tpm_epoch_policy(tpm->places.epoch, epoch, &policy) &&
			has_policy(area, &policy))
			return true;
	}
	return false;
}

static enum devid_err check_found(struct tpm *tpm, const TPMT_PUBLIC *area,
	uint64_t epoch, struct devid_error *err)
{
	TPM2B_DIGEST policy;
	enum devid_err rc = policy_of(tpm, epoch, &policy, err);

	if (rc != DEVID_OK)
		return rc;
	if (tpm_parent_is_ours(area) && has_policy(area, &policy))
		return DEVID_OK;
	if (tpm_parent_is_ours(area) && is_older(tpm, area, epoch))
		return devid_fail(err, DEVID_ERR_STATE,
			"tpm: the storage parent at 0x%08x is of before: the "
			"counter of erasures at 0x%08x went on, or was made "
			"anew, by somebody else; erase the owner's keys",
			tpm->places.parent, tpm->places.epoch);
	return devid_fail(err, DEVID_ERR_EXISTS,
		"tpm: the object at 0x%08x is somebody else's: no storage "
		"parent of devid's for the counter of erasures at 0x%08x",
		tpm->places.parent, tpm->places.epoch);
}

static struct view hierarchy_owner(void)
{
	static const uint8_t owner[] = { 0x40, 0x00, 0x00, 0x01 };

	return (struct view) { owner, sizeof(owner) };
}

static enum devid_err open_found(struct tpm *tpm, uint64_t epoch,
	struct tpm_parent *ret, struct devid_error *err)
{
	CLEANUP(tpm_found_done) struct tpm_found found = { 0 };
	enum devid_err rc =
		tpm_handle_read(tpm, tpm->places.parent, &found, err);

	if (rc == DEVID_OK)
		rc = check_found(tpm, &found.area, epoch, err);
	if (rc == DEVID_OK && !tpm_name_is_below(hierarchy_owner(), &found.name,
				      &found.qualified))
		rc = devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: the storage parent at 0x%08x is no primary key "
			"of the owner's hierarchy",
			tpm->places.parent);
	if (rc != DEVID_OK)
		return rc;
	ret->object = tpm_handle_take(&found.object);
	ret->name = found.name;
	ret->point = found.area.unique.ecc;
	return DEVID_OK;
}

/* A storage key of @hierarchy with @policy, or with none, which nobody can
 * use. */
static enum devid_err derive(struct tpm *tpm, ESYS_TR hierarchy,
	const TPM2B_DIGEST *policy, struct tpm_parent *ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *pub = NULL;
	CLEANUP(cleanup_esys) TPM2B_NAME *name = NULL;
	CLEANUP(tpm_handle_done)
	struct tpm_handle made = { tpm, ESYS_TR_NONE, false };
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcrs = { 0 };
	TPM2B_PUBLIC template = { .publicArea = storage };
	enum devid_err rc;

	if (policy)
		template.publicArea.authPolicy = *policy;
	rc = tpm_result_by(tpm, hierarchy,
		Esys_CreatePrimary(tpm->esys, hierarchy, ESYS_TR_PASSWORD,
			ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &template,
			&outside, &pcrs, &made.tr, &pub, NULL, NULL, NULL),
		"derive storage parent", err);
	if (rc != DEVID_OK || !pub)
		return rc;
	rc = tpm_result(tpm, Esys_TR_GetName(tpm->esys, made.tr, &name),
		"name of storage parent", err);
	if (rc != DEVID_OK)
		return rc;
	ret->object = tpm_handle_take(&made);
	ret->name = *name;
	ret->point = pub->publicArea.unique.ecc;
	return DEVID_OK;
}

enum devid_err tpm_parent_open(struct tpm *tpm, uint64_t epoch,
	struct tpm_parent *ret, struct devid_error *err)
{
	TPM2B_DIGEST policy;
	bool found = false;
	enum devid_err rc =
		tpm_handle_find(tpm, tpm->places.parent, &found, err);

	if (rc == DEVID_OK && found)
		return open_found(tpm, epoch, ret, err);
	if (rc == DEVID_OK)
		rc = policy_of(tpm, epoch, &policy, err);
	return rc == DEVID_OK ? derive(tpm, ESYS_TR_RH_OWNER, &policy, ret, err)
			      : rc;
}

enum devid_err tpm_parent_keep(
	struct tpm_parent *parent, struct devid_error *err)
{
	struct tpm *tpm = parent->object.tpm;
	CLEANUP(tpm_handle_done)
	struct tpm_handle persistent = { tpm, ESYS_TR_NONE, true };
	enum devid_err rc;

	if (parent->object.persistent)
		return DEVID_OK;
	rc = tpm_result_by(tpm, ESYS_TR_RH_OWNER,
		Esys_EvictControl(tpm->esys, ESYS_TR_RH_OWNER,
			parent->object.tr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, tpm->places.parent, &persistent.tr),
		"make storage parent persistent", err);
	if (rc != DEVID_OK)
		return rc;
	tpm_handle_done(&parent->object);
	parent->object = tpm_handle_take(&persistent);
	return DEVID_OK;
}

void tpm_parent_done(struct tpm_parent *parent)
{
	tpm_handle_done(&parent->object);
}

enum devid_err tpm_parent_name(struct tpm *tpm, uint64_t epoch, TPM2B_NAME *ret,
	struct devid_error *err)
{
	CLEANUP(tpm_parent_done) struct tpm_parent parent = { 0 };
	TPM2B_DIGEST policy;
	enum devid_err rc = policy_of(tpm, epoch, &policy, err);

	if (rc == DEVID_OK)
		rc = derive(tpm, ESYS_TR_RH_OWNER, &policy, &parent, err);
	if (rc == DEVID_OK)
		*ret = parent.name;
	return rc;
}

bool tpm_parent_has(const TPM2B_NAME *name, const TPM2B_NAME *object,
	const TPM2B_NAME *qualified)
{
	struct view owner = hierarchy_owner();
	uint8_t way[4 + sizeof(name->name)], above[2 + 32];

	memcpy(way, owner.data, owner.len);
	memcpy(way + owner.len, name->name, name->size);
	memcpy(above, name->name, 2);
	return digest_hash(way, owner.len + name->size, above + 2) &&
	       tpm_name_is_below((struct view) { above, sizeof(above) }, object,
		       qualified);
}

/* The digest of a storage key of @hierarchy that nobody can use. */
static enum devid_err seed_id(struct tpm *tpm, ESYS_TR hierarchy,
	uint8_t ret[TPM_ID_LEN], struct devid_error *err)
{
	CLEANUP(tpm_parent_done) struct tpm_parent key = { 0 };
	enum devid_err rc = derive(tpm, hierarchy, NULL, &key, err);

	if (rc == DEVID_OK)
		memcpy(ret, key.name.name + 2, TPM_ID_LEN);
	return rc;
}

enum devid_err tpm_id(
	struct tpm *tpm, uint8_t ret[TPM_ID_LEN], struct devid_error *err)
{
	return seed_id(tpm, ESYS_TR_RH_ENDORSEMENT, ret, err);
}

enum devid_err tpm_owner_id(
	struct tpm *tpm, uint8_t ret[TPM_ID_LEN], struct devid_error *err)
{
	return seed_id(tpm, ESYS_TR_RH_OWNER, ret, err);
}
