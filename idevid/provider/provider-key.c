/* SPDX-License-Identifier: Apache-2.0 */
#include "provider-key.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void vraise(struct prov *prov, int reason, const char *fmt, ...)
{
	va_list ap;

	if (!prov->new_error || !prov->vset_error)
		return;
	va_start(ap, fmt);
	prov->new_error(prov->core);
	if (prov->set_error_debug)
		prov->set_error_debug(prov->core, "devid", 0, "devid");
	prov->vset_error(prov->core, (uint32_t)reason, fmt, ap);
	va_end(ap);
}

void prov_raise(struct prov *prov, const struct devid_error *err)
{
	vraise(prov, -err->code, "%s", devid_error_text(err));
}

const char *prov_key_type(enum key_alg alg)
{
	return key_alg_rsa_bits(alg) > 0 ? "RSA" : "EC";
}

struct prov_key *prov_key_new(struct prov *prov, const struct keyref *ref)
{
	enum key_alg alg = key_alg_of_spki(ref->spki, ref->spki_len);
	struct prov_key *key = calloc(1, sizeof(*key));
	const uint8_t *p = ref->spki;
	struct devid_error err = { DEVID_OK, "" };

	if (key && alg != KEY_ALG_NONE)
		key->pub = d2i_PUBKEY_ex(
			NULL, &p, (long)ref->spki_len, prov->libctx, NULL);
	if (!key || !key->pub) {
		free(key);
		(void)devid_fail(&err, DEVID_ERR_UNSUPPORTED,
			"key reference '%s': public key not usable", ref->name);
		prov_raise(prov, &err);
		return NULL;
	}
	key->refs = 1;
	key->prov = prov;
	key->alg = alg;
	memcpy(key->name, ref->name, sizeof(key->name));
	return key;
}

struct prov_key *prov_key_ref(struct prov_key *key)
{
	(void)__atomic_add_fetch(&key->refs, 1, __ATOMIC_RELAXED);
	return key;
}

void prov_key_free(struct prov_key *key)
{
	if (!key || __atomic_sub_fetch(&key->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	EVP_PKEY_free(key->pub);
	free(key);
}

int prov_key_give(
	struct prov_key *key, OSSL_CALLBACK *object_cb, void *object_cbarg)
{
	int type = OSSL_OBJECT_PKEY;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
		OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE,
			(char *)(uintptr_t)prov_key_type(key->alg), 0),
		OSSL_PARAM_construct_octet_string(
			OSSL_OBJECT_PARAM_REFERENCE, (void *)&key, sizeof(key)),
		OSSL_PARAM_construct_end(),
	};
	int ok = object_cb(params, object_cbarg);

	/* Where prov_keymgmt's load() took the reference, it left NULL. */
	prov_key_free(key);
	return ok;
}
