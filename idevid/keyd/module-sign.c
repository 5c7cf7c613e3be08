/* SPDX-License-Identifier: Apache-2.0 */
#include "module-private.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "cleanup-openssl.h"

static const EVP_MD *hash_md(unsigned hash)
{
	switch (hash) {
	case HASH_SHA256:
		return EVP_sha256();
	case HASH_SHA384:
		return EVP_sha384();
	case HASH_SHA512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

/* Whether @sig is one of @what under the key's public half. A PSS salt of
 * another length than the hash fails here, as it would in TLS 1.3
 * (RFC 8446 4.2.3). */
static bool verifies(struct module_key *key, const struct keystore_sign *what,
	const struct keystore_sig *sig)
{
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pub, NULL);
	bool pss = what->scheme == SIG_RSAPSS;
	bool ok;

	ok = ctx && EVP_PKEY_verify_init(ctx) > 0 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, hash_md(what->hash)) > 0;
	if (ok && key->alg == KEY_ALG_RSA2048)
		ok = EVP_PKEY_CTX_set_rsa_padding(ctx,
			     pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) >
		     0;
	if (ok && pss)
		ok = EVP_PKEY_CTX_set_rsa_pss_saltlen(
			     ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
	ok = ok && EVP_PKEY_verify(ctx, sig->data, sig->len, what->digest,
			   what->digest_len) == 1;
	ERR_clear_error();
	return ok;
}

enum devid_err module_sign_once(struct module *m, struct module_key *key,
	const struct keystore_sign *what, struct keystore_sig *ret,
	struct devid_error *err)
{
	struct keystore *ks = m->options.keystore;
	struct keystore_sig sig = { .len = 0 };
	enum devid_err rc;

	rc = ks->ops->sign(ks, key->role, what, &sig, err);
	if (rc != DEVID_OK)
		return rc;
	if (!verifies(key, what, &sig))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"%s: the keystore's signature does not verify",
			key_role_name(key->role));
	*ret = sig;
	return DEVID_OK;
}

/* Looks for the key first when it was never seen yet, and again when it has
 * gone from its place. */
static enum devid_err sign_digest(struct module *m, struct module_key *key,
	const struct keystore_sign *what, struct keystore_sig *ret,
	struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_ERR_NOT_FOUND;

	if (key->present)
		rc = module_sign_once(m, key, what, ret, &cause);
	if (rc == DEVID_ERR_NOT_FOUND) {
		devid_error_clear(&cause);
		rc = module_ensure_key(m, key, &cause);
		if (rc == DEVID_OK)
			rc = module_sign_once(m, key, what, ret, &cause);
	}
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	return DEVID_OK;
}

enum devid_err module_sign_purpose(struct module *m,
	const struct module_sign *what, struct purpose_verdict *ret,
	struct devid_error *err)
{
	struct module_key *key = module_find(m, what->key, err);

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (key->role == KEY_ROLE_IAK)
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"iak: signs only what the TPM itself states");
	if (key->alg == KEY_ALG_NONE)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"%s: not provisioned", what->key);
	if (!key->enabled)
		return devid_fail(err, DEVID_ERR_DISABLED,
			"%s: key disabled (802.1AR 7.2)", what->key);
	if (!key_alg_allows(key->alg, what->scheme, what->hash))
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"%s: a %s key makes no such signature (scheme %u, "
			"hash 0x%04x)",
			what->key, key_alg_name(key->alg), what->scheme,
			what->hash);
	return purpose_check((struct der_view) { what->data, what->data_len },
		(struct der_view) { key->spki.data, key->spki.len }, ret, err);
}

enum devid_err module_sign(struct module *m, const struct module_sign *what,
	struct keystore_sig *ret, struct devid_error *err)
{
	struct module_key *key = module_find(m, what->key, err);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;
	struct keystore_sign sign = {
		.scheme = (enum sig_scheme)what->scheme,
		.hash = (enum sig_hash)what->hash,
		.digest = digest,
	};

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!hash_md(what->hash) ||
		!EVP_Digest(what->data, what->data_len, digest, &digest_len,
			hash_md(what->hash), NULL))
		return devid_fail(err, DEVID_ERR_CRYPTO, "sign: no hash");
	sign.digest_len = digest_len;
	return sign_digest(m, key, &sign, ret, err);
}
