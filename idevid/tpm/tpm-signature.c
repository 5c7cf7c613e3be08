/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-signature.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "bytes.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "ecdsa-der.h"
#include "fail.h"
#include "tpm-public.h"

/* ---- reading ---- */

/* A TPMT_SIGNATURE by one of our schemes that is all of @in. */
static enum devid_err parse_signature(
	struct view in, TPMT_SIGNATURE *ret, struct devid_error *err)
{
	size_t used = 0;
	unsigned alg;

	if (in.len < 4)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"signature: size: %zu bytes", in.len);
	alg = (unsigned)bytes_load(in.data, 2);
	if (alg != TPM2_ALG_ECDSA && alg != TPM2_ALG_RSASSA &&
		alg != TPM2_ALG_RSAPSS)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"signature: sigAlg: 0x%04x is none of ECDSA, RSASSA, "
			"RSAPSS",
			alg);
	if (Tss2_MU_TPMT_SIGNATURE_Unmarshal(in.data, in.len, &used, ret) !=
		TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"signature: no TPMT_SIGNATURE (part 2, 11.3.4)");
	if (used != in.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"signature: %zu bytes behind it", in.len - used);
	/* The hash is the first member of every signature of these schemes. */
	if (!tpm_hash_md(ret->signature.any.hashAlg))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"signature: hash: 0x%04x is none of SHA-256, SHA-384, "
			"SHA-512",
			ret->signature.any.hashAlg);
	return DEVID_OK;
}

/* Part 1, 27.2: a key with a scheme signs with that and with no other. */
static bool scheme_allowed(const TPMT_PUBLIC *key, const TPMT_SIGNATURE *sig)
{
	bool ecc = key->type == TPM2_ALG_ECC;
	unsigned scheme = ecc ? key->parameters.eccDetail.scheme.scheme
			      : key->parameters.rsaDetail.scheme.scheme;
	unsigned hash =
		ecc ? key->parameters.eccDetail.scheme.details.ecdsa.hashAlg
		    : key->parameters.rsaDetail.scheme.details.rsapss.hashAlg;

	if (ecc != (sig->sigAlg == TPM2_ALG_ECDSA))
		return false;
	return scheme == TPM2_ALG_NULL ||
	       (scheme == sig->sigAlg && hash == sig->signature.any.hashAlg);
}

static enum devid_err ecdsa_to_der(const TPMS_SIGNATURE_ECC *in,
	uint8_t buf[ECDSA_DER_MAX], struct view *ret, struct devid_error *err)
{
	const TPM2B_ECC_PARAMETER *r = &in->signatureR, *s = &in->signatureS;
	size_t len;

	if (r->size == 0 || s->size == 0)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "signature: r or s: empty");
	if (r->size > ECDSA_INT_MAX || s->size > ECDSA_INT_MAX)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "signature: r or s: too large");
	len = ecdsa_der((struct view) { r->buffer, r->size },
		(struct view) { s->buffer, s->size }, buf);
	if (len == 0)
		return fail_no_memory_for(err, "signature");
	*ret = (struct view) { buf, len };
	return DEVID_OK;
}

/* Part 1, B.7: TPMs salt with the length of the hash or with as much as fits.
 * The digest of ECDSA is told by its length alone. */
static bool set_scheme(
	EVP_PKEY_CTX *ctx, const TPMT_SIGNATURE *sig, const EVP_MD *md)
{
	if (sig->sigAlg == TPM2_ALG_ECDSA)
		return true;
	if (EVP_PKEY_CTX_set_signature_md(ctx, md) <= 0)
		return false;
	if (sig->sigAlg == TPM2_ALG_RSASSA)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) > 0;
}

static enum devid_err verify(EVP_PKEY *pkey, const TPMT_SIGNATURE *sig,
	struct view message, struct view value, struct devid_error *err)
{
	const EVP_MD *md = tpm_hash_md(sig->signature.any.hashAlg);
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int ok;

	if (!ctx || EVP_PKEY_verify_init(ctx) != 1 ||
		!set_scheme(ctx, sig, md) ||
		EVP_Digest(message.data, message.len, hash, &len, md, NULL) !=
			1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "signature: cannot verify");
	ok = EVP_PKEY_verify(ctx, value.data, value.len, hash, len);
	ERR_clear_error();
	if (ok != 1)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"signature: not by this key over these bytes");
	return DEVID_OK;
}

