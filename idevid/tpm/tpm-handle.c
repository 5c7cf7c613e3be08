/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-handle.h"

#include <assert.h>
#include <stdio.h>

#include "log.h"

/* Part 2, 7.2; the macro of TSS2 shifts into the sign of an int. */
#define FIRST_PERSISTENT 0x81000000u

bool tpm_handle_is_open(const struct tpm_handle *handle)
{
	return handle->tpm && handle->tr != ESYS_TR_NONE;
}

void tpm_handle_done(struct tpm_handle *handle)
{
	struct tpm *tpm = handle->tpm;
	struct devid_error err = { DEVID_OK, "" };

	if (!tpm_handle_is_open(handle))
		return;
	if (handle->persistent)
		(void)Esys_TR_Close(tpm->esys, &handle->tr); /* local only */
	/* After a broken transport there is nobody to tell; a resource
	 * manager flushes what its client left. */
	else if (!tpm->dead &&
		 tpm_result(tpm, Esys_FlushContext(tpm->esys, handle->tr),
			 "flush", &err) != DEVID_OK &&
		 !tpm->leaked) {
		tpm->leaked = true;
		log_warn("%s: an object or a session stays in it",
			devid_error_text(&err));
	}
	*handle = (struct tpm_handle) { 0 };
}

struct tpm_handle tpm_handle_take(struct tpm_handle *handle)
{
	struct tpm_handle taken = *handle;

	*handle = (struct tpm_handle) { 0 };
	return taken;
}

enum devid_err tpm_handle_find(struct tpm *tpm, TPM2_HANDLE handle,
	bool *ret_found, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPMS_CAPABILITY_DATA *cap = NULL;
	TPMI_YES_NO more;
	enum devid_err ret;
	TSS2_RC rc;

	rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, TPM2_CAP_HANDLES, handle, 1, &more, &cap);
	ret = tpm_result(tpm, rc, "list handles", err);
	if (ret == DEVID_OK)
		*ret_found = cap->data.handles.count > 0 &&
			     cap->data.handles.handle[0] == handle;
	return ret;
}

/* Adds those from @first on; *@ret_more: there are others behind them. */
static enum devid_err list_from(struct tpm *tpm, TPM2_HANDLE first,
	struct tpm_handles *list, bool *ret_more, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPMS_CAPABILITY_DATA *cap = NULL;
	const TPML_HANDLE *got;
	TPMI_YES_NO more = TPM2_NO;
	enum devid_err rc = tpm_result(tpm,
		Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, TPM2_CAP_HANDLES, first, TPM_HANDLES_MAX,
			&more, &cap),
		"list persistent objects", err);

	if (rc != DEVID_OK || !cap)
		return rc;
	got = &cap->data.handles;
	if (got->count > TPM_HANDLES_MAX - list->n)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tpm: more than %d persistent objects",
			TPM_HANDLES_MAX);
	for (UINT32 i = 0; i < got->count; i++)
		list->at[list->n++] = got->handle[i];
	*ret_more = more == TPM2_YES && got->count > 0;
	return DEVID_OK;
}

enum devid_err tpm_handles_list(
	struct tpm *tpm, struct tpm_handles *ret, struct devid_error *err)
{
	TPM2_HANDLE first = FIRST_PERSISTENT;
	bool more = true;

	ret->n = 0;
	while (more) {
		enum devid_err rc = list_from(tpm, first, ret, &more, err);

		if (rc != DEVID_OK)
			return rc;
		if (more)
			first = ret->at[ret->n - 1] + 1;
	}
	return DEVID_OK;
}

bool tpm_handles_have(const struct tpm_handles *list, TPM2_HANDLE handle)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->at[i] == handle)
			return true;
	}
	return false;
}

void tpm_found_done(struct tpm_found *found)
{
	tpm_handle_done(&found->object);
}

enum devid_err tpm_handle_read(struct tpm *tpm, TPM2_HANDLE handle,
	struct tpm_found *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_PUBLIC *pub = NULL;
	CLEANUP(cleanup_esys) TPM2B_NAME *name = NULL;
	CLEANUP(cleanup_esys) TPM2B_NAME *qualified = NULL;
	CLEANUP(tpm_handle_done)
	struct tpm_handle object = { tpm, ESYS_TR_NONE, true };
	enum devid_err code;
	char what[40];
	TSS2_RC rc;

	(void)snprintf(what, sizeof(what), "read public key at 0x%08x",
		handle); /* fits */
	rc = Esys_TR_FromTPMPublic(tpm->esys, handle, ESYS_TR_NONE,
		ESYS_TR_NONE, ESYS_TR_NONE, &object.tr);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ReadPublic(tpm->esys, object.tr, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, &pub, &name, &qualified);
	code = tpm_result(tpm, rc, what, err);
	if (code != DEVID_OK)
		return code;
	assert(pub && name && qualified); /* ESYS sets them when it succeeds */
	ret->object = tpm_handle_take(&object);
	ret->area = pub->publicArea;
	ret->name = *name;
	ret->qualified = *qualified;
	return DEVID_OK;
}

enum devid_err tpm_handle_create(struct tpm *tpm, const TPM2B_PUBLIC *template,
	struct tpm_handle *ret, TPM2B_PUBLIC **ret_pub, struct devid_error *err)
{
	struct tpm_handle made = { tpm, ESYS_TR_NONE, false };
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcrs = { 0 };
	enum devid_err rc = tpm_result_by(tpm, ESYS_TR_RH_ENDORSEMENT,
		Esys_CreatePrimary(tpm->esys, ESYS_TR_RH_ENDORSEMENT,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			&sensitive, template, &outside, &pcrs, &made.tr,
			ret_pub, NULL, NULL, NULL),
		"derive a key", err);

	if (rc == DEVID_OK)
		*ret = made;
	return rc;
}
