/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll-key.h"

#include <openssl/err.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "evidence.h"
#include "fail.h"

CLEANUP_DEFINE(store, OSSL_STORE_CTX *, (void)OSSL_STORE_close)
CLEANUP_DEFINE(store_info, OSSL_STORE_INFO *, OSSL_STORE_INFO_free)

/* ---- keys of the provider ---- */

/* The oldest reason in the queue is the most specific. */
static enum devid_err fail_crypto(struct devid_error *err, const char *what)
{
	const char *data = NULL;
	int flags = 0;
	unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
	enum devid_err rc = devid_fail(err, DEVID_ERR_CRYPTO, "%s: %s", what,
		data && *data && (flags & ERR_TXT_STRING) ? data
		: reason                                  ? reason
							  : "no key");

	ERR_clear_error();
	return rc;
}

enum devid_err enroll_key_open(
	const char *name, EVP_PKEY **ret, struct devid_error *err)
{
	char uri[KEY_NAME_MAX + 8];
	CLEANUP(cleanup_store) OSSL_STORE_CTX *store = NULL;

	(void)snprintf(uri, sizeof(uri), "devid:%.*s", KEY_NAME_MAX, name);
	store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
	while (store && !OSSL_STORE_eof(store)) {
		CLEANUP(cleanup_store_info)
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (!info)
			break;
		if (OSSL_STORE_INFO_get_type(info) != OSSL_STORE_INFO_PKEY)
			continue;
		*ret = OSSL_STORE_INFO_get1_PKEY(info);
		return *ret ? DEVID_OK : fail_no_memory(err);
	}
	return fail_crypto(err, name);
}

/* ---- the identity ---- */

static void certs_free(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

void enroll_identity_done(struct enroll_identity *identity)
{
	X509_free(identity->cert);
	certs_free(identity->above);
	EVP_PKEY_free(identity->key);
	*identity = (struct enroll_identity) { NULL, NULL, NULL };
}

/* Certificates, DER, one behind the other. */
static enum devid_err take_chain(const struct room *chain,
	struct enroll_identity *ret, struct devid_error *err)
{
	const uint8_t *p = chain->data, *end = p + chain->len;

	ret->above = sk_X509_new_null();
	if (!ret->above)
		return fail_no_memory(err);
	while (p < end) {
		X509 *cert = d2i_X509(NULL, &p, end - p);

		if (!cert)
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"a certificate that OpenSSL cannot read");
		if (!ret->cert) {
			ret->cert = cert;
		} else if (sk_X509_push(ret->above, cert) == 0) {
			X509_free(cert);
			return fail_no_memory(err);
		}
	}
	return ret->cert ? DEVID_OK
			 : devid_fail(err, DEVID_ERR_CERT_NOT_FOUND,
				   "has no certificate");
}

enum devid_err enroll_identity_load(const char *socket, const char *name,
	struct enroll_identity *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(WIRE_CHAIN_MAX);
	CLEANUP(enroll_identity_done)
	struct enroll_identity found = { NULL, NULL, NULL };
	struct room chain = { buf, WIRE_CHAIN_MAX, 0 };
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc;

	if (!buf)
		return fail_no_memory(err);
	rc = client_chain(socket, name, &chain, &why);
	if (rc == DEVID_OK)
		rc = take_chain(&chain, &found, &why);
	if (rc == DEVID_OK)
		rc = enroll_key_open(name, &found.key, &why);
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "identity %s: %s", name,
			devid_error_text(&why));
	*ret = found;
	found = (struct enroll_identity) { NULL, NULL, NULL };
	return DEVID_OK;
}

/* ---- the key that is to be certified ---- */

static enum devid_err change(const char *socket,
	const struct client_change *what, const char *verb,
	struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc = client_change(socket, what, &why);

	if (rc != DEVID_OK)
		return devid_fail(err, rc, "key %s: cannot be %s: %s",
			what->key, verb, devid_error_text(&why));
	return DEVID_OK;
}

enum devid_err enroll_key_drop(
	const char *socket, const char *name, struct devid_error *err)
{
	const struct client_change delete = { .op = WIRE_DELETE, .key = name };
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc = client_change(socket, &delete, &why);

	if (rc == DEVID_OK || rc == DEVID_ERR_NOT_FOUND)
		return DEVID_OK;
	return devid_fail(err, rc, "key %s: cannot be deleted: %s", name,
		devid_error_text(&why));
}

