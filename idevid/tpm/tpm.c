/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "fail.h"
#include "tpm-device.h"
#include "tpm-handle.h"

/* Part 2, 7.2; more than any TPM has slots for. */
#define FIRST_TRANSIENT      0x80000000u
#define FIRST_LOADED_SESSION 0x02000000u
#define LEFTOVERS_MAX        64

CLEANUP_DEFINE(tpm, struct tpm *, tpm_close)

static TSS2_RC initialize(struct tpm *tpm)
{
	TSS2_RC rc = Tss2_TctiLdr_Initialize(tpm->name, &tpm->tcti);

	return rc == TSS2_RC_SUCCESS
		       ? Esys_Initialize(&tpm->esys, tpm->tcti, NULL)
		       : rc;
}

static enum devid_err open_tcti(
	const char *tcti, struct tpm **ret, struct devid_error *err)
{
	CLEANUP(cleanup_tpm) struct tpm *tpm = calloc(1, sizeof(*tpm));
	char why[TPM_DEVICE_MAX + 64];
	TSS2_RC rc;

	if (!tpm || !(tpm->name = strdup(tcti)))
		return fail_no_memory_for(err, "tpm");
	tpm_places_default(&tpm->places);
	rc = initialize(tpm);
	if (rc != TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_TPM_ABSENT,
			"tpm: %s: absent: %s", tcti,
			tpm_device_trouble(tcti, why, sizeof(why))
				? why
				: Tss2_RC_Decode(rc));
	*ret = STEAL(tpm);
	return DEVID_OK;
}

/* The first one that can be opened; else why the first one cannot. */
static enum devid_err open_any(struct tpm **ret, struct devid_error *err)
{
	char tcti[TPM_DEVICE_MAX];
	enum devid_err rc = DEVID_ERR_TPM_ABSENT;

	for (unsigned n = 0; tpm_device_find("/dev", &n, tcti); n++) {
		rc = open_tcti(tcti, ret, err);
		if (rc != DEVID_ERR_TPM_ABSENT)
			return rc;
	}
	return devid_fail(err, rc,
		"tpm: absent: no /dev/tpmrm*: the kernel has found no TPM");
}

enum devid_err tpm_open(
	const char *tcti, struct tpm **ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	if (strcmp(tcti, TPM_DEVICE_AUTO) != 0)
		return open_tcti(tcti, ret, err);
	rc = open_any(ret, &cause);
	return rc == DEVID_OK ? rc : fail_with(err, rc, &cause);
}

static enum devid_err set_auth(struct tpm *tpm, ESYS_TR hierarchy,
	const struct tpm_auth *auth, struct devid_error *err)
{
	TPM2B_AUTH value = { .size = auth->len };
	enum devid_err rc;

	_Static_assert(sizeof(value.buffer) >= TPM_AUTH_MAX, "fits");
	memcpy(value.buffer, auth->data, auth->len);
	rc = tpm_result(tpm, Esys_TR_SetAuth(tpm->esys, hierarchy, &value),
		"password of a hierarchy", err);
	OPENSSL_cleanse(&value, sizeof(value));
	return rc;
}

enum devid_err tpm_set_auth(struct tpm *tpm, const struct tpm_auth *owner,
	const struct tpm_auth *endorsement, struct devid_error *err)
{
	const struct tpm_auth none = { 0 };
	enum devid_err rc;

	tpm->owner_auth = owner ? *owner : none;
	tpm->endorsement_auth = endorsement ? *endorsement : none;
	rc = set_auth(tpm, ESYS_TR_RH_OWNER, &tpm->owner_auth, err);
	return rc == DEVID_OK ? set_auth(tpm, ESYS_TR_RH_ENDORSEMENT,
					&tpm->endorsement_auth, err)
			      : rc;
}

