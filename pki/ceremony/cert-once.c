/* SPDX-License-Identifier: Apache-2.0 */
#include "cert-once.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "build-ca.h"
#include "cert-time.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"

/* An OCSP signer's certificate that ends sooner is replaced. */
#define RENEW_SECONDS (30 * 24 * 3600)

enum devid_err cert_once_other(
	const char *path, const char *what, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_EXISTS,
		"%s: is there already and %s; move it away first", path, what);
}

static bool name_has(const X509_NAME *name, int nid, const char *text)
{
	CLEANUP(cleanup_openssl) unsigned char *utf8 = NULL;
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	int len;

	if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
		return false;
	len = ASN1_STRING_to_UTF8(
		&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	return len >= 0 && (size_t)len == strlen(text) &&
	       memcmp(utf8, text, (size_t)len) == 0;
}

/* Whether @name is what --org and --cn say and nothing else. */
bool cert_once_name_is(const X509_NAME *name, const struct token_cmd *cmd)
{
	return X509_NAME_entry_count(name) == 2 &&
	       name_has(name, NID_organizationName, cmd->org) &&
	       name_has(name, NID_commonName, cmd->cn);
}

static bool ends_at(const X509 *cert, int64_t until)
{
	int64_t end;

	return pki_time_seconds(X509_get0_notAfter(cert), &end) &&
	       end == (until == 0 ? PKI_TIME_NEVER : until);
}

static const char *why_wrong(const X509 *cert, const struct cert_wanted *want,
	const struct token_cmd *cmd)
{
	X509 *c = (X509 *)(uintptr_t)cert; /* OpenSSL caches in it */
	const X509_NAME *name = X509_get_subject_name(cert);

	if (EVP_PKEY_eq(X509_get0_pubkey(cert), want->key) != 1)
		return "has another key";
	if (want->name ? X509_NAME_cmp(name, want->name) != 0
		       : !cert_once_name_is(name, cmd))
		return "has another subject";
	if (X509_verify(c, want->signed_by) != 1)
		return "is not signed by this CA's key";
	if ((X509_check_ca(c) == 1) == want->ocsp ||
		(want->ocsp &&
			!(X509_get_extended_key_usage(c) & XKU_OCSP_SIGN)))
		return "is of another kind";
	if (!want->ocsp && !ends_at(cert, want->until))
		return "has another end";
	return NULL;
}

/* Looks at --out. *@ret_done: there is nothing to do. */
enum devid_err cert_once_look(struct token_cmd *cmd,
	const struct cert_wanted *want, bool *ret_done, struct devid_error *err)
{
	const char *path = cmd->out, *why;
	CLEANUP(cleanup_openssl) unsigned char *der = NULL;
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	struct devid_error absent = { DEVID_OK, "" };
	enum devid_err rc = DEVID_ERR_NOT_FOUND;
	time_t soon = time(NULL) + RENEW_SECONDS;
	int len;

	*ret_done = false;
	if (!output_is_stream(path))
		rc = token_cmd_read_cert(path, &cert, &absent);
	if (rc != DEVID_OK)
		return token_cmd_out_after(cmd, rc, &absent, err);
	why = why_wrong(cert, want, cmd);
	if (why)
		return cert_once_other(path, why, err);
	if (want->ocsp && X509_cmp_time(X509_get0_notAfter(cert), &soon) < 0)
		return token_cmd_out(cmd, err); /* made again */
	len = i2d_X509(cert, &der);
	if (len <= 0)
		return fail_no_memory(err);
	token_cmd_tell(cmd, "certificate", path,
		(struct view) { der, (size_t)len }, "kept");
	*ret_done = true;
	return DEVID_OK;
}

/* Looks at what was signed once more, then writes it. */
static enum devid_err store_cert(const struct token_cmd *cmd,
	const struct cert_wanted *want, struct view der,
	struct devid_error *err)
{
	const char *path = cmd->out, *why;
	const uint8_t *p = der.data;
	CLEANUP(cleanup_x509) X509 *cert = d2i_X509(NULL, &p, (long)der.len);
	enum devid_err rc;

	why = cert ? why_wrong(cert, want, cmd) : "cannot be read again";
	if (why)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"%s: not written: what was signed %s", path, why);
	rc = token_cmd_write_pem(cmd, "CERTIFICATE", der, err);
	if (rc == DEVID_OK)
		token_cmd_tell(cmd, "certificate", path, der, "made");
	return rc;
}

enum devid_err cert_once_make(const struct token_cmd *cmd,
	struct build_issuer *issuer, const struct build_ca *what,
	const struct cert_wanted *want, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	enum devid_err rc =
		build_ca(issuer, issuer ? NULL : cmd->signer, what, &der, err);

	return rc == DEVID_OK ? store_cert(cmd, want, blob_view(&der), err)
			      : rc;
}
