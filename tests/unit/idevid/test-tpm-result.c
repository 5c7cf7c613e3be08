/* SPDX-License-Identifier: Apache-2.0 */
/* What a TPM's return codes are told as. */
#include "cmocka-all.h"

#include <stdio.h>

#include "tpm.h"

/* As a TPM answers: format one errors are about a parameter, a handle or a
 * session (part 2, 6.6.2). */
#define PARAM(rc, n)   ((rc) | TPM2_RC_P | (n) << 8)
#define SESSION(rc, n) ((rc) | TPM2_RC_S | (n) << 8)

static const struct row {
	TSS2_RC rc;
	enum devid_err code;
	const char *text;
} rows[] = {
	{ TSS2_RC_SUCCESS, DEVID_OK, "" },
	{ TPM2_RC_LOCKOUT, DEVID_ERR_TPM_LOCKOUT,
		"tpm: act: in lockout (dictionary attack protection)" },
	{ TPM2_RC_FAILURE, DEVID_ERR_TPM_FAILURE, "tpm: act: in failure mode" },
	{ TPM2_RC_INITIALIZE, DEVID_ERR_TPM, "tpm: act: not started" },
	{ TPM2_RC_UPGRADE, DEVID_ERR_TPM, "firmware is being updated" },
	{ TPM2_RC_REBOOT, DEVID_ERR_TPM, "it wants a restart" },
	{ TPM2_RC_NV_SPACE, DEVID_ERR_TOO_LARGE, "no room in its NV memory" },
	{ TPM2_RC_NV_UNAVAILABLE, DEVID_ERR_TPM, "cannot be written now" },
	{ TPM2_RC_NV_RATE, DEVID_ERR_TPM, "too often lately" },
	{ TPM2_RC_NV_AUTHORIZATION, DEVID_ERR_TPM, "lets not everybody" },
	{ TPM2_RC_NV_LOCKED, DEVID_ERR_TPM, "is locked" },
	{ TPM2_RC_COMMAND_CODE, DEVID_ERR_UNSUPPORTED, "no such command" },
	/* as the kernel's resource manager has it, then as tpm2-abrmd has */
	{ TSS2_RESMGR_RC_LAYER | TPM2_RC_COMMAND_CODE, DEVID_ERR_UNSUPPORTED,
		"no such command" },
	{ TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_NV_SPACE, DEVID_ERR_TOO_LARGE,
		"no room in its NV memory" },
	{ TSS2_RESMGR_RC_LAYER | TSS2_BASE_RC_MEMORY, DEVID_ERR_TPM,
		"tpm: act: " },
	{ PARAM(TPM2_RC_CURVE, 2), DEVID_ERR_UNSUPPORTED, "no such curve" },
	{ PARAM(TPM2_RC_KEY_SIZE, 2), DEVID_ERR_UNSUPPORTED,
		"no keys of that size" },
	{ PARAM(TPM2_RC_ASYMMETRIC, 2), DEVID_ERR_UNSUPPORTED,
		"no such kind of key" },
	{ PARAM(TPM2_RC_HASH, 2), DEVID_ERR_UNSUPPORTED, "no such hash" },
	{ TPM2_RC_OBJECT_MEMORY, DEVID_ERR_TPM, "one more object" },
	{ TPM2_RC_SESSION_MEMORY, DEVID_ERR_TPM, "one more session" },
	{ PARAM(TPM2_RC_VALUE, 1), DEVID_ERR_TPM, "tpm: act: " },
	{ TSS2_TCTI_RC_IO_ERROR, DEVID_ERR_TPM_ABSENT, "tpm: act: absent: " },
	{ TSS2_SYS_RC_MALFORMED_RESPONSE, DEVID_ERR_TPM, "tpm: act: " },
};

static void each_code_in_its_class_and_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct tpm tpm = { .dead = false };
		struct devid_error err = { DEVID_OK, "" };

		if (tpm_result(&tpm, rows[i].rc, "act", &err) != rows[i].code)
			fail_msg("0x%x: %s", rows[i].rc, err.text);
		assert_cause(&err, rows[i].text);
	}
}

static void broken_connection_and_full_places_marked(void **state)
{
	static const struct {
		TSS2_RC rc;
		bool dead, crowded;
	} marks[] = {
		{ TSS2_TCTI_RC_IO_ERROR, true, false },
		{ TSS2_SYS_RC_MALFORMED_RESPONSE, true, false },
		{ TSS2_RESMGR_RC_LAYER | TSS2_BASE_RC_IO_ERROR, true, false },
		{ TSS2_RESMGR_RC_LAYER | TPM2_RC_COMMAND_CODE, false, false },
		{ TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_SESSION_MEMORY, false,
			true },
		{ TPM2_RC_OBJECT_MEMORY, false, true },
		{ TPM2_RC_SESSION_MEMORY, false, true },
		{ TPM2_RC_NV_SPACE, false, false },
		{ TPM2_RC_LOCKOUT, false, false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(marks); i++) {
		struct tpm tpm = { .dead = false };

		(void)tpm_result(&tpm, marks[i].rc, "act", NULL);
		assert_int_equal(tpm.dead, marks[i].dead);
		assert_int_equal(tpm.crowded, marks[i].crowded);
	}
}

static void hierarchy_with_a_password_or_disabled_denied(void **state)
{
	static const struct {
		ESYS_TR hierarchy;
		const char *name;
	} names[] = { { ESYS_TR_RH_OWNER, "owner" },
		{ ESYS_TR_RH_ENDORSEMENT, "endorsement" },
		{ ESYS_TR_RH_LOCKOUT, "lockout" },
		{ ESYS_TR_RH_PLATFORM, "platform" } };
	static const struct {
		TSS2_RC rc;
		const char *text;
	} refusals[] = { { SESSION(TPM2_RC_BAD_AUTH, 1),
				 "hierarchy has an authorization value" },
		{ SESSION(TPM2_RC_AUTH_FAIL, 1),
			"hierarchy has an authorization value" },
		{ TPM2_RC_HIERARCHY | 1 << 8, "hierarchy is disabled" } };

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++) {
		for (size_t k = 0; k < N_OF(refusals); k++) {
			struct tpm tpm = { .dead = false };
			struct devid_error err = { DEVID_OK, "" };
			char want[96];

			assert_rc(tpm_result_by(&tpm, names[i].hierarchy,
					  refusals[k].rc, "act", &err),
				DEVID_ERR_DENIED);
			(void)snprintf(want, sizeof(want),
				"tpm: act: the %s %s", names[i].name,
				refusals[k].text);
			assert_cause(&err, want);
		}
	}
}

