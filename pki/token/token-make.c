/* SPDX-License-Identifier: Apache-2.0 */
#include "token-make.h"

#include <openssl/rand.h>
#include <string.h>

#include "token-key.h"
#include "token-private.h"

#define KEY_LABEL_MAX 64 /* bytes; a limit of ours */
#define KEY_ID_LEN    16 /* random, joins private and public key */

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct pair {
	CK_OBJECT_HANDLE pub, priv;
};

static CK_RV make_pair(const struct token *token, CK_SESSION_HANDLE session,
	const char *label, const struct token_alg *alg, struct pair *ret)
{
	CK_MECHANISM mechanism = { alg->mechanism, NULL, 0 };
	struct view curve = oid_der(alg->curve);
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	uint8_t e[] = { 1, 0, 1 }, id[KEY_ID_LEN];
	CK_ULONG bits = alg->bits;
	void *name = (void *)(uintptr_t)label;
	CK_ATTRIBUTE priv_template[] = {
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_PRIVATE, &yes, 1 },
		{ CKA_SENSITIVE, &yes, 1 },
		{ CKA_EXTRACTABLE, &no, 1 },
		{ CKA_SIGN, &yes, 1 },
		{ CKA_DECRYPT, &no, 1 },
		{ CKA_UNWRAP, &no, 1 },
		{ CKA_LABEL, name, strlen(label) },
		{ CKA_ID, id, sizeof(id) },
	};
	CK_ATTRIBUTE pub_template[] = {
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_PRIVATE, &no, 1 },
		{ CKA_VERIFY, &yes, 1 },
		{ CKA_ENCRYPT, &no, 1 },
		{ CKA_WRAP, &no, 1 },
		{ CKA_LABEL, name, strlen(label) },
		{ CKA_ID, id, sizeof(id) },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)curve.data, curve.len },
		{ 0, NULL, 0 },
	};
	CK_ULONG n_pub = N_OF(pub_template) - 1;

	if (alg->bits > 0) {
		pub_template[n_pub - 1] = (CK_ATTRIBUTE) { CKA_MODULUS_BITS,
			&bits, sizeof(bits) };
		pub_template[n_pub++] =
			(CK_ATTRIBUTE) { CKA_PUBLIC_EXPONENT, e, sizeof(e) };
	}
	if (RAND_bytes(id, sizeof(id)) != 1)
		return CKR_RANDOM_NO_RNG;
	return token->module->C_GenerateKeyPair(session, &mechanism,
		pub_template, n_pub, priv_template, N_OF(priv_template),
		&ret->pub, &ret->priv);
}

static enum devid_err generate(const struct token *token,
	CK_SESSION_HANDLE session, const char *label,
	const struct token_alg *alg, struct devid_error *err)
{
	CK_FUNCTION_LIST *m = token->module;
	struct pair pair = { 0, 0 };
	enum devid_err rc = token_result(token,
		make_pair(token, session, label, alg, &pair), "make key", err);

	if (rc != DEVID_OK)
		return rc;
	/* A module that did not do what the template says. */
	rc = token_check_private(token, session, pair.priv, err);
	if (rc != DEVID_OK) { /* which goes before what happens here */
		(void)m->C_DestroyObject(session, pair.priv);
		(void)m->C_DestroyObject(session, pair.pub);
	}
	return rc;
}

enum devid_err token_key_new(struct token *token, const char *label,
	const char *alg_name, struct devid_error *err)
{
	const struct token_alg *alg = token_alg_find(alg_name);
	struct devid_error absent = { DEVID_OK, "" };
	CK_SESSION_HANDLE session = 0;
	CK_OBJECT_HANDLE object;
	enum devid_err rc;

	if (!alg)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"token: %.20s: not p256, p384, rsa2048 or rsa4096",
			alg_name);
	if (!label[0] || strlen(label) > KEY_LABEL_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"token: %.80s: a key label has 1 to %d bytes", label,
			KEY_LABEL_MAX);
	rc = token_session(token, true, &session, err);
	if (rc != DEVID_OK)
		return rc;
	rc = token_find_private(token, session, label, &object, &absent);
	if (rc == DEVID_OK || rc == DEVID_ERR_EXISTS)
		rc = devid_fail(err, DEVID_ERR_EXISTS,
			"token: %s: there is a key %s", token->label, label);
	else if (rc == DEVID_ERR_NOT_FOUND)
		rc = generate(token, session, label, alg, err);
	else
		rc = devid_fail(err, rc, "%s", absent.text);
	(void)token->module->C_CloseSession(session); /* rc says it all */
	return rc;
}
