/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "provider-decoder.h"
#include "provider-key.h"
#include "provider-keymgmt.h"
#include "provider-signature.h"
#include "provider-store.h"

OSSL_provider_init_fn OSSL_provider_init;

#define PROPS     "provider=devid"
#define PROPS_PEM "provider=devid,input=pem"
#define PROPS_DER "provider=devid,input=der,structure=DevIDKeyReference"

static const OSSL_ALGORITHM keymgmts[] = {
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", PROPS, prov_keymgmt_ec,
		"DevID EC key" },
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPS, prov_keymgmt_rsa,
		"DevID RSA key" },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
	{ "ECDSA", PROPS, prov_signature_ec, "DevID ECDSA signature" },
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPS, prov_signature_rsa,
		"DevID RSA signature" },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM decoders[] = {
	{ "DER", PROPS_PEM, prov_decoder_pem, "DevID key reference" },
	{ "EC", PROPS_DER, prov_decoder_ec, "DevID key reference (EC)" },
	{ "RSA", PROPS_DER, prov_decoder_rsa, "DevID key reference (RSA)" },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM stores[] = {
	{ "devid", PROPS, prov_store, "devid: URI" },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_store)
{
	(void)provctx; /* the same for everyone */
	*no_store = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keymgmts;
	case OSSL_OP_SIGNATURE:
		return signatures;
	case OSSL_OP_DECODER:
		return decoders;
	case OSSL_OP_STORE:
		return stores;
	default:
		return NULL;
	}
}

static const OSSL_PARAM *gettable_params(void *provctx)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0),
		OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, NULL, 0),
		OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL),
		OSSL_PARAM_END,
	};

	(void)provctx; /* the same for everyone */
	return params;
}

static int get_params(void *provctx, OSSL_PARAM params[])
{
	OSSL_PARAM *p;

	(void)provctx; /* the same for everyone */
	p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_NAME);
	if (p && !OSSL_PARAM_set_utf8_ptr(p, "devid: DevID keys in a TPM"))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_VERSION);
	if (p && !OSSL_PARAM_set_utf8_ptr(p, DEVID_VERSION))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_BUILDINFO);
	if (p && !OSSL_PARAM_set_utf8_ptr(p, DEVID_VERSION))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);
	return !p || OSSL_PARAM_set_int(p, 1);
}

/* Reasons in the error queue are negated enum devid_err. */
static const OSSL_ITEM *get_reason_strings(void *provctx)
{
	static OSSL_ITEM items[-DEVID_ERR_MIN + 1];

	(void)provctx; /* the same for everyone */
	for (int i = 1; i <= -DEVID_ERR_MIN; i++)
		items[i - 1] = (OSSL_ITEM) { (unsigned)i,
			(void *)(uintptr_t)devid_err_name(
				(enum devid_err) - i) };
	items[-DEVID_ERR_MIN] = (OSSL_ITEM) { 0, NULL };
	return items;
}

static void teardown(void *provctx)
{
	struct prov *prov = provctx;

	OSSL_LIB_CTX_free(prov->libctx);
	free(prov);
}

static const OSSL_DISPATCH provider_functions[] = {
	{ OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown },
	{ OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (void (*)(void))gettable_params },
	{ OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))get_params },
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
	{ OSSL_FUNC_PROVIDER_GET_REASON_STRINGS,
		(void (*)(void))get_reason_strings },
	{ 0, NULL },
};

static void take_core_functions(struct prov *prov, const OSSL_DISPATCH *in)
{
	for (; in->function_id != 0; in++) {
		switch (in->function_id) {
		case OSSL_FUNC_CORE_NEW_ERROR:
			prov->new_error = OSSL_FUNC_core_new_error(in);
			break;
		case OSSL_FUNC_CORE_SET_ERROR_DEBUG:
			prov->set_error_debug =
				OSSL_FUNC_core_set_error_debug(in);
			break;
		case OSSL_FUNC_CORE_VSET_ERROR:
			prov->vset_error = OSSL_FUNC_core_vset_error(in);
			break;
		default:
			break;
		}
	}
}

/* Entry point (provider(7)). */
__attribute__((visibility("default"))) int OSSL_provider_init(
	const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
	const OSSL_DISPATCH **out, void **provctx)
{
	struct prov *prov = calloc(1, sizeof(*prov));

	if (!prov)
		return 0;
	prov->core = handle;
	take_core_functions(prov, in);
	prov->libctx = OSSL_LIB_CTX_new_from_dispatch(handle, in);
	if (!prov->libctx) {
		free(prov);
		return 0;
	}
	*provctx = prov;
	*out = provider_functions;
	return 1;
}
