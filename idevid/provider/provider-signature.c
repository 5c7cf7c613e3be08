/* SPDX-License-Identifier: Apache-2.0 */
#include "provider-signature.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup-openssl.h"
#include "client.h"
#include "oid.h"
#include "provider-key.h"
#include "wire.h"

/*
 * provider-signature(7). Only whole messages are signed: devid-keyd wants to
 * see what it signs, so there is no operation on a ready digest here.
 */

struct sign_ctx {
	struct prov *prov;    /* borrowed */
	struct prov_key *key; /* owned reference, or NULL */
	enum sig_hash hash;
	enum sig_scheme scheme;
	uint8_t *data; /* owned: what update() gathered */
	size_t len, size;
};

static const struct {
	enum sig_hash hash;
	const char *names[3];
} hashes[] = {
	{ HASH_SHA256, { "SHA256", "SHA2-256", "SHA-256" } },
	{ HASH_SHA384, { "SHA384", "SHA2-384", "SHA-384" } },
	{ HASH_SHA512, { "SHA512", "SHA2-512", "SHA-512" } },
};

static int hash_by_name(const char *name, enum sig_hash *ret)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		for (size_t n = 0; n < 3; n++) {
			if (strcasecmp(hashes[i].names[n], name) == 0) {
				*ret = hashes[i].hash;
				return 1;
			}
		}
	}
	return 0;
}

static const char *hash_name(enum sig_hash hash)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (hashes[i].hash == hash)
			return hashes[i].names[0];
	}
	return "";
}

static int fail(struct sign_ctx *ctx, enum devid_err code, const char *cause)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)devid_fail(&err, code, "%s: %s",
		ctx->key ? ctx->key->name : "signature", cause);
	prov_raise(ctx->prov, &err);
	return 0;
}

static void *ctx_new(void *provctx, const char *propq)
{
	struct sign_ctx *ctx = calloc(1, sizeof(*ctx));

	(void)propq; /* nothing is fetched */
	if (ctx)
		ctx->prov = provctx;
	return ctx;
}

static void ctx_free(void *vctx)
{
	struct sign_ctx *ctx = vctx;

	prov_key_free(ctx->key);
	free(ctx->data);
	free(ctx);
}

static void *ctx_dup(void *vctx)
{
	struct sign_ctx *from = vctx;
	struct sign_ctx *ctx = malloc(sizeof(*ctx));

	if (!ctx)
		return NULL;
	*ctx = *from;
	ctx->data = NULL;
	ctx->size = 0;
	if (from->len > 0) {
		ctx->data = malloc(from->len);
		if (!ctx->data) {
			free(ctx);
			return NULL;
		}
		memcpy(ctx->data, from->data, from->len);
		ctx->size = from->len;
	}
	if (ctx->key)
		(void)prov_key_ref(ctx->key);
	return ctx;
}

static int set_ctx_params(void *vctx, const OSSL_PARAM params[]);

static int sign_init(void *vctx, const char *mdname, void *provkey,
	const OSSL_PARAM params[])
{
	struct sign_ctx *ctx = vctx;
	struct prov_key *key = provkey;

	if (key) {
		if (!key->pub)
			return fail(ctx, DEVID_ERR_INVALID, "empty key");
		prov_key_free(ctx->key);
		ctx->key = prov_key_ref(key);
	}
	if (!ctx->key)
		return fail(ctx, DEVID_ERR_INVALID, "no key");
	ctx->len = 0;
	ctx->scheme = key_alg_scheme(ctx->key->alg);
	ctx->hash = ctx->key->alg == KEY_ALG_P384 ? HASH_SHA384 : HASH_SHA256;
	if (mdname && *mdname && !hash_by_name(mdname, &ctx->hash))
		return fail(ctx, DEVID_ERR_UNSUPPORTED,
			"hash algorithm not supported");
	if (!key_alg_allows(ctx->key->alg, ctx->scheme, ctx->hash))
		return fail(ctx, DEVID_ERR_UNSUPPORTED,
			"this key signs with another hash algorithm only "
			"(TCG template)");
	return set_ctx_params(ctx, params);
}

