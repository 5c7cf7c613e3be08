/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-attest.h"

#include <openssl/crypto.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "fail.h"
#include "tpm-about.h"
#include "tpm-counter.h"
#include "tpm-ek.h"
#include "tpm-public.h"
#include "tpm-session.h"

/* A persistent object that has gone shows when its handle is used. */
static enum devid_err key_result(
	struct tpm *tpm, TSS2_RC rc, const char *what, struct devid_error *err)
{
	if (tpm_rc_is_gone(rc))
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: %s: the key is gone from its handle", what);
	return tpm_result(tpm, rc, what, err);
}

static enum devid_err read_area(struct tpm *tpm, const struct tpm_key *key,
	struct key_blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *pub = NULL;
	struct room out = { ret->data, sizeof(ret->data), 0 };
	enum devid_err rc;

	rc = key_result(tpm,
		Esys_ReadPublic(tpm->esys, key->object.tr, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL, NULL),
		"read public area", err);
	if (rc != DEVID_OK)
		return rc;
	rc = tpm_public_encode(&pub->publicArea, &out, err);
	if (rc == DEVID_OK)
		ret->len = out.len;
	return rc;
}

/*
 * TPM2_Certify (part 3, 18.2): the certified object needs the ADMIN id,
 * which the template gives to its policy only, the signing key the USER role.
 * No qualifying data: that the TPM is at hand now is for ActivateCredential
 * to show.
 */
static enum devid_err certify(struct tpm *tpm, const struct tpm_key *idevid,
	const struct tpm_key *iak, struct wire_attest *ret,
	struct devid_error *err)
{
	CLEANUP(tpm_handle_done)
	struct tpm_handle session = { 0 };
	CLEANUP(cleanup_esys) TPM2B_ATTEST *attest = NULL;
	CLEANUP(cleanup_esys) TPMT_SIGNATURE *sig = NULL;
	TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	TPM2B_DATA none = { 0 };
	size_t len = 0;
	enum devid_err rc;

	rc = tpm_session_start_admin(
		tpm, idevid, TPM2_CC_Certify, &session, err);
	if (rc != DEVID_OK)
		return rc;
	rc = key_result(tpm,
		Esys_Certify(tpm->esys, idevid->object.tr, iak->object.tr,
			session.tr, ESYS_TR_PASSWORD, ESYS_TR_NONE, &none, &own,
			&attest, &sig),
		"certify the IDevID key", err);
	if (rc != DEVID_OK)
		return rc;
	if (attest->size > sizeof(ret->certify.data) ||
		Tss2_MU_TPMT_SIGNATURE_Marshal(sig, ret->certify_sig.data,
			sizeof(ret->certify_sig.data), &len) != TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_TPM,
			"tpm: certify the IDevID key: bad answer");
	memcpy(ret->certify.data, attest->attestationData, attest->size);
	ret->certify.len = attest->size;
	ret->certify_sig.len = len;
	return DEVID_OK;
}

enum devid_err tpm_attest(struct tpm *tpm, const struct tpm_key *idevid,
	const struct tpm_key *iak, struct wire_attest *ret,
	struct devid_error *err)
{
	enum devid_err rc;

	rc = read_area(tpm, idevid, &ret->idevid_pub, err);
	if (rc == DEVID_OK)
		rc = read_area(tpm, iak, &ret->iak_pub, err);
	if (rc == DEVID_OK)
		rc = certify(tpm, idevid, iak, ret, err);
	return rc;
}

/* ---- for the site ---- */

static enum devid_err keep_statement(const TPM2B_ATTEST *attest,
	const TPMT_SIGNATURE *sig, struct wire_certify *ret,
	struct devid_error *err)
{
	size_t len = 0;

	if (attest->size > sizeof(ret->attest.data) ||
		Tss2_MU_TPMT_SIGNATURE_Marshal(sig, ret->signature.data,
			sizeof(ret->signature.data), &len) != TSS2_RC_SUCCESS)
		return devid_fail(
			err, DEVID_ERR_TPM, "tpm: certify: bad answer");
	memcpy(ret->attest.data, attest->attestationData, attest->size);
	ret->attest.len = attest->size;
	ret->signature.len = len;
	return DEVID_OK;
}

