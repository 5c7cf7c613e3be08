/* SPDX-License-Identifier: Apache-2.0 */
#include "provision-ek.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cmd-file.h"
#include "der.h"
#include "fail.h"
#include "pem-chain.h"
#include "tpm-nv-header.h"

#define FILE_MAX 32768 /* bytes; a limit of ours */

static const char *shown(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* The first certificate of @in is the EK's. */
static enum devid_err split(const char *path, struct view in,
	struct provision_ek *ret, struct devid_error *err)
{
	struct view content, whole;
	uint8_t tag;

	if (!der_take(&in, &tag, &content, &whole) || tag != DER_SEQUENCE)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"EK certificate: %s: no certificate, in PEM or DER",
			shown(path));
	if (whole.len > sizeof(ret->cert.data))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"EK certificate: %s: %zu bytes, at most %zu are taken",
			shown(path), whole.len, sizeof(ret->cert.data));
	memcpy(ret->cert.data, whole.data, whole.len);
	ret->cert.len = whole.len;
	return provision_ek_add(ret, in, err);
}

/* What NV held: the length in the DER decides. */
static enum devid_err read_der(const char *path, struct view in,
	struct provision_ek *ret, struct devid_error *err)
{
	struct view content, whole = { NULL, 0 };
	size_t told = 0;
	bool header = tpm_nv_header_take(&in, &told);
	uint8_t tag;

	if (der_take(&in, &tag, &content, &whole) && header &&
		told != whole.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"EK certificate: %s: the header before it says that "
			"it has %zu bytes, it has %zu",
			shown(path), told, whole.len);
	return split(path, whole, ret, err);
}

static enum devid_err read_pem(const char *path, struct view in,
	struct provision_ek *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(FILE_MAX);
	struct room der = { buf, FILE_MAX, 0 };
	enum devid_err rc;

	if (!buf)
		return fail_no_memory(err);
	rc = pem_chain_to_der("EK certificate", shown(path), in, &der, err);
	return rc == DEVID_OK ? split(path, (struct view) { der.data, der.len },
					ret, err)
			      : rc;
}

enum devid_err provision_ek_read(
	const char *path, struct provision_ek *ret, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob file = { NULL, 0 };
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = cmd_file_read(path, FILE_MAX, &file, &cause);

	if (rc != DEVID_OK)
		return devid_fail(err, rc, "EK certificate: %s", cause.text);
	/* A header begins with 10, DER with 30, PEM with a letter or "-". */
	return file.len > 0 && (file.data[0] == DER_SEQUENCE ||
				       file.data[0] == 0x10)
		       ? read_der(path, blob_view(&file), ret, err)
		       : read_pem(path, blob_view(&file), ret, err);
}

enum devid_err provision_ek_add(
	struct provision_ek *ek, struct view more, struct devid_error *err)
{
	if (more.len > sizeof(ek->above) - ek->above_len)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"EK certificate: more than %zu bytes of certificates "
			"above it",
			sizeof(ek->above));
	if (more.len > 0)
		memcpy(ek->above + ek->above_len, more.data, more.len);
	ek->above_len += more.len;
	return DEVID_OK;
}
