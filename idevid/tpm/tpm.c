/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm.h"

#include <stdlib.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "fail.h"
#include "tpm-handle.h"

#define LAYER_MASK 0x00ff0000u
#define LAYER_TPM  0x00000000u
#define LAYER_TCTI 0x000a0000u

/* Part 2, 7.2; more than any TPM has slots for. */
#define FIRST_TRANSIENT      0x80000000u
#define FIRST_LOADED_SESSION 0x02000000u
#define LEFTOVERS_MAX        64

CLEANUP_DEFINE(tpm, struct tpm *, tpm_close)

enum devid_err tpm_open(
	const char *tcti, struct tpm **ret, struct devid_error *err)
{
	CLEANUP(cleanup_tpm) struct tpm *tpm = calloc(1, sizeof(*tpm));
	TSS2_RC rc;

	if (!tpm)
		return fail_no_memory_for(err, "tpm");
	rc = Tss2_TctiLdr_Initialize(tcti, &tpm->tcti);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Initialize(&tpm->esys, tpm->tcti, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_TPM_ABSENT,
			"tpm: %s: absent: %s", tcti, Tss2_RC_Decode(rc));
	*ret = STEAL(tpm);
	return DEVID_OK;
}

void tpm_close(struct tpm *tpm)
{
	if (!tpm)
		return;
	Esys_Finalize(&tpm->esys);
	Tss2_TctiLdr_Finalize(&tpm->tcti);
	free(tpm);
}

bool tpm_rc_is(TSS2_RC rc, TPM2_RC what)
{
	return (rc & ~(TSS2_RC)(TPM2_RC_N_MASK | TPM2_RC_P)) == what;
}

enum devid_err tpm_result(
	struct tpm *tpm, TSS2_RC rc, const char *what, struct devid_error *err)
{
	if (rc == TSS2_RC_SUCCESS)
		return DEVID_OK;
	switch (rc & LAYER_MASK) {
	case LAYER_TCTI:
		tpm->dead = true;
		return devid_fail(err, DEVID_ERR_TPM_ABSENT,
			"tpm: %s: absent: %s", what, Tss2_RC_Decode(rc));
	case LAYER_TPM:
		break;
	default:
		/* A response cut short or out of step: start afresh. */
		tpm->dead = true;
		return devid_fail(err, DEVID_ERR_TPM, "tpm: %s: %s", what,
			Tss2_RC_Decode(rc));
	}
	if (rc == TPM2_RC_OBJECT_MEMORY || rc == TPM2_RC_SESSION_MEMORY)
		tpm->crowded = true;
	if (rc == TPM2_RC_LOCKOUT)
		return devid_fail(err, DEVID_ERR_TPM_LOCKOUT,
			"tpm: %s: in lockout (dictionary attack protection)",
			what);
	if (rc == TPM2_RC_FAILURE)
		return devid_fail(err, DEVID_ERR_TPM_FAILURE,
			"tpm: %s: in failure mode", what);
	return devid_fail(
		err, DEVID_ERR_TPM, "tpm: %s: %s", what, Tss2_RC_Decode(rc));
}

/* TPM2_GetTestResult answers even in failure mode (part 3, 10.4). */
static enum devid_err check_self_test(struct tpm *tpm, struct devid_error *err)
{
	TPM2B_MAX_BUFFER *data = NULL;
	TPM2_RC result = TPM2_RC_SUCCESS;
	TSS2_RC rc;

	rc = Esys_GetTestResult(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, &data, &result);
	Esys_Free(data);
	if (rc == TSS2_RC_SUCCESS && result == TPM2_RC_FAILURE)
		rc = TPM2_RC_FAILURE;
	return tpm_result(tpm, rc, "self-test result", err);
}

enum devid_err tpm_health(struct tpm *tpm, struct devid_error *err)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	bool answered = false;
	TPMI_YES_NO more;
	TSS2_RC rc;

	rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PERMANENT, 1,
		&more, &cap);
	if (rc == TSS2_RC_SUCCESS && cap->data.tpmProperties.count == 1) {
		TPMS_TAGGED_PROPERTY *p = cap->data.tpmProperties.tpmProperty;

		answered = p->property == TPM2_PT_PERMANENT;
		if (answered && (p->value & TPMA_PERMANENT_INLOCKOUT))
			rc = TPM2_RC_LOCKOUT;
	}
	Esys_Free(cap);
	/* In failure mode it leaves this property out (part 3, 30.2). */
	if (rc == TSS2_RC_SUCCESS && !answered)
		return check_self_test(tpm, err);
	return tpm_result(tpm, rc, "state", err);
}

/* Flushes what is listed from @first on. */
static enum devid_err flush_range(
	struct tpm *tpm, TPM2_HANDLE first, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPMS_CAPABILITY_DATA *cap = NULL;
	const TPML_HANDLE *list;
	TPMI_YES_NO more;
	enum devid_err ret;

	ret = tpm_result(tpm,
		Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, TPM2_CAP_HANDLES, first, LEFTOVERS_MAX,
			&more, &cap),
		"list leftovers", err);
	if (ret != DEVID_OK || !cap)
		return ret;
	list = &cap->data.handles;
	for (UINT32 i = 0; i < list->count && ret == DEVID_OK; i++) {
		ESYS_TR object = ESYS_TR_NONE;
		TSS2_RC rc = Esys_TR_FromTPMPublic(tpm->esys, list->handle[i],
			ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object);

		if (rc == TSS2_RC_SUCCESS)
			rc = Esys_FlushContext(tpm->esys, object);
		ret = tpm_result(tpm, rc, "flush leftovers", err);
	}
	return ret;
}

enum devid_err tpm_flush_leftovers(struct tpm *tpm, struct devid_error *err)
{
	enum devid_err rc = flush_range(tpm, FIRST_TRANSIENT, err);

	return rc == DEVID_OK ? flush_range(tpm, FIRST_LOADED_SESSION, err)
			      : rc;
}
