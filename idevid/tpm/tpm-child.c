/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-child.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "bytes.h"
#include "cleanup-openssl.h"
#include "tpm-child-template.h"
#include "tpm-parms.h"
#include "tpm-public.h"
#include "tpm-wrap.h"

CLEANUP_DEFINE(bn_secret, BIGNUM *, BN_clear_free)

static void set_made(struct tpm_above at, const TPM2B_PUBLIC *pub,
	const TPM2B_PRIVATE *private, struct tpm_sealed *ret)
{
	ret->epoch = at.epoch->value;
	ret->parent = at.parent->name;
	ret->has_tpm_id = false;
	ret->pub = *pub;
	ret->private = *private;
}

enum devid_err tpm_child_make(struct tpm_above at, enum key_alg alg,
	struct tpm_sealed *ret, struct devid_error *err)
{
	CLEANUP(tpm_handle_done) struct tpm_handle session = { 0 };
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *pub = NULL;
	CLEANUP(cleanup_esys) TPM2B_PRIVATE *private = NULL;
	struct tpm *tpm = at.epoch->index.tpm;
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcrs = { 0 };
	struct devid_error cause = { DEVID_OK, "" };
	TPM2B_PUBLIC template;
	enum devid_err rc;

	if (!child_template_get(alg, false, &template))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"tpm: no template for %s", key_alg_name(alg));
	rc = tpm_epoch_session(at.epoch, at.epoch->value, &session, &cause);
	if (rc == DEVID_OK)
		rc = tpm_epoch_result(&session,
			Esys_Create(tpm->esys, at.parent->object.tr, session.tr,
				ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
				&template, &outside, &pcrs, &private, &pub,
				NULL, NULL, NULL),
			"make a key", &cause);
	if (rc != DEVID_OK || !pub || !private)
		return tpm_parms_fail(
			tpm, &template.publicArea, alg, &cause, err);
	ret->alg = alg;
	ret->imported = false;
	set_made(at, pub, private, ret);
	return DEVID_OK;
}

enum devid_err tpm_child_load(struct tpm_above at, const struct tpm_sealed *key,
	struct tpm_handle *ret, struct devid_error *err)
{
	CLEANUP(tpm_handle_done) struct tpm_handle session = { 0 };
	struct tpm *tpm = at.epoch->index.tpm;
	struct tpm_handle loaded = { tpm, ESYS_TR_NONE, false };
	enum devid_err rc;
	TSS2_RC tss;

	rc = tpm_epoch_session(at.epoch, key->epoch, &session, err);
	if (rc != DEVID_OK)
		return rc;
	tss = Esys_Load(tpm->esys, at.parent->object.tr, session.tr,
		ESYS_TR_NONE, ESYS_TR_NONE, &key->private, &key->pub,
		&loaded.tr);
	if (tpm_rc_is(tss, TPM2_RC_INTEGRITY) ||
		tpm_rc_is(tss, TPM2_RC_POLICY_FAIL) ||
		tpm_rc_is(tss, TPM2_RC_BINDING) || tpm_rc_is_gone(tss))
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"tpm: load a key: this TPM does not take it");
	rc = tpm_epoch_result(&session, tss, "load a key", err);
	if (rc == DEVID_OK)
		*ret = loaded;
	return rc;
}

/* ---- import ---- */

static enum devid_err fail_kind(struct devid_error *err)
{
	ERR_clear_error();
	return devid_fail(err, DEVID_ERR_UNSUPPORTED,
		"tpm: import: the key is of a kind that devid does not take");
}

/* The number @name of @private, in @len bytes. */
static bool get_number(
	EVP_PKEY *private, const char *name, uint8_t *ret, uint16_t len)
{
	CLEANUP(cleanup_bn_secret) BIGNUM *bn = NULL;

	return EVP_PKEY_get_bn_param(private, name, &bn) == 1 &&
	       BN_bn2binpad(bn, ret, len) == len;
}

static bool get_ecc(EVP_PKEY *private, TPMT_PUBLIC *pub, TPMT_SENSITIVE *secret)
{
	TPMS_ECC_POINT *point = &pub->unique.ecc;
	TPM2B_ECC_PARAMETER *d = &secret->sensitive.ecc;
	uint16_t len = (uint16_t)((EVP_PKEY_get_bits(private) + 7) / 8);

	if (len > sizeof(d->buffer))
		return false;
	point->x.size = point->y.size = d->size = len;
	return get_number(private, OSSL_PKEY_PARAM_EC_PUB_X, point->x.buffer,
		       len) &&
	       get_number(private, OSSL_PKEY_PARAM_EC_PUB_Y, point->y.buffer,
		       len) &&
	       get_number(private, OSSL_PKEY_PARAM_PRIV_KEY, d->buffer, len);
}

