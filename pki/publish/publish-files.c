/* SPDX-License-Identifier: Apache-2.0 */
#include "publish-files.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "publish-name.h"
#include "publish.h"

#define FILE_MAX (1u << 30) /* bytes of a list; a limit of ours */

/* NAME@suffix, or @suffix alone, in the folder. */
static char *path_of(const struct ca *ca, bool named, const char *suffix)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s%s", ca->conf->publish,
		    named ? ca->conf->name : "", suffix) < 0)
		return NULL;
	return path;
}

/* A file that has the content already stays: its time is what web servers
 * and caches go by. */
static enum devid_err put_file(const char *path, const uint8_t *data,
	size_t len, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *old = NULL;
	size_t old_len;

	if (!path)
		return fail_no_memory_for(err, "publish");
	if (files_read(path, FILE_MAX, &old, &old_len, NULL) == DEVID_OK &&
		old_len == len && memcmp(old, data, len) == 0)
		return DEVID_OK;
	return files_write_atomic(path, data, len, 0644, err);
}

static enum devid_err put_cert(const struct ca *ca, bool named,
	const char *suffix, X509 *cert, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *path = path_of(ca, named, suffix);
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	enum devid_err rc;

	if (len <= 0)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"publish: a certificate cannot be encoded");
	rc = put_file(path, der, (size_t)len, err);
	OPENSSL_free(der);
	return rc;
}

/* The self-signed one of the chain, when the chain has it. */
static enum devid_err put_root(const struct ca *ca, struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new_mem_buf(ca->chain_pem, -1);

	if (!bio)
		return fail_no_memory_for(err, "publish");
	for (;;) {
		CLEANUP(cleanup_x509)
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (!cert) {
			ERR_clear_error(); /* the end of it */
			return DEVID_OK;
		}
		if (X509_check_issued(cert, cert) == X509_V_OK)
			return put_cert(ca, false, "root.cer", cert, err);
	}
}

/* The newest list of the register; none is no error. */
static enum devid_err put_list(struct ca *ca, const char *what,
	const char *suffix, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *path = path_of(ca, true, suffix);
	struct devid_error cause = { DEVID_OK, "" };
	char name[PUBLISH_NAME_MAX];
	struct register_blob list;
	enum devid_err rc;

	publish_name(ca, what, name);
	rc = register_blob_get(ca->reg, name, &list, &cause);
	if (rc == DEVID_ERR_NOT_FOUND)
		return DEVID_OK;
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	return put_file(path, list.data.data, list.data.len, err);
}

static enum devid_err put_lists(struct ca *ca, struct devid_error *err)
{
	enum devid_err rc = register_begin_read(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = put_list(ca, "crl", ".crl", err);
	if (rc == DEVID_OK)
		rc = put_list(ca, "delta", "-delta.crl", err);
	register_rollback(ca->reg);
	return rc;
}

static enum devid_err put_certs(const struct ca *ca, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *chain = path_of(ca, true, "-chain.pem");
	enum devid_err rc = put_cert(ca, true, ".cer", ca->cert, err);

	if (rc == DEVID_OK)
		rc = put_root(ca, err);
	if (rc == DEVID_OK)
		rc = put_file(chain, (const uint8_t *)ca->chain_pem,
			strlen(ca->chain_pem), err);
	return rc;
}

/*
 * One process at a time, and each looks into the register once it has the
 * lock: what is written last is never older than what it replaces. The lock
 * ends with the descriptor, whatever becomes of the process.
 */
enum devid_err publish_files(struct ca *ca, struct devid_error *err)
{
	CLEANUP(cleanup_close) int lock = -1;
	CLEANUP(cleanup_free) char *path = NULL;
	enum devid_err rc;
	int got;

	if (!ca->conf->publish)
		return devid_fail(
			err, DEVID_ERR_INVALID, "publish: ca.publish: not set");
	path = path_of(ca, false, ".lock");
	if (!path)
		return fail_no_memory_for(err, "publish");
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return devid_fail(err, DEVID_ERR_IO, "publish: %s: %s", path,
			strerror(errno));
	do {
		got = flock(lock, LOCK_EX);
	} while (got != 0 && errno == EINTR);
	if (got != 0)
		return devid_fail(err, DEVID_ERR_IO, "publish: %s: %s", path,
			strerror(errno));
	rc = put_certs(ca, err);
	return rc == DEVID_OK ? put_lists(ca, err) : rc;
}