void tpm_close(struct tpm *tpm)
{
	if (!tpm)
		return;
	OPENSSL_cleanse(&tpm->owner_auth, sizeof(tpm->owner_auth));
	OPENSSL_cleanse(&tpm->endorsement_auth, sizeof(tpm->endorsement_auth));
	Esys_Finalize(&tpm->esys);
	Tss2_TctiLdr_Finalize(&tpm->tcti);
	free(tpm->name);
	free(tpm);
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

/* Part 2, 6.13: PERMANENT is the first of the variable properties and those of
 * dictionary-attack protection are the 15th and the 16th. */
#define VARIABLES (TPM2_PT_MAX_AUTH_FAIL - TPM2_PT_PERMANENT + 1)

/* What of the properties matters here; zeros for what was left out. */
struct state {
	bool answered; /* PERMANENT was among them */
	TPMA_PERMANENT permanent;
	struct wire_tries tries;
};

static void take_state(const TPML_TAGGED_TPM_PROPERTY *list, struct state *ret)
{
	for (UINT32 i = 0; i < list->count; i++) {
		const TPMS_TAGGED_PROPERTY *p = &list->tpmProperty[i];

		if (p->property == TPM2_PT_PERMANENT) {
			ret->answered = true;
			ret->permanent = p->value;
		} else if (p->property == TPM2_PT_LOCKOUT_COUNTER) {
			ret->tries.failed = p->value;
		} else if (p->property == TPM2_PT_MAX_AUTH_FAIL) {
			ret->tries.max = p->value;
		}
	}
}

static TSS2_RC read_state(struct tpm *tpm, struct state *ret)
{
	CLEANUP(cleanup_esys) TPMS_CAPABILITY_DATA *cap = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PERMANENT,
		VARIABLES, &more, &cap);

	memset(ret, 0, sizeof(*ret));
	if (rc == TSS2_RC_SUCCESS)
		take_state(&cap->data.tpmProperties, ret);
	return rc;
}

enum devid_err tpm_health(
	struct tpm *tpm, struct wire_tries *ret_tries, struct devid_error *err)
{
	struct state state;
	TSS2_RC rc = read_state(tpm, &state);

	if (ret_tries)
		*ret_tries = state.tries;
	if (state.permanent & TPMA_PERMANENT_INLOCKOUT)
		rc = TPM2_RC_LOCKOUT;
	/* In failure mode it leaves this property out (part 3, 30.2). */
	if (rc == TSS2_RC_SUCCESS && !state.answered)
		return check_self_test(tpm, err);
	return tpm_result(tpm, rc, "state", err);
}

/* Part 2, 6.13: the fixed properties from MANUFACTURER to FIRMWARE_VERSION_2.
 */
#define FIXED (TPM2_PT_FIRMWARE_VERSION_2 - TPM2_PT_MANUFACTURER + 1)

enum devid_err tpm_identity(struct tpm *tpm, char *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPMS_CAPABILITY_DATA *cap = NULL;
	UINT32 maker = 0, high = 0, low = 0;
	const TPML_TAGGED_TPM_PROPERTY *list;
	TPMI_YES_NO more;
	enum devid_err rc = tpm_result(tpm,
		Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES,
			TPM2_PT_MANUFACTURER, FIXED, &more, &cap),
		"maker and firmware", err);

	if (rc != DEVID_OK || !cap)
		return rc;
	list = &cap->data.tpmProperties;
	for (UINT32 i = 0; i < list->count; i++) {
		const TPMS_TAGGED_PROPERTY *p = &list->tpmProperty[i];

		if (p->property == TPM2_PT_MANUFACTURER)
			maker = p->value;
		else if (p->property == TPM2_PT_FIRMWARE_VERSION_1)
			high = p->value;
		else if (p->property == TPM2_PT_FIRMWARE_VERSION_2)
			low = p->value;
	}
	(void)snprintf(ret, TPM_IDENTITY_MAX, "%08X-%08X.%08X", maker, high,
		low); /* fits */
	return DEVID_OK;
}

enum devid_err tpm_settle(struct tpm *tpm, struct devid_error *err)
{
	return tpm_result(tpm,
		Esys_Shutdown(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, TPM2_SU_CLEAR),
		"shutdown", err);
}

enum devid_err tpm_forgive(struct tpm *tpm, struct devid_error *err)
{
	struct state state;
	TSS2_RC rc = read_state(tpm, &state);

	if (rc != TSS2_RC_SUCCESS || state.tries.failed == 0)
		return tpm_result(tpm, rc, "failed attempts", err);
	if (state.permanent & TPMA_PERMANENT_LOCKOUTAUTHSET)
		return devid_fail(err, DEVID_ERR_DENIED,
			"tpm: reset of failed attempts: the lockout hierarchy "
			"has an authorization value");
	return tpm_result(tpm,
		Esys_DictionaryAttackLockReset(tpm->esys, ESYS_TR_RH_LOCKOUT,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
		"reset of failed attempts", err);
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
