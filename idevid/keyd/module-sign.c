/* SPDX-License-Identifier: Apache-2.0 */
#include "module-sign.h"

#include "fail.h"
#include "module-key.h"
#include "module-once.h"
#include "module-probe.h"
#include "module-state.h"

/* Looks for the key first when it was never seen yet, and again when it has
 * gone from its place. */
static enum devid_err sign_digest(struct module *m, struct module_key *key,
	const struct key_sign *what, struct key_sig *ret,
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
		return fail_with(err, rc, &cause);
	module_probe_again(m, key); /* it is well */
	return DEVID_OK;
}

enum devid_err module_sign_purpose(struct module *m,
	const struct module_sign *what, struct purpose_verdict *ret,
	struct devid_error *err)
{
	struct module_key *key = module_find(m, what->key, err);
	const struct role *role;
	enum devid_err rc;

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	role = key_id_row(key->id);
	if (role->purposes == 0)
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"%s: signs only what the TPM itself states",
			key_id_name(key->id));
	rc = module_find_known(m, what->key, &key, err);
	if (rc == DEVID_OK)
		rc = module_check_enabled(key, err);
	if (rc != DEVID_OK)
		return rc;
	if (!key_alg_allows(key->alg, what->scheme, what->hash))
		return devid_fail(err, DEVID_ERR_SUITE_MISMATCH,
			"%s: a %s key makes no such signature (scheme %u, "
			"hash 0x%04x)",
			what->key, key_alg_name(key->alg), what->scheme,
			what->hash);
	rc = purpose_check((struct view) { what->data, what->data_len },
		(struct view) { key->spki.data, key->spki.len }, ret, err);
	if (rc == DEVID_OK && !((unsigned)ret->purpose & role->purposes))
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"%s: %s keys do not sign for %s", what->key, role->name,
			purpose_name(ret->purpose));
	return rc;
}

enum devid_err module_sign(struct module *m, const struct module_sign *what,
	struct key_sig *ret, struct devid_error *err)
{
	struct module_key *key = module_find(m, what->key, err);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;
	struct key_sign sign = {
		.scheme = (enum sig_scheme)what->scheme,
		.hash = (enum sig_hash)what->hash,
		.digest = digest,
	};

	if (!key)
		return DEVID_ERR_NOT_FOUND;
	if (!module_hash_md(what->hash) ||
		!EVP_Digest(what->data, what->data_len, digest, &digest_len,
			module_hash_md(what->hash), NULL))
		return devid_fail(err, DEVID_ERR_CRYPTO, "sign: no hash");
	sign.digest_len = digest_len;
	return sign_digest(m, key, &sign, ret, err);
}
