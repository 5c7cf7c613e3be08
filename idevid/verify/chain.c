/* SPDX-License-Identifier: Apache-2.0 */
#include "chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "issuers.h"
#include "path-why.h"
#include "path.h"

struct chain_store {
	OSSL_LIB_CTX *libctx;  /* owned */
	X509_STORE *anchors;   /* owned */
	struct issuers *cache; /* owned; notes: struct devid_chain_report */
	size_t n_roots;
};

CLEANUP_DEFINE(chain_store, struct chain_store *, chain_store_free)

static void cleanup_x509_stack(STACK_OF(X509) * *p)
{
	sk_X509_pop_free(*p, X509_free);
}

struct cause {
	int error; /* X509_V_ERR_* */
	enum devid_chain_verdict verdict;
	const char *clause;
	const char *text;
};

#define VALIDITY   "RFC 5280 6.1.3 (a)(2)"
#define BUILDING   "RFC 5280 6.1"
#define TEXT(n)    #n
#define TEXT_OF(n) TEXT(n)
#define MAX_TEXT   TEXT_OF(DEVID_PATH_MAX)

/* The first entry is for every error that the others do not name. */
static const struct cause causes[] = {
	{ X509_V_ERR_UNSPECIFIED, DEVID_CHAIN_OTHER, BUILDING, NULL },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, DEVID_CHAIN_UNKNOWN_ISSUER,
		BUILDING, "its issuer was neither sent nor given as root" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
		DEVID_CHAIN_UNKNOWN_ISSUER, BUILDING,
		"its issuer was neither sent nor given as root" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
		DEVID_CHAIN_UNKNOWN_ISSUER, BUILDING,
		"its issuer was neither sent nor given as root" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, DEVID_CHAIN_OTHER_ROOT,
		BUILDING, "is not one of the given roots" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, DEVID_CHAIN_SELF_SIGNED,
		BUILDING, "is self-signed: nobody vouches for it" },
	{ X509_V_ERR_CERT_HAS_EXPIRED, DEVID_CHAIN_EXPIRED, VALIDITY, NULL },
	{ X509_V_ERR_CERT_NOT_YET_VALID, DEVID_CHAIN_NOT_YET_VALID, VALIDITY,
		NULL },
	{ X509_V_ERR_INVALID_CA, DEVID_CHAIN_NOT_A_CA,
		"RFC 5280 6.1.4 (k), (n)",
		"is used as an issuer and is not a CA's" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, DEVID_CHAIN_NOT_A_CA,
		"RFC 5280 6.1.4 (n)",
		"is used as an issuer without keyCertSign" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, DEVID_CHAIN_PATH_LENGTH,
		"RFC 5280 6.1.4 (m)",
		"has more CAs below it than its pathLenConstraint allows" },
	{ X509_V_ERR_PERMITTED_VIOLATION, DEVID_CHAIN_NAME_CONSTRAINTS,
		"RFC 5280 6.1.3 (b)",
		"has a name that a CA above it is not permitted to vouch for" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, DEVID_CHAIN_NAME_CONSTRAINTS,
		"RFC 5280 6.1.3 (c)",
		"has a name that a CA above it is excluded from" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, DEVID_CHAIN_NAME_CONSTRAINTS,
		"RFC 5280 4.2.1.10", "is under a constraint not understood" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
		DEVID_CHAIN_NAME_CONSTRAINTS, "RFC 5280 4.2.1.10",
		"is under a constraint not understood" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, DEVID_CHAIN_BAD_SIGNATURE,
		"RFC 5280 6.1.3 (a)(1)",
		"its signature is not by the key of the issuer that it names" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, DEVID_CHAIN_WEAK, "IEEE 802.1AR 9",
		"its key is too weak" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, DEVID_CHAIN_WEAK, "IEEE 802.1AR 9",
		"its key is too weak" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, DEVID_CHAIN_WEAK, "IEEE 802.1AR 9",
		"its signature is over too weak a digest" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, DEVID_CHAIN_TOO_LONG, BUILDING,
		"the path has more than " MAX_TEXT " issuers, root included" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
		DEVID_CHAIN_CRITICAL_EXTENSION, "RFC 5280 4.2",
		"has a critical extension that is not understood" },
	{ X509_V_ERR_NO_EXPLICIT_POLICY, DEVID_CHAIN_POLICY,
		"RFC 5280 6.1.5 (g)",
		"a CA of the path demands a policy, and none is permitted by "
		"every CA of it" },
	{ X509_V_ERR_INVALID_POLICY_EXTENSION, DEVID_CHAIN_POLICY,
		"RFC 5280 4.2.1.4, 4.2.1.5, 4.2.1.11, 4.2.1.14",
		"has a malformed extension about policies" },
};

