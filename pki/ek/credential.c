/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "digest.h"
#include "tpm-public.h"

CLEANUP_DEFINE(cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

#define HASH_MAX  48 /* SHA-384 */
#define FIELD_MAX 48 /* P-384 */
#define POINT_MAX (1 + 2 * FIELD_MAX)

/* The label of the seed, with its NUL (part 1, B.10.4 and C.6.4). */
static const char identity[] = "IDENTITY";

/* What the template of an EK fixes (TCG EK Credential Profile, B.3 and B.4:
 * L-1 and L-2, H-1, H-2, H-3 and H-6). */
struct suite {
	const char *group; /* NULL: RSA */
	size_t modulus;    /* bytes; RSA */
	unsigned name_alg; /* TPM_ALG_ID */
	size_t hash_len;
	size_t sym_len; /* bytes of the AES key */
	size_t field;   /* bytes of a coordinate */
};

static const struct suite suites[] = {
	{ NULL, 256, TPM2_ALG_SHA256, 32, 16, 0 },
	{ NULL, 384, TPM2_ALG_SHA384, 48, 32, 0 },
	{ "prime256v1", 0, TPM2_ALG_SHA256, 32, 16, 32 },
	{ "secp384r1", 0, TPM2_ALG_SHA384, 48, 32, 48 },
};

static const struct suite *suite_of(const struct ek_key *ek)
{
	char group[32] = "";

	if (ek->ec && EVP_PKEY_get_group_name(
			      ek->ec, group, sizeof(group), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		const struct suite *s = &suites[i];

		if (ek->ec ? s->group && strcmp(s->group, group) == 0
			   : !s->group && s->modulus == ek->modulus.len)
			return s;
	}
	return NULL;
}

/* What the EK and the device derive everything from. */
struct seed {
	uint8_t data[HASH_MAX]; /* secret */
	size_t len;
	const EVP_MD *md; /* to derive with */
};

static enum devid_err crypto_fail(struct devid_error *err, const char *what)
{
	ERR_clear_error();
	return devid_fail(
		err, DEVID_ERR_CRYPTO, "make credential: cannot %s", what);
}

/*
 * One block of KDFa (part 1, 11.4.10.2), which is all that a key of at most a
 * hash's length needs: HMAC(seed, counter || label || 00 || context || bits).
 */
static bool kdfa_block(const struct seed *seed, const char *label,
	struct view context, size_t bits, uint8_t ret[HASH_MAX])
{
	uint8_t input[4 + 16 + TPM_NAME_MAX + 4];
	struct bytes_out out = bytes_out_init(input, sizeof(input));

	bytes_out_uint(&out, 4, 1);
	bytes_out_put(&out, label, strlen(label) + 1);
	bytes_out_put(&out, context.data, context.len);
	bytes_out_uint(&out, 4, bits);
	return !out.bad &&
	       digest_hmac(seed->md, (struct view) { seed->data, seed->len },
		       bytes_out_view(&out), ret);
}

/* ---- the seed, for an RSA EK (part 1, B.10.4) ---- */

/* The key of @modulus, whose exponent is 65537 (ek-key.c). */
static EVP_PKEY *make_rsa(struct view modulus)
{
	CLEANUP(cleanup_bn)
	BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	CLEANUP(cleanup_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	CLEANUP(cleanup_params) OSSL_PARAM *params = NULL;
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *made = NULL;

	if (!n || !bld || !ctx ||
		!OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) ||
		!OSSL_PARAM_BLD_push_uint(bld, OSSL_PKEY_PARAM_RSA_E, RSA_F4))
		return NULL;
	params = OSSL_PARAM_BLD_to_param(bld);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return made;
}

/* OAEP (RFC 8017, 7.1.1) with @md for label and mask. */
static bool set_oaep(EVP_PKEY_CTX *ctx, const EVP_MD *md)
{
	uint8_t *label = OPENSSL_memdup(identity, sizeof(identity));

	/* Without @md OpenSSL would take SHA-1. */
	if (label && md && EVP_PKEY_encrypt_init(ctx) > 0 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) > 0 &&
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) > 0 &&
		EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, sizeof(identity)) >
			0)
		return true;
	OPENSSL_free(label); /* it is taken where that succeeds */
	return false;
}

