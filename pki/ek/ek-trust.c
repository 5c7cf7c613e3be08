/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "ek-above.h"
#include "ek-crl.h"
#include "ek-profile.h"
#include "fail.h"
#include "path-why.h"
#include "path.h"

#define SUBJECT_MAX 96 /* of a message; longer ones are cut */

/* CAs between an EK certificate and its root; vendors have up to two. */
#define DEPTH_MAX  5
#define DEPTH_TEXT "5"
/* Verified issuers that are remembered; a limit of ours. */
#define ISSUERS_MAX 256

static const struct {
	int error; /* X509_V_ERR_* */
	const char *text;
} causes[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
		"unknown vendor: its issuer is not in the trust folder" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
		"unknown vendor: its issuer is not in the trust folder" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
		"unknown vendor: its issuer is not in the trust folder" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
		"unknown vendor: not a root of the trust folder" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
		"unknown vendor: self-signed" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE,
		"broken signature: not by the key of the issuer it names" },
	{ X509_V_ERR_CERT_REVOKED, "revoked by its issuer" },
	{ X509_V_ERR_UNABLE_TO_GET_CRL,
		"no revocation list of its issuer in the trust folder can be "
		"used for it: partial, or by another key" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION,
		"the revocation list of its issuer has a critical extension "
		"that is not understood" },
	{ X509_V_ERR_CRL_HAS_EXPIRED,
		"the revocation list of its issuer is out of date" },
	{ X509_V_ERR_CRL_NOT_YET_VALID,
		"the revocation list of its issuer is not valid yet" },
	{ X509_V_ERR_CRL_SIGNATURE_FAILURE,
		"the revocation list of its issuer has a broken signature" },
	{ X509_V_ERR_INVALID_CA, "path: issues, and is not a CA's" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN,
		"path: issues, and has no keyCertSign" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED,
		"path: more CAs below it than it allows" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG,
		"path: more than " DEPTH_TEXT " CAs below the root" },
	{ X509_V_ERR_PERMITTED_VIOLATION,
		"path: a name that a CA above it may not vouch for" },
	{ X509_V_ERR_EXCLUDED_VIOLATION,
		"path: a name that a CA above it is excluded from" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
		"a critical extension that is not understood" },
	{ X509_V_ERR_NO_EXPLICIT_POLICY,
		"path: no policy that every CA of it permits" },
	{ X509_V_ERR_INVALID_POLICY_EXTENSION,
		"path: a malformed extension about policies" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "weak: its key" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, "weak: its key" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, "weak: the digest of its signature" },
};

struct ek_trust *ek_trust_alloc(void)
{
	CLEANUP(cleanup_ek_trust)
	struct ek_trust *trust = calloc(1, sizeof(*trust));

	if (!trust)
		return NULL;
	trust->store = X509_STORE_new();
	trust->intermediates = sk_X509_new_null();
	trust->crls = sk_X509_CRL_new_null();
	trust->issuers = issuers_new(NULL, ISSUERS_MAX, sizeof(X509_CRL *));
	if (!trust->store || !trust->intermediates || !trust->crls ||
		!trust->issuers)
		return NULL;
	return STEAL(trust);
}

void ek_trust_free(struct ek_trust *trust)
{
	if (!trust)
		return;
	issuers_free(trust->issuers);
	sk_X509_CRL_pop_free(trust->crls, X509_CRL_free);
	sk_X509_pop_free(trust->intermediates, X509_free);
	X509_STORE_free(trust->store);
	free(trust);
}

void ek_trust_add_note(
	struct ek_trust *trust, const char *path, const char *what)
{
	if (trust->n_notes < EK_TRUST_NOTES_MAX) {
		(void)snprintf(trust->notes[trust->n_notes++],
			EK_TRUST_NOTE_MAX, "%s: %s", path, what);
		return;
	}
	(void)snprintf(trust->notes[EK_TRUST_NOTES_MAX - 1], EK_TRUST_NOTE_MAX,
		"and %zu more files", ++trust->n_notes_more);
}

const char *ek_trust_get_note(const struct ek_trust *trust, size_t i)
{
	return i < trust->n_notes ? trust->notes[i] : NULL;
}

/* Escaped, and cut to what a message has room for. */
static void subject_text(const X509_NAME *name, char out[SUBJECT_MAX])
{
	BIO *bio = BIO_new(BIO_s_mem()); /* owned */
	int n = -1;

	if (bio && X509_NAME_print_ex(bio, name, 0,
			   ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_COMMA_PLUS |
				   XN_FLAG_FN_SN) >= 0)
		n = BIO_read(bio, out, SUBJECT_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
}

static void date_text(const ASN1_TIME *t, char out[32])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1 ||
		strftime(out, 32, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
		memcpy(out, "an unreadable date", 19);
}

/* What is wrong with @cert, in words that need no OpenSSL. */
static void cause_text(X509_STORE_CTX *ctx, X509 *cert, char *out, size_t size)
{
	int error = X509_STORE_CTX_get_error(ctx);
	char date[32], why[PATH_WHY_MAX];
	enum path_why found = path_why(ctx, why);

	if (found != PATH_WHY_NONE) {
		(void)snprintf(out, size, "%s: %s",
			found == PATH_WHY_KEY_ID ? "unknown vendor" : "path",
			why);
		return;
	}
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		date_text(X509_get0_notAfter(cert), date);
		(void)snprintf(out, size, "expired on %s", date);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		date_text(X509_get0_notBefore(cert), date);
		(void)snprintf(out, size, "not yet valid, before %s", date);
		return;
	default: /* OpenSSL's numbers */
		break;
	}
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (causes[i].error != error)
			continue;
		(void)snprintf(out, size, "%s", causes[i].text);
		return;
	}
	(void)snprintf(
		out, size, "path: %s", X509_verify_cert_error_string(error));
}