_Static_assert(WIRE_NONCE_MAX <= 32 && sizeof(((TPM2B_DATA *)0)->buffer) >= 32,
	"a nonce fits");

/* The templates of the owner's keys have no adminWithPolicy: the password,
 * which is empty, is the ADMIN role as well (part 1, 19.2). */
enum devid_err tpm_certify_owned(const struct tpm_key *key,
	const struct tpm_key *iak, struct view nonce, struct wire_certify *ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_ATTEST *attest = NULL;
	CLEANUP(cleanup_esys) TPMT_SIGNATURE *sig = NULL;
	struct tpm *tpm = key->object.tpm;
	TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	TPM2B_DATA extra = { .size = (uint16_t)nonce.len };
	enum devid_err rc;

	memcpy(extra.buffer, nonce.data, nonce.len);
	rc = key_result(tpm,
		Esys_Certify(tpm->esys, key->object.tr, iak->object.tr,
			ESYS_TR_PASSWORD, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			&extra, &own, &attest, &sig),
		"certify a key", err);
	return rc == DEVID_OK ? keep_statement(attest, sig, ret, err) : rc;
}

static enum devid_err put_counter(
	uint32_t index, struct key_blob *ret, struct devid_error *err)
{
	TPMS_NV_PUBLIC area;
	size_t len = 0;

	tpm_counter_area(index, &area);
	area.attributes |= TPMA_NV_WRITTEN; /* or it could not be opened */
	if (Tss2_MU_TPMS_NV_PUBLIC_Marshal(&area, ret->data, sizeof(ret->data),
		    &len) != TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tpm: counter of erasures: it cannot be written");
	ret->len = len;
	return DEVID_OK;
}

enum devid_err tpm_certify_epoch(const struct tpm_epoch *epoch,
	const struct tpm_key *iak, struct view nonce, struct wire_certify *ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_ATTEST *attest = NULL;
	CLEANUP(cleanup_esys) TPMT_SIGNATURE *sig = NULL;
	struct tpm *tpm = epoch->index.tpm;
	TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	TPM2B_DATA extra = { .size = 32 };
	enum devid_err rc;

	if (!tpm_counter_extra(nonce, extra.buffer))
		return devid_fail(err, DEVID_ERR_CRYPTO, "tpm: no digest");
	/* Offset 0 and size 0 would be another structure (part 3, 31.16). */
	rc = key_result(tpm,
		Esys_NV_Certify(tpm->esys, iak->object.tr, epoch->index.tr,
			epoch->index.tr, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD,
			ESYS_TR_NONE, &extra, &own, TPM_COUNTER_LEN, 0, &attest,
			&sig),
		"certify the counter of erasures", err);
	if (rc == DEVID_OK)
		rc = put_counter(tpm->places.epoch, &ret->public, err);
	return rc == DEVID_OK ? keep_statement(attest, sig, ret, err) : rc;
}

/* ---- credentials ---- */

/* Both structures, and nothing behind them. */
static enum devid_err parse_credential(const struct wire_credential *what,
	TPM2B_ID_OBJECT *ret_object, TPM2B_ENCRYPTED_SECRET *ret_secret,
	struct devid_error *err)
{
	size_t object_len = 0, secret_len = 0;

	if (Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(what->id_object,
		    what->id_object_len, &object_len,
		    ret_object) != TSS2_RC_SUCCESS ||
		object_len != what->id_object_len ||
		Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(what->enc_secret,
			what->enc_secret_len, &secret_len,
			ret_secret) != TSS2_RC_SUCCESS ||
		secret_len != what->enc_secret_len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"tpm: credential: no TPM2B_ID_OBJECT and "
			"TPM2B_ENCRYPTED_SECRET (part 2, 12.4.3, 11.4.33)");
	return DEVID_OK;
}

_Static_assert(WIRE_SECRET_MAX >= sizeof(((TPM2B_DIGEST *)0)->buffer),
	"a secret fits");

/*
 * Whether TPM2_ActivateCredential found something wrong with its parameters,
 * which means that they were made for another EK or another Name: format-one
 * errors about a parameter (part 2, 6.6.2), and TPM_RC_FAILURE of a TPM that is
 * not in failure mode, with which libtpms tells that OAEP does not decode.
 */
static bool is_not_for_us(struct tpm *tpm, TSS2_RC rc)
{
	if (rc == TPM2_RC_FAILURE)
		return tpm_health(tpm, NULL, NULL) == DEVID_OK;
	return (rc & ~0xfffu) == 0 && (rc & TPM2_RC_FMT1) && (rc & TPM2_RC_P);
}

static enum devid_err fail_not_ours(struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"tpm: activate credential: it is made for another TPM or "
		"another IAK");
}

