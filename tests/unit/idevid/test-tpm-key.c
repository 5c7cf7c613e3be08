/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys are loaded from the IDevID's place: where they hang in the TPM. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "swtpm.h"
#include "tpm-key.h"
#include "tpm-template.h"

/* Puts it at the IDevID's handle and loads it as that. */
static enum devid_err load_from(
	struct tpm *conn, ESYS_TR key, struct devid_error *err)
{
	struct tpm_key loaded = { .id = KEY_IDEVID };
	enum devid_err rc;

	swtpm_persist(conn, key, TPM_HANDLE_IDEVID);
	rc = tpm_key_load(conn, KEY_IDEVID, &loaded, err);
	tpm_key_done(&loaded);
	return rc;
}

static TPM2B_PUBLIC template_of(enum key_alg alg)
{
	TPM2B_PUBLIC pub;

	assert_true(template_get(KEY_ROLE_IDEVID, alg, UNIQUE_X_AND_Y, &pub));
	return pub;
}

#define ELSEWHERE "0x81020000 is no primary key of the endorsement hierarchy"

/* covers: TCG-primary */
static void key_of_the_endorsement_hierarchy_loaded(void **state)
{
	struct tpm *conn = *state;
	TPM2B_PUBLIC pub = template_of(KEY_ALG_P256);
	ESYS_TR key = swtpm_primary(conn, ESYS_TR_RH_ENDORSEMENT, &pub, NULL);

	assert_rc(load_from(conn, key, NULL), DEVID_OK);
}

/* It would be gone after TPM2_Clear.
 * covers: TCG-primary */
static void key_of_the_owner_hierarchy_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tpm *conn = *state;
	TPM2B_PUBLIC pub = template_of(KEY_ALG_P256);
	ESYS_TR key = swtpm_primary(conn, ESYS_TR_RH_OWNER, &pub, NULL);

	assert_rc(load_from(conn, key, &err), DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, ELSEWHERE);
}

/* covers: TCG-primary */
static void key_below_another_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tpm *conn = *state;
	TPM2B_PUBLIC pub = template_of(KEY_ALG_P256);
	ESYS_TR key = swtpm_child(conn, &pub);

	assert_rc(load_from(conn, key, &err), DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, ELSEWHERE);
}

/* Such a key has no place that lasts. */
static void key_of_the_null_hierarchy_cannot_be_there(void **state)
{
	struct tpm *conn = *state;
	TPM2B_PUBLIC pub = template_of(KEY_ALG_P256);
	ESYS_TR key = swtpm_primary(conn, ESYS_TR_RH_NULL, &pub, NULL);
	ESYS_TR persistent = ESYS_TR_NONE;
	TSS2_RC rc = Esys_EvictControl(conn->esys, ESYS_TR_RH_OWNER, key,
		ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, TPM_HANDLE_IDEVID,
		&persistent);

	assert_true(tpm_rc_is(rc, TPM2_RC_ATTRIBUTES));
	assert_int_equal(Esys_FlushContext(conn->esys, key), 0);
}

static struct swtpm swtpm;

static int setup(void **state)
{
	struct tpm *conn = NULL;

	(void)setenv("TSS2_LOG", "all+none", 0);
	swtpm_new(&swtpm);
	assert_rc(tpm_open(swtpm.tcti, &conn, NULL), DEVID_OK);
	*state = conn;
	return 0;
}

static int teardown(void **state)
{
	tpm_close(*state);
	swtpm_free(&swtpm);
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(key_of_the_endorsement_hierarchy_loaded),
		CASE(key_of_the_owner_hierarchy_refused),
		CASE(key_below_another_refused),
		CASE(key_of_the_null_hierarchy_cannot_be_there),
	};

	return cmocka_run_group_tests_name("tpm-key", tests, NULL, NULL);
}