static int sign_update(void *vctx, const unsigned char *data, size_t len)
{
	struct sign_ctx *ctx = vctx;

	if (len > WIRE_DATA_MAX - ctx->len)
		return fail(ctx, DEVID_ERR_TOO_LARGE,
			"more bytes than a handshake has");
	if (ctx->len + len > ctx->size) {
		size_t size = 2 * ctx->size + len;
		uint8_t *grown = realloc(ctx->data, size);

		if (!grown)
			return fail(ctx, DEVID_ERR_NOMEM, "no memory");
		ctx->data = grown;
		ctx->size = size;
	}
	if (len > 0)
		memcpy(ctx->data + ctx->len, data, len);
	ctx->len += len;
	return 1;
}

/*
 * Whether the key that was loaded made @sig. The name may be another key's by
 * now: deleted and made anew, erased, or restored; devid-keyd signs with the
 * one that it has. That costs no command of its TPM.
 */
static bool is_of_key(
	const struct sign_ctx *ctx, const struct key_sig *sig, struct view data)
{
	CLEANUP(cleanup_md_ctx) EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL; /* of @md */
	bool ok;

	(void)ERR_set_mark();
	ok = md &&
	     EVP_DigestVerifyInit_ex(md, &pctx, hash_name(ctx->hash),
		     ctx->prov->libctx, NULL, ctx->key->pub, NULL) == 1 &&
	     (ctx->scheme != SIG_RSAPSS ||
		     (EVP_PKEY_CTX_set_rsa_padding(
			      pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
			     EVP_PKEY_CTX_set_rsa_pss_saltlen(
				     pctx, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
	     EVP_DigestVerify(md, sig->data, sig->len, data.data, data.len) ==
		     1;
	(void)ERR_pop_to_mark(); /* a no is told by us */
	return ok;
}

/* Asks devid-keyd; with @sig NULL only tells how large it may get. */
static int sign_bytes(struct sign_ctx *ctx, unsigned char *sig, size_t *siglen,
	size_t sigsize, struct view data)
{
	struct client_sign what = {
		.scheme = ctx->scheme,
		.hash = ctx->hash,
		.data = data.data,
		.data_len = data.len,
	};
	struct devid_error err = { DEVID_OK, "" };
	struct key_sig out;

	if (!ctx->key)
		return fail(ctx, DEVID_ERR_INVALID, "no key");
	if (!sig) {
		*siglen = (size_t)EVP_PKEY_get_size(ctx->key->pub);
		return 1;
	}
	what.key = ctx->key->name;
	if (client_sign(wire_socket_path(), &what, &out, &err) != DEVID_OK) {
		prov_raise(ctx->prov, &err);
		return 0;
	}
	if (!is_of_key(ctx, &out, data))
		return fail(ctx, DEVID_ERR_MISMATCH,
			"devid-keyd has another key of that name than was "
			"loaded: load key and certificate again");
	if (out.len > sigsize)
		return fail(ctx, DEVID_ERR_PROTOCOL, "signature too large");
	memcpy(sig, out.data, out.len);
	*siglen = out.len;
	return 1;
}

static int sign_final(
	void *vctx, unsigned char *sig, size_t *siglen, size_t sigsize)
{
	struct sign_ctx *ctx = vctx;

	return sign_bytes(ctx, sig, siglen, sigsize,
		(struct view) { ctx->data, ctx->len });
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static int sign_oneshot(void *vctx, unsigned char *sig, size_t *siglen,
	size_t sigsize, const unsigned char *tbs, size_t tbslen)
{
	return sign_bytes(
		vctx, sig, siglen, sigsize, (struct view) { tbs, tbslen });
}

static struct view algorithm_id(const struct sign_ctx *ctx)
{
	static const enum oid_algorithm ids[][3] = {
		[SIG_ECDSA] = { ALGORITHM_ECDSA_SHA256, ALGORITHM_ECDSA_SHA384,
			ALGORITHM_ECDSA_SHA512 },
		[SIG_RSASSA] = { ALGORITHM_RSA_SHA256, ALGORITHM_RSA_SHA384,
			ALGORITHM_RSA_SHA512 },
		[SIG_RSAPSS] = { ALGORITHM_PSS_SHA256, ALGORITHM_PSS_SHA384,
			ALGORITHM_PSS_SHA512 },
	};

	return oid_algorithm(ids[ctx->scheme][ctx->hash - HASH_SHA256]);
}

static int get_ctx_params(void *vctx, OSSL_PARAM params[])
{
	struct sign_ctx *ctx = vctx;
	struct view id = { NULL, 0 };
	OSSL_PARAM *p;

	if (ctx->key) /* or nothing is chosen yet */
		id = algorithm_id(ctx);
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	if (p && !OSSL_PARAM_set_octet_string(p, id.data, id.len))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p && !OSSL_PARAM_set_utf8_string(p, hash_name(ctx->hash)))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	return !p || OSSL_PARAM_set_int(p, ctx->scheme == SIG_RSAPSS
						   ? RSA_PKCS1_PSS_PADDING
						   : RSA_PKCS1_PADDING);
}

static int set_pad_mode(struct sign_ctx *ctx, const OSSL_PARAM *p)
{
	const char *name;
	int mode = 0;

	if (p->data_type == OSSL_PARAM_UTF8_STRING) {
		name = p->data;
		if (strcmp(name, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0)
			mode = RSA_PKCS1_PSS_PADDING;
		else if (strcmp(name, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0)
			mode = RSA_PKCS1_PADDING;
	} else if (!OSSL_PARAM_get_int(p, &mode)) {
		return 0;
	}
	if (mode == RSA_PKCS1_PSS_PADDING)
		ctx->scheme = SIG_RSAPSS;
	else if (mode == RSA_PKCS1_PADDING)
		ctx->scheme = SIG_RSASSA;
	else
		return fail(ctx, DEVID_ERR_UNSUPPORTED, "padding mode");
	return 1;
}

/* A TPM chooses the salt itself; as long as the hash is what TLS 1.3 and
 * devid-keyd require, so only that may be asked for. */
static int set_salt_len(struct sign_ctx *ctx, const OSSL_PARAM *p)
{
	int len = RSA_PSS_SALTLEN_DIGEST;

	if (p->data_type == OSSL_PARAM_UTF8_STRING) {
		const char *name = p->data;

		if (strcmp(name, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0 ||
			strcmp(name, OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO) == 0)
			return 1;
		len = (int)strtol(name, NULL, 10); /* 0 is refused */
	} else if (!OSSL_PARAM_get_int(p, &len)) {
		return 0;
	}
	if (len == RSA_PSS_SALTLEN_DIGEST || len == RSA_PSS_SALTLEN_AUTO ||
		len == (int)sig_hash_len(ctx->hash))
		return 1;
	return fail(ctx, DEVID_ERR_UNSUPPORTED,
		"PSS salt of another length than the hash");
}

static int set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
	struct sign_ctx *ctx = vctx;
	const OSSL_PARAM *p;

	if (!params || !ctx->key || key_alg_rsa_bits(ctx->key->alg) == 0)
		return 1;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p && !set_pad_mode(ctx, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
	if (p && (p->data_type != OSSL_PARAM_UTF8_STRING ||
			 strcasecmp(p->data, hash_name(ctx->hash)) != 0))
		return fail(
			ctx, DEVID_ERR_UNSUPPORTED, "MGF1 with another hash");
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	return !p || set_salt_len(ctx, p);
}

static const OSSL_PARAM *gettable_ctx_params(void *vctx, void *provctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(
			OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL),
		OSSL_PARAM_END,
	};

	(void)vctx; /* the same for everyone */
	(void)provctx;
	return params;
}

static const OSSL_PARAM *settable_ctx_params(void *vctx, void *provctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(
			OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_utf8_string(
			OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)vctx; /* the same for everyone */
	(void)provctx;
	return params;
}

#define FN(f) ((void (*)(void))(f))

#define SIGNATURE_COMMON                                                       \
	{ OSSL_FUNC_SIGNATURE_NEWCTX, FN(ctx_new) },                           \
		{ OSSL_FUNC_SIGNATURE_FREECTX, FN(ctx_free) },                 \
		{ OSSL_FUNC_SIGNATURE_DUPCTX, FN(ctx_dup) },                   \
		{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, FN(sign_init) },       \
		{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, FN(sign_update) },   \
		{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, FN(sign_final) },     \
		{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, FN(sign_oneshot) },         \
		{ OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, FN(get_ctx_params) },    \
	{                                                                      \
		OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS,                       \
			FN(gettable_ctx_params)                                \
	}

const OSSL_DISPATCH prov_signature_ec[] = {
	SIGNATURE_COMMON,
	{ 0, NULL },
};

const OSSL_DISPATCH prov_signature_rsa[] = {
	SIGNATURE_COMMON,
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, FN(set_ctx_params) },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, FN(settable_ctx_params) },
	{ 0, NULL },
};
