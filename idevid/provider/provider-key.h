/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROVIDER_KEY_H
#define DEVID_PROVIDER_KEY_H

/*
 * devid.so, an OpenSSL 3 provider that is nothing but a client of the key
 * socket. It offers EC and RSA keys that came out of its own decoder or
 * store, and signatures with them; it makes no keys, takes none in, and has
 * no algorithm of its own. A program uses it by naming a key, never by a
 * property query: libcrypto asks a key's own provider when the key cannot be
 * exported with its private half, and this one never can.
 */

#include <devid/error.h>
#include "keyref.h"
#include "key.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/evp.h>

struct prov {
	const OSSL_CORE_HANDLE *core; /* borrowed */
	OSSL_LIB_CTX *libctx;         /* owned: for public keys only */
	OSSL_FUNC_core_new_error_fn *new_error;
	OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
	OSSL_FUNC_core_vset_error_fn *vset_error;
};

/* A DevID key: its name at devid-keyd and its public half. */
struct prov_key {
	int refs;          /* atomic */
	struct prov *prov; /* borrowed */
	enum key_alg alg;
	char name[KEY_NAME_MAX + 1];
	EVP_PKEY *pub; /* owned */
};

/* "EC" or "RSA", as libcrypto names the key type of @alg. */
const char *prov_key_type(enum key_alg alg);

/* A key for @ref, or NULL with an OpenSSL error raised; one reference is the
 * caller's. */
struct prov_key *prov_key_new(struct prov *prov, const struct keyref *ref);

struct prov_key *prov_key_ref(struct prov_key *key);
void prov_key_free(struct prov_key *key);

/* Puts @err into OpenSSL's error queue, its code as the reason. */
void prov_raise(struct prov *prov, const struct devid_error *err);

/* Hands @key to libcrypto as an object reference (provider-object(7)). */
int prov_key_give(
	struct prov_key *key, OSSL_CALLBACK *object_cb, void *object_cbarg);

#endif
