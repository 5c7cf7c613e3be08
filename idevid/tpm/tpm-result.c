/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-result.h"

#include <tss2/tss2_rc.h>

#include "tpm-device.h"
#include "tpm.h"

#define LAYER_MASK 0x00ff0000u
#define LAYER_TPM  0x00000000u
#define LAYER_TCTI 0x000a0000u

/* What a TPM says, where TSS2's own words tell nobody what to do. */
static const struct {
	TPM2_RC rc;
	enum devid_err code;
	const char *text;
} words[] = {
	{ TPM2_RC_LOCKOUT, DEVID_ERR_TPM_LOCKOUT,
		"in lockout (dictionary attack protection)" },
	{ TPM2_RC_FAILURE, DEVID_ERR_TPM_FAILURE, "in failure mode" },
	{ TPM2_RC_INITIALIZE, DEVID_ERR_TPM,
		"not started (TPM2_Startup), which is the firmware's to do" },
	{ TPM2_RC_UPGRADE, DEVID_ERR_TPM, "its firmware is being updated" },
	{ TPM2_RC_REBOOT, DEVID_ERR_TPM, "it wants a restart" },
	{ TPM2_RC_NV_SPACE, DEVID_ERR_TOO_LARGE, "no room in its NV memory" },
	{ TPM2_RC_NV_UNAVAILABLE, DEVID_ERR_TPM,
		"its NV memory cannot be written now" },
	{ TPM2_RC_NV_RATE, DEVID_ERR_TPM,
		"its NV memory was written too often lately; wait" },
	{ TPM2_RC_NV_AUTHORIZATION, DEVID_ERR_TPM,
		"whoever made this NV index lets not everybody do that" },
	{ TPM2_RC_NV_LOCKED, DEVID_ERR_TPM, "this NV index is locked" },
	{ TPM2_RC_COMMAND_CODE, DEVID_ERR_UNSUPPORTED,
		"this TPM has no such command" },
	{ TPM2_RC_CURVE, DEVID_ERR_UNSUPPORTED, "this TPM has no such curve" },
	{ TPM2_RC_KEY_SIZE, DEVID_ERR_UNSUPPORTED,
		"this TPM has no keys of that size" },
	{ TPM2_RC_ASYMMETRIC, DEVID_ERR_UNSUPPORTED,
		"this TPM has no such kind of key" },
	{ TPM2_RC_HASH, DEVID_ERR_UNSUPPORTED, "this TPM has no such hash" },
	{ TPM2_RC_OBJECT_MEMORY, DEVID_ERR_TPM,
		"no room for one more object; does another program use it "
		"without the resource manager?" },
	{ TPM2_RC_SESSION_MEMORY, DEVID_ERR_TPM,
		"no room for one more session; does another program use it "
		"without the resource manager?" },
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

/*
 * What the TPM said, or a resource manager in its place, which puts its layer
 * before it: the kernel's does so for a command that the TPM has not. An error
 * of its own is a base code of TSS2, and those are below the TPM's.
 */
static TSS2_RC of_tpm(TSS2_RC rc)
{
	TSS2_RC layer = rc & LAYER_MASK;
	TSS2_RC code = rc & ~LAYER_MASK;

	return (layer == TSS2_RESMGR_RC_LAYER ||
		       layer == TSS2_RESMGR_TPM_RC_LAYER) &&
			       code >= TPM2_RC_FMT1
		       ? code
		       : rc;
}

/* Format one has a bit of its own, and what the error is about beside the
 * number (part 2, 6.6.1). */
bool tpm_rc_is(TSS2_RC rc, TPM2_RC what)
{
	rc = of_tpm(rc);
	if ((rc & LAYER_MASK) != LAYER_TPM)
		return false;
	return rc & TPM2_RC_FMT1
		       ? (rc & ~(TSS2_RC)(TPM2_RC_N_MASK | TPM2_RC_P)) == what
		       : rc == what;
}

bool tpm_rc_is_gone(TSS2_RC rc)
{
	rc = of_tpm(rc);
	return tpm_rc_is(rc, TPM2_RC_HANDLE) ||
	       (rc >= TPM2_RC_REFERENCE_H0 && rc <= TPM2_RC_REFERENCE_H6);
}

static enum devid_err fail_absent(const struct tpm *tpm, TSS2_RC rc,
	const char *what, struct devid_error *err)
{
	if (tpm->name && tpm_device_gone(tpm->name))
		return devid_fail(err, DEVID_ERR_TPM_ABSENT,
			"tpm: %s: absent: %s has gone", what, tpm->name);
	return devid_fail(err, DEVID_ERR_TPM_ABSENT, "tpm: %s: absent: %s",
		what, Tss2_RC_Decode(rc));
}

enum devid_err tpm_result(
	struct tpm *tpm, TSS2_RC rc, const char *what, struct devid_error *err)
{
	if (rc == TSS2_RC_SUCCESS)
		return DEVID_OK;
	rc = of_tpm(rc);
	/* It broke at something that nobody asked the outcome of, as a flush;
	 * what ESYS says since is about its own state. */
	if (tpm->dead)
		return devid_fail(err, DEVID_ERR_TPM_ABSENT,
			"tpm: %s: absent: the connection broke", what);
	switch (rc & LAYER_MASK) {
	case LAYER_TCTI:
		tpm->dead = true;
		return fail_absent(tpm, rc, what, err);
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
	for (size_t i = 0; i < N_WORDS; i++) {
		if (tpm_rc_is(rc, words[i].rc))
			return devid_fail(err, words[i].code, "tpm: %s: %s",
				what, words[i].text);
	}
	return devid_fail(
		err, DEVID_ERR_TPM, "tpm: %s: %s", what, Tss2_RC_Decode(rc));
}

static const char *hierarchy_name(ESYS_TR hierarchy)
{
	switch (hierarchy) {
	case ESYS_TR_RH_OWNER:
		return "owner";
	case ESYS_TR_RH_ENDORSEMENT:
		return "endorsement";
	case ESYS_TR_RH_LOCKOUT:
		return "lockout";
	default: /* a number of ESYS */
		return "platform";
	}
}

/* The setting in devid.conf that has its password; NULL: there is none. */
static const struct tpm_auth *setting_of(
	const struct tpm *tpm, ESYS_TR hierarchy, const char **ret_name)
{
	if (hierarchy == ESYS_TR_RH_OWNER) {
		*ret_name = "owner_auth";
		return &tpm->owner_auth;
	}
	if (hierarchy == ESYS_TR_RH_ENDORSEMENT) {
		*ret_name = "endorsement_auth";
		return &tpm->endorsement_auth;
	}
	return NULL;
}

static enum devid_err fail_auth(struct tpm *tpm, ESYS_TR hierarchy,
	const char *what, struct devid_error *err)
{
	const char *setting = NULL;
	const struct tpm_auth *auth = setting_of(tpm, hierarchy, &setting);

	if (!auth)
		return devid_fail(err, DEVID_ERR_DENIED,
			"tpm: %s: the %s hierarchy has an authorization value "
			"(a password); devid needs the empty one",
			what, hierarchy_name(hierarchy));
	if (auth->len == 0)
		return devid_fail(err, DEVID_ERR_DENIED,
			"tpm: %s: the %s hierarchy has an authorization value "
			"(a password), and devid.conf names none (%s)",
			what, hierarchy_name(hierarchy), setting);
	return devid_fail(err, DEVID_ERR_DENIED,
		"tpm: %s: the password that devid.conf names (%s) is not that "
		"of the %s hierarchy",
		what, setting, hierarchy_name(hierarchy));
}

enum devid_err tpm_result_by(struct tpm *tpm, ESYS_TR hierarchy, TSS2_RC rc,
	const char *what, struct devid_error *err)
{
	if (tpm_rc_is(rc, TPM2_RC_BAD_AUTH) || tpm_rc_is(rc, TPM2_RC_AUTH_FAIL))
		return fail_auth(tpm, hierarchy, what, err);
	if (tpm_rc_is(rc, TPM2_RC_HIERARCHY))
		return devid_fail(err, DEVID_ERR_DENIED,
			"tpm: %s: the %s hierarchy is disabled, in the "
			"firmware's setup or by its owner",
			what, hierarchy_name(hierarchy));
	return tpm_result(tpm, rc, what, err);
}
