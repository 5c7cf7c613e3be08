/* SPDX-License-Identifier: Apache-2.0 */
#include "provider.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "der.h"

/* provider-storemgmt(7): devid:NAME is the key NAME of devid-keyd, followed
 * by its certificate and chain where it has one. */

#define SCHEME "devid:"

struct store {
	struct prov *prov; /* borrowed */
	struct keyref ref;
	bool key_given;
	uint8_t *chain;   /* owned, or NULL */
	struct view rest; /* of @chain, not given yet */
};

static void raise_text(struct prov *prov, enum devid_err code, const char *fmt,
	const char *arg)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)devid_fail(&err, code, "%s: %s", arg, fmt);
	prov_raise(prov, &err);
}

/* Finds the public key of @name in what devid-keyd enumerates. */
static bool find_key(struct store *s, const char *name)
{
	struct devid_error err = { DEVID_OK, "" };
	struct wire_status *status = malloc(sizeof(*status));
	bool found = false;

	if (!status)
		return false;
	if (client_status(wire_socket_path(), status, &err) != DEVID_OK) {
		prov_raise(s->prov, &err);
		free(status);
		return false;
	}
	for (size_t i = 0; i < status->n_keys && !found; i++) {
		const struct wire_key *key = &status->keys[i];

		if (strcmp(key->name, name) != 0)
			continue;
		memcpy(s->ref.name, key->name, sizeof(s->ref.name));
		memcpy(s->ref.spki, key->spki.data, key->spki.len);
		s->ref.spki_len = key->spki.len;
		found = true;
	}
	free(status);
	if (!found)
		raise_text(s->prov, DEVID_ERR_NOT_FOUND,
			"devid-keyd has no such key", name);
	return found;
}

/* A key without a certificate is no error. */
static void fetch_chain(struct store *s)
{
	struct wire_request req = { .op = WIRE_CHAIN };
	struct room chain = { NULL, WIRE_CHAIN_MAX, 0 };

	memcpy(req.name, s->ref.name, sizeof(req.name));
	s->chain = malloc(WIRE_CHAIN_MAX);
	chain.data = s->chain;
	if (s->chain && client_request(wire_socket_path(), &req, &chain,
				NULL) != DEVID_OK)
		chain.len = 0;
	s->rest = (struct view) { s->chain, chain.len };
}

static void *store_open(void *provctx, const char *uri)
{
	struct prov *prov = provctx;
	const char *name = uri + strlen(SCHEME);
	struct store *s;

	if (strncmp(uri, SCHEME, strlen(SCHEME)) != 0)
		return NULL;
	if (!keyref_name_ok(name, strlen(name))) {
		raise_text(prov, DEVID_ERR_SYNTAX, "not devid:NAME", uri);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->prov = prov;
	if (!find_key(s, name)) {
		free(s);
		return NULL;
	}
	fetch_chain(s);
	return s;
}

static int give_certificate(
	struct store *s, OSSL_CALLBACK *object_cb, void *object_cbarg)
{
	struct view content, whole;
	int type = OSSL_OBJECT_CERT;
	uint8_t tag;
	OSSL_PARAM params[3];

	if (!der_take(&s->rest, &tag, &content, &whole)) {
		s->rest.len = 0;
		return 0;
	}
	params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA,
		(void *)(uintptr_t)whole.data, whole.len);
	params[2] = OSSL_PARAM_construct_end();
	return object_cb(params, object_cbarg);
}

static int store_load(void *ctx, OSSL_CALLBACK *object_cb, void *object_cbarg,
	OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
	struct store *s = ctx;
	struct prov_key *key;

	(void)pw_cb; /* nothing secret is here */
	(void)pw_cbarg;
	if (s->key_given)
		return give_certificate(s, object_cb, object_cbarg);
	s->key_given = true;
	key = prov_key_new(s->prov, &s->ref);
	return key ? prov_key_give(key, object_cb, object_cbarg) : 0;
}

static int store_eof(void *ctx)
{
	struct store *s = ctx;

	return s->key_given && s->rest.len == 0;
}

static int store_close(void *ctx)
{
	struct store *s = ctx;

	free(s->chain);
	free(s);
	return 1;
}

/* libcrypto filters what it does not expect by itself. */
static int store_set_params(void *ctx, const OSSL_PARAM params[])
{
	(void)ctx;
	(void)params;
	return 1;
}

static const OSSL_PARAM *store_settable(void *provctx)
{
	static const OSSL_PARAM params[] = { OSSL_PARAM_END };

	(void)provctx; /* the same for everyone */
	return params;
}

#define FN(f) ((void (*)(void))(f))

const OSSL_DISPATCH prov_store[] = {
	{ OSSL_FUNC_STORE_OPEN, FN(store_open) },
	{ OSSL_FUNC_STORE_LOAD, FN(store_load) },
	{ OSSL_FUNC_STORE_EOF, FN(store_eof) },
	{ OSSL_FUNC_STORE_CLOSE, FN(store_close) },
	{ OSSL_FUNC_STORE_SET_CTX_PARAMS, FN(store_set_params) },
	{ OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, FN(store_settable) },
	{ 0, NULL },
};
