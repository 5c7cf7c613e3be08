/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-nv.h"

#include <string.h>

#include "der.h"
#include "fail.h"
#include "tpm-handle.h"
#include "tpm-template.h"

/* One TPM2_NV_Read or NV_Write; every TPM takes 512 (PC Client profile). */
#define NV_CHUNK 512

/* As swtpm_setup makes certificate indices: survives TPM2_Clear, readable by
 * anyone, writable by the platform until it is locked for good. */
#define NV_CERT_ATTRS                                                          \
	(TPMA_NV_PLATFORMCREATE | TPMA_NV_AUTHREAD | TPMA_NV_OWNERREAD |       \
		TPMA_NV_PPREAD | TPMA_NV_PPWRITE | TPMA_NV_NO_DA |             \
		TPMA_NV_WRITEDEFINE)

/* An open NV index. */
struct nv {
	struct tpm_handle index;
	TPMA_NV attrs;
	uint16_t size;
};

/* Errors: NOT_FOUND. */
static enum devid_err nv_open(struct tpm *tpm, TPM2_HANDLE index,
	struct nv *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_NV_PUBLIC *pub = NULL;
	CLEANUP(tpm_handle_done)
	struct tpm_handle opened = { tpm, ESYS_TR_NONE, true };
	bool found = false;
	enum devid_err code;
	TSS2_RC rc;

	code = tpm_handle_find(tpm, index, &found, err);
	if (code != DEVID_OK)
		return code;
	if (!found)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: no NV index 0x%08x", index);
	rc = Esys_TR_FromTPMPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, &opened.tr);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_NV_ReadPublic(tpm->esys, opened.tr, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL);
	code = tpm_result(tpm, rc, "read NV index", err);
	if (code != DEVID_OK || !pub)
		return code;
	ret->index = tpm_handle_take(&opened);
	ret->attrs = pub->nvPublic.attributes;
	ret->size = pub->nvPublic.dataSize;
	return DEVID_OK;
}

static void nv_close(struct nv *nv)
{
	tpm_handle_done(&nv->index);
}

static enum devid_err nv_read(
	const struct nv *nv, struct key_blob *ret, struct devid_error *err)
{
	struct tpm *tpm = nv->index.tpm;
	uint16_t done = 0;

	if (nv->size > sizeof(ret->data))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tpm: NV index of %u bytes", nv->size);
	while (done < nv->size) {
		CLEANUP(cleanup_esys) TPM2B_MAX_NV_BUFFER *part = NULL;
		uint16_t want = nv->size - done;
		enum devid_err rc;

		if (want > NV_CHUNK)
			want = NV_CHUNK;
		rc = tpm_result(tpm,
			Esys_NV_Read(tpm->esys, nv->index.tr, nv->index.tr,
				ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				want, done, &part),
			"read NV", err);
		if (rc != DEVID_OK)
			return rc;
		if (part->size == 0 || part->size > want)
			return devid_fail(
				err, DEVID_ERR_TPM, "tpm: short NV read");
		memcpy(ret->data + done, part->buffer, part->size);
		done += part->size;
	}
	ret->len = done;
	return DEVID_OK;
}

/* The whole content of @index. Errors: NOT_FOUND. */
static enum devid_err read_index(struct tpm *tpm, TPM2_HANDLE index,
	struct key_blob *ret, struct devid_error *err)
{
	CLEANUP(nv_close) struct nv nv = { 0 };
	enum devid_err rc;

	rc = nv_open(tpm, index, &nv, err);
	if (rc == DEVID_OK && !(nv.attrs & TPMA_NV_WRITTEN))
		rc = devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: NV index 0x%08x was never written", index);
	if (rc == DEVID_OK)
		rc = nv_read(&nv, ret, err);
	return rc;
}

/* NV holds padding behind a certificate at times (TCG EK profile 2.2.1.4
 * speaks of the same): the DER length decides. */
static enum devid_err trim_to_der(TPM2_HANDLE index, const char *what,
	struct key_blob *blob, struct devid_error *err)
{
	struct view in = { blob->data, blob->len }, content, whole;
	uint8_t tag;

	if (!der_take(&in, &tag, &content, &whole) || tag != DER_SEQUENCE)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"tpm: %s: NV index 0x%08x holds no certificate", what,
			index);
	blob->len = whole.len;
	return DEVID_OK;
}

enum devid_err tpm_nv_read_der(struct tpm *tpm, TPM2_HANDLE index,
	const char *what, struct key_blob *ret, struct devid_error *err)
{
	struct key_blob blob = { 0 };
	enum devid_err rc;

	rc = read_index(tpm, index, &blob, err);
	if (rc == DEVID_OK)
		rc = trim_to_der(index, what, &blob, err);
	if (rc == DEVID_OK)
		*ret = blob;
	return rc;
}

enum devid_err tpm_nv_read_cert(struct tpm *tpm, enum key_role role,
	struct key_blob *ret_der, struct devid_error *err)
{
	return tpm_nv_read_der(tpm, template_nv_index(role),
		key_role_name(role), ret_der, err);
}

/* Beside the certificate, in the range that TCG leaves for its like. */
static TPM2_HANDLE issuers_index(enum key_role role)
{
	return template_nv_index(role) + 1;
}

enum devid_err tpm_nv_read_issuers(struct tpm *tpm, enum key_role role,
	struct key_blob *ret_der, struct devid_error *err)
{
	struct key_blob blob = { 0 };
	enum devid_err rc;

