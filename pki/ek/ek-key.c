/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <string.h>

#include "alg-name.h"
#include "cleanup-openssl.h"

#define DER_NULL   0x05
#define EC_LEN_MAX 97 /* bytes of a P-384 point */

static enum devid_err refuse(struct devid_error *err, const char *cause)
{
	return devid_fail(
		err, DEVID_ERR_UNSUPPORTED, "EK certificate: key: %s", cause);
}

static EVP_PKEY *from_params(OSSL_PARAM *params)
{
	CLEANUP(cleanup_pctx) EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key = NULL;

	ERR_set_mark();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	ERR_pop_to_mark();
	return key;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static enum devid_err read_rsa(
	struct view bits, struct ek_key *ret, struct devid_error *err)
{
	static const uint8_t f4[] = { 1, 0, 1 };
	struct view seq, n, e;

	if (!der_take_tag(&bits, DER_SEQUENCE, &seq) || bits.len != 0 ||
		!der_take_tag(&seq, DER_INTEGER, &n) ||
		!der_take_tag(&seq, DER_INTEGER, &e) || seq.len != 0)
		return refuse(err, "malformed RSA key");
	/* TCG EK Credential Profile B.3.3: exponent 2^16 + 1 */
	if (e.len != sizeof(f4) || memcmp(e.data, f4, sizeof(f4)) != 0)
		return refuse(err, "RSA exponent is not 65537");
	if ((n.len != 257 && n.len != 385) || n.data[0] != 0 ||
		!(n.data[1] & 0x80) || !(n.data[n.len - 1] & 1))
		return refuse(err, "RSA modulus is not of 2048 or 3072 bits");
	ret->modulus = (struct view) { n.data + 1, n.len - 1 };
	return DEVID_OK;
}

/* RFC 5480 2.2: uncompressed point; OpenSSL checks that the curve has it. */
static enum devid_err read_ec(struct view bits, struct view curve,
	struct ek_key *ret, struct devid_error *err)
{
	char p256[] = "P-256", p384[] = "P-384";
	char *group = oid_is(curve, OID_P256) ? p256 : p384;
	size_t len = oid_is(curve, OID_P256) ? 65 : 97;
	uint8_t point[EC_LEN_MAX];
	OSSL_PARAM params[3];

	if (!oid_is(curve, OID_P256) && !oid_is(curve, OID_P384))
		return refuse(err, "curve is not P-256 or P-384");
	if (bits.len != len || bits.data[0] != 4)
		return refuse(err, "not an uncompressed point");
	memcpy(point, bits.data, len);
	params[0] = OSSL_PARAM_construct_utf8_string(
		OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, point, len);
	params[2] = OSSL_PARAM_construct_end();
	ret->ec = from_params(params);
	return ret->ec ? DEVID_OK : refuse(err, "no point of its curve");
}

enum devid_err ek_read_key(struct ek_cert *ret, struct devid_error *err)
{
	struct view spki = ret->view.spki, alg, oid, bits;
	struct view param = { NULL, 0 };
	char name[ALG_NAME_MAX];
	uint8_t tag = 0;

	if (!der_take_tag(&spki, DER_SEQUENCE, &alg) ||
		!der_take_tag(&alg, DER_OID, &oid) ||
		(alg.len > 0 && !der_take(&alg, &tag, &param, NULL)) ||
		alg.len != 0 || !der_take_tag(&spki, DER_BIT_STRING, &bits) ||
		spki.len != 0 || bits.len < 2 || bits.data[0] != 0)
		return refuse(err, "malformed");
	bits.data++;
	bits.len--;
	if (oid_is(oid, OID_RSA_ENCRYPTION) && tag == DER_NULL &&
		param.len == 0)
		return read_rsa(bits, &ret->key, err);
	if (oid_is(oid, OID_EC_PUBLIC_KEY) && tag == DER_OID)
		return read_ec(bits, param, &ret->key, err);
	alg_name_of_key(ret->view.spki, name);
	if (oid_is(oid, OID_RSA_ENCRYPTION) || oid_is(oid, OID_EC_PUBLIC_KEY))
		return refuse(
			err, oid_is(oid, OID_RSA_ENCRYPTION)
				     ? "RSA with other parameters than NULL"
				     : "EC without a named curve");
	return devid_fail(err, DEVID_ERR_UNSUPPORTED,
		"EK certificate: key: its algorithm is %s, not rsaEncryption or "
		"id-ecPublicKey",
		name);
}
