/* SPDX-License-Identifier: Apache-2.0 */
#include "provider-store.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "client.h"
#include "der.h"
#include "provider-key.h"

/*
 * provider-storemgmt(7): devid:NAME is the key NAME of devid-keyd, followed by
 * its certificate and chain where it has one; devid: is all keys that can be
 * used now, each followed by its own.
 */

#define SCHEME "devid:"

struct store {
	struct prov *prov;   /* borrowed */
	struct keyref *refs; /* owned */
	size_t n, at;        /* of @refs; what is given now */
	bool key_given;      /* of refs[at]: then its certificates */
	uint8_t *chain;      /* owned, or NULL */
	struct view rest;    /* of @chain, not given yet */
};

static void raise_text(struct prov *prov, enum devid_err code, const char *fmt,
	const char *arg)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)devid_fail(&err, code, "%s: %s", arg, fmt);
	prov_raise(prov, &err);
}

/* What devid-keyd would answer to a request for a signature, told before. */
static enum devid_err check_enabled(const struct wire_key *key)
{
	if (!key->enabled)
		return DEVID_ERR_KEY_DISABLED;
	if (key->certified && !key->cert_enabled)
		return DEVID_ERR_CERT_DISABLED;
	return DEVID_OK;
}

static bool signs(const struct wire_key *key)
{
	enum key_id id;

	return key_id_by_name(key->name, &id) && key_id_row(id)->purposes != 0;
}

static void take(struct store *s, const struct wire_key *key)
{
	struct keyref *ref = &s->refs[s->n++];

	memcpy(ref->name, key->name, sizeof(ref->name));
	memcpy(ref->spki, key->spki.data, key->spki.len);
	ref->spki_len = key->spki.len;
}

/* All that can be used now. */
static bool take_all(struct store *s, const struct wire_status *status)
{
	for (size_t i = 0; i < status->n_keys; i++) {
		const struct wire_key *key = &status->keys[i];

		if (signs(key) && key->present &&
			check_enabled(key) == DEVID_OK)
			take(s, key);
	}
	return true; /* none is no error */
}

static const char *why_not(const struct wire_key *key, enum devid_err rc)
{
	switch (rc) {
	case DEVID_ERR_NOT_FOUND: /* its file cannot be used */
		return key->why;
	case DEVID_ERR_KEY_DISABLED:
		return "key disabled (802.1AR 7.2)";
	default:
		return "certificate disabled (802.1AR 7.2)";
	}
}

static bool take_one(
	struct store *s, const struct wire_status *status, const char *name)
{
	for (size_t i = 0; i < status->n_keys; i++) {
		const struct wire_key *key = &status->keys[i];
		enum devid_err rc = check_enabled(key);

		if (strcmp(key->name, name) != 0)
			continue;
		if (key->alg == KEY_ALG_NONE)
			rc = DEVID_ERR_NOT_FOUND;
		if (rc == DEVID_OK)
			take(s, key);
		else
			raise_text(s->prov, rc, why_not(key, rc), name);
		return rc == DEVID_OK;
	}
	raise_text(s->prov, DEVID_ERR_NOT_FOUND, "devid-keyd has no such key",
		name);
	return false;
}

/* A role alone is its first key, as for the commands. */
static const char *full_name(const char *name)
{
	enum key_id id;

	return key_id_by_name(name, &id) ? key_id_name(id) : name;
}

/* Finds what devid-keyd enumerates: the key @name, or all for "". */
static bool find_keys(struct store *s, const char *name)
{
	struct devid_error err = { DEVID_OK, "" };
	CLEANUP(cleanup_free)
	struct wire_status *status = malloc(sizeof(*status));

	if (!status)
		return false;
	if (client_status(wire_socket_path(), status, &err) != DEVID_OK) {
		prov_raise(s->prov, &err);
		return false;
	}
	s->refs = calloc(status->n_keys + 1, sizeof(*s->refs));
	if (!s->refs)
		return false;
	return *name ? take_one(s, status, full_name(name))
		     : take_all(s, status);
}

/* That of the key that is given now. A key without a certificate is no error.
 */
static void fetch_chain(struct store *s)
{
	struct room chain = { s->chain, WIRE_CHAIN_MAX, 0 };

	if (!s->chain)
		s->chain = chain.data = malloc(WIRE_CHAIN_MAX);
	if (s->chain && client_chain(wire_socket_path(), s->refs[s->at].name,
				&chain, NULL) != DEVID_OK)
		chain.len = 0;
	s->rest = (struct view) { s->chain, chain.len };
}

static int store_close(void *ctx)
{
	struct store *s = ctx;

	free(s->chain);
	free(s->refs);
	free(s);
	return 1;
}

static void *store_open(void *provctx, const char *uri)
{
	struct prov *prov = provctx;
	const char *name = uri + strlen(SCHEME);
	struct store *s;

	if (strncmp(uri, SCHEME, strlen(SCHEME)) != 0)
		return NULL;
	if (*name && !keyref_name_ok(name, strlen(name))) {
		raise_text(prov, DEVID_ERR_SYNTAX, "not devid:NAME", uri);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->prov = prov;
	if (!find_keys(s, name)) {
		(void)store_close(s);
		return NULL;
	}
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

static int give_key(
	struct store *s, OSSL_CALLBACK *object_cb, void *object_cbarg)
{
	struct prov_key *key = prov_key_new(s->prov, &s->refs[s->at]);

	s->key_given = true;
	fetch_chain(s);
	return key ? prov_key_give(key, object_cb, object_cbarg) : 0;
}

static int store_load(void *ctx, OSSL_CALLBACK *object_cb, void *object_cbarg,
	OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
	struct store *s = ctx;
	int ok;

	(void)pw_cb; /* nothing secret is here */
	(void)pw_cbarg;
	if (s->at == s->n)
		return 0;
	ok = s->key_given ? give_certificate(s, object_cb, object_cbarg)
			  : give_key(s, object_cb, object_cbarg);
	if (s->rest.len == 0) {
		s->at++;
		s->key_given = false;
	}
	return ok;
}

static int store_eof(void *ctx)
{
	struct store *s = ctx;

	return s->at == s->n;
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