	rc = read_index(tpm, issuers_index(role), &blob, err);
	if (rc == DEVID_OK)
		*ret_der = blob;
	return rc;
}

/* From the end to the beginning: as long as the first octets are missing the
 * index holds no DER, so an interrupted call is seen as what it is. */
static enum devid_err nv_write(struct tpm *tpm, ESYS_TR index,
	const struct key_blob *der, bool lock, struct devid_error *err)
{
	size_t left = der->len;

	while (left > 0) {
		TPM2B_MAX_NV_BUFFER part = { 0 };
		size_t at = (left - 1) / NV_CHUNK * NV_CHUNK;
		enum devid_err rc;

		part.size = (uint16_t)(left - at);
		memcpy(part.buffer, der->data + at, part.size);
		rc = tpm_result(tpm,
			Esys_NV_Write(tpm->esys, ESYS_TR_RH_PLATFORM, index,
				ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				&part, (uint16_t)at),
			"write NV", err);
		if (rc != DEVID_OK)
			return rc;
		left = at;
	}
	if (!lock)
		return DEVID_OK;
	return tpm_result(tpm,
		Esys_NV_WriteLock(tpm->esys, ESYS_TR_RH_PLATFORM, index,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
		"lock NV", err);
}

static enum devid_err nv_define(struct tpm *tpm, TPM2_HANDLE index, size_t size,
	struct tpm_handle *ret, struct devid_error *err)
{
	struct tpm_handle made = { tpm, ESYS_TR_NONE, true };
	TPM2B_AUTH auth = { 0 };
	TPM2B_NV_PUBLIC pub = {
		.nvPublic = {
			.nvIndex = index,
			.nameAlg = TPM2_ALG_SHA256,
			.attributes = NV_CERT_ATTRS,
			.dataSize = (uint16_t)size,
		},
	};
	enum devid_err code;
	TSS2_RC rc = Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_PLATFORM,
		ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &auth, &pub,
		&made.tr);

	/* Firmware closes the platform hierarchy before it starts a system. */
	if (tpm_rc_is(rc, TPM2_RC_HIERARCHY) ||
		tpm_rc_is(rc, TPM2_RC_BAD_AUTH) ||
		tpm_rc_is(rc, TPM2_RC_AUTH_FAIL))
		return devid_fail(err, DEVID_ERR_DENIED,
			"tpm: the platform hierarchy is closed, so the "
			"certificate stays out of NV (certificate_in_nv)");
	code = tpm_result(tpm, rc, "define NV index as the platform", err);
	if (code == DEVID_OK)
		*ret = made;
	return code;
}

/*
 * Looks at an index that is there already: EXISTS when it is locked and holds
 * something else, OK with *@ret_same when it is done, or it is removed.
 */
static enum devid_err settle_existing(struct tpm *tpm, struct nv *nv,
	const struct key_blob *der, bool *ret_same, struct devid_error *err)
{
	struct key_blob old = { 0 };
	enum devid_err rc;

	*ret_same = false;
	if (nv->attrs & TPMA_NV_WRITELOCKED) {
		rc = nv_read(nv, &old, err);
		if (rc != DEVID_OK)
			return rc;
		*ret_same = key_blob_equal(&old, der);
		return *ret_same ? DEVID_OK
				 : devid_fail(err, DEVID_ERR_EXISTS,
					   "tpm: the NV index holds another "
					   "certificate and is locked "
					   "(802.1AR: an IDevID is never "
					   "replaced)");
	}
	rc = tpm_result(tpm,
		Esys_NV_UndefineSpace(tpm->esys, ESYS_TR_RH_PLATFORM,
			nv->index.tr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE),
		"remove unfinished NV index", err);
	if (rc == DEVID_OK) /* ESYS has let go of it */
		nv->index = (struct tpm_handle) { 0 };
	return rc;
}

static enum devid_err write_index(struct tpm *tpm, TPM2_HANDLE index,
	const struct key_blob *der, bool lock, struct devid_error *err)
{
	CLEANUP(nv_close) struct nv nv = { 0 };
	struct devid_error probe = { DEVID_OK, "" };
	bool same = false;
	enum devid_err rc;

	if (der->len == 0 || der->len > KEY_CERT_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tpm: certificate of %zu bytes, at most %d fit",
			der->len, KEY_CERT_MAX);
	rc = nv_open(tpm, index, &nv, &probe);
	if (rc == DEVID_OK) {
		rc = settle_existing(tpm, &nv, der, &same, err);
		if (rc != DEVID_OK || same)
			return rc;
	} else if (rc != DEVID_ERR_NOT_FOUND) {
		return fail_with(err, rc, &probe);
	}
	rc = nv_define(tpm, index, der->len, &nv.index, err);
	if (rc == DEVID_OK)
		rc = nv_write(tpm, nv.index.tr, der, lock, err);
	return rc;
}

enum devid_err tpm_nv_write_cert(struct tpm *tpm, enum key_role role,
	const struct key_blob *der, struct devid_error *err)
{
	return write_index(tpm, template_nv_index(role), der, true, err);
}

enum devid_err tpm_nv_write_issuers(struct tpm *tpm, enum key_role role,
	const struct key_blob *der, struct devid_error *err)
{
	struct key_blob old = { 0 };

	/* Spares the NV memory when nothing changes. */
	if (tpm_nv_read_issuers(tpm, role, &old, NULL) == DEVID_OK &&
		key_blob_equal(&old, der))
		return DEVID_OK;
	return write_index(tpm, issuers_index(role), der, false, err);
}
