/* SPDX-License-Identifier: Apache-2.0 */
#include "key-file.h"

#include <openssl/crypto.h>
#include <string.h>

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

enum devid_err key_file_read(
	const char *path, struct private_pem *ret, struct devid_error *err)
{
	CLEANUP(file_done) struct blob file = { NULL, 0 };
	enum devid_err rc = cmd_file_read_key(path, FILE_MAX, &file, err);

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
