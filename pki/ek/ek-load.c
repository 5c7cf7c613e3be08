/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-load.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "ek-crl.h"
#include "ek-trust.h"
#include "fail.h"
#include "files.h"
#include "path-why.h"
#include "what-is.h"

#define FILE_MAX  (16 * 1024 * 1024) /* bytes; a limit of ours */
#define FILES_MAX 4096               /* in the folder; a limit of ours */

enum file_kind {
	FILE_OTHER,
	FILE_CERTS,
	FILE_CRL,
};

static enum file_kind kind_of(const char *name)
{
	static const struct {
		const char *end;
		enum file_kind kind;
	} ends[] = {
		{ ".pem", FILE_CERTS },
		{ ".crt", FILE_CERTS },
		{ ".cer", FILE_CERTS },
		{ ".der", FILE_CERTS },
		{ ".crl", FILE_CRL },
	};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (len > 4 && strcasecmp(name + len - 4, ends[i].end) == 0)
			return ends[i].kind;
	}
	return FILE_OTHER;
}

/* RFC 5280 6.1.4 (k), (n) */
static bool is_ca(X509 *cert)
{
	return X509_check_ca(cert) == 1 &&
	       (X509_get_key_usage(cert) & KU_KEY_CERT_SIGN);
}

/* Names itself as issuer, and its own key made the signature. */
static bool is_self_signed(X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(cert),
		       X509_get_issuer_name(cert)) == 0 &&
	       X509_get0_pubkey(cert) &&
	       X509_verify(cert, X509_get0_pubkey(cert)) == 1;
}

/* A separate signer of lists (RFC 5280 6.3.3 f). */
static bool signs_lists_only(X509 *cert)
{
	uint32_t flags = X509_get_extension_flags(cert);

	return !(flags & EXFLAG_CA) && flags & EXFLAG_KUSAGE &&
	       X509_get_key_usage(cert) & KU_CRL_SIGN;
}

static enum devid_err add_cert(struct ek_trust *trust, const char *path,
	X509 *cert, struct devid_error *err)
{
	char wrong[PATH_WHY_MAX];

	if (signs_lists_only(cert)) {
		ek_trust_add_note(trust, path,
			"a certificate that signs lists only: not used, and "
			"EKs whose list it signed are refused");
		return DEVID_OK;
	}
	if (!is_ca(cert) && path_bad_extension(cert, wrong))
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "%s: its %s", path, wrong);
	if (!is_ca(cert))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: not a CA's certificate", path);
	if (is_self_signed(cert)) {
		if (X509_STORE_add_cert(trust->store, cert) != 1)
			return fail_no_memory_for(err, path);
		trust->n_anchors++;
		return DEVID_OK;
	}
	if (X509_up_ref(cert) != 1)
		return fail_no_memory_for(err, path);
	if (sk_X509_push(trust->intermediates, cert) == 0) {
		X509_free(cert); /* the reference of the line above */
		return fail_no_memory_for(err, path);
	}
	return DEVID_OK;
}

static enum devid_err add_crl(struct ek_trust *trust, const char *path,
	X509_CRL *crl, struct devid_error *err)
{
	const char *defect = ek_crl_defect(crl);
	char text[128];

	if (defect) {
		(void)snprintf(text, sizeof(text),
			"this list %s: EKs that it is about are refused",
			defect);
		ek_trust_add_note(trust, path, text);
	}
	if (X509_STORE_add_crl(trust->store, crl) != 1 ||
		X509_CRL_up_ref(crl) != 1)
		return fail_no_memory_for(err, path);
	if (sk_X509_CRL_push(trust->crls, crl) == 0) {
		X509_CRL_free(crl); /* the reference of the line above */
		return fail_no_memory_for(err, path);
	}
	return DEVID_OK;
}

static enum devid_err add_der(struct ek_trust *trust, const char *path,
	enum file_kind kind, struct view der, struct devid_error *err)
{
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	CLEANUP(cleanup_x509_crl) X509_CRL *crl = NULL;
	const unsigned char *p = der.data;
	char form[WHAT_IS_MAX];

	if (kind == FILE_CERTS)
		cert = d2i_X509(NULL, &p, (long)der.len);
	else
		crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	what_is_for(der,
		kind == FILE_CERTS ? WHAT_IS_CERT_DER : WHAT_IS_CRL_DER, form);
	if (!cert && !crl)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: not a %s in PEM or DER: it is %s", path,
			kind == FILE_CERTS ? "certificate" : "CRL", form);
	if (p != der.data + der.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: %zu bytes behind the %s", path,
			(size_t)(der.data + der.len - p),
			kind == FILE_CERTS ? "certificate" : "CRL");
	return cert ? add_cert(trust, path, cert, err)
		    : add_crl(trust, path, crl, err);
}

