/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys are loaded from the IDevID's place: where they hang in the TPM. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "swtpm.h"
#include "tpm-key.h"
#include "tpm-template.h"

/* A primary key of @hierarchy. */
static ESYS_TR make_primary(
	struct tpm *conn, ESYS_TR hierarchy, const TPM2B_PUBLIC *pub)
{
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcrs = { 0 };
	ESYS_TR key = ESYS_TR_NONE;

	assert_int_equal(
		Esys_CreatePrimary(conn->esys, hierarchy, ESYS_TR_PASSWORD,
			ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, pub, &outside,
			&pcrs, &key, NULL, NULL, NULL, NULL),
		0);
	return key;
}

/* A key from @pub below a storage key of the endorsement hierarchy. */
static ESYS_TR make_child(struct tpm *conn, const TPM2B_PUBLIC *pub)
{
	TPM2B_PUBLIC storage = {
		.publicArea = { .type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes =
				TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				TPMA_OBJECT_NODA |
				TPMA_OBJECT_SENSITIVEDATAORIGIN |
				TPMA_OBJECT_USERWITHAUTH |
				TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT }
	};
	TPMS_ECC_PARMS *ecc = &storage.publicArea.parameters.eccDetail;
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcrs = { 0 };
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	ESYS_TR parent, key = ESYS_TR_NONE;

	ecc->symmetric.algorithm = TPM2_ALG_AES;
	ecc->symmetric.keyBits.aes = 128;
	ecc->symmetric.mode.aes = TPM2_ALG_CFB;
	ecc->scheme.scheme = TPM2_ALG_NULL;
	ecc->kdf.scheme = TPM2_ALG_NULL;
	ecc->curveID = TPM2_ECC_NIST_P256;
	parent = make_primary(conn, ESYS_TR_RH_ENDORSEMENT, &storage);
	assert_int_equal(
		Esys_Create(conn->esys, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, &sensitive, pub, &outside, &pcrs,
			&private, &public, NULL, NULL, NULL),
		0);
	assert_int_equal(
		Esys_Load(conn->esys, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, private, public, &key),
		0);
	Esys_Free(private);
	Esys_Free(public);
	assert_int_equal(Esys_FlushContext(conn->esys, parent), 0);
	return key;
}

/* Puts it at the IDevID's handle and loads it as that. */
static enum devid_err load_from(
	struct tpm *conn, ESYS_TR key, struct devid_error *err)
{
	TPM2_HANDLE handle = template_handle(KEY_ROLE_IDEVID);
	ESYS_TR persistent = ESYS_TR_NONE;
	struct tpm_key loaded = { .role = KEY_ROLE_IDEVID };
	enum devid_err rc;

	assert_int_equal(Esys_EvictControl(conn->esys, ESYS_TR_RH_OWNER, key,
				 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 handle, &persistent),
		0);
	assert_int_equal(Esys_FlushContext(conn->esys, key), 0);
	rc = tpm_key_load(conn, KEY_ROLE_IDEVID, &loaded, err);
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

static void key_of_the_endorsement_hierarchy_loaded(void **state)
{
	struct tpm *conn = *state;
	TPM2B_PUBLIC pub = template_of(KEY_ALG_P256);
	ESYS_TR key = make_primary(conn, ESYS_TR_RH_ENDORSEMENT, &pub);

	assert_rc(load_from(conn, key, NULL), DEVID_OK);
}

/* It would be gone after TPM2_Clear. */
static void key_of_the_owner_hierarchy_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tpm *conn = *state;
	TPM2B_PUBLIC pub = template_of(KEY_ALG_P256);
	ESYS_TR key = make_primary(conn, ESYS_TR_RH_OWNER, &pub);

	assert_rc(load_from(conn, key, &err), DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, ELSEWHERE);
}

static void key_below_another_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tpm *conn = *state;
	TPM2B_PUBLIC pub = template_of(KEY_ALG_P256);
	ESYS_TR key = make_child(conn, &pub);

	assert_rc(load_from(conn, key, &err), DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, ELSEWHERE);
}

/* Such a key has no place that lasts. */
static void key_of_the_null_hierarchy_cannot_be_there(void **state)
{
	struct tpm *conn = *state;
	TPM2B_PUBLIC pub = template_of(KEY_ALG_P256);
	ESYS_TR key = make_primary(conn, ESYS_TR_RH_NULL, &pub);
	ESYS_TR persistent = ESYS_TR_NONE;
	TSS2_RC rc = Esys_EvictControl(conn->esys, ESYS_TR_RH_OWNER, key,
		ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
		template_handle(KEY_ROLE_IDEVID), &persistent);

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
