/* SPDX-License-Identifier: Apache-2.0 */
#include "maker-trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "fail.h"
#include "files.h"
#include "path.h"

#define FILE_MAX_BYTES (64u << 20) /* of roots or lists; a limit of ours */
#define DEPTH_MAX      6           /* CAs between a device and its root */

struct maker {
	const char *name;  /* borrowed */
	X509_STORE *store; /* owned */
	bool lists;        /* it has a file of them */
};

struct maker_trust {
	size_t n;
	struct maker makers[REGISTRAR_MAKERS_MAX];
	X509_STORE *site;               /* owned */
	STACK_OF(X509_NAME) * ca_names; /* owned */
};

static void cleanup_names(STACK_OF(X509_NAME) * *p)
{
	sk_X509_NAME_pop_free(*p, X509_NAME_free);
}

void maker_trust_free(struct maker_trust *trust)
{
	if (!trust)
		return;
	for (size_t i = 0; i < trust->n; i++)
		X509_STORE_free(trust->makers[i].store);
	X509_STORE_free(trust->site);
	sk_X509_NAME_pop_free(trust->ca_names, X509_NAME_free);
	free(trust);
}

/* ---- files ---- */

static enum devid_err open_pem(const char *path, BIO **ret, uint8_t **ret_data,
	struct devid_error *err)
{
	size_t len = 0;
	enum devid_err rc =
		files_read(path, FILE_MAX_BYTES, ret_data, &len, err);

	if (rc != DEVID_OK)
		return rc;
	*ret = BIO_new_mem_buf(*ret_data, (int)len);
	return *ret ? DEVID_OK : fail_no_memory_for(err, path);
}

/* Whether PEM_read_bio_*() stopped at the end of what is there. */
static bool at_end(void)
{
	bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

	ERR_clear_error(); /* the cause is ours to tell */
	return end;
}

static enum devid_err note_name(
	struct maker_trust *trust, X509 *cert, struct devid_error *err)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(cert));

	if (name && sk_X509_NAME_push(trust->ca_names, name) > 0)
		return DEVID_OK;
	X509_NAME_free(name);
	return fail_no_memory_for(err, "registrar");
}

static enum devid_err add_root(struct maker_trust *trust, struct maker *m,
	const char *path, X509 *cert, struct devid_error *err)
{
	if (X509_check_ca(cert) != 1 ||
		!(X509_get_key_usage(cert) & KU_KEY_CERT_SIGN))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: maker %s: not a CA's certificate", path, m->name);
	if (X509_STORE_add_cert(m->store, cert) != 1)
		return fail_no_memory_for(err, path);
	return note_name(trust, cert, err);
}

static enum devid_err load_roots(struct maker_trust *trust, struct maker *m,
	const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	enum devid_err rc = open_pem(path, &bio, &data, err);
	bool more = true;
	size_t n = 0;

	ERR_clear_error();
	while (rc == DEVID_OK && more) {
		CLEANUP(cleanup_x509)
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		more = cert != NULL;
		if (more)
			rc = add_root(trust, m, path, cert, err);
		n += more;
	}
	if (rc == DEVID_OK && (!at_end() || n == 0))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: maker %s: not certificates in PEM", path, m->name);
	return rc;
}

/* RFC 5280 5.2.4: what a delta does not have says nothing. */
static enum devid_err add_list(struct maker *m, const char *path, X509_CRL *crl,
	struct devid_error *err)
{
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: maker %s: a delta list, where whole ones are "
			"wanted",
			path, m->name);
	return X509_STORE_add_crl(m->store, crl) == 1
		       ? DEVID_OK
		       : fail_no_memory_for(err, path);
}

static enum devid_err load_lists(
	struct maker *m, const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	enum devid_err rc = open_pem(path, &bio, &data, err);
	bool more = true;
	size_t n = 0;

	ERR_clear_error();
	while (rc == DEVID_OK && more) {
		CLEANUP(cleanup_x509_crl)
		X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);

		more = crl != NULL;
		if (more)
			rc = add_list(m, path, crl, err);
		n += more;
	}
	if (rc == DEVID_OK && (!at_end() || n == 0))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: maker %s: not revocation lists in PEM", path,
			m->name);
	m->lists = true;
	return rc;
}

static enum devid_err load_maker(struct maker_trust *trust,
	const struct registrar_maker *conf, struct devid_error *err)
{
	struct maker *m = &trust->makers[trust->n];
	enum devid_err rc;

	*m = (struct maker) { conf->name, X509_STORE_new(), false };
	if (!m->store)
		return fail_no_memory_for(err, "registrar");
	trust->n++;
	rc = load_roots(trust, m, conf->roots, err);
	if (rc == DEVID_OK && conf->crls)
		rc = load_lists(m, conf->crls, err);
	return rc;
}

