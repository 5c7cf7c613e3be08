/* SPDX-License-Identifier: Apache-2.0 */
#include "module-once.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"

const EVP_MD *module_hash_md(unsigned hash)
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

/* Whether @sig is one of @what under the key's public half; @salt_len counts
 * for PSS only. */
static bool verifies(struct module_key *key, const struct key_sign *what,
	const struct key_sig *sig, int salt_len)
{
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pub, NULL);
	bool pss = what->scheme == SIG_RSAPSS;
	bool ok;

	ok = ctx && EVP_PKEY_verify_init(ctx) > 0 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, module_hash_md(what->hash)) > 0;
	if (ok && key_alg_rsa_bits(key->alg) > 0)
		ok = EVP_PKEY_CTX_set_rsa_padding(ctx,
			     pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) >
		     0;
	if (ok && pss)
		ok = EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt_len) > 0;
	ok = ok && EVP_PKEY_verify(ctx, sig->data, sig->len, what->digest,
			   what->digest_len) == 1;
	ERR_clear_error();
	return ok;
}

/* What the keystore gives, unverified. */
static enum devid_err ask(struct module *m, const struct module_key *key,
	const struct key_sign *what, struct key_sig *ret,
	struct devid_error *err)
{
	struct keystore *ks = m->keystore;
	enum devid_err rc = ks->ops->sign(ks, key->id, what, ret, err);

	if (rc == DEVID_OK)
		module_note_use(m);
	return rc;
}

static enum devid_err spoiled(
	const struct module_key *key, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_CRYPTO,
		"%s: the keystore's signature does not verify",
		key_id_name(key->id));
}

/* A PSS salt of another length than the hash fails here, as it would in TLS
 * 1.3 (RFC 8446 4.2.3). */
enum devid_err module_sign_once(struct module *m, struct module_key *key,
	const struct key_sign *what, struct key_sig *ret,
	struct devid_error *err)
{
	struct key_sig sig = { .len = 0 };
	enum devid_err rc = ask(m, key, what, &sig, err);

	if (rc != DEVID_OK)
		return rc;
	if (!verifies(key, what, &sig, RSA_PSS_SALTLEN_DIGEST))
		return spoiled(key, err);
	*ret = sig;
	return DEVID_OK;
}

enum devid_err module_try_pss(struct module *m, struct module_key *key,
	bool *ret_fits, struct devid_error *err)
{
	static const uint8_t digest[32] = "devid probe";
	const struct key_sign what = { SIG_RSAPSS, HASH_SHA256, digest,
		sizeof(digest) };
	struct key_sig sig = { .len = 0 };
	enum devid_err rc = ask(m, key, &what, &sig, err);

	if (rc != DEVID_OK)
		return rc;
	if (!verifies(key, &what, &sig, RSA_PSS_SALTLEN_AUTO))
		return spoiled(key, err);
	*ret_fits = verifies(key, &what, &sig, RSA_PSS_SALTLEN_DIGEST);
	return DEVID_OK;
}
