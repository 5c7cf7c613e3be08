/* SPDX-License-Identifier: Apache-2.0 */
#include "fake-keystore.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tpm-public.h"
#include "tpm-template.h"

struct fake {
	struct keystore base;
	EVP_PKEY *key; /* owned */
	struct keystore_blob certs[N_KEY_ROLES];
	struct keystore_blob issuers[N_KEY_ROLES];
};

/* ECPrivateKey (RFC 5915), made for this file and used nowhere else. */
static const unsigned char key_der[] = {
	0x30,
	0x77,
	0x02,
	0x01,
	0x01,
	0x04,
	0x20,
	0x51,
	0x72,
	0x71,
	0x40,
	0x5c,
	0x58,
	0x63,
	0xe8,
	0xf2,
	0xd8,
	0x26,
	0x06,
	0x24,
	0xec,
	0x4d,
	0x51,
	0xda,
	0x95,
	0x1d,
	0xe8,
	0x8c,
	0xfa,
	0x6f,
	0xb6,
	0xf2,
	0x86,
	0x58,
	0xdf,
	0x78,
	0xd7,
	0x97,
	0xc5,
	0xa0,
	0x0a,
	0x06,
	0x08,
	0x2a,
	0x86,
	0x48,
	0xce,
	0x3d,
	0x03,
	0x01,
	0x07,
	0xa1,
	0x44,
	0x03,
	0x42,
	0x00,
	0x04,
	0x99,
	0x40,
	0xbf,
	0xa1,
	0x59,
	0x5d,
	0xd6,
	0x5c,
	0xb7,
	0xe3,
	0xf8,
	0x21,
	0x3a,
	0x48,
	0xd9,
	0x38,
	0xeb,
	0x96,
	0x22,
	0xb6,
	0x24,
	0x71,
	0x86,
	0xaa,
	0x54,
	0xdf,
	0xa9,
	0xde,
	0x03,
	0xc4,
	0xd3,
	0x2c,
	0x76,
	0xeb,
	0xd2,
	0x1d,
	0xbb,
	0xb4,
	0xfe,
	0xd9,
	0xc8,
	0xa8,
	0x34,
	0xcd,
	0xb8,
	0xe3,
	0xed,
	0x25,
	0x0a,
	0xd0,
	0x60,
	0x22,
	0xa5,
	0x23,
	0x8b,
	0x16,
	0x33,
	0x7c,
	0x42,
	0xfe,
	0xa5,
	0x08,
	0xaa,
	0x7b,
};

EVP_PKEY *fake_keystore_key(void)
{
	const unsigned char *p = key_der;
	EVP_PKEY *key =
		d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)sizeof(key_der));

	if (!key)
		abort();
	return key;
}

static struct fake *self_of(struct keystore *ks)
{
	return (struct fake *)ks;
}

static void fake_free(struct keystore *ks)
{
	EVP_PKEY_free(self_of(ks)->key);
	free(ks);
}

static enum devid_err health(struct keystore *ks, struct devid_error *err)
{
	(void)ks;
	(void)err;
	return DEVID_OK;
}

static enum devid_err load(struct keystore *ks, enum key_role role,
	struct keystore_blob *ret_spki, struct devid_error *err)
{
	unsigned char *p = ret_spki->data;
	int len = i2d_PUBKEY(self_of(ks)->key, NULL);

	(void)role;
	(void)err;
	if (len <= 0 || len > KEYSTORE_SPKI_MAX)
		abort();
	ret_spki->len = (size_t)i2d_PUBKEY(self_of(ks)->key, &p);
	return DEVID_OK;
}

static enum devid_err create(struct keystore *ks, enum key_role role,
	enum key_alg alg, const struct keystore_blob *expected,
	struct devid_error *err)
{
	(void)ks;
	(void)alg;
	(void)expected;
	return devid_fail(err, DEVID_ERR_EXISTS, "fake: %s is there",
		key_role_name(role));
}

static enum devid_err sign(struct keystore *ks, enum key_role role,
	const struct keystore_sign *what, struct keystore_sig *ret,
	struct devid_error *err)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(self_of(ks)->key, NULL);
	size_t len = sizeof(ret->data);
	int ok;

	(void)role;
	ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_sign(
		     ctx, ret->data, &len, what->digest, what->digest_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!ok)
		return devid_fail(err, DEVID_ERR_TPM, "fake: no signature");
	ret->len = len;
	return DEVID_OK;
}

static enum devid_err cert_read(struct keystore *ks, enum key_role role,
	struct keystore_blob *ret_der, struct devid_error *err)
{
	const struct keystore_blob *cert = &self_of(ks)->certs[role];

	if (cert->len == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND, "fake: none");
	*ret_der = *cert;
	return DEVID_OK;
}

static enum devid_err cert_write(struct keystore *ks, enum key_role role,
	const struct keystore_blob *der, struct devid_error *err)
{
	struct keystore_blob *cert = &self_of(ks)->certs[role];

	if (cert->len != 0 &&
		(cert->len != der->len ||
			memcmp(cert->data, der->data, der->len) != 0))
		return devid_fail(err, DEVID_ERR_EXISTS, "fake: another");
	*cert = *der;
	return DEVID_OK;
}

