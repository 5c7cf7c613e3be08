/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-key.h"

#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "ecdsa-der.h"
#include "fail.h"
#include "tpm-handle.h"
#include "tpm-parms.h"
#include "tpm-public.h"
#include "tpm-template.h"

/* Only there does the key come back after TPM2_Clear: the templates say
 * nothing about where a key is. */
static enum devid_err check_hierarchy(
	const struct tpm_found *found, enum key_id id, struct devid_error *err)
{
	static const uint8_t endorsement[] = { 0x40, 0x00, 0x00, 0x0b };
	const struct view hierarchy = { endorsement, sizeof(endorsement) };

	if (!tpm_name_is_below(hierarchy, &found->name, &found->qualified))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"tpm: %s: the object at 0x%08x is no primary key of "
			"the endorsement hierarchy (TCG DevID 7.3)",
			key_id_name(id), found->object.tpm->places.handle[id]);
	return DEVID_OK;
}

enum devid_err tpm_key_load(struct tpm *tpm, enum key_id id,
	struct tpm_key *ret, struct devid_error *err)
{
	CLEANUP(tpm_found_done) struct tpm_found found = { 0 };
	struct tpm_key key = { .id = id };
	TPM2_HANDLE handle = tpm->places.handle[id];
	bool there = false;
	enum devid_err rc;

	rc = tpm_handle_find(tpm, handle, &there, err);
	if (rc == DEVID_OK && !there)
		rc = devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: %s: no key at 0x%08x", key_id_name(id), handle);
	if (rc == DEVID_OK)
		rc = tpm_handle_read(tpm, handle, &found, err);
	if (rc != DEVID_OK)
		return rc;
	if (!template_matches(key_id_role(id), &found.area, &key.alg))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"tpm: %s: the object at 0x%08x is not of a TCG %s "
			"template",
			key_id_name(id), handle, key_id_name(id));
	rc = check_hierarchy(&found, id, err);
	if (rc == DEVID_OK)
		rc = tpm_public_spki(&found.area, &key.spki, err);
	if (rc != DEVID_OK)
		return rc;
	key.name_alg = found.area.nameAlg;
	key.object = tpm_handle_take(&found.object);
	*ret = key;
	return DEVID_OK;
}

void tpm_key_done(struct tpm_key *key)
{
	tpm_handle_done(&key->object);
}

/* The primary key of @key's role and algorithm from the template (TCG 7.3),
 * and its public key into @key. */
static enum devid_err create_devid(struct tpm *tpm, enum template_unique unique,
	struct tpm_key *key, struct tpm_handle *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *made = NULL;
	struct devid_error cause = { DEVID_OK, "" };
	TPM2B_PUBLIC template;
	enum devid_err rc;

	if (!template_get(key_id_role(key->id), key->alg, unique, &template))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"tpm: no template for %s", key_alg_name(key->alg));
	rc = tpm_handle_create(tpm, &template, ret, &made, &cause);
	if (rc != DEVID_OK)
		return tpm_parms_fail(
			tpm, &template.publicArea, key->alg, &cause, err);
	key->name_alg = made->publicArea.nameAlg;
	return tpm_public_spki(&made->publicArea, &key->spki, err);
}

/* Tries the variants of @key until one has the public key @expected. */
static enum devid_err derive(struct tpm *tpm, const struct key_blob *expected,
	struct tpm_key *key, struct devid_error *err)
{
	for (int u = 0; u < N_TEMPLATE_UNIQUES; u++) {
		CLEANUP(tpm_handle_done)
		struct tpm_handle object = { 0 };
		enum devid_err rc = create_devid(
			tpm, (enum template_unique)u, key, &object, err);

		if (rc != DEVID_OK)
			return rc;
		if (!expected || key_blob_equal(expected, &key->spki)) {
			key->object = tpm_handle_take(&object);
			return DEVID_OK;
		}
	}
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"tpm: %s: this TPM does not derive the key of the certificate",
		key_id_name(key->id));
}

