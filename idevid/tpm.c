/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm.h"

#include <stdlib.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "cleanup.h"

#define LAYER_MASK 0x00ff0000u
#define LAYER_TPM  0x00000000u
#define LAYER_TCTI 0x000a0000u

CLEANUP_DEFINE(tpm, struct tpm *, tpm_close)

enum devid_err tpm_open(
	const char *tcti, struct tpm **ret, struct devid_error *err)
{
	CLEANUP(cleanup_tpm) struct tpm *tpm = calloc(1, sizeof(*tpm));
	TSS2_RC rc;

	if (!tpm)
		return devid_fail(err, DEVID_ERR_NOMEM, "tpm: no memory");
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
