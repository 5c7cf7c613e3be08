/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-public.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "bytes.h"
#include "cleanup-openssl.h"
#include "digest.h"
#include "fail.h"

#define RSA_BITS_MIN 2048         /* SP 800-131A rev. 2, table 2 */
#define RSA_BITS_MAX 4096         /* TPM2_MAX_RSA_KEY_BYTES */
#define RSA_E_MIN    65537        /* FIPS 186-5 A.1.1 */
#define POINT_MAX    (1 + 2 * 66) /* of P-521, SEC 1, 2.3.3 */

const EVP_MD *tpm_hash_md(unsigned alg)
{
	switch (alg) {
	case TPM2_ALG_SHA256:
		return EVP_sha256();
	case TPM2_ALG_SHA384:
		return EVP_sha384();
	case TPM2_ALG_SHA512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

static const struct curve {
	TPMI_ECC_CURVE id;
	const char *name;
	size_t field; /* bytes of a coordinate */
} curves[] = {
	{ TPM2_ECC_NIST_P256, "P-256", 32 },
	{ TPM2_ECC_NIST_P384, "P-384", 48 },
	{ TPM2_ECC_NIST_P521, "P-521", 66 },
};

static const struct curve *curve_of(const TPMT_PUBLIC *area)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (curves[i].id == area->parameters.eccDetail.curveID)
			return &curves[i];
	}
	return NULL;
}

static unsigned get_u16(const uint8_t *p)
{
	return (unsigned)bytes_load(p, 2);
}

/* ---- public areas ---- */

/* Part 1, 16: nameAlg || H(publicArea). */
static enum devid_err make_name(
	struct view in, struct tpm_public *ret, struct devid_error *err)
{
	const EVP_MD *md = tpm_hash_md(ret->area.nameAlg);
	unsigned len = 0;

	if (!md)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"public area: nameAlg: 0x%04x is none of SHA-256, "
			"SHA-384, SHA-512",
			ret->area.nameAlg);
	bytes_store(ret->name, 2, ret->area.nameAlg);
	if (EVP_Digest(in.data, in.len, ret->name + 2, &len, md, NULL) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "public area: cannot hash");
	ret->name_len = 2 + len;
	return DEVID_OK;
}

enum devid_err tpm_public_parse(
	struct view in, struct tpm_public *ret, struct devid_error *err)
{
	struct tpm_public pub = { .name_len = 0 };
	size_t used = 0;
	enum devid_err rc;

	if (in.len < 4)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"public area: size: %zu bytes", in.len);
	/* Other types have other members, which tpm2-tss may not know. */
	if (get_u16(in.data) != TPM2_ALG_ECC &&
		get_u16(in.data) != TPM2_ALG_RSA)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"public area: type: 0x%04x is neither RSA nor ECC",
			get_u16(in.data));
	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(in.data, in.len, &used, &pub.area) !=
		TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"public area: no TPMT_PUBLIC (part 2, 12.2.4)");
	if (used != in.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"public area: %zu bytes behind it", in.len - used);
	rc = make_name(in, &pub, err);
	if (rc == DEVID_OK)
		*ret = pub;
	return rc;
}

enum devid_err tpm_public_encode(
	const TPMT_PUBLIC *area, struct room *ret, struct devid_error *err)
{
	size_t len = 0;

	if (Tss2_MU_TPMT_PUBLIC_Marshal(area, ret->data, ret->size, &len) !=
		TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"public area: does not fit in %zu bytes", ret->size);
	ret->len = len;
	return DEVID_OK;
}

/* ---- public keys ---- */

/* Uncompressed point (SEC 1, 2.3.3), each coordinate padded to the field:
 * older TPMs leave out leading zeros. */
static size_t encode_point(
	const TPMS_ECC_POINT *point, size_t field, uint8_t *out)
{
	if (point->x.size == 0 || point->x.size > field || point->y.size == 0 ||
		point->y.size > field)
		return 0;
	memset(out, 0, 1 + 2 * field);
	out[0] = 0x04;
	memcpy(out + 1 + field - point->x.size, point->x.buffer, point->x.size);
	memcpy(out + 1 + 2 * field - point->y.size, point->y.buffer,
		point->y.size);
	return 1 + 2 * field;
}

/* Whether the curve has the point is not checked. */
static enum devid_err get_point(const TPMT_PUBLIC *area, uint8_t ret[POINT_MAX],
	size_t *ret_len, struct devid_error *err)
{
	const struct curve *curve = curve_of(area);
	size_t len;

	if (!curve)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"public key: curve: 0x%04x is none of P-256, P-384, "
			"P-521",
			area->parameters.eccDetail.curveID);
	len = encode_point(&area->unique.ecc, curve->field, ret);
	if (len == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"public key: x or y: not of the size of %s",
			curve->name);
	*ret_len = len;
	return DEVID_OK;
}

