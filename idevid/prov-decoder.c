/* SPDX-License-Identifier: Apache-2.0 */
#include "prov.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"

/* provider-decoder(7): the PEM key reference of keyref.h. */

CLEANUP_DEFINE(bio, BIO *, BIO_free_all)

static void cleanup_openssl(void *p)
{
	OPENSSL_free(*(void **)p);
}

/* The provider context is all the state there is. */
static void *decoder_new(void *provctx)
{
	return provctx;
}

static void decoder_free(void *ctx)
{
	(void)ctx; /* not ours */
}

static int does_selection(void *provctx, int selection)
{
	(void)provctx; /* the same for everyone */
	return selection == 0 ||
	       (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
}

/* Reads one PEM block; false when there is none or it is not ours. Anything
 * else in the file is another decoder's. */
static bool read_keyref(
	struct prov *prov, OSSL_CORE_BIO *cin, struct keyref *ret)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new_from_core_bio(prov->libctx, cin);
	CLEANUP(cleanup_openssl) char *name = NULL;
	CLEANUP(cleanup_openssl) char *header = NULL;
	CLEANUP(cleanup_openssl) unsigned char *der = NULL;
	struct devid_error err = { DEVID_OK, "" };
	long len = 0;
	int ok;

	if (!bio)
		return false;
	(void)ERR_set_mark();
	ok = PEM_read_bio(bio, &name, &header, &der, &len);
	(void)ERR_pop_to_mark();
	if (!ok || strcmp(name, KEYREF_PEM_NAME) != 0)
		return false;
	if (keyref_parse(der, (size_t)len, ret, &err) != DEVID_OK) {
		prov_raise(prov, &err);
		return false;
	}
	return true;
}

/* Returning 1 without calling back means: nothing for this decoder. */
static int decode(struct prov *prov, OSSL_CORE_BIO *cin, bool want_rsa,
	OSSL_CALLBACK *object_cb, void *object_cbarg)
{
	struct prov_key *key;
	struct keyref ref;
	bool is_rsa;

	if (!read_keyref(prov, cin, &ref))
		return 1;
	is_rsa = key_alg_of_spki(ref.spki, ref.spki_len) == KEY_ALG_RSA2048;
	if (is_rsa != want_rsa)
		return 1;
	key = prov_key_new(prov, &ref);
	return key ? prov_key_give(key, object_cb, object_cbarg) : 0;
}

static int decode_ec(void *ctx, OSSL_CORE_BIO *cin, int selection,
	OSSL_CALLBACK *object_cb, void *object_cbarg,
	OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
	(void)selection; /* both halves or nothing */
	(void)pw_cb;	 /* nothing secret in the file */
	(void)pw_cbarg;
	return decode(ctx, cin, false, object_cb, object_cbarg);
}

static int decode_rsa(void *ctx, OSSL_CORE_BIO *cin, int selection,
	OSSL_CALLBACK *object_cb, void *object_cbarg,
	OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
	(void)selection; /* both halves or nothing */
	(void)pw_cb;	 /* nothing secret in the file */
	(void)pw_cbarg;
	return decode(ctx, cin, true, object_cb, object_cbarg);
}

#define FN(f) ((void (*)(void))(f))

const OSSL_DISPATCH prov_decoder_ec[] = {
	{ OSSL_FUNC_DECODER_NEWCTX, FN(decoder_new) },
	{ OSSL_FUNC_DECODER_FREECTX, FN(decoder_free) },
	{ OSSL_FUNC_DECODER_DOES_SELECTION, FN(does_selection) },
	{ OSSL_FUNC_DECODER_DECODE, FN(decode_ec) },
	{ 0, NULL },
};

const OSSL_DISPATCH prov_decoder_rsa[] = {
	{ OSSL_FUNC_DECODER_NEWCTX, FN(decoder_new) },
	{ OSSL_FUNC_DECODER_FREECTX, FN(decoder_free) },
	{ OSSL_FUNC_DECODER_DOES_SELECTION, FN(does_selection) },
	{ OSSL_FUNC_DECODER_DECODE, FN(decode_rsa) },
	{ 0, NULL },
};