/* Names the certificate that the cause is about: of the EK's own, which says
 * little of itself, its issuer is the name that a person can look up. */
static enum devid_err refuse(X509_STORE_CTX *ctx, struct devid_error *err)
{
	int error = X509_STORE_CTX_get_error(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	char subject[SUBJECT_MAX], cause[PATH_WHY_MAX + 16];
	bool leaf = X509_STORE_CTX_get_error_depth(ctx) == 0;

	if (!cert && error != X509_V_ERR_NO_EXPLICIT_POLICY)
		return devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"EK certificate: path: %s",
			X509_verify_cert_error_string(error));
	cause_text(ctx, cert, cause, sizeof(cause));
	if (!cert || error == X509_V_ERR_CERT_CHAIN_TOO_LONG) /* the path's */
		return devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"EK certificate: %s", cause);
	subject_text(
		leaf ? X509_get_issuer_name(cert) : X509_get_subject_name(cert),
		subject);
	return devid_fail(err, DEVID_ERR_NOT_GENUINE, "%s \"%s\": %s",
		leaf ? "EK certificate: the one issued by"
		     : "EK certificate: CA",
		subject, cause);
}

/* A list about certificates of @issuer: one that cannot be used, or any. */
static X509_CRL *find_list(
	const struct ek_trust *trust, const X509_NAME *issuer, bool unusable)
{
	for (int i = 0; i < sk_X509_CRL_num(trust->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(trust->crls, i);

		if (ek_crl_concerns(crl, issuer) &&
			(!unusable || ek_crl_defect(crl)))
			return crl;
	}
	return NULL;
}

/* An issuer without a revocation list in the folder is taken as it is. */
static int on_verify(int ok, X509_STORE_CTX *ctx)
{
	const struct ek_trust *trust = X509_STORE_CTX_get_app_data(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);

	if (ok || path_is_last_second(ctx))
		return 1;
	return X509_STORE_CTX_get_error(ctx) == X509_V_ERR_UNABLE_TO_GET_CRL &&
	       cert && !find_list(trust, X509_get_issuer_name(cert), false);
}

/* OpenSSL passes over lists that it does not process: what one of them
 * revokes would count as good. */
static enum devid_err check_lists(const struct ek_trust *trust,
	STACK_OF(X509) * chain, struct devid_error *err)
{
	char subject[SUBJECT_MAX];

	for (int i = 0; i < sk_X509_num(chain); i++) {
		const X509_NAME *issuer =
			X509_get_issuer_name(sk_X509_value(chain, i));
		X509_CRL *crl = find_list(trust, issuer, true);

		if (!crl)
			continue;
		subject_text(issuer, subject);
		return devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"EK certificate: a revocation list about \"%s\" %s and "
			"cannot be used",
			subject, ek_crl_defect(crl));
	}
	return DEVID_OK;
}

static bool is_plain_crl(X509_CRL *crl, X509 *issuer)
{
	if (ek_crl_defect(crl) ||
		X509_CRL_get_ext_by_NID(
			crl, NID_issuing_distribution_point, -1) >= 0)
		return false;
	return X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
}

/* The list of @issuer, if it has one; false when there is more to it. */
static bool find_crl(STACK_OF(X509_CRL) * crls, X509 *issuer, X509_CRL **ret)
{
	*ret = NULL;
	for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(crls, i);

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl),
			    X509_get_subject_name(issuer)) != 0)
			continue;
		if (*ret || !is_plain_crl(crl, issuer))
			return false;
		*ret = crl;
	}
	return true;
}

/* Not one whose list has critical extensions, or that has several; nor what
 * came with the certificate: a CA in each chip would leave no room for others.
 */
static void remember(
	struct ek_trust *trust, STACK_OF(X509) * chain, bool has_above)
{
	X509 *path[DEPTH_MAX + 1];
	X509_CRL *crls[DEPTH_MAX + 1];
	size_t n = 0;

	for (int i = 1; i < sk_X509_num(chain); i++, n++) {
		bool anchor = i == sk_X509_num(chain) - 1;

		if (n > DEPTH_MAX ||
			(has_above && !anchor &&
				!ek_above_holds(trust->intermediates,
					sk_X509_value(chain, i))))
			return;
		path[n] = sk_X509_value(chain, i);
		if (!find_crl(trust->crls, path[n], &crls[n]))
			return;
	}
	issuers_add(trust->issuers, &(struct issuers_path) { path, crls, n },
		&crls[0]);
}

