/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-open.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "build-cert.h"
#include "ca-clock.h"
#include "ca.h"
#include "cert-check.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "ek-load.h"
#include "fail.h"
#include "files.h"
#include "pin.h"
#include "register-open.h"
#include "token-key.h"
#include "what-is.h"

#define CERT_FILE_MAX 65536 /* bytes of PEM; a limit of ours */

/* The one certificate in the PEM file @path. */
static enum devid_err load_cert(
	const char *path, X509 **ret, char **ret_pem, struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	char form[WHAT_IS_MAX];
	uint8_t *pem = NULL;
	enum devid_err rc;
	size_t len;

	rc = files_read(path, CERT_FILE_MAX, &pem, &len, err);
	if (rc != DEVID_OK)
		return rc;
	rc = cert_check_one(path, "certificate", pem, len, err);
	if (rc != DEVID_OK) {
		free(pem);
		return rc;
	}
	bio = BIO_new_mem_buf(pem, (int)len);
	if (bio)
		*ret = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	ERR_clear_error(); /* the cause is ours to tell */
	what_is_for((struct view) { pem, len }, WHAT_IS_CERT, form);
	if (ret_pem)
		*ret_pem = (char *)pem;
	else
		free(pem);
	if (!*ret)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: not a certificate in PEM: it is %s", path, form);
	return DEVID_OK;
}

/* RFC 5280 4.2.1.9, 4.2.1.3: what an issuing CA's certificate must say. */
static enum devid_err check_ca_cert(
	const char *path, X509 *cert, struct devid_error *err)
{
	if (X509_check_ca(cert) != 1 ||
		!(X509_get_key_usage(cert) & KU_KEY_CERT_SIGN))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: not the certificate of a CA", path);
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		return devid_fail(
			err, DEVID_ERR_INVALID, "%s: not yet valid", path);
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		return devid_fail(err, DEVID_ERR_INVALID, "%s: expired", path);
	return DEVID_OK;
}

static enum devid_err hash_subject(struct ca *ca, struct devid_error *err)
{
	unsigned len;

	if (X509_NAME_digest(X509_get_subject_name(ca->cert), EVP_sha256(),
		    ca->issuer_hash, &len) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO, "ca: no SHA-256");
	return DEVID_OK;
}

/* CA certificate and those above it, as devices get them. */
static enum devid_err load_certificates(struct ca *ca, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *own = NULL;
	CLEANUP(cleanup_free) uint8_t *above = NULL;
	enum devid_err rc;
	size_t len = 0;

	rc = load_cert(ca->conf->certificate, &ca->cert, &own, err);
	if (rc == DEVID_OK)
		rc = check_ca_cert(ca->conf->certificate, ca->cert, err);
	if (rc == DEVID_OK)
		rc = hash_subject(ca, err);
	if (rc == DEVID_OK && ca->conf->chain)
		rc = files_read(
			ca->conf->chain, CERT_FILE_MAX, &above, &len, err);
	if (rc != DEVID_OK)
		return rc;
	if (asprintf(&ca->chain_pem, "%s%s", own, above ? (char *)above : "") <
		0) {
		ca->chain_pem = NULL;
		return fail_no_memory_for(err, "ca");
	}
	return DEVID_OK;
}

static enum devid_err need(
	const char *value, const char *name, struct devid_error *err)
{
	if (!value)
		return devid_fail(
			err, DEVID_ERR_INVALID, "ca: %s: not set", name);
	return DEVID_OK;
}

static enum devid_err log_in(
	struct ca *ca, const struct pin_source *given, struct devid_error *err)
{
	const struct token_place place = { ca->conf->module, ca->conf->token };
	struct pin_source source =
		given ? *given : (struct pin_source) { .fd = -1 };
	struct pin pin = { .len = 0 };
	enum devid_err rc;

	/* What the caller names goes before the configuration. */
	if (source.fd < 0 && !source.file && !source.prompt)
		source.file = ca->conf->pin_file;
	if (!source.what)
		source.what = ca->conf->token;
	rc = pin_read(&source, &pin, err);
	if (rc == DEVID_OK)
		rc = token_open(&place, &pin, &ca->token, err);
	ca->pin_refused = rc == DEVID_ERR_DENIED;
	pin_done(&pin);
	return rc;
}

static enum devid_err open_ocsp(struct ca *ca, struct devid_error *err)
{
	enum devid_err rc;

	if (!ca->conf->ocsp_key)
		return DEVID_OK;
	rc = need(ca->conf->ocsp_certificate, "token.ocsp_certificate", err);
	if (rc == DEVID_OK)
		rc = token_key(
			ca->token, ca->conf->ocsp_key, &ca->ocsp_signer, err);
	if (rc == DEVID_OK)
		rc = load_cert(
			ca->conf->ocsp_certificate, &ca->ocsp_cert, NULL, err);
	if (rc == DEVID_OK && EVP_PKEY_eq(X509_get0_pubkey(ca->ocsp_cert),
				      ca->ocsp_signer->public_key) != 1)
		rc = devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: not the certificate of key %s",
			ca->conf->ocsp_certificate, ca->conf->ocsp_key);
	if (rc == DEVID_OK)
		rc = cert_check_ocsp(ca->conf->ocsp_certificate, ca->ocsp_cert,
			ca->cert, err);
	return rc;
}

