/* SPDX-License-Identifier: Apache-2.0 */
#include "issued.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "est-body.h"
#include "fail.h"
#include "path.h"

/* Roots are few, and issuers between at most three: keyd takes no more. */
#define DEPTH_MAX 3

CLEANUP_DEFINE(store, X509_STORE *, X509_STORE_free)

static void stack_free(STACK_OF(X509) * certs)
{
	sk_X509_free(certs); /* not what is in it */
}

CLEANUP_DEFINE(stack, STACK_OF(X509) *, stack_free)

static enum devid_err bad(
	struct devid_error *err, enum devid_err code, const char *why)
{
	return devid_fail(err, code, "certificate: %s", why);
}

/* ---- the leaf ---- */

static bool is_for(X509 *cert, const struct key_blob *spki)
{
	CLEANUP(cleanup_openssl) uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	return len > 0 && (size_t)len == spki->len &&
	       memcmp(der, spki->data, spki->len) == 0;
}

/* By its key and never by its place: a SET has no order. */
static X509 *find_leaf(const struct issued_ask *ask)
{
	for (int i = 0; i < sk_X509_num(ask->answer); i++) {
		X509 *cert = sk_X509_value(ask->answer, i);

		if (is_for(cert, ask->spki))
			return cert;
	}
	return NULL;
}

/* The one serialNumber of a subject; NULL: none, or several. */
static const ASN1_STRING *serial_of(X509 *cert)
{
	const X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, NID_serialNumber, -1);

	if (at < 0 ||
		X509_NAME_get_index_by_NID(name, NID_serialNumber, at) >= 0)
		return NULL;
	return X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
}

/* As octets: types of strings may differ. */
static bool is_same_unit(X509 *a, X509 *b)
{
	const ASN1_STRING *x = serial_of(a), *y = serial_of(b);

	return x && y && ASN1_STRING_length(x) == ASN1_STRING_length(y) &&
	       memcmp(ASN1_STRING_get0_data(x), ASN1_STRING_get0_data(y),
		       (size_t)ASN1_STRING_length(x)) == 0;
}

/* Also where its keyUsage does not go with it. */
static bool claims_ca(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_CA) != 0 ||
	       X509_check_ca(cert) != 0;
}

/* ---- the chain ---- */

static bool is_root(X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert),
		       X509_get_issuer_name(cert)) == 0 &&
	       X509_check_ca(cert) != 0;
}

/* Roots of cacerts into @store, all else into @others. */
static bool sort_certs(const struct issued_ask *ask, X509_STORE *store,
	STACK_OF(X509) * others, int *ret_roots)
{
	for (int i = 0; i < sk_X509_num(ask->cacerts); i++) {
		X509 *cert = sk_X509_value(ask->cacerts, i);

		if (!is_root(cert)) {
			if (sk_X509_push(others, cert) == 0)
				return false;
			continue;
		}
		if (X509_STORE_add_cert(store, cert) != 1)
			return false;
		(*ret_roots)++;
	}
	for (int i = 0; i < sk_X509_num(ask->answer); i++) {
		if (sk_X509_push(others, sk_X509_value(ask->answer, i)) == 0)
			return false;
	}
	return true;
}

/* DER of a verified path but for its root. */
static enum devid_err write_path(
	const STACK_OF(X509) * path, struct blob *ret, struct devid_error *err)
{
	int n = sk_X509_num(path) - 1;
	CLEANUP(blob_done) struct blob out = { NULL, 0 };

	for (int i = 0; i < n; i++) {
		CLEANUP(cleanup_openssl) uint8_t *der = NULL;
		int len = i2d_X509(sk_X509_value(path, i), &der);
		uint8_t *more =
			len > 0 ? realloc(out.data, out.len + (size_t)len)
				: NULL;

		if (!more)
			return fail_no_memory(err);
		memcpy(more + out.len, der, (size_t)len);
		out.data = more;
		out.len += (size_t)len;
	}
	*ret = blob_take(&out);
	return DEVID_OK;
}

/* When it is judged: now, or, where nobody knows when that is, the first second
 * of the leaf. */
static time_t judged_at(const struct issued_ask *ask, X509 *leaf)
{
	struct tm tm;

	if (ask->clock_is_wrong &&
		ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &tm) == 1)
		return timegm(&tm);
	return ask->now;
}

static enum devid_err verify(const struct issued_ask *ask, X509 *leaf,
	X509_STORE_CTX *ctx, struct devid_error *err)
{
	int code;

	if (!path_prepare(ctx, judged_at(ask, leaf), DEPTH_MAX, 0))
		return fail_no_memory(err);
	if (X509_verify_cert(ctx) == 1)
		return DEVID_OK;
	code = X509_STORE_CTX_get_error(ctx);
	return devid_fail(err, DEVID_ERR_NOT_GENUINE,
		"certificate: no path to a root of cacerts: %s%s",
		X509_verify_cert_error_string(code),
		X509_STORE_CTX_get_current_cert(ctx) == leaf ? ""
							     : " (an issuer)");
}

static enum devid_err check_chain(const struct issued_ask *ask, X509 *leaf,
	struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_store) X509_STORE *store = X509_STORE_new();
	CLEANUP(cleanup_stack) STACK_OF(X509) *others = sk_X509_new_null();
	CLEANUP(cleanup_store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int n_roots = 0;
	enum devid_err rc;

	if (!store || !others || !ctx ||
		!sort_certs(ask, store, others, &n_roots) ||
		X509_STORE_CTX_init(ctx, store, leaf, others) != 1)
		return fail_no_memory(err);
	if (n_roots == 0)
		return bad(err, DEVID_ERR_NOT_GENUINE,
			"there is no root in cacerts");
	rc = verify(ask, leaf, ctx, err);
	return rc == DEVID_OK
		       ? write_path(X509_STORE_CTX_get0_chain(ctx), ret, err)
		       : rc;
}

enum devid_err issued_check(
	const struct issued_ask *ask, struct blob *ret, struct devid_error *err)
{
	X509 *leaf = find_leaf(ask);

	if (!leaf)
		return bad(err, DEVID_ERR_MISMATCH,
			"none in the answer is for the key of the request");
	if (!is_same_unit(leaf, ask->identity))
		return bad(err, DEVID_ERR_MISMATCH,
			"its serialNumber is not the one of this device");
	if (claims_ca(leaf))
		return bad(err, DEVID_ERR_INVALID, "is a CA's");
	return check_chain(ask, leaf, ret, err);
}