enum devid_err tpm_signature_check(const TPMT_PUBLIC *key, EVP_PKEY *pkey,
	struct view message, struct view signature, struct devid_error *err)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *own = NULL;
	TPMT_SIGNATURE sig = { 0 };
	uint8_t der[ECDSA_DER_MAX];
	struct view value = { sig.signature.rsassa.sig.buffer, 0 };
	enum devid_err rc = pkey ? DEVID_OK : tpm_public_pkey(key, &own, err);

	if (rc == DEVID_OK)
		rc = parse_signature(signature, &sig, err);
	if (rc != DEVID_OK)
		return rc;
	if (!scheme_allowed(key, &sig))
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"signature: scheme 0x%04x with hash 0x%04x is not the "
			"key's",
			sig.sigAlg, sig.signature.any.hashAlg);
	if (sig.sigAlg == TPM2_ALG_ECDSA) {
		rc = ecdsa_to_der(&sig.signature.ecdsa, der, &value, err);
		if (rc != DEVID_OK)
			return rc;
	} else {
		/* RSASSA and RSAPSS have one form (part 2, 11.3.1). */
		value.len = sig.signature.rsassa.sig.size;
	}
	return verify(pkey ? pkey : own, &sig, message, value, err);
}

enum devid_err tpm_signature_check_pkey(EVP_PKEY *pkey, struct view message,
	struct view signature, struct devid_error *err)
{
	TPMT_PUBLIC any = { .type = TPM2_ALG_ECC };

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		any.type = TPM2_ALG_RSA;
		any.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
	} else if (EVP_PKEY_is_a(pkey, "EC")) {
		any.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	} else {
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"signature: of a key that is neither RSA nor EC");
	}
	return tpm_signature_check(&any, pkey, message, signature, err);
}

/* ---- writing ---- */

static bool set_number(const BIGNUM *in, size_t len, TPM2B_ECC_PARAMETER *ret)
{
	ret->size = (uint16_t)len;
	return BN_bn2binpad(in, ret->buffer, (int)len) == (int)len;
}

static enum devid_err ecdsa_from_der(struct view in, size_t len,
	TPMS_SIGNATURE_ECC *ret, struct devid_error *err)
{
	const uint8_t *p = in.data;
	CLEANUP(cleanup_ecdsa)
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)in.len);

	ERR_clear_error();
	if (!sig || p != in.data + in.len)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "signature: no ECDSA-Sig-Value");
	if (BN_is_negative(ECDSA_SIG_get0_r(sig)) ||
		BN_is_negative(ECDSA_SIG_get0_s(sig)) ||
		!set_number(ECDSA_SIG_get0_r(sig), len, &ret->signatureR) ||
		!set_number(ECDSA_SIG_get0_s(sig), len, &ret->signatureS))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"signature: r or s: not a number of %zu bytes", len);
	return DEVID_OK;
}

enum devid_err tpm_signature_encode(enum sig_scheme scheme, enum sig_hash hash,
	struct view sig, struct room *ret, struct devid_error *err)
{
	TPMT_SIGNATURE out = { 0 };
	TPM2B_PUBLIC_KEY_RSA *rsa = &out.signature.rsassa.sig;
	size_t hash_len = sig_hash_len(hash), len = 0;
	enum devid_err rc;

	if (hash_len == 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"signature: hash: 0x%04x", hash);
	out.signature.any.hashAlg = (TPMI_ALG_HASH)hash;
	if (scheme == SIG_ECDSA) {
		out.sigAlg = TPM2_ALG_ECDSA;
		rc = ecdsa_from_der(sig, hash_len, &out.signature.ecdsa, err);
		if (rc != DEVID_OK)
			return rc;
	} else {
		out.sigAlg = scheme == SIG_RSAPSS ? TPM2_ALG_RSAPSS
						  : TPM2_ALG_RSASSA;
		if (sig.len == 0 || sig.len > sizeof(rsa->buffer))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"signature: size: %zu bytes", sig.len);
		rsa->size = (uint16_t)sig.len;
		memcpy(rsa->buffer, sig.data, sig.len);
	}
	if (Tss2_MU_TPMT_SIGNATURE_Marshal(&out, ret->data, ret->size, &len) !=
		TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"signature: does not fit in %zu bytes", ret->size);
	ret->len = len;
	return DEVID_OK;
}
