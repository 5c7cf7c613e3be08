/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "csrattrs.h"
#include "fail.h"
#include "hex.h"
#include "registrar-answer.h"
#include "registrar-client.h"
#include "registrar-crl.h"
#include "registrar-private.h"
#include "store-client.h"
#include "store-request.h"

#define REQUEST_SECONDS INT64_C(7776000) /* 90 days: nobody asks any more */

void registrar_answer_done(struct registrar_answer *answer)
{
	blob_done(&answer->body);
}

enum devid_err registrar_ca_names(struct registrar *r,
	STACK_OF(X509_NAME) * *ret, struct devid_error *err)
{
	return maker_trust_names(r->trust, ret, err);
}

/* ---- duties ---- */

static enum devid_err purge(struct store *s, void *arg, struct devid_error *err)
{
	const int64_t *now = arg;
	enum devid_err rc = store_nonce_purge(s, *now, err);

	return rc == DEVID_OK
		       ? store_request_purge(s, *now - REQUEST_SECONDS, err)
		       : rc;
}

enum devid_err registrar_duties(
	struct registrar *r, int64_t now, struct devid_error *err)
{
	enum devid_err rc = store_write(r->store, NULL, purge, &now, err);

	return rc == DEVID_OK ? registrar_crl_keep(r, now, err) : rc;
}

/* ---- what anybody may know ---- */

static bool append(struct blob *out, X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	uint8_t *more =
		len > 0 ? realloc(out->data, out->len + (size_t)len) : NULL;

	if (more) {
		memcpy(more + out->len, der, (size_t)len);
		out->data = more;
		out->len += (size_t)len;
	}
	OPENSSL_free(der);
	return more != NULL;
}

void registrar_cacerts(struct registrar *r, struct registrar_answer *ret)
{
	struct devid_error err = { DEVID_OK, "" };
	bool good;

	answer_set(ret, REGISTRAR_DONE, "");
	good = append(&ret->body, r->ca);
	for (int i = 0; good && i < sk_X509_num(r->above); i++)
		good = append(&ret->body, sk_X509_value(r->above, i));
	if (good)
		return;
	registrar_answer_done(ret);
	(void)fail_no_memory_for(&err, "cacerts");
	answer_trouble(ret, &err);
}

/* A type is asked for where there is one only: a device takes its own choice
 * of several. */
static enum key_alg only_type(const struct registrar_profile *p)
{
	for (enum key_alg alg = KEY_ALG_P256; alg <= KEY_ALG_LAST; alg++) {
		if (p->key_types == 1u << alg)
			return alg;
	}
	return KEY_ALG_NONE;
}

void registrar_csrattrs(
	struct registrar *r, const char *label, struct registrar_answer *ret)
{
	const struct registrar_profile *p =
		registrar_conf_profile(r->conf, label);
	struct devid_error err = { DEVID_OK, "" };
	struct csrattrs what = { .n_ext = 0 };

	answer_set(ret, REGISTRAR_ABSENT, "no such label");
	if (!p)
		return;
	what.key = only_type(p);
	what.attestation = p->residency != REGISTRAR_RESIDENCY_NO;
	ret->status = REGISTRAR_DONE;
	ret->text[0] = '\0';
	if (csrattrs_write(&what, &ret->body, &err) != DEVID_OK)
		answer_trouble(ret, &err);
}

/* ---- what a client has of its own ---- */

struct asking {
	const struct registrar_ask *ask;
	struct client client;
	struct verdict v;
	char nonce[2 * REGISTRAR_NONCE_LEN + 1];
	struct blob document; /* owned */
	bool absent;
};

static enum devid_err look(struct store *s, void *arg, struct devid_error *err)
{
	struct asking *a = arg;

	return client_look(s, &a->client, &a->v, err);
}

static enum devid_err put_nonce(
	struct store *s, void *arg, struct devid_error *err)
{
	struct asking *a = arg;

	return store_nonce_put(s, &a->client.key, a->nonce,
		a->ask->now + REGISTRAR_NONCE_SECONDS, err);
}

void registrar_nonce(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret)
{
	CLEANUP(blob_done) struct blob nonce = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct asking a = { .ask = ask };
	enum devid_err rc;

	answer_set(ret, REGISTRAR_ABSENT, "no such label");
	if (!registrar_conf_profile(r->conf, ask->label))
		return;
	rc = client_judge(r, ask, &a.client, &a.v, &err);
	if (rc == DEVID_OK)
		rc = store_read(r->store, look, &a, &err);
	nonce.data = malloc(REGISTRAR_NONCE_LEN);
	nonce.len = REGISTRAR_NONCE_LEN;
	if (rc == DEVID_OK &&
		(!nonce.data || RAND_bytes(nonce.data, (int)nonce.len) != 1))
		rc = devid_fail(&err, DEVID_ERR_CRYPTO, "nonce: no random");
	if (rc == DEVID_OK) {
		hex_encode(nonce.data, nonce.len, a.nonce);
		rc = store_write(r->store, NULL, put_nonce, &a, &err);
	}
	answer_set(ret, REGISTRAR_DONE, "");
	if (rc == DEVID_OK)
		ret->body = blob_take(&nonce);
	else
		answer_failure(ret, rc, &a.v, &err);
	client_done(&a.client);
}

static enum devid_err find_document(
	struct store *s, void *arg, struct devid_error *err)
{
	struct asking *a = arg;
	enum devid_err rc = client_look(s, &a->client, &a->v, err);

	if (rc == DEVID_OK)
		rc = store_document_get(
			s, a->client.row.unit, &a->document, err);
	a->absent = rc == DEVID_ERR_NOT_FOUND;
	return a->absent ? DEVID_OK : rc;
}

void registrar_document(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret)
{
	struct devid_error err = { DEVID_OK, "" };
	struct asking a = { .ask = ask };
	enum devid_err rc;

	answer_set(ret, REGISTRAR_ABSENT, "no such label");
	if (!registrar_conf_profile(r->conf, ask->label))
		return;
	rc = client_judge(r, ask, &a.client, &a.v, &err);
	if (rc == DEVID_OK)
		rc = store_read(r->store, find_document, &a, &err);
	answer_set(ret, REGISTRAR_DONE, "");
	if (rc != DEVID_OK)
		answer_failure(ret, rc, &a.v, &err);
	else if (a.absent)
		answer_set(ret, REGISTRAR_ABSENT, "no document for this unit");
	else
		ret->body = blob_take(&a.document);
	blob_done(&a.document);
	client_done(&a.client);
}
