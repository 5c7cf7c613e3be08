/* SPDX-License-Identifier: Apache-2.0 */
#include "private-key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "private-key-parts.h"
#include "private-key-rsa.h"
#include "oid.h"
#include "wire.h"

static void cleanup_ec_group(EC_GROUP **group)
{
	EC_GROUP_free(*group);
}

static void cleanup_ec_point(EC_POINT **point)
{
	EC_POINT_free(*point);
}

/* ---- EC ---- */

#define EC_FIELD_MAX 48 /* P-384 */
#define EC_POINT_MAX (1 + 2 * EC_FIELD_MAX)

/* The uncompressed point of the private number @k (SEC 1, 2.3.3 and 3.2.1);
 * its length, or 0: no number of this curve. */
static size_t multiply(int nid, struct view k, uint8_t ret[EC_POINT_MAX])
{
	CLEANUP(cleanup_ec_group)
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	CLEANUP(cleanup_ec_point)
	EC_POINT *point = group ? EC_POINT_new(group) : NULL;
	CLEANUP(cleanup_secret_bn)
	BIGNUM *n = BN_bin2bn(k.data, (int)k.len, NULL);
	CLEANUP(cleanup_bn_ctx) BN_CTX *ctx = BN_CTX_secure_new();

	if (!point || !n || !ctx || BN_is_zero(n) ||
		BN_cmp(n, EC_GROUP_get0_order(group)) >= 0)
		return 0;
	BN_set_flags(n, BN_FLG_CONSTTIME);
	if (EC_POINT_mul(group, point, n, NULL, NULL, ctx) != 1)
		return 0;
	return EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
		ret, EC_POINT_MAX, ctx);
}

static enum devid_err check_point(const struct ec_parts *parts,
	const uint8_t *point, size_t len, struct devid_error *err)
{
	if (len == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"private key: EC: its private half is no number of its "
			"curve");
	if (parts->point.len == 0 ||
		view_equal(parts->point, (struct view) { point, len }))
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"private key: EC: its public half is that of another key");
}

static enum devid_err read_ec(struct view in, struct view curve, EVP_PKEY **ret,
	struct devid_error *err)
{
	bool p256 = oid_is(curve, OID_P256);
	char group[] = "P-256";
	size_t field = p256 ? 32 : EC_FIELD_MAX, len;
	uint8_t point[EC_POINT_MAX], native[EC_FIELD_MAX];
	struct ec_parts parts;
	OSSL_PARAM params[4];
	enum devid_err rc = ec_parts_parse(in, curve, field, &parts, err);

	if (rc != DEVID_OK)
		return rc;
	memcpy(group, p256 ? "P-256" : "P-384", sizeof(group));
	len = multiply(p256 ? NID_X9_62_prime256v1 : NID_secp384r1,
		parts.private, point);
	rc = check_point(&parts, point, len, err);
	if (rc != DEVID_OK)
		return rc;
	params[0] = OSSL_PARAM_construct_utf8_string(
		OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, point, len);
	params[2] = OSSL_PARAM_construct_BN(
		OSSL_PKEY_PARAM_PRIV_KEY, native, field);
	params[3] = OSSL_PARAM_construct_end();
	rc = private_to_native(parts.private, native, field)
		     ? private_from_params("EC", params, ret, err)
		     : private_fail_crypto(err);
	OPENSSL_cleanse(native, sizeof(native));
	return rc;
}

/* ---- all of it ---- */

static enum devid_err read_algorithm(const struct pkcs8_parts *parts,
	EVP_PKEY **ret, struct devid_error *err)
{
	char name[OID_TEXT_MAX] = "?";

	if (oid_is(parts->algorithm, OID_RSA_ENCRYPTION))
		return rsa_private_read(parts->private, ret, err);
	if (!oid_is(parts->algorithm, OID_EC_PUBLIC_KEY)) {
		(void)oid_to_text(parts->algorithm, name); /* else "?" */
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"private key: its algorithm (%s) is neither RSA nor EC",
			name);
	}
	if (parts->curve.len == 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"private key: EC with explicit parameters in place of "
			"a named curve");
	if (oid_is(parts->curve, OID_P256) || oid_is(parts->curve, OID_P384))
		return read_ec(parts->private, parts->curve, ret, err);
	if (oid_is(parts->curve, OID_P521))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"private key: EC on P-521: %s",
			key_alg_why_not("p521"));
	(void)oid_to_text(parts->curve, name); /* else "?" */
	return devid_fail(err, DEVID_ERR_UNSUPPORTED,
		"private key: EC on another curve (%s) than P-256 and P-384",
		name);
}

/* RFC 5958 2: the bits that the SubjectPublicKeyInfo ends with. */
static enum devid_err check_public(
	const struct pkcs8_parts *parts, EVP_PKEY *key, struct devid_error *err)
{
	struct view said = parts->public;
	struct key_blob spki = { 0 };
	enum devid_err rc;

	if (said.len == 0)
		return DEVID_OK;
	rc = private_key_spki(key, &spki, err);
	if (rc != DEVID_OK)
		return rc;
	if (said.len < spki.len && memcmp(spki.data + spki.len - said.len,
					   said.data, said.len) == 0)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"private key: its public half is that of another key");
}

enum devid_err private_key_read(
	struct view pkcs8, EVP_PKEY **ret, struct devid_error *err)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *key = NULL;
	struct pkcs8_parts parts;
	enum devid_err rc;

	if (pkcs8.len > WIRE_PKCS8_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"private key: %zu bytes, at most %d are taken",
			pkcs8.len, WIRE_PKCS8_MAX);
	rc = pkcs8_parts_parse(pkcs8, &parts, err);
	if (rc == DEVID_OK)
		rc = read_algorithm(&parts, &key, err);
	if (rc == DEVID_OK)
		rc = check_public(&parts, key, err);
	if (rc == DEVID_OK)
		*ret = STEAL(key);
	return rc;
}

enum devid_err private_key_spki(
	EVP_PKEY *key, struct key_blob *ret, struct devid_error *err)
{
	int len = i2d_PUBKEY(key, NULL);
	uint8_t *out = ret->data;

	if (len <= 0 || len > KEY_SPKI_MAX || i2d_PUBKEY(key, &out) != len)
		return private_fail_crypto(err);
	ret->len = (size_t)len;
	return DEVID_OK;
}

bool private_key_fits(EVP_PKEY *key, const struct key_blob *spki)
{
	struct key_blob own = { 0 };

	return private_key_spki(key, &own, NULL) == DEVID_OK &&
	       key_blob_equal(&own, spki);
}