/* @point outlives @bld. */
static enum devid_err push_ecc(OSSL_PARAM_BLD *bld, const TPMT_PUBLIC *area,
	uint8_t point[POINT_MAX], struct devid_error *err)
{
	size_t len = 0;
	enum devid_err rc = get_point(area, point, &len, err);

	if (rc != DEVID_OK)
		return rc;
	if (!OSSL_PARAM_BLD_push_utf8_string(
		    bld, OSSL_PKEY_PARAM_GROUP_NAME, curve_of(area)->name, 0) ||
		!OSSL_PARAM_BLD_push_octet_string(
			bld, OSSL_PKEY_PARAM_PUB_KEY, point, len))
		return fail_no_memory_for(err, "public key");
	return DEVID_OK;
}

static enum devid_err push_rsa(OSSL_PARAM_BLD *bld, const TPMT_PUBLIC *area,
	BIGNUM *n, struct devid_error *err)
{
	const TPM2B_PUBLIC_KEY_RSA *mod = &area->unique.rsa;
	unsigned bits = area->parameters.rsaDetail.keyBits;
	uint32_t e = area->parameters.rsaDetail.exponent;

	e = e != 0 ? e : 65537; /* part 2, 12.2.3.5 */
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 1024 != 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"public key: keyBits: %u", bits);
	if (e < RSA_E_MIN || e % 2 == 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"public key: exponent: %u", e);
	if (mod->size != bits / 8 || !(mod->buffer[0] & 0x80) ||
		!(mod->buffer[mod->size - 1] & 1))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"public key: modulus: not an odd number of %u bits",
			bits);
	if (!BN_bin2bn(mod->buffer, mod->size, n) ||
		!OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) ||
		!OSSL_PARAM_BLD_push_uint32(bld, OSSL_PKEY_PARAM_RSA_E, e))
		return fail_no_memory_for(err, "public key");
	return DEVID_OK;
}

enum devid_err tpm_public_pkey(
	const TPMT_PUBLIC *area, EVP_PKEY **ret, struct devid_error *err)
{
	bool ecc = area->type == TPM2_ALG_ECC;
	CLEANUP(cleanup_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	CLEANUP(cleanup_bn) BIGNUM *n = BN_new();
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx =
		EVP_PKEY_CTX_new_from_name(NULL, ecc ? "EC" : "RSA", NULL);
	CLEANUP(cleanup_params) OSSL_PARAM *params = NULL;
	CLEANUP(cleanup_pkey) EVP_PKEY *pkey = NULL;
	uint8_t point[POINT_MAX];
	enum devid_err rc;

	if (!ecc && area->type != TPM2_ALG_RSA)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"public key: type: 0x%04x", area->type);
	if (!bld || !n || !ctx)
		return fail_no_memory_for(err, "public key");
	rc = ecc ? push_ecc(bld, area, point, err)
		 : push_rsa(bld, area, n, err);
	if (rc != DEVID_OK)
		return rc;
	params = OSSL_PARAM_BLD_to_param(bld);
	/* Decoding the octets checks that the point is on the curve
	 * (SP 800-56A 5.6.2.3.3); the cofactor of these curves is 1. */
	if (!params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <=
			0) {
		ERR_clear_error();
		return devid_fail(err, DEVID_ERR_SYNTAX, "public key: %s",
			ecc ? "no point of its curve" : "no RSA key");
	}
	*ret = STEAL(pkey);
	return DEVID_OK;
}

enum devid_err tpm_public_spki(
	const TPMT_PUBLIC *area, struct key_blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *pkey = NULL;
	enum devid_err rc = tpm_public_pkey(area, &pkey, err);
	uint8_t *out = ret->data;
	int len;

	if (rc != DEVID_OK)
		return rc;
	len = i2d_PUBKEY(pkey, NULL);
	if (len <= 0 || len > KEY_SPKI_MAX || i2d_PUBKEY(pkey, &out) != len)
		return devid_fail(
			err, DEVID_ERR_NOMEM, "public key: cannot encode");
	ret->len = (size_t)len;
	return DEVID_OK;
}

enum devid_err tpm_public_qualify(const struct tpm_public *pub,
	TPM2_HANDLE hierarchy, uint8_t ret[TPM_NAME_MAX],
	struct devid_error *err)
{
	const EVP_MD *md = tpm_hash_md(pub->area.nameAlg);
	const uint8_t handle[] = { (uint8_t)(hierarchy >> 24),
		(uint8_t)(hierarchy >> 16), (uint8_t)(hierarchy >> 8),
		(uint8_t)hierarchy };
	uint8_t way[sizeof(handle) + TPM_NAME_MAX];