static bool is_not_revoked(
	void *arg, const uint8_t hash[ISSUERS_HASH_LEN], const void *note)
{
	CLEANUP(cleanup_bn) BIGNUM *bn = NULL;
	CLEANUP(cleanup_asn1_integer) ASN1_INTEGER *serial = NULL;
	X509_CRL *crl = *(X509_CRL *const *)note;
	const struct cert_view *cert = arg;
	X509_REVOKED *entry;

	(void)hash;
	if (!crl)
		return true;
	if (cert->serial.len == 0 || cert->serial.data[0] & 0x80)
		return false; /* negative: RFC 5280 4.1.2.2 forbids it */
	bn = BN_bin2bn(cert->serial.data, (int)cert->serial.len, NULL);
	serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
	return serial && X509_CRL_get0_by_serial(crl, &entry, serial) == 0;
}

/* What OpenSSL would refuse for other reasons is left to it. */
bool ek_trust_remembers(
	struct ek_trust *trust, const struct ek_cert *cert, time_t now)
{
	struct cert_view view = cert->view;

	return ek_cert_has_key(cert) && !ek_find_unknown_critical(&view) &&
	       issuers_check(trust->issuers, &view, now, is_not_revoked, &view);
}

/* The profile judges that of the EK certificate itself. */
static enum devid_err check_purposes(
	STACK_OF(X509) * chain, struct devid_error *err)
{
	static const enum oid ek[] = { OID_TCG_KP_EK };
	char subject[SUBJECT_MAX];

	for (int i = 1; i < sk_X509_num(chain); i++) {
		X509 *ca = sk_X509_value(chain, i);

		if (path_allows(ca, ek, 1))
			continue;
		subject_text(X509_get_subject_name(ca), subject);
		return devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"EK certificate: CA \"%s\": path: extendedKeyUsage "
			"does not allow EK certificates",
			subject);
	}
	return DEVID_OK;
}

/* A path to verify; borrowed. */
struct path {
	X509 *leaf;
	STACK_OF(X509) * untrusted; /* the folder's, and what came with it */
	bool has_above;             /* something came with it */
	time_t now;
};

static enum devid_err verify(struct ek_trust *trust, const struct path *path,
	struct devid_error *err)
{
	CLEANUP(cleanup_store_ctx)
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	unsigned long flags = 0;
	enum devid_err rc;

	if (!ctx || X509_STORE_CTX_init(ctx, trust->store, path->leaf,
			    path->untrusted) != 1)
		return fail_no_memory_for(err, "EK certificate");
	if (sk_X509_CRL_num(trust->crls) > 0)
		flags = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	if (!path_prepare(ctx, path->now, DEPTH_MAX, flags))
		return fail_no_memory_for(err, "EK certificate");
	X509_STORE_CTX_set_verify_cb(ctx, on_verify);
	if (X509_STORE_CTX_set_app_data(ctx, trust) != 1)
		return fail_no_memory_for(err, "EK certificate");
	if (X509_verify_cert(ctx) != 1)
		return refuse(ctx, err);
	if (X509_STORE_CTX_get_num_untrusted(ctx) == 0 ||
		sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) < 2)
		return devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"EK certificate: path: it is a root itself");
	rc = check_purposes(X509_STORE_CTX_get0_chain(ctx), err);
	if (rc == DEVID_OK)
		rc = check_lists(trust, X509_STORE_CTX_get0_chain(ctx), err);
	if (rc == DEVID_OK)
		remember(
			trust, X509_STORE_CTX_get0_chain(ctx), path->has_above);
	return rc;
}

static void free_certs(STACK_OF(X509) * *certs)
{
	sk_X509_pop_free(*certs, X509_free);
}

enum devid_err ek_trust_check(struct ek_trust *trust,
	const struct ek_cert *cert, time_t now, struct devid_error *err)
{
	CLEANUP(cleanup_x509) X509 *leaf = NULL;
	CLEANUP(free_certs)
	STACK_OF(X509) *untrusted = X509_chain_up_ref(trust->intermediates);
	struct devid_error cause = { DEVID_OK, "" };
	const unsigned char *p = cert->der.data;
	bool readable = true;
	enum devid_err rc;

	if (ek_trust_remembers(trust, cert, now))
		return DEVID_OK;
	ERR_set_mark();
	if (untrusted)
		readable = ek_above_read(cert->above, untrusted);
	leaf = d2i_X509(NULL, &p, (long)cert->der.len);
	if (!untrusted)
		rc = fail_no_memory_for(&cause, "EK certificate");
	else if (!leaf || p != cert->der.data + cert->der.len)
		rc = devid_fail(&cause, DEVID_ERR_NOT_GENUINE,
			"EK certificate: path: malformed certificate");
	else
		rc = verify(trust,
			&(struct path) {
				leaf, untrusted, cert->above.len > 0, now },
			&cause);
	ERR_pop_to_mark(); /* the cause is in the message */
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "%s%s", cause.text,
			readable ? "" : "; prodCaData: " EK_ABOVE_BAD);
	return DEVID_OK;
}