static const struct cause *find_cause(int error)
{
	for (size_t i = 1; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].error == error)
			return &causes[i];
	}
	return &causes[0];
}

enum devid_err chain_store_new(
	struct chain_store **ret, struct devid_error *err)
{
	CLEANUP(cleanup_chain_store)
	struct chain_store *store = calloc(1, sizeof(*store));

	if (!store)
		return fail_no_memory_for(err, "verifier");
	store->libctx = OSSL_LIB_CTX_new();
	store->anchors = X509_STORE_new();
	store->cache = issuers_new(store->libctx, CHAIN_ISSUERS_MAX,
		sizeof(struct devid_chain_report));
	if (!store->libctx || !store->anchors || !store->cache)
		return fail_no_memory_for(err, "verifier");
	*ret = STEAL(store);
	return DEVID_OK;
}

void chain_store_free(struct chain_store *store)
{
	if (!store)
		return;
	issuers_free(store->cache);
	X509_STORE_free(store->anchors);
	OSSL_LIB_CTX_free(store->libctx);
	free(store);
}

size_t chain_store_n_roots(const struct chain_store *store)
{
	return store->n_roots;
}

/* Decodes @der on the store's library context; NULL when it is malformed. */
static X509 *decode(const struct chain_store *store, struct view der)
{
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	const unsigned char *p = der.data;

	if (der.len > CERT_DER_MAX)
		return NULL;
	cert = X509_new_ex(store->libctx, NULL);
	if (!cert || !d2i_X509(&cert, &p, (long)der.len) ||
		p != der.data + der.len)
		return NULL;
	return STEAL(cert);
}

/* RFC 5280 6.1.4 (k), (n): version 3, cA TRUE, keyCertSign when keyUsage is
 * there. OpenSSL alone would let old forms of a CA pass too. */
static bool may_issue(X509 *cert)
{
	return X509_check_ca(cert) == 1 &&
	       (X509_get_key_usage(cert) & KU_KEY_CERT_SIGN);
}

enum devid_err chain_store_add_root(
	struct chain_store *store, struct view der, struct devid_error *err)
{
	CLEANUP(cleanup_x509) X509 *root = NULL;
	char wrong[PATH_WHY_MAX];

	ERR_set_mark();
	root = decode(store, der);
	ERR_pop_to_mark(); /* the caller's own queue stays as it was */
	if (!root)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "root: malformed certificate");
	if (!may_issue(root) && path_bad_extension(root, wrong))
		return devid_fail(err, DEVID_ERR_SYNTAX, "root: its %s", wrong);
	if (!may_issue(root))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"root: not a CA's certificate (RFC 5280 4.2.1.9)");
	if (X509_STORE_add_cert(store->anchors, root) != 1)
		return fail_no_memory_for(err, "root");
	issuers_clear(store->cache);
	store->n_roots++;
	return DEVID_OK;
}