/* By the name of the setting, where there is one. */
static void password_that_lacks_or_is_wrong_told_by_its_setting(void **state)
{
	static const struct {
		ESYS_TR hierarchy;
		uint8_t len;
		const char *text;
	} cases[] = {
		{ ESYS_TR_RH_OWNER, 0, "devid.conf names none (owner_auth)" },
		{ ESYS_TR_RH_OWNER, 1,
			"devid.conf names (owner_auth) is not that of the "
			"owner hierarchy" },
		{ ESYS_TR_RH_ENDORSEMENT, 0,
			"devid.conf names none (endorsement_auth)" },
		{ ESYS_TR_RH_ENDORSEMENT, 1,
			"devid.conf names (endorsement_auth) is not that of "
			"the endorsement hierarchy" },
		{ ESYS_TR_RH_LOCKOUT, 1, "devid needs the empty one" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct tpm tpm = { .owner_auth.len = cases[i].len,
			.endorsement_auth.len = cases[i].len };
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(tpm_result_by(&tpm, cases[i].hierarchy,
				  SESSION(TPM2_RC_BAD_AUTH, 1), "act", &err),
			DEVID_ERR_DENIED);
		assert_cause(&err, cases[i].text);
	}
}

/* What ESYS says of itself after a break is not the cause. */
static void error_after_a_break_absent(void **state)
{
	struct tpm tpm = { .dead = true };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(tpm_result(&tpm, TSS2_ESYS_RC_BAD_SEQUENCE, "act", &err),
		DEVID_ERR_TPM_ABSENT);
	assert_cause(&err, "tpm: act: absent: the connection broke");
}

static void other_errors_of_a_hierarchy_as_ever(void **state)
{
	struct tpm tpm = { .dead = false };

	(void)state;
	assert_rc(tpm_result_by(&tpm, ESYS_TR_RH_OWNER, TPM2_RC_NV_SPACE, "act",
			  NULL),
		DEVID_ERR_TOO_LARGE);
	assert_rc(tpm_result_by(
			  &tpm, ESYS_TR_RH_OWNER, TSS2_RC_SUCCESS, "act", NULL),
		DEVID_OK);
}

/* A number of another layer is no error of the TPM. */
static void rc_is_looks_at_layer_and_format(void **state)
{
	(void)state;
	assert_true(tpm_rc_is(TPM2_RC_NV_SPACE, TPM2_RC_NV_SPACE));
	assert_true(tpm_rc_is(PARAM(TPM2_RC_HANDLE, 3), TPM2_RC_HANDLE));
	assert_true(tpm_rc_is(TSS2_RESMGR_RC_LAYER | TPM2_RC_COMMAND_CODE,
		TPM2_RC_COMMAND_CODE));
	assert_true(
		tpm_rc_is(TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_HANDLE | 1 << 8,
			TPM2_RC_HANDLE));
	assert_false(tpm_rc_is(TPM2_RC_NV_SPACE, TPM2_RC_NV_RANGE));
	assert_true(tpm_rc_is_gone(TPM2_RC_HANDLE | 1 << 8));
	assert_true(tpm_rc_is_gone(TPM2_RC_REFERENCE_H0));
	assert_true(tpm_rc_is_gone(TPM2_RC_REFERENCE_H6));
	assert_false(tpm_rc_is_gone(TPM2_RC_REFERENCE_S0));
	assert_false(tpm_rc_is_gone(TPM2_RC_OBJECT_MEMORY));
	assert_false(
		tpm_rc_is(TSS2_SYS_RC_LAYER | TPM2_RC_HANDLE, TPM2_RC_HANDLE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_in_its_class_and_words),
		cmocka_unit_test(broken_connection_and_full_places_marked),
		cmocka_unit_test(hierarchy_with_a_password_or_disabled_denied),
		cmocka_unit_test(
			password_that_lacks_or_is_wrong_told_by_its_setting),
		cmocka_unit_test(error_after_a_break_absent),
		cmocka_unit_test(other_errors_of_a_hierarchy_as_ever),
		cmocka_unit_test(rc_is_looks_at_layer_and_format),
	};

	return cmocka_run_group_tests_name("tpm-result", tests, NULL, NULL);
}
