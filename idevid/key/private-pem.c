/* SPDX-License-Identifier: Apache-2.0 */
#include "private-pem.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "der.h"

/* One block of a PEM file, which may be secret. */
struct block {
	char *name, *header;
	unsigned char *data;
	long len;
};

static void block_done(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_secure_clear_free(b->data, (size_t)b->len);
}

static void free_pkcs8(PKCS8_PRIV_KEY_INFO *info)
{
	PKCS8_PRIV_KEY_INFO_free(info); /* which erases it */
}

CLEANUP_DEFINE(pkcs8, PKCS8_PRIV_KEY_INFO *, free_pkcs8)

static enum devid_err fail_encrypted(const char *path, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_UNSUPPORTED,
		"%s: the private key is encrypted: decrypt it first, for "
		"example through a pipe (openssl pkey -in FILE | devid key "
		"import NAME -)",
		path);
}

static enum devid_err give(const char *path, struct view der,
	struct private_pem *ret, struct devid_error *err)
{
	if (der.len > sizeof(ret->data))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: a private key of %zu bytes, at most %zu are taken",
			path, der.len, sizeof(ret->data));
	memcpy(ret->data, der.data, der.len);
	ret->len = der.len;
	return DEVID_OK;
}

/* An older form to PKCS#8. */
static enum devid_err convert(const char *path, struct view der,
	struct private_pem *ret, struct devid_error *err)
{
	const uint8_t *p = der.data;
	CLEANUP(cleanup_pkey)
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
	CLEANUP(cleanup_pkcs8)
	PKCS8_PRIV_KEY_INFO *info =
		key && p == der.data + der.len ? EVP_PKEY2PKCS8(key) : NULL;
	uint8_t *out = ret->data;
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;

	ERR_clear_error();
	if (len <= 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: no private key in PKCS#8 or in the older forms of "
			"RSA and EC",
			path);
	if ((size_t)len > sizeof(ret->data))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: a private key of %d bytes, at most %zu are taken",
			path, len, sizeof(ret->data));
	ret->len = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &out);
	return DEVID_OK;
}

/* By its first two members: PKCS#8 is INTEGER and SEQUENCE, its encrypted form
 * begins with a SEQUENCE (RFC 5958 2 and 3). */
static enum devid_err read_der(const char *path, struct view der,
	struct private_pem *ret, struct devid_error *err)
{
	struct view in = der, inside, content, whole;
	uint8_t tag, first = 0, second = 0;

	if (!der_take(&in, &tag, &inside, &whole) || tag != DER_SEQUENCE)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: no private key, in PEM or DER", path);
	if (der_take(&inside, &first, &content, &whole))
		(void)der_take(&inside, &second, &content, &whole);
	if (first == DER_SEQUENCE)
		return fail_encrypted(path, err);
	return second == DER_SEQUENCE ? give(path, der, ret, err)
				      : convert(path, der, ret, err);
}

/* Whether @b is what is looked for; *@ret_rc is how it ended then. */
static bool take_block(const char *path, const struct block *b,
	struct private_pem *ret, enum devid_err *ret_rc,
	struct devid_error *err)
{
	size_t len = strlen(b->name), end = strlen("PRIVATE KEY");

	if (len < end || strcmp(b->name + len - end, "PRIVATE KEY") != 0)
		return false;
	if (strcmp(b->name, "ENCRYPTED PRIVATE KEY") == 0 ||
		strstr(b->header, "ENCRYPTED"))
		*ret_rc = fail_encrypted(path, err);
	else if (strcmp(b->name, "PRIVATE KEY") != 0 &&
		 strcmp(b->name, "RSA PRIVATE KEY") != 0 &&
		 strcmp(b->name, "EC PRIVATE KEY") != 0)
		*ret_rc = devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"%s: %s: only PKCS#8, and the older forms of RSA and "
			"EC, are read",
			path, b->name);
	else
		*ret_rc = read_der(path,
			(struct view) { b->data, (size_t)b->len }, ret, err);
	return true;
}

static enum devid_err read_pem(const char *path, struct view file,
	struct private_pem *ret, struct devid_error *err)
{
	CLEANUP(cleanup_bio)
	BIO *bio = BIO_new_mem_buf(file.data, (int)file.len);
	enum devid_err rc = DEVID_OK;

	while (bio) {
		CLEANUP(block_done) struct block b = { NULL, NULL, NULL, 0 };

		if (!PEM_read_bio_ex(bio, &b.name, &b.header, &b.data, &b.len,
			    PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE))
			break;
		if (take_block(path, &b, ret, &rc, err))
			return rc;
	}
	ERR_clear_error(); /* the end of the file is one */
	return devid_fail(err, DEVID_ERR_SYNTAX,
		"%s: no private key, in PEM or DER", path);
}

enum devid_err private_pem_parse(const char *path, struct view file,
	struct private_pem *ret, struct devid_error *err)
{
	return file.len > 0 && file.data[0] == DER_SEQUENCE
		       ? read_der(path, file, ret, err)
		       : read_pem(path, file, ret, err);
}
