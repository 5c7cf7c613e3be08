/* SPDX-License-Identifier: Apache-2.0 */
#include "provider-keymgmt.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "provider-key.h"

/* provider-keymgmt(7). The public half is an ordinary key of libcrypto, which
 * answers all questions about itself. */

/* libcrypto wants a constructor; keys only come from decoder and store, and
 * what it makes here stays empty. */
static void *key_new(void *provctx)
{
	struct prov_key *key = calloc(1, sizeof(*key));

	if (key) {
		key->refs = 1;
		key->prov = provctx;
	}
	return key;
}

static void key_free(void *keydata)
{
	prov_key_free(keydata);
}

/* Takes the reference over from prov_key_give(). */
static void *key_load(const void *reference, size_t len)
{
	struct prov_key **from = (struct prov_key **)(uintptr_t)reference;
	struct prov_key *key = NULL;

	if (len == sizeof(key)) {
		key = *from;
		*from = NULL;
	}
	return key;
}

static int key_has(const void *keydata, int selection)
{
	const struct prov_key *key = keydata;

	(void)selection; /* a DevID key has both halves */
	return key && key->pub;
}

static int key_match(const void *a, const void *b, int selection)
{
	const struct prov_key *ka = a, *kb = b;

	if (!ka->pub || !kb->pub)
		return 0;
	/* The private halves match when the public ones do. */
	if (selection & OSSL_KEYMGMT_SELECT_KEYPAIR)
		return EVP_PKEY_eq(ka->pub, kb->pub) == 1;
	/* RSA has no parameters that could differ. */
	return ka->alg == kb->alg;
}

/* An EC key of the TCG templates signs with one hash only. */
static const char *fixed_digest(const struct prov_key *key)
{
	switch (key->alg) {
	case KEY_ALG_P256:
		return "SHA256";
	case KEY_ALG_P384:
		return "SHA384";
	case KEY_ALG_RSA2048:
	case KEY_ALG_RSA3072:
	case KEY_ALG_RSA4096:
	case KEY_ALG_NONE:
		break;
	}
	return NULL;
}

static int key_get_params(void *keydata, OSSL_PARAM params[])
{
	struct prov_key *key = keydata;
	const char *digest = fixed_digest(key);
	OSSL_PARAM *p;

	/* EVP_PKEY_get_params() may fail for parameters it does not know;
	 * what it knows it has set. */
	if (!key->pub)
		return 0;
	(void)EVP_PKEY_get_params(key->pub, params);
	if (!digest)
		return 1;
	p = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_DEFAULT_DIGEST);
	if (p && !OSSL_PARAM_set_utf8_string(p, digest))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_MANDATORY_DIGEST);
	return !p || OSSL_PARAM_set_utf8_string(p, digest);
}

#define COMMON_PARAMS                                                          \
	OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),                            \
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),           \
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),                \
		OSSL_PARAM_utf8_string(                                        \
			OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0)

static const OSSL_PARAM ec_params[] = {
	COMMON_PARAMS,
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
	OSSL_PARAM_utf8_string(
		OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_FIELD_TYPE, NULL, 0),
	OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
	OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
	OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_PUB_X, NULL, 0),
	OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_PUB_Y, NULL, 0),
	OSSL_PARAM_END,
};

static const OSSL_PARAM rsa_params[] = {
	COMMON_PARAMS,
	OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
	OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
	OSSL_PARAM_END,
};

static const OSSL_PARAM *ec_gettable(void *provctx)
{
	(void)provctx; /* the same for everyone */
	return ec_params;
}

static const OSSL_PARAM *rsa_gettable(void *provctx)
{
	(void)provctx; /* the same for everyone */
	return rsa_params;
}

/*
 * The public half only. Refusing the private one is what makes libcrypto do
 * every private operation here: handing out a key without it when it was
 * asked for would move the signature to another provider, which cannot make
 * it.
 */
static int key_export(
	void *keydata, int selection, OSSL_CALLBACK *param_cb, void *cbarg)
{
	struct prov_key *key = keydata;
	CLEANUP(cleanup_params) OSSL_PARAM *params = NULL;

	if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
		return 0;
	if (!key->pub ||
		EVP_PKEY_todata(key->pub, EVP_PKEY_PUBLIC_KEY, &params) != 1)
		return 0;
	return param_cb(params, cbarg);
}

static const OSSL_PARAM *ec_export_types(int selection)
{
	static const OSSL_PARAM none[] = { OSSL_PARAM_END };

	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? none : ec_params;
}

static const OSSL_PARAM *rsa_export_types(int selection)
{
	static const OSSL_PARAM none[] = { OSSL_PARAM_END };

	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? none : rsa_params;
}

static void *key_dup(const void *keydata, int selection)
{
	(void)selection; /* immutable: sharing is copying */
	return prov_key_ref((struct prov_key *)(uintptr_t)keydata);
}

static const char *ec_operation_name(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *rsa_operation_name(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

#define FN(f) ((void (*)(void))(f))

#define KEYMGMT_COMMON                                                         \
	{ OSSL_FUNC_KEYMGMT_NEW, FN(key_new) },                                \
		{ OSSL_FUNC_KEYMGMT_FREE, FN(key_free) },                      \
		{ OSSL_FUNC_KEYMGMT_LOAD, FN(key_load) },                      \
		{ OSSL_FUNC_KEYMGMT_HAS, FN(key_has) },                        \
		{ OSSL_FUNC_KEYMGMT_MATCH, FN(key_match) },                    \
		{ OSSL_FUNC_KEYMGMT_GET_PARAMS, FN(key_get_params) },          \
		{ OSSL_FUNC_KEYMGMT_EXPORT, FN(key_export) },                  \
	{                                                                      \
		OSSL_FUNC_KEYMGMT_DUP, FN(key_dup)                             \
	}

const OSSL_DISPATCH prov_keymgmt_ec[] = {
	KEYMGMT_COMMON,
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, FN(ec_gettable) },
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, FN(ec_export_types) },
	{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, FN(ec_operation_name) },
	{ 0, NULL },
};

const OSSL_DISPATCH prov_keymgmt_rsa[] = {
	KEYMGMT_COMMON,
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, FN(rsa_gettable) },
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, FN(rsa_export_types) },
	{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, FN(rsa_operation_name) },
	{ 0, NULL },
};
