/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-wrap.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "bytes.h"
#include "cleanup-openssl.h"
#include "digest.h"
#include "tpm-public.h"

CLEANUP_DEFINE(cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

#define FIELD     32 /* of P-256 */
#define POINT_LEN (1 + 2 * FIELD)
#define HASH_LEN  32 /* SHA-256 */
#define AES_LEN   16

/* Longer than any TPMT_SENSITIVE that is brought: half of RSA-4096. */
#define PLAIN_MAX 512

/* What both sides derive everything from. */
struct seed {
	uint8_t data[HASH_LEN];
};

/* One block of KDFa (part 1, 11.4.10.2): HMAC(seed, counter || label || 00 ||
 * context || bits). */
static bool kdfa(const struct seed *seed, const char *label,
	const TPM2B_NAME *context, size_t bits, uint8_t ret[HASH_LEN])
{
	uint8_t input[4 + 16 + TPM_NAME_MAX + 4];
	struct bytes_out out = bytes_out_init(input, sizeof(input));

	bytes_out_uint(&out, 4, 1);
	bytes_out_put(&out, label, strlen(label) + 1);
	if (context)
		bytes_out_put(&out, context->name, context->size);
	bytes_out_uint(&out, 4, bits);
	return !out.bad &&
	       digest_hmac(EVP_sha256(),
		       (struct view) { seed->data, sizeof(seed->data) },
		       bytes_out_view(&out), ret);
}

/* ---- the seed (part 1, C.6.4) ---- */

static EVP_PKEY *make_ephemeral(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

static bool get_point(EVP_PKEY *pkey, uint8_t ret[POINT_LEN])
{
	size_t len = 0;

	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY,
		       ret, POINT_LEN, &len) == 1 &&
	       len == POINT_LEN;
}

static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t ret[FIELD])
{
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t len = FIELD;

	return ctx && EVP_PKEY_derive_init(ctx) > 0 &&
	       EVP_PKEY_derive_set_peer(ctx, peer) > 0 &&
	       EVP_PKEY_derive(ctx, ret, &len) > 0 && len == FIELD;
}

/* One block of KDFe (part 1, 11.4.10.3). */
static bool kdfe(const uint8_t z[FIELD], const uint8_t own[POINT_LEN],
	const uint8_t peer[POINT_LEN], struct seed *ret)
{
	uint8_t input[4 + FIELD + sizeof("DUPLICATE") + 2 * FIELD];
	struct bytes_out out = bytes_out_init(input, sizeof(input));
	bool ok;

	bytes_out_uint(&out, 4, 1);
	bytes_out_put(&out, z, FIELD);
	bytes_out_put(&out, "DUPLICATE", sizeof("DUPLICATE"));
	bytes_out_put(&out, own + 1, FIELD);
	bytes_out_put(&out, peer + 1, FIELD);
	ok = !out.bad && digest_hash(input, out.room.len, ret->data);
	OPENSSL_cleanse(input, sizeof(input));
	return ok;
}

/* The parent's key for OpenSSL, which checks that it is on the curve. */
static EVP_PKEY *parent_key(const TPMS_ECC_POINT *point)
{
	TPMT_PUBLIC area = { .type = TPM2_ALG_ECC,
		.parameters.eccDetail.curveID = TPM2_ECC_NIST_P256,
		.unique.ecc = *point };
	EVP_PKEY *pkey = NULL;

	return tpm_public_pkey(&area, &pkey, NULL) == DEVID_OK ? pkey : NULL;
}

