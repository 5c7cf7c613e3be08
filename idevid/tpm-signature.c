/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-public.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "cleanup.h"

CLEANUP_DEFINE(pkey, EVP_PKEY *, EVP_PKEY_free)
CLEANUP_DEFINE(mdctx, EVP_MD_CTX *, EVP_MD_CTX_free)
CLEANUP_DEFINE(ecdsa, ECDSA_SIG *, ECDSA_SIG_free)

#define ECDSA_DER_MAX 160 /* P-521: two integers of 67, and headers */

/* ---- reading ---- */

/* A TPMT_SIGNATURE by one of our schemes that is all of @in. */
static enum devid_err parse_signature(
	struct der_view in, TPMT_SIGNATURE *ret, struct devid_error *err)
{
	size_t used = 0;
	unsigned alg;

	if (in.len < 4)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"signature: size: %zu bytes", in.len);
	alg = (unsigned)in.data[0] << 8 | in.data[1];
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

/* ECDSA-Sig-Value, RFC 3279 2.2.3, in @buf of ECDSA_DER_MAX bytes. */
static enum devid_err ecdsa_to_der(const TPMS_SIGNATURE_ECC *in, uint8_t *buf,
	struct der_view *ret, struct devid_error *err)
{
	CLEANUP(cleanup_ecdsa) ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	int len;

	if (in->signatureR.size == 0 || in->signatureS.size == 0)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "signature: r or s: empty");
	r = BN_bin2bn(in->signatureR.buffer, in->signatureR.size, NULL);
	s = BN_bin2bn(in->signatureS.buffer, in->signatureS.size, NULL);
	if (!sig || !r || !s || !ECDSA_SIG_set0(sig, r, s)) {
		BN_free(r);
		BN_free(s);
		return devid_fail(err, DEVID_ERR_NOMEM, "signature: no memory");
	}
	len = i2d_ECDSA_SIG(sig, NULL);
	if (len <= 0 || len > ECDSA_DER_MAX)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "signature: r or s: too large");
	ret->data = buf;
	ret->len = (size_t)i2d_ECDSA_SIG(sig, &buf);
	return DEVID_OK;
}

static enum devid_err verify(EVP_PKEY *pkey, const TPMT_SIGNATURE *sig,
	struct der_view message, struct der_view value, struct devid_error *err)
{
	const EVP_MD *md = tpm_hash_md(sig->signature.any.hashAlg);
	CLEANUP(cleanup_mdctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx; /* owned by ctx */
	int ok;

	if (!ctx || EVP_DigestVerifyInit(ctx, &pctx, md, NULL, pkey) <= 0)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "signature: cannot verify");
	/* Part 1, B.7: TPMs salt with the length of the hash or with as much
	 * as fits. */
	if (sig->sigAlg == TPM2_ALG_RSAPSS &&
		(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) <=
				0 ||
			EVP_PKEY_CTX_set_rsa_pss_saltlen(
				pctx, RSA_PSS_SALTLEN_AUTO) <= 0))
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "signature: cannot verify");
	ok = EVP_DigestVerify(
		ctx, value.data, value.len, message.data, message.len);
	ERR_clear_error();
	if (ok != 1)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"signature: not by this key over these bytes");
	return DEVID_OK;
}

enum devid_err tpm_signature_check(const TPMT_PUBLIC *key, EVP_PKEY *pkey,
	struct der_view message, struct der_view signature,
	struct devid_error *err)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *own = NULL;
	TPMT_SIGNATURE sig = { 0 };
	uint8_t der[ECDSA_DER_MAX];
	struct der_view value = { sig.signature.rsassa.sig.buffer, 0 };
	enum devid_err rc = parse_signature(signature, &sig, err);

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
	if (!pkey) {
		rc = tpm_public_pkey(key, &own, err);
		if (rc != DEVID_OK)
			return rc;
		pkey = own;
	}
	return verify(pkey, &sig, message, value, err);
}

/* ---- writing ---- */

static bool set_number(const BIGNUM *in, size_t len, TPM2B_ECC_PARAMETER *ret)
{
	ret->size = (uint16_t)len;
	return BN_bn2binpad(in, ret->buffer, (int)len) == (int)len;
}

static enum devid_err ecdsa_from_der(struct der_view in, size_t len,
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
	struct der_view sig, uint8_t *buf, size_t size, size_t *ret_len,
	struct devid_error *err)
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
	if (Tss2_MU_TPMT_SIGNATURE_Marshal(&out, buf, size, &len) !=
		TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"signature: does not fit in %zu bytes", size);
	*ret_len = len;
	return DEVID_OK;
}
