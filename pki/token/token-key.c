/* SPDX-License-Identifier: Apache-2.0 */
#include "token-key.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "token-private.h"
#include "token-sign.h"

CLEANUP_DEFINE(signer, struct signer *, signer_free)

#define KEY_ID_MAX 64  /* of keys that others made */
#define ATTR_MAX   600 /* the longest that is read: RSA-4096 modulus */

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct token_alg algs[] = {
	{ "p256", CKM_EC_KEY_PAIR_GEN, "P-256", OID_P256, 0 },
	{ "p384", CKM_EC_KEY_PAIR_GEN, "P-384", OID_P384, 0 },
	{ "rsa2048", CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0, 2048 },
	{ "rsa4096", CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0, 4096 },
};

const struct token_alg *token_alg_find(const char *name)
{
	for (size_t i = 0; i < N_OF(algs); i++) {
		if (strcmp(algs[i].name, name) == 0)
			return &algs[i];
	}
	return NULL;
}

/* ---- finding ---- */

struct search {
	CK_ATTRIBUTE *match; /* borrowed */
	CK_ULONG n_match;
	CK_ULONG n; /* found, of which two are looked at */
	CK_OBJECT_HANDLE found[2];
};

static enum devid_err find(const struct token *token, CK_SESSION_HANDLE session,
	struct search *s, struct devid_error *err)
{
	CK_FUNCTION_LIST *m = token->module;
	CK_RV rv = m->C_FindObjectsInit(session, s->match, s->n_match);

	s->n = 0;
	if (rv == CKR_OK) {
		rv = m->C_FindObjects(session, s->found, 2, &s->n);
		(void)m->C_FindObjectsFinal(session); /* rv says it all */
	}
	return token_result(token, rv, "find key", err);
}

enum devid_err token_find_private(const struct token *token,
	CK_SESSION_HANDLE session, const char *label, CK_OBJECT_HANDLE *ret,
	struct devid_error *err)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE match[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
	};
	struct search s = { .match = match, .n_match = N_OF(match) };
	enum devid_err rc = find(token, session, &s, err);

	if (rc != DEVID_OK)
		return rc;
	if (s.n == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"token: %s: no private key %s", token->label, label);
	if (s.n > 1)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"token: %s: several private keys %s", token->label,
			label);
	*ret = s.found[0];
	return DEVID_OK;
}

static enum devid_err get(const struct token *token, CK_SESSION_HANDLE session,
	CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attr, struct devid_error *err)
{
	CK_RV rv = token->module->C_GetAttributeValue(session, object, attr, 1);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID ||
		attr->ulValueLen == (CK_ULONG)-1)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"token: %s: the key has no attribute 0x%lx",
			token->label, (unsigned long)attr->type);
	return token_result(token, rv, "read key", err);
}

/* The public key with the @id of the private one. */
static enum devid_err find_public(const struct token *token,
	CK_SESSION_HANDLE session, CK_OBJECT_HANDLE private_key,
	CK_OBJECT_HANDLE *ret, struct devid_error *err)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	uint8_t id_buf[KEY_ID_MAX];
	CK_ATTRIBUTE id = { CKA_ID, id_buf, sizeof(id_buf) };
	CK_BBOOL yes = CK_TRUE;
	struct search s = { .n = 0 };
	enum devid_err rc = get(token, session, private_key, &id, err);

	if (rc == DEVID_OK) {
		CK_ATTRIBUTE match[] = {
			{ CKA_CLASS, &class, sizeof(class) },
			{ CKA_TOKEN, &yes, sizeof(yes) },
			id,
		};

		s.match = match;
		s.n_match = N_OF(match);
		rc = find(token, session, &s, err);
	}
	if (rc != DEVID_OK)
		return rc;
	if (s.n == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"token: %s: no public key beside the private one",
			token->label);
	if (s.n > 1)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"token: %s: several public keys beside the private one",
			token->label);
	*ret = s.found[0];
	return DEVID_OK;
}

/* ---- what a CA key must be (4.9, table 20) ---- */

struct key_rule {
	CK_ATTRIBUTE_TYPE type;
	bool want;
	const char *why; /* it is refused when it is not so */
};

static enum devid_err check_rule(const struct token *token,
	CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
	const struct key_rule *rule, struct devid_error *err)
{
	CK_BBOOL value = rule->want ? CK_FALSE : CK_TRUE;
	CK_ATTRIBUTE attr = { rule->type, &value, sizeof(value) };
	enum devid_err rc = get(token, session, object, &attr, err);

	if (rc != DEVID_OK)
		return rc;
	if (attr.ulValueLen != sizeof(value) ||
		(value != CK_FALSE) != rule->want)
		return devid_fail(err, DEVID_ERR_DENIED,
			"token: %s: key refused: %s", token->label, rule->why);
	return DEVID_OK;
}