static bool share(const TPMS_ECC_POINT *point, struct seed *seed,
	TPM2B_ENCRYPTED_SECRET *ret)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *peer = parent_key(point);
	CLEANUP(cleanup_pkey) EVP_PKEY *own = make_ephemeral();
	struct bytes_out out = bytes_out_init(ret->secret, sizeof(ret->secret));
	uint8_t ours[POINT_LEN], theirs[POINT_LEN], z[FIELD];
	bool ok;

	if (!peer || !own || !get_point(own, ours) || !get_point(peer, theirs))
		return false;
	ok = agree(own, peer, z) && kdfe(z, ours, theirs, seed);
	OPENSSL_cleanse(z, sizeof(z));
	bytes_out_counted(&out, 2, ours + 1, FIELD);
	bytes_out_counted(&out, 2, ours + 1 + FIELD, FIELD);
	ret->size = (uint16_t)out.room.len;
	return ok && !out.bad;
}

/* ---- the outer wrapper ---- */

/* AES-CFB with an IV of zeros (part 1, 22.4). */
static bool encrypt(const uint8_t key[AES_LEN], struct view plain, uint8_t *ret)
{
	static const uint8_t iv[AES_LEN];
	CLEANUP(cleanup_cipher)
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;

	return ctx &&
	       EVP_EncryptInit_ex(ctx, EVP_aes_128_cfb128(), NULL, key, iv) ==
		       1 &&
	       EVP_EncryptUpdate(ctx, ret, &len, plain.data, (int)plain.len) ==
		       1 &&
	       (size_t)len == plain.len;
}

/* TPM2B_DIGEST { HMAC(encrypted || Name) }, encrypted: the buffer of a
 * TPM2B_PRIVATE. */
static bool seal(const struct seed *seed, const TPM2B_NAME *name,
	struct view plain, TPM2B_PRIVATE *ret)
{
	uint8_t key[HASH_LEN], input[PLAIN_MAX + TPM_NAME_MAX];
	uint8_t *encrypted = ret->buffer + 2 + HASH_LEN;
	bool ok = kdfa(seed, "STORAGE", name, (size_t)8 * AES_LEN, key) &&
		  encrypt(key, plain, encrypted);

	memcpy(input, encrypted, plain.len);
	memcpy(input + plain.len, name->name, name->size);
	bytes_store(ret->buffer, 2, HASH_LEN);
	ok = ok && kdfa(seed, "INTEGRITY", NULL, (size_t)8 * HASH_LEN, key) &&
	     digest_hmac(EVP_sha256(), (struct view) { key, sizeof(key) },
		     (struct view) { input, plain.len + name->size },
		     ret->buffer + 2);
	OPENSSL_cleanse(key, sizeof(key));
	ret->size = (uint16_t)(2 + HASH_LEN + plain.len);
	return ok;
}

/* TPM2B_SENSITIVE. */
static bool marshal(
	const TPMT_SENSITIVE *private, uint8_t ret[PLAIN_MAX], size_t *ret_len)
{
	TPM2B_SENSITIVE whole = { .sensitiveArea = *private };
	size_t len = 0;
	bool ok = Tss2_MU_TPM2B_SENSITIVE_Marshal(
			  &whole, ret, PLAIN_MAX, &len) == TSS2_RC_SUCCESS;

	OPENSSL_cleanse(&whole, sizeof(whole));
	*ret_len = len;
	return ok;
}

enum devid_err tpm_wrap(const TPMS_ECC_POINT *parent, const TPM2B_NAME *name,
	const TPMT_SENSITIVE *private, struct tpm_wrapped *ret,
	struct devid_error *err)
{
	struct seed seed;
	uint8_t plain[PLAIN_MAX];
	size_t len = 0;
	bool ok = share(parent, &seed, &ret->seed) &&
		  marshal(private, plain, &len) &&
		  seal(&seed, name, (struct view) { plain, len },
			  &ret->duplicate);

	OPENSSL_cleanse(&seed, sizeof(seed));
	OPENSSL_cleanse(plain, sizeof(plain));
	if (ok)
		return DEVID_OK;
	ERR_clear_error();
	return devid_fail(err, DEVID_ERR_CRYPTO,
		"sealed key: cannot encrypt it to the storage parent");
}
