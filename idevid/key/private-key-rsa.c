/* SPDX-License-Identifier: Apache-2.0 */
#include "private-key-rsa.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "private-key-parts.h"
#include "roca.h"

enum devid_err private_fail_crypto(struct devid_error *err)
{
	ERR_clear_error(); /* of ours, told here */
	return devid_fail(
		err, DEVID_ERR_CRYPTO, "private key: cannot be computed with");
}

enum devid_err private_from_params(const char *type, OSSL_PARAM params[],
	EVP_PKEY **ret, struct devid_error *err)
{
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, ret, EVP_PKEY_KEYPAIR, params) != 1)
		return private_fail_crypto(err);
	return DEVID_OK;
}

bool private_to_native(struct view number, uint8_t *out, size_t len)
{
	CLEANUP(cleanup_secret_bn)
	BIGNUM *n = BN_bin2bn(number.data, (int)number.len, NULL);

	return n && BN_bn2nativepad(n, out, (int)len) == (int)len;
}

/* ---- what kind of key it is ---- */

static enum devid_err check_size(
	const struct rsa_parts *parts, struct devid_error *err)
{
	struct view n = parts->number[RSA_N];
	size_t bits = 8 * n.len;

	for (unsigned top = n.data[0]; bits > 0 && !(top & 0x80); top <<= 1)
		bits--;
	if (bits == 2048 || bits == 3072 || bits == 4096)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_UNSUPPORTED,
		"private key: RSA of %zu bits, which is %s", bits,
		bits < 2048   ? "too weak: 2048 at least"
		: bits > 4096 ? "too long: 4096 at most"
			      : "none of 2048, 3072, 4096");
}

static enum devid_err no_pair(struct devid_error *err)
{
	ERR_clear_error(); /* of ours, told here */
	return devid_fail(err, DEVID_ERR_INVALID,
		"private key: RSA numbers that are no key pair");
}

static enum devid_err check_kind(
	const struct rsa_parts *parts, struct devid_error *err)
{
	static const uint8_t f4[] = { 1, 0, 1 };
	struct view e = parts->number[RSA_E];
	size_t len = parts->number[RSA_N].len;
	enum devid_err rc = check_size(parts, err);

	if (rc != DEVID_OK)
		return rc;
	if (e.len != sizeof(f4) || memcmp(e.data, f4, sizeof(f4)) != 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"private key: RSA with another public exponent than "
			"65537");
	for (int i = RSA_D; i < N_RSA_PARTS; i++) {
		if (parts->number[i].len > len)
			return no_pair(err);
	}
	/* A TPM is given one prime, in half as many bytes (part 2, 11.2.4.7).
	 */
	if (parts->number[RSA_P].len != len / 2 ||
		parts->number[RSA_Q].len != len / 2)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"private key: RSA with primes of other than %zu bits",
			len * 4);
	return roca_check(parts->number[RSA_N], "private key", err);
}

/* ---- whether its numbers belong together (RFC 8017 3.2) ---- */

/* @a @b is 1 modulo @m. */
static bool are_inverse(
	const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BN_CTX *ctx)
{
	BIGNUM *r = BN_CTX_get(ctx);

	return r && BN_mod_mul(r, a, b, m, ctx) == 1 && BN_is_one(r);
}

/* @prime is one, @exponent is @d modulo one less, and undoes @e. */
static bool fits_prime(BIGNUM *const n[N_RSA_PARTS], enum rsa_part prime,
	enum rsa_part exponent, BN_CTX *ctx)
{
	BIGNUM *less = BN_CTX_get(ctx), *r = BN_CTX_get(ctx);

	return r && BN_check_prime(n[prime], ctx, NULL) == 1 &&
	       BN_sub(less, n[prime], BN_value_one()) == 1 &&
	       BN_mod(r, n[RSA_D], less, ctx) == 1 &&
	       BN_cmp(r, n[exponent]) == 0 &&
	       are_inverse(n[exponent], n[RSA_E], less, ctx);
}

static bool are_pair(BIGNUM *const n[N_RSA_PARTS], BN_CTX *ctx)
{
	BIGNUM *product = BN_CTX_get(ctx);

	return product && BN_cmp(n[RSA_D], n[RSA_N]) < 0 &&
	       BN_mul(product, n[RSA_P], n[RSA_Q], ctx) == 1 &&
	       BN_cmp(product, n[RSA_N]) == 0 &&
	       BN_cmp(n[RSA_QINV], n[RSA_P]) < 0 &&
	       are_inverse(n[RSA_QINV], n[RSA_Q], n[RSA_P], ctx) &&
	       fits_prime(n, RSA_P, RSA_DP, ctx) &&
	       fits_prime(n, RSA_Q, RSA_DQ, ctx);
}

static enum devid_err check_pair(
	const struct rsa_parts *parts, struct devid_error *err)
{
	CLEANUP(cleanup_bn_ctx) BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *n[N_RSA_PARTS] = { NULL };
	bool made = ctx != NULL, ok;

	for (int i = 0; made && i < N_RSA_PARTS; i++) {
		struct view v = parts->number[i];

		n[i] = BN_bin2bn(v.data, (int)v.len, NULL);
		made = n[i] != NULL;
	}
	if (ctx)
		BN_CTX_start(ctx);
	ok = made && are_pair(n, ctx);
	if (ctx)
		BN_CTX_end(ctx);
	for (int i = 0; i < N_RSA_PARTS; i++)
		BN_clear_free(n[i]);
	if (!made)
		return private_fail_crypto(err);
	return ok ? DEVID_OK : no_pair(err);
}

enum devid_err rsa_private_read(
	struct view in, EVP_PKEY **ret, struct devid_error *err)
{
	static const char *const names[N_RSA_PARTS] = { OSSL_PKEY_PARAM_RSA_N,
		OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
		OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
	uint8_t native[N_RSA_PARTS][RSA_PART_MAX];
	OSSL_PARAM params[N_RSA_PARTS + 1];
	struct rsa_parts parts;
	enum devid_err rc = rsa_parts_parse(in, &parts, err);
	bool ok = true;

	if (rc == DEVID_OK)
		rc = check_kind(&parts, err);
	if (rc == DEVID_OK)
		rc = check_pair(&parts, err);
	if (rc != DEVID_OK)
		return rc;
	for (int i = 0; ok && i < N_RSA_PARTS; i++) {
		size_t len = parts.number[i].len;

		ok = private_to_native(parts.number[i], native[i], len);
		params[i] = OSSL_PARAM_construct_BN(names[i], native[i], len);
	}
	params[N_RSA_PARTS] = OSSL_PARAM_construct_end();
	rc = ok ? private_from_params("RSA", params, ret, err)
		: private_fail_crypto(err);
	OPENSSL_cleanse(native, sizeof(native));
	return rc;
}