/* A credential in the TPM's structures. */
struct credential {
	TPM2B_ID_OBJECT object;
	TPM2B_ENCRYPTED_SECRET secret;
};

static enum devid_err activate(const struct tpm_key *iak,
	const struct tpm_ek *ek, const struct credential *what,
	TPM2B_DIGEST **ret, struct devid_error *err)
{
	struct tpm *tpm = ek->object.tpm;
	CLEANUP(tpm_handle_done)
	struct tpm_handle admin = { 0 };
	CLEANUP(tpm_handle_done)
	struct tpm_handle user = { 0 };
	enum devid_err rc;
	TSS2_RC tss;

	rc = tpm_session_start_admin(
		tpm, iak, TPM2_CC_ActivateCredential, &admin, err);
	if (rc == DEVID_OK && !ek->with_auth)
		rc = tpm_session_start(tpm, ek->name_alg, &user, err);
	if (rc != DEVID_OK)
		return rc;
	tss = Esys_ActivateCredential(tpm->esys, iak->object.tr, ek->object.tr,
		admin.tr, ek->with_auth ? ESYS_TR_PASSWORD : user.tr,
		ESYS_TR_NONE, &what->object, &what->secret, ret);
	if (is_not_for_us(tpm, tss))
		return fail_not_ours(err);
	return key_result(tpm, tss, "activate credential", err);
}

/* With each EK that it can be for, until one opens it. */
static enum devid_err try_activate(struct tpm *tpm, const struct tpm_key *iak,
	const struct credential *what, TPM2B_DIGEST **ret,
	struct devid_error *err)
{
	struct devid_error told = { DEVID_OK, "" };
	size_t next = 0;
	enum devid_err rc;

	do {
		CLEANUP(tpm_ek_done) struct tpm_ek ek = { 0 };
		struct devid_error cause = { DEVID_OK, "" };

		rc = tpm_ek_next(tpm, what->secret.size, &next, &ek, &cause);
		if (rc == DEVID_ERR_NOT_FOUND && told.code != DEVID_OK)
			return fail_with(err, told.code, &told);
		if (rc == DEVID_ERR_NOT_FOUND)
			return fail_not_ours(err);
		if (rc == DEVID_OK)
			rc = activate(iak, &ek, what, ret, &cause);
		if (rc != DEVID_OK && rc != DEVID_ERR_MISMATCH)
			return fail_with(err, rc, &cause);
		if (rc != DEVID_OK && told.code == DEVID_OK)
			told = cause;
	} while (rc != DEVID_OK);
	return DEVID_OK;
}

/* ESYS has one buffer for what it sends and receives, and no call to erase it:
 * a command that is longer than the answer with the secret takes its place. */
static void overwrite_buffer(struct tpm *tpm)
{
	static const uint8_t zeros[WIRE_STIR_MAX];

	_Static_assert(sizeof(zeros) > WIRE_SECRET_MAX + 16, "longer");
	(void)!tpm_stir(tpm, (struct view) { zeros, sizeof(zeros) },
		NULL); /* refused as well, it has been there */
}

enum devid_err tpm_activate(struct tpm *tpm, const struct tpm_key *iak,
	const struct wire_credential *what, struct wire_secret *ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_DIGEST *secret = NULL;
	struct credential parsed = { .object.size = 0 };
	enum devid_err rc;

	rc = parse_credential(what, &parsed.object, &parsed.secret, err);
	if (rc == DEVID_OK)
		rc = try_activate(tpm, iak, &parsed, &secret, err);
	if (rc != DEVID_OK)
		return rc;
	if (!secret)
		return devid_fail(err, DEVID_ERR_TPM,
			"tpm: activate credential: bad answer");
	ret->len = secret->size; /* ESYS has bounded it by the type */
	memcpy(ret->data, secret->buffer, ret->len);
	OPENSSL_cleanse(secret->buffer, sizeof(secret->buffer));
	overwrite_buffer(tpm);
	return DEVID_OK;
}
