/* SPDX-License-Identifier: Apache-2.0 */
#include "path-why.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "alg-name.h"
#include "cleanup.h"

#define NAME_MAX_LEN 64 /* of an extension */

static void free_stack(STACK_OF(X509) * list)
{
	sk_X509_pop_free(list, X509_free);
}

CLEANUP_DEFINE(anchors, STACK_OF(X509) *, free_stack)

/* ---- extensions ---- */

static void extension_name(X509_EXTENSION *ext, char out[NAME_MAX_LEN])
{
	const ASN1_OBJECT *object = X509_EXTENSION_get_object(ext);
	int nid = OBJ_obj2nid(object);

	if (nid != NID_undef)
		(void)snprintf(out, NAME_MAX_LEN, "%s", OBJ_nid2sn(nid));
	else if (OBJ_obj2txt(out, NAME_MAX_LEN, object, 1) <= 0)
		(void)snprintf(out, NAME_MAX_LEN, "of an unreadable name");
}

/* Not one that OpenSSL knows, or of its form. */
static bool is_readable(X509_EXTENSION *ext)
{
	const X509V3_EXT_METHOD *method = X509V3_EXT_get(ext);
	void *value;

	if (!method)
		return true;
	value = X509V3_EXT_d2i(ext);
	if (!value)
		return false;
	if (method->it)
		ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
	else
		method->ext_free(value);
	return true;
}

bool path_bad_extension(X509 *cert, char out[PATH_WHY_MAX])
{
	char name[NAME_MAX_LEN];
	bool good = true, once = true;

	/* many shipped certificates have one that nobody reads */
	if (!(X509_get_extension_flags(cert) & EXFLAG_INVALID))
		return false;
	ERR_set_mark();
	for (int i = 0; good && once && i < X509_get_ext_count(cert); i++) {
		X509_EXTENSION *ext = X509_get_ext(cert, i);

		good = is_readable(ext);
		once = X509_get_ext_by_OBJ(
			       cert, X509_EXTENSION_get_object(ext), i) < 0;
		extension_name(ext, name);
	}
	ERR_pop_to_mark(); /* told in @out */
	if (!good || !once)
		(void)snprintf(out, PATH_WHY_MAX, "extension \"%s\" %s", name,
			good ? "stands twice" : "is malformed");
	return !good || !once;
}

/* ---- issuers ---- */

/* What keeps @issuer, which is called as the one of @cert, from being it. */
static enum path_why why_not_issuer(
	X509 *cert, X509 *issuer, char out[PATH_WHY_MAX])
{
	char text[PATH_WHY_MAX], key[ALG_NAME_MAX];
	int error;

	if (path_bad_extension(issuer, text)) {
		(void)snprintf(out, PATH_WHY_MAX,
			"its issuer is there, and the issuer's %.140s", text);
		return PATH_WHY_EXTENSION;
	}
	alg_name_of_cert(issuer, key);
	if (!X509_get0_pubkey(issuer)) {
		(void)snprintf(out, PATH_WHY_MAX,
			"its issuer is there, and the issuer's key cannot be "
			"used: its algorithm is %s",
			key);
		return PATH_WHY_KEY;
	}
	error = X509_check_issued(issuer, cert);
	switch (error) {
	case X509_V_ERR_AKID_SKID_MISMATCH:
	case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
		(void)snprintf(out, PATH_WHY_MAX,
			"its issuer's name is there, but with another key "
			"than authorityKeyIdentifier names");
		return PATH_WHY_KEY_ID;
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
		(void)snprintf(out, PATH_WHY_MAX,
			"its issuer is there, and has no keyCertSign");
		return PATH_WHY_NOT_CA;
	case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
	case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
		(void)snprintf(out, PATH_WHY_MAX,
			"its issuer is there, and the issuer's key (%s) makes "
			"no such signature",
			key);
		return PATH_WHY_ALGORITHM;
	default: /* OpenSSL's numbers */
		return PATH_WHY_NONE;
	}
}

static enum path_why why_among(
	X509 *cert, STACK_OF(X509) * list, char out[PATH_WHY_MAX])
{
	enum path_why why = PATH_WHY_NONE;

	for (int i = 0; why == PATH_WHY_NONE && i < sk_X509_num(list); i++) {
		X509 *issuer = sk_X509_value(list, i);

		if (issuer != cert &&
			X509_NAME_cmp(X509_get_subject_name(issuer),
				X509_get_issuer_name(cert)) == 0)
			why = why_not_issuer(cert, issuer, out);
	}
	return why;
}

static enum path_why why_no_issuer(
	X509_STORE_CTX *ctx, X509 *cert, char out[PATH_WHY_MAX])
{
	CLEANUP(cleanup_anchors)
	STACK_OF(X509) *anchors =
		X509_STORE_get1_all_certs(X509_STORE_CTX_get0_store(ctx));
	char text[PATH_WHY_MAX];
	enum path_why why;

	if (path_bad_extension(cert, text)) {
		(void)snprintf(out, PATH_WHY_MAX, "its %.180s", text);
		return PATH_WHY_EXTENSION;
	}
	why = why_among(cert, X509_STORE_CTX_get0_untrusted(ctx), out);
	return why == PATH_WHY_NONE ? why_among(cert, anchors, out) : why;
}

/* OpenSSL's "invalid CA" is said of one that lacks the right alone, too. */
static enum path_why why_no_ca(X509 *cert, char out[PATH_WHY_MAX])
{
	uint32_t flags = X509_get_extension_flags(cert);

	if (X509_get_version(cert) != X509_VERSION_3)
		(void)snprintf(out, PATH_WHY_MAX,
			"is used as an issuer and is of version %ld",
			X509_get_version(cert) + 1);
	else if (flags & EXFLAG_CA &&
		 !(X509_get_key_usage(cert) & KU_KEY_CERT_SIGN))
		(void)snprintf(out, PATH_WHY_MAX,
			"is used as an issuer and has no keyCertSign");
	else
		return PATH_WHY_NONE;
	return PATH_WHY_NOT_CA;
}

enum path_why path_why(X509_STORE_CTX *ctx, char out[PATH_WHY_MAX])
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	char key[ALG_NAME_MAX];

	if (!cert)
		return PATH_WHY_NONE;
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return why_no_issuer(ctx, cert, out);
	case X509_V_ERR_INVALID_CA:
		return why_no_ca(cert, out);
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
		if (X509_get0_pubkey(cert))
			return PATH_WHY_NONE;
		alg_name_of_cert(cert, key);
		(void)snprintf(out, PATH_WHY_MAX,
			"its key cannot be used: its algorithm is %s", key);
		return PATH_WHY_KEY;
	default: /* OpenSSL's numbers */
		return PATH_WHY_NONE;
	}
}