enum devid_err maker_trust_new(const struct registrar_conf *conf, X509 *site,
	struct maker_trust **ret, struct devid_error *err)
{
	CLEANUP(cleanup_maker_trust)
	struct maker_trust *trust = calloc(1, sizeof(*trust));
	enum devid_err rc;

	if (!trust)
		return fail_no_memory_for(err, "registrar");
	trust->ca_names = sk_X509_NAME_new_null();
	trust->site = X509_STORE_new();
	if (!trust->ca_names || !trust->site ||
		X509_STORE_add_cert(trust->site, site) != 1)
		return fail_no_memory_for(err, "registrar");
	rc = note_name(trust, site, err);
	for (size_t i = 0; rc == DEVID_OK && i < conf->n_makers; i++)
		rc = load_maker(trust, &conf->makers[i], err);
	if (rc == DEVID_OK)
		*ret = STEAL(trust);
	return rc;
}

enum devid_err maker_trust_names(const struct maker_trust *trust,
	STACK_OF(X509_NAME) * *ret, struct devid_error *err)
{
	CLEANUP(cleanup_names)
	STACK_OF(X509_NAME) *names = sk_X509_NAME_deep_copy(
		trust->ca_names, X509_NAME_dup, X509_NAME_free);

	if (!names)
		return fail_no_memory_for(err, "registrar");
	*ret = STEAL(names);
	return DEVID_OK;
}

/* ---- judging ---- */

/* Of the CAs above a device the maker may publish no list, but not of the
 * devices' own issuer. */
static int on_verify(int ok, X509_STORE_CTX *ctx)
{
	int error = X509_STORE_CTX_get_error(ctx);

	if (ok)
		return 1;
	if (path_is_last_second(ctx))
		return 1;
	return error == X509_V_ERR_UNABLE_TO_GET_CRL &&
	       X509_STORE_CTX_get_error_depth(ctx) > 0;
}

static enum maker_verdict verdict_of(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return MAKER_UNKNOWN;
	case X509_V_ERR_CERT_REVOKED:
		return MAKER_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
		return MAKER_NO_LIST;
	default: /* OpenSSL's numbers */
		return MAKER_BAD;
	}
}

struct judging {
	X509_STORE *store; /* borrowed */
	unsigned long flags;
	int depth;
};

static enum maker_verdict judge(const struct judging *in,
	const struct maker_path *path, struct devid_error *err)
{
	CLEANUP(cleanup_store_ctx)
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum maker_verdict verdict = MAKER_BAD;
	int error;

	if (!ctx ||
		X509_STORE_CTX_init(ctx, in->store, path->leaf, path->chain) !=
			1 ||
		!path_prepare(ctx, (time_t)path->now, in->depth, in->flags)) {
		(void)fail_no_memory_for(err, "certificate");
		return verdict;
	}
	X509_STORE_CTX_set_verify_cb(ctx, on_verify);
	ERR_set_mark();
	if (X509_verify_cert(ctx) == 1) {
		verdict = MAKER_TRUSTED;
	} else {
		error = X509_STORE_CTX_get_error(ctx);
		verdict = verdict_of(error);
		(void)devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"certificate %d of its path: %s",
			X509_STORE_CTX_get_error_depth(ctx) + 1,
			X509_verify_cert_error_string(error));
	}
	ERR_pop_to_mark(); /* the cause is in the message */
	return verdict;
}

enum maker_verdict maker_trust_check(const struct maker_trust *trust,
	const struct maker_path *path, const char *only, const char **ret_maker,
	struct devid_error *err)
{
	struct devid_error worst = { DEVID_OK, "" };
	enum maker_verdict verdict = MAKER_UNKNOWN;

	for (size_t i = 0; i < trust->n; i++) {
		const struct maker *m = &trust->makers[i];
		const struct judging in = { m->store,
			m->lists ? X509_V_FLAG_CRL_CHECK |
					   X509_V_FLAG_CRL_CHECK_ALL
				 : 0,
			DEPTH_MAX };
		struct devid_error cause = { DEVID_OK, "" };
		enum maker_verdict one;

		if (only && strcmp(only, m->name) != 0)
			continue;
		one = judge(&in, path, &cause);
		if (one == MAKER_TRUSTED) {
			*ret_maker = m->name;
			return one;
		}
		/* Who knows it has more to say than who does not. */
		if (one != MAKER_UNKNOWN) {
			verdict = one;
			worst = cause;
		}
	}
	if (verdict == MAKER_UNKNOWN)
		(void)devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"no maker that is admitted vouches for it");
	else
		(void)fail_with(err, worst.code, &worst);
	return verdict;
}

/* Right below the site's CA, which is the anchor even if it is no root. */
enum maker_verdict maker_trust_check_site(const struct maker_trust *trust,
	const struct maker_path *path, struct devid_error *err)
{
	const struct judging in = { trust->site, X509_V_FLAG_PARTIAL_CHAIN, 0 };

	return judge(&in, path, err);
}