static void subject_text(X509 *cert, char out[DEVID_SUBJECT_MAX])
{
	BIO *bio = BIO_new(BIO_s_mem()); /* owned */
	int n = -1;

	/* ASN1_STRFLGS_RFC2253 escapes control and non-ASCII characters */
	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0,
			   ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_COMMA_PLUS |
				   XN_FLAG_FN_SN) >= 0)
		n = BIO_read(bio, out, DEVID_SUBJECT_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
}

__attribute__((format(printf, 4, 5))) static enum devid_err refuse(
	struct devid_chain_report *report, enum devid_chain_verdict verdict,
	const char *clause, const char *fmt, ...)
{
	va_list ap;

	report->verdict = verdict;
	report->clause = clause;
	va_start(ap, fmt);
	(void)vsnprintf(report->text, sizeof(report->text), fmt, ap);
	va_end(ap);
	return DEVID_ERR_NOT_GENUINE;
}

/* "device certificate", "issuing CA" or "root" of the path. */
static const char *role(X509 *cert, int depth)
{
	if (depth == 0)
		return "device certificate";
	return X509_get_extension_flags(cert) & EXFLAG_SS ? "root"
							  : "issuing CA";
}

static void date_text(const ASN1_TIME *t, char out[32])
{
	struct tm tm;

	out[0] = '\0';
	if (ASN1_TIME_to_tm(t, &tm) != 1 ||
		strftime(out, 32, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
		memcpy(out, "an unreadable date", 19);
}

/* What path_why() found, which OpenSSL has no error for. */
static const struct cause whys[] = {
	[PATH_WHY_EXTENSION] = { 0, DEVID_CHAIN_MALFORMED, "RFC 5280 4.2",
		NULL },
	[PATH_WHY_KEY_ID] = { 0, DEVID_CHAIN_UNKNOWN_ISSUER, "RFC 5280 4.2.1.1",
		NULL },
	[PATH_WHY_NOT_CA] = { 0, DEVID_CHAIN_NOT_A_CA, "RFC 5280 6.1.4 (n)",
		NULL },
	[PATH_WHY_ALGORITHM] = { 0, DEVID_CHAIN_BAD_SIGNATURE,
		"RFC 5280 6.1.3 (a)(1)", NULL },
	[PATH_WHY_KEY] = { 0, DEVID_CHAIN_OTHER, "RFC 5280 4.1.2.7", NULL },
};

/* The cause of the refusal, and in @text what is to say of the certificate. */
static const struct cause *explain(X509_STORE_CTX *ctx, char text[PATH_WHY_MAX])
{
	int error = X509_STORE_CTX_get_error(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	const struct cause *cause = find_cause(error);
	enum path_why why = path_why(ctx, text);
	char date[32];

	if (why != PATH_WHY_NONE)
		return &whys[why];
	if (cert && error == X509_V_ERR_CERT_HAS_EXPIRED) {
		date_text(X509_get0_notAfter(cert), date);
		(void)snprintf(text, PATH_WHY_MAX, "expired on %s", date);
	} else if (cert && error == X509_V_ERR_CERT_NOT_YET_VALID) {
		date_text(X509_get0_notBefore(cert), date);
		(void)snprintf(text, PATH_WHY_MAX, "not valid before %s", date);
	} else {
		(void)snprintf(text, PATH_WHY_MAX, "%s",
			cause->text ? cause->text
				    : X509_verify_cert_error_string(error));
	}
	return cause;
}

/* Names the certificate and the cause of OpenSSL's refusal. */
static enum devid_err refuse_by_openssl(
	struct devid_chain_report *report, X509_STORE_CTX *ctx)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	char subject[DEVID_SUBJECT_MAX] = "", text[PATH_WHY_MAX];
	const struct cause *cause = explain(ctx, text);

	if (!cert || cause->verdict == DEVID_CHAIN_TOO_LONG) /* the path's */
		return refuse(
			report, cause->verdict, cause->clause, "%s", text);
	subject_text(cert, subject);
	return refuse(report, cause->verdict, cause->clause, "%s \"%s\": %s",
		role(cert, X509_STORE_CTX_get_error_depth(ctx)), subject, text);
}

static enum devid_err refuse_issuer(struct devid_chain_report *report,
	enum devid_chain_verdict verdict, X509 *cert)
{
	char subject[DEVID_SUBJECT_MAX];

	subject_text(cert, subject);
	if (verdict == DEVID_CHAIN_PURPOSE)
		return refuse(report, verdict, "RFC 5280 4.2.1.12",
			"issuing CA \"%s\": extendedKeyUsage does not allow "
			"TLS",
			subject);
	return refuse(report, verdict, "RFC 5280 6.1.4 (k), (n)",
		"issuing CA \"%s\": is used as an issuer and is not a CA's",
		subject);
}

/* What OpenSSL's verification leaves open for the verified @chain. */
static enum devid_err check_path(
	STACK_OF(X509) * chain, struct devid_chain_report *report)
{
	static const enum oid tls[] = { OID_KP_SERVER_AUTH,
		OID_KP_CLIENT_AUTH };
	int n = sk_X509_num(chain);

	if (n < 2)
		return refuse(report, DEVID_CHAIN_SELF_SIGNED, BUILDING,
			"the peer presents a root as its own certificate");
	for (int i = 1; i < n; i++) {
		X509 *cert = sk_X509_value(chain, i);

		if (!may_issue(cert))
			return refuse_issuer(
				report, DEVID_CHAIN_NOT_A_CA, cert);
		if (!path_allows(cert, tls, sizeof(tls) / sizeof(tls[0])))
			return refuse_issuer(report, DEVID_CHAIN_PURPOSE, cert);
	}
	if (n - 1 > DEVID_PATH_MAX)
		return refuse(report, DEVID_CHAIN_TOO_LONG, BUILDING,
			"the path has more than %d issuers, root included",
			DEVID_PATH_MAX);
	return DEVID_OK;
}

static void accept_path(struct chain_store *store, STACK_OF(X509) * chain,
	struct devid_chain_report *report)
{
	X509 *path[DEVID_PATH_MAX];

	report->verdict = DEVID_CHAIN_OK;
	report->n_path = (size_t)sk_X509_num(chain) - 1;
	for (size_t i = 0; i < report->n_path; i++) {
		path[i] = sk_X509_value(chain, (int)i + 1);
		subject_text(path[i], report->path[i]);
	}
	issuers_add(store->cache,
		&(struct issuers_path) { path, NULL, report->n_path }, report);
}

static int on_verify(int ok, X509_STORE_CTX *ctx)
{
	return ok || path_is_last_second(ctx);
}

static enum devid_err verify(struct chain_store *store, X509 *leaf,
	STACK_OF(X509) * untrusted, time_t now,
	struct devid_chain_report *report)
{
	CLEANUP(cleanup_store_ctx)
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(store->libctx, NULL);
	enum devid_err rc;

	if (!ctx ||
		X509_STORE_CTX_init(ctx, store->anchors, leaf, untrusted) != 1)
		return DEVID_ERR_NOMEM;
	/* An issuing CA may be given as anchor; nothing else is in the store,
	 * and a leaf cannot be put there. */
	if (!path_prepare(
		    ctx, now, DEVID_PATH_MAX - 1, X509_V_FLAG_PARTIAL_CHAIN))
		return DEVID_ERR_NOMEM;
	X509_STORE_CTX_set_verify_cb(ctx, on_verify);
	if (X509_verify_cert(ctx) != 1)
		return refuse_by_openssl(report, ctx);
	rc = check_path(X509_STORE_CTX_get0_chain(ctx), report);
	if (rc == DEVID_OK)
		accept_path(store, X509_STORE_CTX_get0_chain(ctx), report);
	return rc;
}

/* Decodes the issuers that came with the leaf. */
static enum devid_err decode_untrusted(const struct chain_store *store,
	const struct chain_query *query, STACK_OF(X509) * ret,
	struct devid_chain_report *report)
{
	for (size_t i = 1; i < query->n_certs; i++) {
		CLEANUP(cleanup_x509)
		X509 *cert = decode(store, query->certs[i]);

		if (!cert)
			return refuse(report, DEVID_CHAIN_MALFORMED,
				"RFC 5280 4.1",
				"certificate %zu of the chain is malformed",
				i + 1);
		if (sk_X509_push(ret, cert) == 0)
			return DEVID_ERR_NOMEM;
		(void)STEAL(cert); /* the stack's now */
	}
	return DEVID_OK;
}

static enum devid_err check_fully(struct chain_store *store,
	const struct chain_query *query, struct devid_chain_report *report)
{
	CLEANUP(cleanup_x509) X509 *leaf = decode(store, query->certs[0]);
	CLEANUP(cleanup_x509_stack)
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	enum devid_err rc;

	if (!untrusted)
		return DEVID_ERR_NOMEM;
	if (!leaf || !X509_get0_pubkey(leaf))
		return refuse(report, DEVID_CHAIN_MALFORMED, "RFC 5280 4.1",
			"device certificate: malformed, or its key is");
	rc = decode_untrusted(store, query, untrusted, report);
	if (rc != DEVID_OK)
		return rc;
	return verify(store, leaf, untrusted, query->now, report);
}

struct remembered {
	struct chain_store *store;
	const struct chain_query *query;
	struct devid_chain_report *report;
};

/* The peer must have sent the issuer's certificate: what it proves does not
 * depend on who was here before. Nor may what it sent besides be malformed. */
static bool was_sent(
	void *arg, const uint8_t hash[ISSUERS_HASH_LEN], const void *note)
{
	const struct remembered *r = arg;
	uint8_t sent[EVP_MAX_MD_SIZE];
	bool found = false;

	for (size_t i = 1; i < r->query->n_certs; i++) {
		const struct view *cert = &r->query->certs[i];
		CLEANUP(cleanup_x509) X509 *other = NULL;

		if (EVP_Q_digest(r->store->libctx, "SHA256", NULL, cert->data,
			    cert->len, sent, NULL) == 1 &&
			memcmp(sent, hash, ISSUERS_HASH_LEN) == 0) {
			found = true;
			continue;
		}
		other = decode(r->store, *cert);
		if (!other)
			return false;
	}
	if (found)
		memcpy(r->report, note, sizeof(*r->report));
	return found;
}

static bool check_quickly(struct chain_store *store,
	const struct chain_query *query, struct devid_chain_report *ret)
{
	struct devid_chain_report report;
	struct remembered r = { store, query, &report };
	struct cert_view leaf;

	if (!query->leaf_is_devid ||
		cert_parse(query->certs[0], &leaf, NULL) != DEVID_OK ||
		!issuers_check(store->cache, &leaf, query->now, was_sent, &r))
		return false;
	*ret = report;
	ret->cached = true;
	return true;
}

enum devid_err chain_check(struct chain_store *store,
	const struct chain_query *query, struct devid_chain_report *ret)
{
	enum devid_err rc;

	memset(ret, 0, sizeof(*ret));
	ret->clause = "";
	if (query->n_certs == 0 || query->n_certs > DEVID_CHAIN_MAX)
		return refuse(ret, DEVID_CHAIN_TOO_LONG, BUILDING,
			"%zu certificates, %d at most", query->n_certs,
			DEVID_CHAIN_MAX);
	ERR_set_mark();
	if (check_quickly(store, query, ret))
		rc = DEVID_OK;
	else
		rc = check_fully(store, query, ret);
	ERR_pop_to_mark(); /* the causes are in the report */
	if (rc == DEVID_ERR_NOMEM)
		return refuse(ret, DEVID_CHAIN_NOT_JUDGED, "", "no memory"),
		       DEVID_ERR_NOMEM;
	return rc;
}
