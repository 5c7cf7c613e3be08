/* SPDX-License-Identifier: Apache-2.0 */
#include "provider-decoder.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "provider-key.h"

/*
 * provider-decoder(7): the PEM key reference of keyref.h, in two steps as
 * libcrypto's own decoders do it, because its file store goes by DER.
 */

/* Name of the DER structure; the same as in the properties in provider.c. */
#define STRUCTURE "DevIDKeyReference"

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
	return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
}

/* A PEM block of ours to its DER content. Anything else in the file is
 * another decoder's: 1 without a call back means "nothing for me". */
/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static int decode_pem(void *ctx, OSSL_CORE_BIO *cin, int selection,
	OSSL_CALLBACK *data_cb, void *data_cbarg,
	OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
	struct prov *prov = ctx;
	CLEANUP(cleanup_bio)
	BIO *bio = BIO_new_from_core_bio(prov->libctx, cin);
	CLEANUP(cleanup_openssl) char *name = NULL;
	CLEANUP(cleanup_openssl) char *header = NULL;
	CLEANUP(cleanup_openssl) unsigned char *der = NULL;
	int type = OSSL_OBJECT_PKEY;
	long len = 0;
	int ok;
	OSSL_PARAM params[4];

	(void)selection; /* both halves or nothing */
	(void)pw_cb;     /* nothing secret in the file */
	(void)pw_cbarg;
	if (!bio)
		return 0;
	(void)ERR_set_mark();
	ok = PEM_read_bio(bio, &name, &header, &der, &len);
	(void)ERR_pop_to_mark();
	if (!ok || strcmp(name, KEYREF_PEM_NAME) != 0)
		return 1;
	params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
	params[1] = OSSL_PARAM_construct_utf8_string(
		OSSL_OBJECT_PARAM_DATA_STRUCTURE, (char *)STRUCTURE, 0);
	params[2] = OSSL_PARAM_construct_octet_string(
		OSSL_OBJECT_PARAM_DATA, der, (size_t)len);
	params[3] = OSSL_PARAM_construct_end();
	return data_cb(params, data_cbarg);
}

/* Reads what is left, if it is no more than a key reference has. */
static bool read_keyref(
	struct prov *prov, OSSL_CORE_BIO *cin, struct keyref *ret)
{
	CLEANUP(cleanup_bio)
	BIO *bio = BIO_new_from_core_bio(prov->libctx, cin);
	uint8_t der[KEYREF_DER_MAX + 1];
	size_t len = 0;
	int n;

	while (bio && len < sizeof(der) &&
		(n = BIO_read(bio, der + len, (int)(sizeof(der) - len))) > 0)
		len += (size_t)n;
	return keyref_parse(der, len, ret, NULL) == DEVID_OK;
}

/* The DER form to a key; DER of other kinds is another decoder's. */
static int decode_der(struct prov *prov, OSSL_CORE_BIO *cin, bool want_rsa,
	OSSL_CALLBACK *object_cb, void *object_cbarg)
{
	struct prov_key *key;
	struct keyref ref;
	bool is_rsa;

	if (!read_keyref(prov, cin, &ref))
		return 1;
	is_rsa = key_alg_rsa_bits(key_alg_of_spki(ref.spki, ref.spki_len)) > 0;
	if (is_rsa != want_rsa)
		return 1;
	key = prov_key_new(prov, &ref);
	return key ? prov_key_give(key, object_cb, object_cbarg) : 0;
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static int decode_ec(void *ctx, OSSL_CORE_BIO *cin, int selection,
	OSSL_CALLBACK *object_cb, void *object_cbarg,
	OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
	(void)selection; /* both halves or nothing */
	(void)pw_cb;     /* nothing secret in the file */
	(void)pw_cbarg;
	return decode_der(ctx, cin, false, object_cb, object_cbarg);
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static int decode_rsa(void *ctx, OSSL_CORE_BIO *cin, int selection,
	OSSL_CALLBACK *object_cb, void *object_cbarg,
	OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_cbarg)
{
	(void)selection; /* both halves or nothing */
	(void)pw_cb;     /* nothing secret in the file */
	(void)pw_cbarg;
	return decode_der(ctx, cin, true, object_cb, object_cbarg);
}

#define FN(f) ((void (*)(void))(f))

#define DECODER(decode)                                                        \
	{ OSSL_FUNC_DECODER_NEWCTX, FN(decoder_new) },                         \
		{ OSSL_FUNC_DECODER_FREECTX, FN(decoder_free) },               \
		{ OSSL_FUNC_DECODER_DOES_SELECTION, FN(does_selection) },      \
		{ OSSL_FUNC_DECODER_DECODE, FN(decode) },                      \
	{                                                                      \
		0, NULL                                                        \
	}

const OSSL_DISPATCH prov_decoder_pem[] = { DECODER(decode_pem) };
const OSSL_DISPATCH prov_decoder_ec[] = { DECODER(decode_ec) };
const OSSL_DISPATCH prov_decoder_rsa[] = { DECODER(decode_rsa) };