enum devid_err token_check_private(const struct token *token,
	CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
	struct devid_error *err)
{
	static const struct key_rule rules[] = {
		{ CKA_SENSITIVE, true,
			"it can be read in the clear (not CKA_SENSITIVE)" },
		{ CKA_ALWAYS_SENSITIVE, true,
			"it could once be read in the clear (not "
			"CKA_ALWAYS_SENSITIVE)" },
		{ CKA_EXTRACTABLE, false,
			"it can leave the token (CKA_EXTRACTABLE)" },
		{ CKA_NEVER_EXTRACTABLE, true,
			"it could once leave the token (not "
			"CKA_NEVER_EXTRACTABLE)" },
		{ CKA_LOCAL, true,
			"it was not made in the token (not CKA_LOCAL)" },
		{ CKA_SIGN, true, "it does not sign (not CKA_SIGN)" },
	};
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < N_OF(rules) && rc == DEVID_OK; i++)
		rc = check_rule(token, session, object, &rules[i], err);
	return rc;
}

/* ---- public keys ---- */

static enum devid_err from_data(const char *type, OSSL_PARAM_BLD *bld,
	EVP_PKEY **ret, struct devid_error *err)
{
	CLEANUP(cleanup_params)
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	CLEANUP(cleanup_pctx)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
		EVP_PKEY_fromdata(ctx, ret, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "token: not a public key");
	return DEVID_OK;
}

/* CKA_EC_POINT is an OCTET STRING around the point (PKCS#11 curr. mech.
 * 2.3.3); some modules leave the string away. */
static enum devid_err public_ec(const struct token *token,
	CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, EVP_PKEY **ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	uint8_t oid[32], point[ATTR_MAX];
	CK_ATTRIBUTE params = { CKA_EC_PARAMS, oid, sizeof(oid) };
	CK_ATTRIBUTE pub = { CKA_EC_POINT, point, sizeof(point) };
	const char *group = NULL;
	enum devid_err rc = get(token, session, object, &params, err);
	size_t skip;

	if (rc == DEVID_OK)
		rc = get(token, session, object, &pub, err);
	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; i < N_OF(algs); i++) {
		struct view curve = oid_der(algs[i].curve);

		if (algs[i].group && params.ulValueLen == curve.len &&
			memcmp(oid, curve.data, curve.len) == 0)
			group = algs[i].group;
	}
	if (!group)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"token: %s: the key is on neither P-256 nor P-384",
			token->label);
	skip = pub.ulValueLen > 2 && point[0] == 0x04 &&
			       point[1] == pub.ulValueLen - 2
		       ? 2
		       : 0;
	if (!bld ||
		!OSSL_PARAM_BLD_push_utf8_string(
			bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) ||
		!OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
			point + skip, pub.ulValueLen - skip))
		return fail_no_memory_for(err, "token");
	return from_data("EC", bld, ret, err);
}

static enum devid_err public_rsa(const struct token *token,
	CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, EVP_PKEY **ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	CLEANUP(cleanup_bn) BIGNUM *n = NULL;
	CLEANUP(cleanup_bn) BIGNUM *e = NULL;
	uint8_t modulus[ATTR_MAX], exponent[16];
	CK_ATTRIBUTE mod = { CKA_MODULUS, modulus, sizeof(modulus) };
	CK_ATTRIBUTE exp = { CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent) };
	enum devid_err rc = get(token, session, object, &mod, err);

	if (rc == DEVID_OK)
		rc = get(token, session, object, &exp, err);
	if (rc != DEVID_OK)
		return rc;
	n = BN_bin2bn(modulus, (int)mod.ulValueLen, NULL);
	e = BN_bin2bn(exponent, (int)exp.ulValueLen, NULL);
	if (!bld || !n || !e ||
		!OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) ||
		!OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
		return fail_no_memory_for(err, "token");
	return from_data("RSA", bld, ret, err);
}

static enum devid_err read_public(const struct token *token,
	CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, EVP_PKEY **ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *key = NULL;
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE attr = { CKA_KEY_TYPE, &type, sizeof(type) };
	enum devid_err rc = get(token, session, object, &attr, err);

	if (rc == DEVID_OK && type == CKK_EC)
		rc = public_ec(token, session, object, &key, err);
	else if (rc == DEVID_OK && type == CKK_RSA)
		rc = public_rsa(token, session, object, &key, err);
	if (rc == DEVID_OK && (!key || signer_nid(key) == NID_undef))
		rc = devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"token: %s: the key is none of p256, p384, rsa2048, "
			"rsa4096",
			token->label);
	if (rc == DEVID_OK)
		*ret = STEAL(key);
	return rc;
}

enum devid_err token_key(struct token *token, const char *label,
	struct signer **ret, struct devid_error *err)
{
	CLEANUP(cleanup_pkey) EVP_PKEY *key = NULL;
	CLEANUP(cleanup_signer) struct signer *signer = NULL;
	CK_SESSION_HANDLE session = token->session;
	CK_OBJECT_HANDLE priv = 0, pub = 0;
	enum devid_err rc =
		token_find_private(token, session, label, &priv, err);

	if (rc == DEVID_OK)
		rc = token_check_private(token, session, priv, err);
	if (rc == DEVID_OK)
		rc = find_public(token, session, priv, &pub, err);
	if (rc == DEVID_OK)
		rc = read_public(token, session, pub, &key, err);
	if (rc == DEVID_OK)
		rc = token_signer_new(token, priv, key, &signer, err);
	if (rc == DEVID_OK)
		rc = token_signer_check(signer, err);
	if (rc == DEVID_OK)
		*ret = STEAL(signer);
	return rc;
}