/* @ret gets modulus.len bytes. */
static bool encrypt_seed(
	struct view modulus, const struct seed *seed, uint8_t *ret)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *key = make_rsa(modulus);
	CLEANUP(cleanup_pctx) EVP_PKEY_CTX *ctx = NULL;
	size_t len = modulus.len;

	if (key)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	return ctx && set_oaep(ctx, seed->md) &&
	       EVP_PKEY_encrypt(ctx, ret, &len, seed->data, seed->len) > 0 &&
	       len == modulus.len;
}

static enum devid_err share_rsa(struct view modulus, const struct suite *suite,
	struct seed *seed, struct challenge *ret, struct devid_error *err)
{
	seed->len = suite->hash_len;
	if (RAND_priv_bytes(seed->data, (int)seed->len) != 1 ||
		!encrypt_seed(modulus, seed, ret->enc_secret + 2))
		return crypto_fail(err, "encrypt to the EK");
	bytes_store(ret->enc_secret, 2, modulus.len);
	ret->enc_secret_len = 2 + modulus.len;
	return DEVID_OK;
}

/* ---- the seed, for an ECC EK (part 1, C.6.4) ---- */

/* The octets of @pkey's point (SEC 1, 2.3.3), whose x begins at the second;
 * their number, 0 after an error. */
static size_t get_point(EVP_PKEY *pkey, uint8_t ret[POINT_MAX])
{
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(
		    pkey, OSSL_PKEY_PARAM_PUB_KEY, ret, POINT_MAX, &len) != 1)
		return 0;
	return len;
}

/* A new key on the curve of @ek. */
static EVP_PKEY *make_ephemeral(EVP_PKEY *ek)
{
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ek, NULL);
	EVP_PKEY *made = NULL;

	if (!ctx || EVP_PKEY_keygen_init(ctx) <= 0 ||
		EVP_PKEY_keygen(ctx, &made) <= 0)
		return NULL;
	return made;
}

static bool derive_z(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *ret, size_t len)
{
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t out_len = len;

	/* Without the full validation: that the point is on its curve was
	 * checked when the key was decoded, and the cofactor is 1. */
	return ctx && EVP_PKEY_derive_init(ctx) > 0 &&
	       EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) > 0 &&
	       EVP_PKEY_derive(ctx, ret, &out_len) > 0 && out_len == len;
}

/* One block of KDFe (part 1, 11.4.10.3): H(counter || Z || label || 00 ||
 * x of the ephemeral key || x of the EK). */
static bool kdfe(const struct suite *suite, const uint8_t *z,
	const uint8_t *own_x, const uint8_t *ek_x, struct seed *ret)
{
	static const uint8_t counter[4] = { 0, 0, 0, 1 };
	CLEANUP(cleanup_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ret->len = suite->hash_len;
	return ctx && EVP_DigestInit_ex(ctx, ret->md, NULL) == 1 &&
	       EVP_DigestUpdate(ctx, counter, sizeof(counter)) == 1 &&
	       EVP_DigestUpdate(ctx, z, suite->field) == 1 &&
	       EVP_DigestUpdate(ctx, identity, sizeof(identity)) == 1 &&
	       EVP_DigestUpdate(ctx, own_x, suite->field) == 1 &&
	       EVP_DigestUpdate(ctx, ek_x, suite->field) == 1 &&
	       EVP_DigestFinal_ex(ctx, ret->data, NULL) == 1;
}

/* TPM2B_ENCRYPTED_SECRET { TPMS_ECC_POINT { x, y } } of an uncompressed
 * point. */
static void put_point(const uint8_t *point, size_t field, struct challenge *ret)
{
	struct bytes_out out =
		bytes_out_init(ret->enc_secret, sizeof(ret->enc_secret));

	bytes_out_uint(&out, 2, 2 * (2 + field));
	bytes_out_counted(&out, 2, point + 1, field);
	bytes_out_counted(&out, 2, point + 1 + field, field);
	ret->enc_secret_len = out.room.len;
}

static enum devid_err share_ecc(EVP_PKEY *ek, const struct suite *suite,
	struct seed *seed, struct challenge *ret, struct devid_error *err)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *own = make_ephemeral(ek);
	uint8_t point[POINT_MAX], ek_point[POINT_MAX], z[FIELD_MAX];
	bool ok;

	if (!own || get_point(own, point) != 1 + 2 * suite->field)
		return crypto_fail(err, "make an ephemeral key");
	put_point(point, suite->field, ret);
	/* The EK's may be compressed: its x is at the same place. */
	ok = get_point(ek, ek_point) > suite->field &&
	     derive_z(own, ek, z, suite->field) &&
	     kdfe(suite, z, point + 1, ek_point + 1, seed);
	OPENSSL_cleanse(z, sizeof(z));
	return ok ? DEVID_OK : crypto_fail(err, "agree with the EK");
}

