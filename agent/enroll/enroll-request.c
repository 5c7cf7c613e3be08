/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll-request.h"

#include <limits.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "files.h"
#include "ldevid-csr.h"
#include "oid.h"

static void exts_free(STACK_OF(X509_EXTENSION) * exts)
{
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
}

CLEANUP_DEFINE(exts, STACK_OF(X509_EXTENSION) *, exts_free)
CLEANUP_DEFINE(ext, X509_EXTENSION *, X509_EXTENSION_free)
CLEANUP_DEFINE(octets, ASN1_OCTET_STRING *, ASN1_OCTET_STRING_free)

enum key_alg enroll_request_key_type(
	const struct csrattrs *attrs, enum key_alg own)
{
	return attrs->key == KEY_ALG_NONE || attrs->key == KEY_ALG_RSA4096
		       ? own
		       : attrs->key;
}

/* ---- extensions ---- */

/* What is followed: names and uses, never what makes a CA. */
static int nid_of(struct view oid)
{
	if (oid_is(oid, OID_CE_KEY_USAGE))
		return NID_key_usage;
	if (oid_is(oid, OID_CE_EXT_KEY_USAGE))
		return NID_ext_key_usage;
	return oid_is(oid, OID_CE_SUBJECT_ALT_NAME) ? NID_subject_alt_name
						    : NID_undef;
}

/* As it was asked for; the name of the IDevID where the device is to say it. */
static X509_EXTENSION *make_extension(
	const struct csrattrs_ext *ext, int nid, X509 *idevid)
{
	CLEANUP(cleanup_octets) ASN1_OCTET_STRING *value = NULL;
	X509_EXTENSION *own;
	int at;

	if (!ext->has_value) {
		at = X509_get_ext_by_NID(idevid, nid, -1);
		own = nid == NID_subject_alt_name && at >= 0
			      ? X509_get_ext(idevid, at)
			      : NULL;
		return own ? X509_EXTENSION_dup(own) : NULL;
	}
	value = ASN1_OCTET_STRING_new();
	if (!value || ASN1_OCTET_STRING_set(
			      value, ext->value.data, (int)ext->value.len) != 1)
		return NULL;
	return X509_EXTENSION_create_by_NID(NULL, nid, ext->critical, value);
}

static enum devid_err make_extensions(const struct enroll_request *what,
	STACK_OF(X509_EXTENSION) * *ret, struct devid_error *err)
{
	CLEANUP(cleanup_exts)
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();

	if (!list)
		return fail_no_memory(err);
	for (size_t i = 0; i < what->attrs->n_ext; i++) {
		const struct csrattrs_ext *ext = &what->attrs->ext[i];
		int nid = nid_of(ext->oid);
		CLEANUP(cleanup_ext)
		X509_EXTENSION *made = nid == NID_undef
					       ? NULL
					       : make_extension(ext, nid,
							 what->identity->cert);

		if (!made)
			continue;
		if (sk_X509_EXTENSION_push(list, made) == 0)
			return fail_no_memory(err);
		made = NULL;
	}
	*ret = sk_X509_EXTENSION_num(list) > 0 ? STEAL(list) : NULL;
	return DEVID_OK;
}

enum devid_err enroll_request_make(const struct enroll_request *what,
	struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_exts) STACK_OF(X509_EXTENSION) *exts = NULL;
	CLEANUP(cleanup_pkey) EVP_PKEY *key = NULL;
	struct ldevid_csr csr = { .idevid = what->identity->cert,
		.evidence = what->evidence };
	enum devid_err rc = enroll_key_open(what->key, &key, err);

	if (rc == DEVID_OK)
		rc = make_extensions(what, &exts, err);
	csr.extensions = exts;
	return rc == DEVID_OK ? ldevid_csr_write(&csr, key, ret, err) : rc;
}

/* ---- the file ---- */

static enum devid_err path_of(
	const char *staging, char out[PATH_MAX], struct devid_error *err)
{
	if (snprintf(out, PATH_MAX, "%s/%s", staging, ENROLL_REQUEST_NAME) >=
		PATH_MAX)
		return devid_fail(
			err, DEVID_ERR_INVALID, "%s: too long", staging);
	return DEVID_OK;
}

enum devid_err enroll_request_save(
	const char *staging, struct view csr, struct devid_error *err)
{
	char path[PATH_MAX];
	enum devid_err rc = path_of(staging, path, err);

	return rc == DEVID_OK
		       ? files_write_atomic(path, csr.data, csr.len, 0600, err)
		       : rc;
}

enum devid_err enroll_request_forget(
	const char *staging, struct devid_error *err)
{
	char path[PATH_MAX];
	enum devid_err rc = path_of(staging, path, err);

	return rc == DEVID_OK ? files_remove(path, err) : rc;
}

/* Whether it is a request for that very key. */
static bool is_for(struct view csr, const struct key_blob *spki)
{
	struct ldevid_csr_view view;

	return ldevid_csr_read(csr, &view, NULL, NULL) == DEVID_OK &&
	       view_equal(view.spki, (struct view) { spki->data, spki->len });
}

enum devid_err enroll_request_load(const char *staging,
	const struct key_blob *spki, struct blob *ret, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob csr = { NULL, 0 };
	struct devid_error why = { DEVID_OK, "" };
	char path[PATH_MAX];
	enum devid_err rc = path_of(staging, path, err);

	if (rc != DEVID_OK)
		return rc;
	rc = files_read(path, LDEVID_CSR_MAX, &csr.data, &csr.len, &why);
	if (rc == DEVID_OK && is_for(blob_view(&csr), spki)) {
		*ret = blob_take(&csr);
		return DEVID_OK;
	}
	if (rc != DEVID_ERR_NOT_FOUND) {
		rc = files_remove(path, err);
		if (rc != DEVID_OK)
			return rc;
	}
	return devid_fail(err, DEVID_ERR_NOT_FOUND, "no request is kept");
}