/* The TPM takes one of two primes (part 2, 12.3.2.4), and no other exponent. */
static bool get_rsa(EVP_PKEY *private, TPMT_PUBLIC *pub, TPMT_SENSITIVE *secret)
{
	CLEANUP(cleanup_bn_secret) BIGNUM *third = NULL;
	TPM2B_PUBLIC_KEY_RSA *n = &pub->unique.rsa;
	TPM2B_PRIVATE_KEY_RSA *p = &secret->sensitive.rsa;
	uint8_t e[4];

	n->size = pub->parameters.rsaDetail.keyBits / 8;
	p->size = n->size / 2;
	return EVP_PKEY_get_bn_param(
		       private, OSSL_PKEY_PARAM_RSA_FACTOR3, &third) != 1 &&
	       get_number(private, OSSL_PKEY_PARAM_RSA_E, e, sizeof(e)) &&
	       bytes_load(e, sizeof(e)) == 65537 &&
	       get_number(private, OSSL_PKEY_PARAM_RSA_N, n->buffer, n->size) &&
	       get_number(private, OSSL_PKEY_PARAM_RSA_FACTOR1, p->buffer,
		       p->size);
}

/* The halves of @private in the TPM's form; the second is secret. */
static enum devid_err take_apart(EVP_PKEY *private, struct tpm_sealed *ret,
	TPMT_SENSITIVE *secret, struct devid_error *err)
{
	CLEANUP(cleanup_openssl) uint8_t *spki = NULL;
	int len = i2d_PUBKEY(private, &spki);
	bool ok;

	ret->alg = len > 0 ? key_alg_of_spki(spki, (size_t)len) : KEY_ALG_NONE;
	ret->imported = true;
	if (!child_template_get(ret->alg, true, &ret->pub))
		return fail_kind(err);
	secret->sensitiveType = ret->pub.publicArea.type;
	ok = secret->sensitiveType == TPM2_ALG_ECC
		     ? get_ecc(private, &ret->pub.publicArea, secret)
		     : get_rsa(private, &ret->pub.publicArea, secret);
	ERR_clear_error();
	return ok ? DEVID_OK : fail_kind(err);
}

static enum devid_err name_of(
	const TPMT_PUBLIC *area, TPM2B_NAME *ret, struct devid_error *err)
{
	uint8_t buf[sizeof(TPMT_PUBLIC)];
	struct room out = { buf, sizeof(buf), 0 };
	struct tpm_public pub;
	enum devid_err rc = tpm_public_encode(area, &out, err);

	if (rc == DEVID_OK)
		rc = tpm_public_parse(
			(struct view) { out.data, out.len }, &pub, err);
	if (rc != DEVID_OK)
		return rc;
	ret->size = (uint16_t)pub.name_len;
	memcpy(ret->name, pub.name, pub.name_len);
	return DEVID_OK;
}

static enum devid_err wrap(struct tpm_above at, EVP_PKEY *private,
	struct tpm_sealed *key, struct tpm_wrapped *ret,
	struct devid_error *err)
{
	TPMT_SENSITIVE secret = { 0 };
	TPM2B_NAME name;
	enum devid_err rc = take_apart(private, key, &secret, err);

	if (rc == DEVID_OK)
		rc = name_of(&key->pub.publicArea, &name, err);
	if (rc == DEVID_OK)
		rc = tpm_wrap(&at.parent->point, &name, &secret, ret, err);
	OPENSSL_cleanse(&secret, sizeof(secret));
	return rc;
}

enum devid_err tpm_child_import(struct tpm_above at, EVP_PKEY *private,
	struct tpm_sealed *ret, struct devid_error *err)
{
	CLEANUP(tpm_handle_done) struct tpm_handle session = { 0 };
	CLEANUP(cleanup_esys) TPM2B_PRIVATE *out = NULL;
	TPMT_SYM_DEF_OBJECT no_inner = { .algorithm = TPM2_ALG_NULL };
	struct tpm *tpm = at.epoch->index.tpm;
	struct devid_error cause = { DEVID_OK, "" };
	struct tpm_wrapped wrapped;
	TPM2B_DATA no_key = { 0 };
	enum devid_err rc = wrap(at, private, ret, &wrapped, err);

	if (rc != DEVID_OK)
		return rc;
	rc = tpm_epoch_session(at.epoch, at.epoch->value, &session, &cause);
	if (rc == DEVID_OK)
		rc = tpm_epoch_result(&session,
			Esys_Import(tpm->esys, at.parent->object.tr, session.tr,
				ESYS_TR_NONE, ESYS_TR_NONE, &no_key, &ret->pub,
				&wrapped.duplicate, &wrapped.seed, &no_inner,
				&out),
			"import a key", &cause);
	if (rc != DEVID_OK || !out)
		return tpm_parms_fail(
			tpm, &ret->pub.publicArea, ret->alg, &cause, err);
	set_made(at, &ret->pub, out, ret);
	return DEVID_OK;
}