static enum devid_err open_token(
	struct ca *ca, const struct pin_source *pin, struct devid_error *err)
{
	const struct ca_conf *c = ca->conf;
	enum devid_err rc;

	rc = need(c->module, "token.module", err);
	if (rc == DEVID_OK)
		rc = need(c->token, "token.token", err);
	if (rc == DEVID_OK)
		rc = need(c->key, "token.key", err);
	if (rc == DEVID_OK)
		rc = need(c->audit_key, "token.audit_key", err);
	if (rc == DEVID_OK)
		rc = log_in(ca, pin, err);
	if (rc == DEVID_OK)
		rc = token_key(ca->token, c->key, &ca->signer, err);
	if (rc == DEVID_OK)
		rc = token_key(ca->token, c->audit_key, &ca->audit_signer, err);
	if (rc == DEVID_OK)
		rc = open_ocsp(ca, err);
	if (rc == DEVID_OK)
		rc = ca_use_signer(ca, err);
	return rc;
}

static enum devid_err bind_seal_key(struct ca *ca, struct devid_error *err)
{
	uint8_t secret[REGISTER_SECRET_LEN];
	enum devid_err rc = register_begin_read(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = register_secret(ca->reg, secret, err);
	register_rollback(ca->reg); /* nothing to keep */
	if (rc == DEVID_OK)
		rc = ca_seal_bind(ca->seal_key, secret, err);
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

/* Beside an SQLite register unless the configuration names a place. */
static enum devid_err load_seal_key(struct ca *ca, struct devid_error *err)
{
	static const char sqlite[] = "sqlite:";
	CLEANUP(cleanup_free) char *path = NULL;
	const char *reg = ca->conf->reg;
	enum devid_err rc;

	if (!ca->conf->challenge_key &&
		strncmp(reg, sqlite, sizeof(sqlite) - 1) != 0)
		return need(NULL, "ca.challenge_key", err);
	if (asprintf(&path, "%s%s",
		    ca->conf->challenge_key ? ca->conf->challenge_key
					    : reg + sizeof(sqlite) - 1,
		    ca->conf->challenge_key ? "" : ".key") < 0) {
		path = NULL;
		return fail_no_memory_for(err, "ca");
	}
	rc = ca_seal_load(path, ca->seal_key, err);
	if (rc == DEVID_OK)
		rc = bind_seal_key(ca, err);
	ca->has_seal_key = rc == DEVID_OK;
	return rc;
}

enum devid_err ca_use_signer(struct ca *ca, struct devid_error *err)
{
	const struct build_urls urls = { ca->conf->crl_url, ca->conf->ocsp_url,
		ca->conf->issuer_url };

	return build_issuer_new(ca->cert, ca->signer, &urls, &ca->issuer, err);
}

/* Before anything can be signed. */
static enum devid_err check_clock(
	struct ca *ca, unsigned what, struct devid_error *err)
{
	enum ca_clock clock = CA_CLOCK_RIGHT;
	enum devid_err rc;

	if (!(what & CA_OPEN_CLOCK))
		return DEVID_OK;
	rc = ca_clock_check(ca, what & CA_OPEN_ACCEPT, &clock, err);
	ca->clock_back = clock == CA_CLOCK_BACK;
	return rc;
}

enum devid_err ca_open(const struct ca_conf *conf, unsigned what,
	const struct pin_source *pin, struct ca *ret, struct devid_error *err)
{
	enum devid_err rc;

	memset(ret, 0, sizeof(*ret));
	ret->conf = conf;
	rc = load_certificates(ret, err);
	if (rc == DEVID_OK && (what & CA_OPEN_TRUST))
		rc = need(conf->ek_roots, "ek.roots", err);
	if (rc == DEVID_OK && (what & CA_OPEN_TRUST))
		rc = ek_trust_new(conf->ek_roots, &ret->trust, err);
	if (rc == DEVID_OK && (what & CA_OPEN_REGISTER))
		rc = register_open(conf->reg, conf->instance, &ret->reg, err);
	if (rc == DEVID_OK && (what & CA_OPEN_SEAL))
		rc = load_seal_key(ret, err);
	if (rc == DEVID_OK)
		rc = check_clock(ret, what, err);
	/* The token last: a PIN is not tried for nothing. */
	if (rc == DEVID_OK && (what & CA_OPEN_TOKEN))
		rc = open_token(ret, pin, err);
	return rc;
}

void ca_done(struct ca *ca)
{
	build_issuer_free(ca->issuer);
	signer_free(ca->signer);
	signer_free(ca->ocsp_signer);
	signer_free(ca->audit_signer);
	if (ca->token)
		token_close(ca->token);
	X509_free(ca->cert);
	X509_free(ca->ocsp_cert);
	free(ca->chain_pem);
	ek_trust_free(ca->trust);
	if (ca->reg)
		register_close(ca->reg);
	OPENSSL_cleanse(ca, sizeof(*ca));
}