	memcpy(way, handle, sizeof(handle));
	memcpy(way + sizeof(handle), pub->name, pub->name_len);
	if (!md || EVP_Digest(way, sizeof(handle) + pub->name_len, ret + 2,
			   NULL, md, NULL) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"public area: no digest for its qualified name");
	memcpy(ret, pub->name, 2); /* the same name algorithm */
	return DEVID_OK;
}

bool tpm_name_is_below(
	struct view above, const TPM2B_NAME *name, const TPM2B_NAME *qualified)
{
	uint8_t way[TPM_NAME_MAX + TPM_NAME_MAX], digest[EVP_MAX_MD_SIZE];
	const EVP_MD *md = NULL;
	unsigned len = 0;

	if (name->size > 2 && name->size <= TPM_NAME_MAX &&
		above.len <= TPM_NAME_MAX)
		md = tpm_hash_md(get_u16(name->name));
	if (!md)
		return false;
	memcpy(way, above.data, above.len);
	memcpy(way + above.len, name->name, name->size);
	return EVP_Digest(way, above.len + name->size, digest, &len, md,
		       NULL) == 1 &&
	       qualified->size == 2 + len &&
	       memcmp(qualified->name, name->name, 2) == 0 &&
	       memcmp(qualified->name + 2, digest, len) == 0;
}

/* ---- attestations ---- */

static enum devid_err check_attest(
	const TPMS_ATTEST *at, struct devid_error *err)
{
	const TPM2B_NAME *name = &at->attested.certify.name;
	const EVP_MD *md;

	/* A handle, or none: of an object that has no Name of its own. */
	if (name->size < 2)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: name: %u bytes", name->size);
	md = tpm_hash_md(get_u16(name->name));
	if (!md || name->size != 2 + EVP_MD_get_size(md))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: name: %u bytes do not fit its algorithm "
			"0x%04x",
			name->size, get_u16(name->name));
	return DEVID_OK;
}

/* TPM2B_NAME has room for every Name (part 2, 10.5.3), and for no more. */
_Static_assert(sizeof(((TPM2B_NAME *)0)->name) >= TPM_NAME_MAX, "Names fit");

/* One that is longer than a Name can be fits none: it is kept as far as that.
 */
static void keep_name(
	const TPM2B_NAME *name, uint8_t ret[TPM_NAME_MAX], size_t *ret_len)
{
	*ret_len = name->size < TPM_NAME_MAX ? name->size : TPM_NAME_MAX;
	memcpy(ret, name->name, *ret_len);
}

enum devid_err tpm_certify_parse(
	struct view in, struct tpm_certify *ret, struct devid_error *err)
{
	static const uint8_t magic[] = { 0xff, 'T', 'C', 'G' };
	struct tpm_certify certify = { .name_len = 0 };
	TPMS_ATTEST at = { 0 };
	size_t used = 0;
	enum devid_err rc;

	if (in.len < 6)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: size: %zu bytes", in.len);
	/* Part 2, 6.2: what no signature over other data can begin with. */
	if (memcmp(in.data, magic, sizeof(magic)) != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: magic: not TPM_GENERATED_VALUE");
	if (get_u16(in.data + 4) != TPM2_ST_ATTEST_CERTIFY)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: type: 0x%04x is not that of TPM2_Certify",
			get_u16(in.data + 4));
	if (Tss2_MU_TPMS_ATTEST_Unmarshal(in.data, in.len, &used, &at) !=
		TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: no TPMS_ATTEST (part 2, 10.12.12)");
	if (used != in.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: %zu bytes behind it", in.len - used);
	rc = check_attest(&at, err);
	if (rc != DEVID_OK)
		return rc;
	certify.name_len = at.attested.certify.name.size;
	memcpy(certify.name, at.attested.certify.name.name, certify.name_len);
	keep_name(&at.attested.certify.qualifiedName, certify.qualified,
		&certify.qualified_len);
	keep_name(&at.qualifiedSigner, certify.signer, &certify.signer_len);
	certify.firmware = at.firmwareVersion;
	certify.clock = at.clockInfo.clock;
	certify.resets = at.clockInfo.resetCount;
	certify.restarts = at.clockInfo.restartCount;
	certify.extra_len = at.extraData.size;
	memcpy(certify.extra, at.extraData.buffer, certify.extra_len);
	*ret = certify;
	return DEVID_OK;
}
