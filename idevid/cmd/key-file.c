/* SPDX-License-Identifier: Apache-2.0 */
#include "key-file.h"

#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd-file.h"
#include "der.h"
#include "pem-chain.h"

#define FILE_MAX                                                               \
	32768 /* a key with certificates beside it; a limit of ours            \
	       */

static void file_done(struct blob *file)
{
	if (file->data)
		OPENSSL_cleanse(file->data, file->len);
	blob_done(file);
}

static const char *shown(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Whoever could read it has the key as well. */
static enum devid_err check_mode(const char *path, struct devid_error *err)
{
	struct stat st;

	if (strcmp(path, "-") == 0 || stat(path, &st) < 0 ||
		!S_ISREG(st.st_mode) || !(st.st_mode & (S_IROTH | S_IWOTH)))
		return DEVID_OK; /* what cannot be read is told by the reader */
	return devid_fail(err, DEVID_ERR_DENIED,
		"%s: everybody may %s this private key (mode %04o): take that "
		"away (chmod 600), or make another key if others had it",
		path, st.st_mode & S_IROTH ? "read" : "write",
		(unsigned)st.st_mode & 07777);
}

enum devid_err key_file_read(
	const char *path, struct private_pem *ret, struct devid_error *err)
{
	CLEANUP(file_done) struct blob file = { NULL, 0 };
	enum devid_err rc = check_mode(path, err);

	if (rc == DEVID_OK)
		rc = cmd_file_read(path, FILE_MAX, &file, err);
	return rc == DEVID_OK ? private_pem_parse(
					shown(path), blob_view(&file), ret, err)
			      : rc;
}

enum devid_err key_file_read_certs(
	const char *path, struct room *ret, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob file = { NULL, 0 };
	enum devid_err rc = cmd_file_read(path, FILE_MAX, &file, err);

	if (rc != DEVID_OK)
		return rc;
	if (file.len == 0 || file.data[0] != DER_SEQUENCE)
		return pem_chain_to_der(
			"cert", shown(path), blob_view(&file), ret, err);
	if (file.len > ret->size)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"cert: %s: chain too large", shown(path));
	memcpy(ret->data, file.data, file.len);
	ret->len = file.len;
	return DEVID_OK;
}