static enum devid_err issuers_read(struct keystore *ks, enum key_role role,
	struct keystore_blob *ret_der, struct devid_error *err)
{
	const struct keystore_blob *above = &self_of(ks)->issuers[role];

	if (above->len == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND, "fake: none");
	*ret_der = *above;
	return DEVID_OK;
}

static enum devid_err issuers_write(struct keystore *ks, enum key_role role,
	const struct keystore_blob *der, struct devid_error *err)
{
	(void)err;
	self_of(ks)->issuers[role] = *der;
	return DEVID_OK;
}

/* The template of @role with the key of the keystore, and its Name. */
static void make_area(
	struct keystore *ks, enum key_role role, TPMT_PUBLIC *area)
{
	struct keystore_blob spki = { 0 };
	TPM2B_PUBLIC pub;

	if (!template_get(role, KEY_ALG_P256, UNIQUE_EMPTY, &pub) ||
		load(ks, role, &spki, NULL) != DEVID_OK || spki.len != 91)
		abort();
	*area = pub.publicArea;
	area->unique.ecc.x.size = area->unique.ecc.y.size = 32;
	memcpy(area->unique.ecc.x.buffer, spki.data + 27, 32);
	memcpy(area->unique.ecc.y.buffer, spki.data + 59, 32);
}

static void put_area(struct keystore *ks, enum key_role role,
	struct keystore_blob *ret, struct tpm_public *ret_parsed)
{
	struct room out = { ret->data, sizeof(ret->data), 0 };
	TPMT_PUBLIC area;

	make_area(ks, role, &area);
	if (tpm_public_encode(&area, &out, NULL) != DEVID_OK ||
		tpm_public_parse((struct der_view) { out.data, out.len },
			ret_parsed, NULL) != DEVID_OK)
		abort();
	ret->len = out.len;
}

/* TPM2_Certify of the object with @name. */
static void put_certify(struct keystore *ks, const struct tpm_public *object,
	struct keystore_attest *ret)
{
	TPMS_ATTEST a = { .magic = TPM2_GENERATED_VALUE,
		.type = TPM2_ST_ATTEST_CERTIFY };
	uint8_t digest[32];
	struct keystore_sign what = { SIG_ECDSA, HASH_SHA256, digest, 32 };
	struct room out = { ret->certify_sig.data,
		sizeof(ret->certify_sig.data), 0 };
	struct keystore_sig sig;

	a.attested.certify.name.size = (uint16_t)object->name_len;
	memcpy(a.attested.certify.name.name, object->name, object->name_len);
	if (Tss2_MU_TPMS_ATTEST_Marshal(&a, ret->certify.data,
		    sizeof(ret->certify.data), &ret->certify.len) != 0 ||
		EVP_Digest(ret->certify.data, ret->certify.len, digest, NULL,
			EVP_sha256(), NULL) != 1 ||
		sign(ks, KEY_ROLE_IAK, &what, &sig, NULL) != DEVID_OK ||
		tpm_signature_encode(SIG_ECDSA, HASH_SHA256,
			(struct der_view) { sig.data, sig.len }, &out,
			NULL) != DEVID_OK)
		abort();
	ret->certify_sig.len = out.len;
}

static enum devid_err attest(struct keystore *ks, struct keystore_attest *ret,
	struct devid_error *err)
{
	static const uint8_t ek_cert[] = { 0x30, 0 };
	struct tpm_public idevid, iak;

	(void)err;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->ek_cert.data, ek_cert, sizeof(ek_cert));
	ret->ek_cert.len = sizeof(ek_cert);
	put_area(ks, KEY_ROLE_IDEVID, &ret->idevid_pub, &idevid);
	put_area(ks, KEY_ROLE_IAK, &ret->iak_pub, &iak);
	put_certify(ks, &idevid, ret);
	return DEVID_OK;
}

/* A credential is made for this keystore when both parts are equal; its secret
 * is a hash of them. */
static enum devid_err activate(struct keystore *ks,
	const struct keystore_credential *what, struct keystore_secret *ret,
	struct devid_error *err)
{
	(void)ks;
	if (what->id_object_len != what->enc_secret_len ||
		memcmp(what->id_object, what->enc_secret,
			what->id_object_len) != 0)
		return devid_fail(
			err, DEVID_ERR_MISMATCH, "fake: made for another");
	if (EVP_Digest(what->id_object, what->id_object_len, ret->data, NULL,
		    EVP_sha256(), NULL) != 1)
		abort();
	ret->len = 32;
	return DEVID_OK;
}

static const struct keystore_ops ops = {
	.name = "fake",
	.free = fake_free,
	.health = health,
	.load = load,
	.create = create,
	.sign = sign,
	.cert_read = cert_read,
	.cert_write = cert_write,
	.issuers_read = issuers_read,
	.issuers_write = issuers_write,
	.attest = attest,
	.activate = activate,
};

void fake_keystore_new(struct keystore **ret)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	if (!fake)
		abort();
	fake->base.ops = &ops;
	fake->key = fake_keystore_key();
	*ret = &fake->base;
}
