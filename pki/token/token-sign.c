/* SPDX-License-Identifier: Apache-2.0 */
#include "token-sign.h"

#include <openssl/obj_mac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "der-write.h"
#include "ecdsa-der.h"
#include "fail.h"
#include "oid.h"
#include "token-private.h"

#define DIGEST_INFO_MAX 64 /* of SHA-256 or SHA-384 */

/* A PKCS#11 session does one thing at a time (6.7.3), hence one of its own
 * for each signer, and the lock. */
struct token_signer {
	struct signer base;  /* first */
	struct token *token; /* borrowed */
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	pthread_mutex_t lock;
	const struct form *form; /* borrowed, static */
};

static const struct form {
	const EVP_MD *(*md)(void);
	CK_MECHANISM_TYPE mechanism;
	size_t raw_len;  /* of what the token returns */
	const char *key; /* signer_key_name() */
} forms[] = {
	{ EVP_sha256, CKM_ECDSA, 64, "p256" },
	{ EVP_sha384, CKM_ECDSA, 96, "p384" },
	{ EVP_sha256, CKM_RSA_PKCS, 256, "rsa2048" },
	{ EVP_sha256, CKM_RSA_PKCS, 512, "rsa4096" },
};

/* r || s, each half of @raw, to DER. */
static enum devid_err encode_ecdsa(
	struct view raw, struct signer_sig *ret, struct devid_error *err)
{
	size_t half = raw.len / 2;

	_Static_assert(sizeof(ret->data) >= ECDSA_DER_MAX, "room");
	ret->len = ecdsa_der((struct view) { raw.data, half },
		(struct view) { raw.data + half, half }, ret->data);
	return ret->len > 0 ? DEVID_OK
			    : devid_fail(err, DEVID_ERR_CRYPTO,
				      "token: signature has no DER");
}

/* What the token signs of @hash: for RSA a DigestInfo (RFC 8017 9.2), for ECDSA
 * the hash itself. Into @buf. */
static struct view to_be_signed(
	const struct form *form, struct view hash, uint8_t buf[DIGEST_INFO_MAX])
{
	struct view algorithm = oid_algorithm(ALGORITHM_SHA256); /* of forms */
	struct der_out out = der_out_init(buf, DIGEST_INFO_MAX);

	if (form->mechanism == CKM_ECDSA)
		return hash;
	der_out_element(&out, DER_OCTET_STRING, hash.data, hash.len);
	der_out_bytes(&out, algorithm.data, algorithm.len);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	return der_out_view(&out);
}

static CK_RV sign_raw(
	struct token_signer *s, struct view in, uint8_t *raw, CK_ULONG *raw_len)
{
	/* PKCS#11 has no const. */
	CK_BYTE *data = (CK_BYTE *)(uintptr_t)in.data;
	CK_MECHANISM mechanism = { s->form->mechanism, NULL, 0 };
	CK_FUNCTION_LIST *m = s->token->module;
	CK_RV rv;

	(void)pthread_mutex_lock(&s->lock); /* a plain mutex of our own */
	rv = m->C_SignInit(s->session, &mechanism, s->key);
	if (rv == CKR_OK)
		rv = m->C_Sign(s->session, data, in.len, raw, raw_len);
	(void)pthread_mutex_unlock(&s->lock);
	return rv;
}

static enum devid_err sign(struct signer *base, struct view data,
	struct signer_sig *ret, struct devid_error *err)
{
	struct token_signer *s = (struct token_signer *)base;
	const struct form *form = s->form;
	uint8_t hash[EVP_MAX_MD_SIZE], info[DIGEST_INFO_MAX];
	uint8_t raw[SIGNER_SIG_MAX];
	CK_ULONG raw_len = sizeof(raw);
	unsigned hash_len = 0;
	enum devid_err rc;

	if (EVP_Digest(data.data, data.len, hash, &hash_len, form->md(),
		    NULL) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "token: hash not computed");
	rc = token_result(s->token,
		sign_raw(s,
			to_be_signed(
				form, (struct view) { hash, hash_len }, info),
			raw, &raw_len),
		"sign", err);
	if (rc == DEVID_ERR_UNREACHABLE)
		atomic_store(&s->token->gone, true);
	if (rc != DEVID_OK)
		return rc;
	if (raw_len != form->raw_len)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"token: %s: sign: %lu bytes, not %zu", s->token->label,
			(unsigned long)raw_len, form->raw_len);
	if (form->mechanism == CKM_ECDSA)
		return encode_ecdsa((struct view) { raw, raw_len }, ret, err);
	memcpy(ret->data, raw, raw_len);
	ret->len = raw_len;
	return DEVID_OK;
}

static void signer_done(struct signer *base)
{
	struct token_signer *s = (struct token_signer *)base;

	/* Lost already, perhaps; nothing more can be done. */
	(void)s->token->module->C_CloseSession(s->session);
	(void)pthread_mutex_destroy(&s->lock);
	EVP_PKEY_free(base->public_key);
	free(s);
}

static const struct signer_ops ops = { signer_done, sign };

enum devid_err token_signer_new(struct token *token, CK_OBJECT_HANDLE key,
	EVP_PKEY *public_key, struct signer **ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) struct token_signer *s = calloc(1, sizeof(*s));
	const char *name = signer_key_name(public_key);
	enum devid_err rc;

	if (!s)
		return fail_no_memory_for(err, "token");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (name && strcmp(forms[i].key, name) == 0)
			s->form = &forms[i];
	}
	if (!s->form)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"token: %s: not a kind of key that a CA has",
			token->label);
	rc = token_session(token, false, &s->session, err);
	if (rc != DEVID_OK)
		return rc;
	(void)pthread_mutex_init(&s->lock, NULL); /* never fails on Linux */
	s->base.ops = &ops;
	s->base.public_key = public_key;
	(void)EVP_PKEY_up_ref(public_key);
	s->token = token;
	s->key = key;
	*ret = &STEAL(s)->base;
	return DEVID_OK;
}

/* Public objects can be put into a token without a PIN. */
enum devid_err token_signer_check(
	struct signer *signer, struct devid_error *err)
{
	static const char text[] = "devid-ca: do these two keys match?";
	const struct form *form = ((struct token_signer *)signer)->form;
	CLEANUP(cleanup_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const struct view data = { (const uint8_t *)text, sizeof(text) - 1 };
	struct signer_sig sig = { .len = 0 };
	enum devid_err rc = sign(signer, data, &sig, err);

	if (rc != DEVID_OK)
		return rc;
	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, form->md(), NULL,
			    signer->public_key) != 1)
		return fail_no_memory_for(err, "token");
	if (EVP_DigestVerify(ctx, sig.data, sig.len, data.data, data.len) != 1)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"token: the public key beside the private one is not "
			"its own");
	return DEVID_OK;
}