/* ---- the wrapped secret ---- */

/* AES-CFB with an IV of zeros over TPM2B_DIGEST { secret } (part 1, 24.3). */
static bool encrypt(const struct suite *suite, const uint8_t *key,
	const uint8_t *secret, uint8_t ret[2 + CHALLENGE_SECRET_LEN])
{
	static const uint8_t iv[16];
	CLEANUP(cleanup_cipher)
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher = suite->sym_len == 16 ? EVP_aes_128_cfb128()
							: EVP_aes_256_cfb128();
	uint8_t plain[2 + CHALLENGE_SECRET_LEN];
	int len = 0;
	bool ok;

	bytes_store(plain, 2, CHALLENGE_SECRET_LEN);
	memcpy(plain + 2, secret, CHALLENGE_SECRET_LEN);
	ok = ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, key, iv) == 1 &&
	     EVP_EncryptUpdate(ctx, ret, &len, plain, sizeof(plain)) == 1 &&
	     (size_t)len == sizeof(plain);
	OPENSSL_cleanse(plain, sizeof(plain));
	return ok;
}

/* HMAC(encIdentity || Name). */
static bool protect(const EVP_MD *md, struct view key,
	const uint8_t *enc_identity, struct view name, uint8_t *ret)
{
	uint8_t input[2 + CHALLENGE_SECRET_LEN + TPM_NAME_MAX];

	memcpy(input, enc_identity, 2 + CHALLENGE_SECRET_LEN);
	memcpy(input + 2 + CHALLENGE_SECRET_LEN, name.data, name.len);
	return digest_hmac(md, key,
		(struct view) { input, 2 + CHALLENGE_SECRET_LEN + name.len },
		ret);
}

/* TPM2B_ID_OBJECT { TPM2B_DIGEST integrityHMAC, encIdentity }. */
static enum devid_err wrap(const struct suite *suite, const struct seed *seed,
	struct view name, const uint8_t *secret, struct challenge *ret)
{
	const struct view none = { NULL, 0 };
	uint8_t *integrity = ret->id_object + 4;
	uint8_t *enc_identity = integrity + suite->hash_len;
	uint8_t key[HASH_MAX];
	size_t len = 2 + suite->hash_len + 2 + CHALLENGE_SECRET_LEN;
	bool ok;

	bytes_store(ret->id_object, 2, len);
	bytes_store(ret->id_object + 2, 2, suite->hash_len);
	ret->id_object_len = 2 + len;
	ok = kdfa_block(seed, "STORAGE", name, suite->sym_len * 8, key) &&
	     encrypt(suite, key, secret, enc_identity) &&
	     kdfa_block(seed, "INTEGRITY", none, suite->hash_len * 8, key) &&
	     protect(seed->md, (struct view) { key, suite->hash_len },
		     enc_identity, name, integrity);
	OPENSSL_cleanse(key, sizeof(key));
	return ok ? DEVID_OK : DEVID_ERR_CRYPTO;
}

enum devid_err credential_make(const struct ek_key *ek, struct view name,
	const uint8_t *secret, struct challenge *ret, struct devid_error *err)
{
	const struct suite *suite = suite_of(ek);
	struct challenge made = *ret;
	struct seed seed = { .len = 0 };
	enum devid_err rc;

	if (!suite)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"make credential: EK: neither RSA of 2048 or 3072 bits "
			"nor P-256 nor P-384");
	if (name.len == 0 || name.len > TPM_NAME_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"make credential: Name: %zu bytes", name.len);
	seed.md = tpm_hash_md(suite->name_alg);
	rc = ek->ec ? share_ecc(ek->ec, suite, &seed, &made, err)
		    : share_rsa(ek->modulus, suite, &seed, &made, err);
	if (rc == DEVID_OK &&
		wrap(suite, &seed, name, secret, &made) != DEVID_OK)
		rc = crypto_fail(err, "wrap the secret");
	OPENSSL_cleanse(&seed, sizeof(seed));
	if (rc == DEVID_OK)
		*ret = made;
	return rc;
}