enum devid_err tpm_key_derive(struct tpm *tpm, const struct key_blob *expected,
	struct tpm_key *key, struct devid_error *err)
{
	TPM2_HANDLE handle = tpm->places.handle[key->id];
	bool taken = false;
	enum devid_err rc = tpm_handle_find(tpm, handle, &taken, err);

	if (rc != DEVID_OK)
		return rc;
	if (taken)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: %s: 0x%08x is taken", key_id_name(key->id),
			handle);
	return derive(tpm, expected, key, err);
}

enum devid_err tpm_key_keep(const struct tpm_key *key, struct devid_error *err)
{
	struct tpm *tpm = key->object.tpm;
	CLEANUP(tpm_handle_done)
	struct tpm_handle persistent = { tpm, ESYS_TR_NONE, true };

	return tpm_result_by(tpm, ESYS_TR_RH_OWNER,
		Esys_EvictControl(tpm->esys, ESYS_TR_RH_OWNER, key->object.tr,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			tpm->places.handle[key->id], &persistent.tr),
		"make key persistent", err);
}

void tpm_key_forget(struct tpm_key *key)
{
	key->object.persistent = true; /* there is nothing to flush */
	tpm_key_done(key);
}

static enum devid_err encode_ecdsa(const TPMS_SIGNATURE_ECC *in,
	struct key_sig *ret, struct devid_error *err)
{
	const TPM2B_ECC_PARAMETER *r = &in->signatureR, *s = &in->signatureS;

	_Static_assert(sizeof(ret->data) >= ECDSA_DER_MAX, "room");
	ret->len = ecdsa_der((struct view) { r->buffer, r->size },
		(struct view) { s->buffer, s->size }, ret->data);
	return ret->len > 0
		       ? DEVID_OK
		       : devid_fail(err, DEVID_ERR_TPM, "tpm: bad signature");
}

static enum devid_err encode_signature(
	const TPMT_SIGNATURE *sig, struct key_sig *ret, struct devid_error *err)
{
	const TPM2B_PUBLIC_KEY_RSA *rsa = &sig->signature.rsassa.sig;

	if (sig->sigAlg == TPM2_ALG_ECDSA)
		return encode_ecdsa(&sig->signature.ecdsa, ret, err);
	if (rsa->size > KEY_SIG_MAX)
		return devid_fail(err, DEVID_ERR_TPM, "tpm: bad signature");
	memcpy(ret->data, rsa->buffer, rsa->size);
	ret->len = rsa->size;
	return DEVID_OK;
}

enum devid_err tpm_key_sign(struct tpm *tpm, const struct tpm_key *key,
	const struct key_sign *what, struct key_sig *ret,
	struct devid_error *err)
{
	static const TPMI_ALG_SIG_SCHEME schemes[] = {
		[SIG_ECDSA] = TPM2_ALG_ECDSA,
		[SIG_RSASSA] = TPM2_ALG_RSASSA,
		[SIG_RSAPSS] = TPM2_ALG_RSAPSS,
	};
	CLEANUP(cleanup_esys) TPMT_SIGNATURE *sig = NULL;
	/* Not hashed by the TPM: a NULL ticket (part 3, 20.2). */
	TPMT_TK_HASHCHECK ticket = { TPM2_ST_HASHCHECK, TPM2_RH_NULL, { 0 } };
	TPM2B_DIGEST digest = { (uint16_t)what->digest_len, { 0 } };
	TPMT_SIG_SCHEME scheme = { schemes[what->scheme], { { 0 } } };
	enum devid_err rc;
	TSS2_RC tss;

	if (what->digest_len > sizeof(digest.buffer))
		return devid_fail(err, DEVID_ERR_INVALID, "tpm: bad digest");
	memcpy(digest.buffer, what->digest, what->digest_len);
	scheme.details.any.hashAlg = (TPMI_ALG_HASH)what->hash;
	tss = Esys_Sign(tpm->esys, key->object.tr, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &digest, &scheme, &ticket, &sig);
	if (tpm_rc_is_gone(tss))
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: sign: the key is gone from its handle");
	rc = tpm_result(tpm, tss, "sign", err);
	if (rc != DEVID_OK)
		return rc;
	return encode_signature(sig, ret, err);
}