static enum devid_err make(const char *socket, const char *name,
	enum key_alg alg, struct devid_error *err)
{
	const struct client_change create = {
		.op = WIRE_CREATE, .arg = (uint8_t)alg, .key = name
	};

	return change(socket, &create, "made", err);
}

/* Makes it where it is not there, or is no use. */
static enum devid_err settle(const char *socket, const char *name,
	enum key_alg alg, struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	struct wire_key key;
	enum devid_err rc = client_find_key(socket, name, &key, &why);

	if (rc == DEVID_ERR_NOT_FOUND)
		return make(socket, name, alg, err);
	if (rc != DEVID_OK)
		return fail_with(err, rc, &why);
	if (key.certified)
		return devid_fail(err, DEVID_ERR_CERT_EXISTS,
			"key %s: has a certificate already: drop it first",
			name);
	if (key.present && key.alg == alg)
		return DEVID_OK;
	rc = enroll_key_drop(socket, name, err);
	return rc == DEVID_OK ? make(socket, name, alg, err) : rc;
}

enum devid_err enroll_key_make(const char *socket, const char *name,
	enum key_alg alg, struct wire_key *ret, struct devid_error *err)
{
	const struct client_change enable = {
		.op = WIRE_ENABLE, .arg = 1, .key = name
	};
	enum devid_err rc = settle(socket, name, alg, err);

	if (rc == DEVID_OK)
		rc = change(socket, &enable, "enabled", err);
	return rc == DEVID_OK ? client_find_key(socket, name, ret, err) : rc;
}

enum devid_err enroll_key_install(const char *socket, const char *name,
	struct view chain, struct devid_error *err)
{
	const struct client_change install = {
		.op = WIRE_INSTALL, .key = name, .data = chain
	};
	const struct client_change enable = {
		.op = WIRE_ENABLE, .arg = 1, .key = name
	};
	const struct client_change enable_cert = {
		.op = WIRE_CERT_ENABLE, .arg = 1, .key = name
	};
	enum devid_err rc = change(socket, &install, "given its chain", err);

	if (rc == DEVID_OK)
		rc = change(socket, &enable, "enabled", err);
	return rc == DEVID_OK ? change(socket, &enable_cert,
					"enabled with its certificate", err)
			      : rc;
}

/* ---- evidence ---- */

static struct view view_of(const struct key_blob *blob)
{
	return (struct view) { blob->data, blob->len };
}

static struct evidence_statement statement(const struct wire_certify *c)
{
	return (struct evidence_statement) { view_of(&c->attest),
		view_of(&c->signature), view_of(&c->public) };
}

/* Splits a chain of DER certificates. */
static enum devid_err split(
	const struct room *chain, struct evidence *ret, struct devid_error *err)
{
	struct view in = { chain->data, chain->len }, content;

	for (; in.len > 0; ret->n_certs++) {
		uint8_t tag;

		if (ret->n_certs == KEY_CHAIN_MAX ||
			!der_take(
				&in, &tag, &content, &ret->certs[ret->n_certs]))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"iak: a chain that cannot be read");
	}
	return DEVID_OK;
}

struct parts {
	struct wire_certify key, epoch;
	uint8_t chain[WIRE_CHAIN_MAX];
};

enum devid_err enroll_key_evidence(const char *socket, const char *name,
	struct view nonce, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) struct parts *p = calloc(1, sizeof(*p));
	struct evidence what = { .n_certs = 0 };
	struct room chain;
	enum devid_err rc;

	if (!p)
		return fail_no_memory(err);
	chain = (struct room) { p->chain, sizeof(p->chain), 0 };
	rc = client_chain(socket, "iak", &chain, err);
	if (rc == DEVID_OK)
		rc = client_certify(socket, name, nonce, &p->key, err);
	if (rc == DEVID_OK)
		rc = client_epoch(socket, nonce, &p->epoch, err);
	if (rc == DEVID_OK)
		rc = split(&chain, &what, err);
	if (rc != DEVID_OK)
		return rc;
	what.key = statement(&p->key);
	what.epoch = statement(&p->epoch);
	return evidence_write(&what, ret, err);
}