/* Says what the block @name is in place of @want. */
static enum devid_err refuse_block(const char *path, const char *want,
	const char *name, struct devid_error *err)
{
	char line[64], form[WHAT_IS_MAX];
	int n = snprintf(line, sizeof(line), "-----BEGIN %.40s-----", name);

	what_is((struct view) { (const uint8_t *)line, (size_t)n }, form);
	return devid_fail(err, DEVID_ERR_SYNTAX,
		"%s: a PEM block that is no %s: it is %s", path, want, form);
}

/* Takes all PEM blocks, which must be of the file's kind. */
static enum devid_err add_pem(struct ek_trust *trust, const char *path,
	enum file_kind kind, struct view pem, struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	const char *want =
		kind == FILE_CERTS ? PEM_STRING_X509 : PEM_STRING_X509_CRL;
	enum devid_err rc = DEVID_OK;
	char *name, *header, form[WHAT_IS_MAX];
	unsigned char *der;
	size_t n = 0;
	long len;

	while (bio && rc == DEVID_OK &&
		PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
		if (strcmp(name, want) == 0)
			rc = add_der(trust, path, kind,
				(struct view) { der, (size_t)len }, err);
		else
			rc = refuse_block(path, want, name, err);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
		n++;
	}
	if (rc != DEVID_OK)
		return rc;
	what_is(pem, form);
	if (n == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: not a %s in PEM or DER: it is %s", path, want,
			form);
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: malformed PEM behind block %zu", path, n);
	return DEVID_OK;
}

static enum devid_err add_file(struct ek_trust *trust, const char *path,
	enum file_kind kind, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	enum devid_err rc;
	size_t len = 0;

	rc = files_read(path, FILE_MAX, &data, &len, err);
	if (rc != DEVID_OK)
		return rc;
	ERR_clear_error();
	if (len > 0 && data[0] == DER_SEQUENCE)
		rc = add_der(
			trust, path, kind, (struct view) { data, len }, err);
	else
		rc = add_pem(
			trust, path, kind, (struct view) { data, len }, err);
	ERR_clear_error(); /* the end of a PEM file is one */
	return rc;
}

/* What others can put a root into is no trust. */
static enum devid_err check_folder(
	DIR *dir, const char *path, struct devid_error *err)
{
	struct stat st;

	if (fstat(dirfd(dir), &st) != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", path, strerror(errno));
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || st.st_mode & 022)
		return devid_fail(err, DEVID_ERR_DENIED,
			"%s: others can write to this folder", path);
	return DEVID_OK;
}

static enum devid_err add_folder(struct ek_trust *trust, const char *path,
	DIR *dir, struct devid_error *err)
{
	char file[PATH_MAX];
	const struct dirent *entry;
	enum file_kind kind;
	enum devid_err rc;
	size_t n = 0;

	while ((entry = readdir(dir))) {
		kind = kind_of(entry->d_name);
		if (entry->d_name[0] == '.' || kind == FILE_OTHER)
			continue;
		if (++n > FILES_MAX ||
			snprintf(file, sizeof(file), "%s/%s", path,
				entry->d_name) >= (int)sizeof(file))
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"%s: more than %d files, or a long name", path,
				FILES_MAX);
		rc = add_file(trust, file, kind, err);
		if (rc != DEVID_OK)
			return rc;
	}
	return DEVID_OK;
}

enum devid_err ek_trust_new(
	const char *dir, struct ek_trust **ret, struct devid_error *err)
{
	CLEANUP(cleanup_closedir) DIR *folder = opendir(dir);
	CLEANUP(cleanup_ek_trust) struct ek_trust *trust = NULL;
	enum devid_err rc;

	if (!folder)
		return devid_fail(err,
			errno == ENOENT || errno == ENOTDIR
				? DEVID_ERR_NOT_FOUND
				: DEVID_ERR_IO,
			"%s: %s", dir, strerror(errno));
	rc = check_folder(folder, dir, err);
	if (rc != DEVID_OK)
		return rc;
	trust = ek_trust_alloc();
	if (!trust)
		return fail_no_memory_for(err, dir);
	rc = add_folder(trust, dir, folder, err);
	if (rc != DEVID_OK)
		return rc;
	if (trust->n_anchors == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: no TPM vendor's root in it", dir);
	*ret = STEAL(trust);
	return DEVID_OK;
}
