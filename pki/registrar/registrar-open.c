/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-open.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "cert-time.h"
#include "cleanup-openssl.h"
#include "fail.h"
#include "files.h"
#include "pin.h"
#include "token-key.h"

#define CERT_FILE_MAX 65536 /* bytes of PEM; a limit of ours */
#define ABOVE_MAX     8     /* certificates above the CA's; a limit of ours */

CLEANUP_DEFINE(registrar, struct registrar *, registrar_close)

void registrar_close(struct registrar *r)
{
	if (!r)
		return;
	build_issuer_free(r->issuer);
	signer_free(r->signer);
	signer_free(r->audit_signer);
	if (r->token)
		token_close(r->token);
	X509_free(r->ca);
	sk_X509_pop_free(r->above, X509_free);
	maker_trust_free(r->trust);
	store_close(r->store);
	free(r);
}

/* All certificates of the PEM file @path, appended to @ret. */
static enum devid_err load_certs(
	const char *path, STACK_OF(X509) * ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	size_t len = 0;
	enum devid_err rc = files_read(path, CERT_FILE_MAX, &pem, &len, err);
	X509 *cert;

	if (rc != DEVID_OK)
		return rc;
	bio = BIO_new_mem_buf(pem, (int)len);
	ERR_clear_error();
	while (bio && sk_X509_num(ret) < ABOVE_MAX &&
		(cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (sk_X509_push(ret, cert) > 0)
			continue;
		X509_free(cert);
		return fail_no_memory_for(err, path);
	}
	if (!bio ||
		ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE ||
		sk_X509_num(ret) == 0)
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: not 1 to %d certificates in PEM", path, ABOVE_MAX);
	ERR_clear_error(); /* the cause is ours to tell */
	return rc;
}

static enum devid_err check_ca(
	struct registrar *r, const char *path, struct devid_error *err)
{
	unsigned len;

	if (X509_check_ca(r->ca) != 1 ||
		!(X509_get_key_usage(r->ca) & KU_KEY_CERT_SIGN))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not the certificate of a CA", path);
	if (!pki_time_seconds(X509_get0_notBefore(r->ca), &r->ca_not_before) ||
		!pki_time_seconds(X509_get0_notAfter(r->ca), &r->ca_not_after))
		return devid_fail(
			err, DEVID_ERR_INVALID, "%s: no such time", path);
	if (X509_NAME_digest(X509_get_subject_name(r->ca), EVP_sha256(),
		    r->issuer_hash, &len) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO, "ca: no SHA-256");
	return site_key_issuer(X509_get_subject_name(r->ca), r->ca_issuer, err);
}

static enum devid_err load_ca(struct registrar *r, struct devid_error *err)
{
	const char *path = r->conf->ca_certificate;
	enum devid_err rc;

	r->above = sk_X509_new_null();
	if (!r->above)
		return fail_no_memory_for(err, "ca");
	rc = load_certs(path, r->above, err);
	if (rc == DEVID_OK && sk_X509_num(r->above) != 1)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: more than one certificate", path);
	if (rc != DEVID_OK)
		return rc;
	r->ca = sk_X509_pop(r->above);
	rc = check_ca(r, path, err);
	if (rc == DEVID_OK && r->conf->ca_chain)
		rc = load_certs(r->conf->ca_chain, r->above, err);
	return rc;
}

enum devid_err registrar_open_token(const struct registrar_conf *conf,
	const struct pin_source *pin, struct token **ret,
	struct devid_error *err)
{
	const struct token_place place = { conf->module, conf->token };
	struct pin_source source =
		pin ? *pin : (struct pin_source) { .fd = -1 };
	struct pin secret = { .len = 0 };
	enum devid_err rc;

	/* What the caller names goes before the configuration. */
	if (source.fd < 0 && !source.file && !source.prompt)
		source.file = conf->pin_file;
	if (!source.what)
		source.what = conf->token;
	rc = pin_read(&source, &secret, err);
	if (rc == DEVID_OK)
		rc = token_open(&place, &secret, ret, err);
	pin_done(&secret);
	return rc;
}

static enum devid_err use_ca_key(struct registrar *r, struct devid_error *err)
{
	const struct build_urls urls = { r->conf->crl_url, NULL, NULL };
	enum devid_err rc =
		token_key(r->token, r->conf->token_key, &r->signer, err);

	return rc == DEVID_OK ? build_issuer_new(r->ca, r->signer, &urls,
					&r->issuer, err)
			      : rc;
}

static enum devid_err open_all(struct registrar *r,
	struct registrar_opening *how, struct devid_error *err)
{
	const struct registrar_conf *c = r->conf;
	enum devid_err rc = DEVID_OK;

	if (how->parts & (REGISTRAR_OPEN_CA | REGISTRAR_OPEN_TRUST))
		rc = load_ca(r, err);
	if (rc == DEVID_OK && how->parts & REGISTRAR_OPEN_TRUST)
		rc = maker_trust_new(c, r->ca, &r->trust, err);
	if (rc == DEVID_OK)
		rc = store_open(c->database, c->instance, &r->store, err);
	/* The token last: a PIN is not tried for nothing. */
	if (rc != DEVID_OK ||
		!(how->parts & (REGISTRAR_OPEN_AUDIT | REGISTRAR_OPEN_CA)))
		return rc;
	rc = registrar_open_token(c, how->pin, &r->token, err);
	how->pin_refused = rc == DEVID_ERR_DENIED;
	if (rc == DEVID_OK)
		rc = token_key(r->token, c->audit_key, &r->audit_signer, err);
	if (rc == DEVID_OK && how->parts & REGISTRAR_OPEN_CA)
		rc = use_ca_key(r, err);
	return rc;
}

enum devid_err registrar_open_parts(struct registrar_opening *how,
	struct registrar **ret, struct devid_error *err)
{
	CLEANUP(cleanup_registrar)
	struct registrar *r = calloc(1, sizeof(*r));
	enum devid_err rc;

	if (!r)
		return fail_no_memory_for(err, "registrar");
	r->conf = how->conf;
	rc = open_all(r, how, err);
	if (rc == DEVID_OK)
		*ret = STEAL(r);
	return rc;
}

enum devid_err registrar_open(const struct registrar_conf *conf,
	const struct pin_source *pin, struct registrar **ret,
	struct devid_error *err)
{
	struct registrar_opening how = { conf,
		REGISTRAR_OPEN_AUDIT | REGISTRAR_OPEN_CA | REGISTRAR_OPEN_TRUST,
		pin, false };

	return registrar_open_parts(&how, ret, err);
}

bool registrar_gone(const struct registrar *r)
{
	return r->token && token_gone(r->token);
}

enum devid_err registrar_reload(struct registrar *r, struct devid_error *err)
{
	struct maker_trust *trust = NULL;
	enum devid_err rc = maker_trust_new(r->conf, r->ca, &trust, err);

	if (rc != DEVID_OK)
		return rc;
	maker_trust_free(r->trust);
	r->trust = trust;
	return DEVID_OK;
}
