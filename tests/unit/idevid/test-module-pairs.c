/* SPDX-License-Identifier: Apache-2.0 */
/* Several pairs of IDevID and IAK in the DevID module, on a real TPM. */
#include "cmocka-all.h"

#include <string.h>

#include "module-fixture.h"

/* A certificate of that key; the caller's. */
static struct certs_node certify(struct fixture *f, const char *name)
{
	struct wire_key key = fixture_key(f, name);

	return fixture_certify(f, &key.spki, 0);
}

static enum devid_err install(
	struct fixture *f, const char *name, const struct certs_node *cert)
{
	return module_install(f->m, name,
		(struct view) { cert->der.data, cert->der.len }, false, NULL);
}

static void second_identity_beside_the_first(void **state)
{
	struct fixture *f = *state;
	struct certs_node first = fixture_provision(f, KEY_ALG_P256), second;

	assert_rc(module_create(f->m, "idevid-1", KEY_ALG_P384, false, NULL),
		DEVID_OK);
	assert_true(fixture_has_key(f, "iak-1"));
	second = certify(f, "idevid-1");
	assert_rc(install(f, "idevid-1", &second), DEVID_OK);
	for (int start = 0; start < 2; start++) {
		assert_int_equal(fixture_key(f, "idevid-1").alg, KEY_ALG_P384);
		assert_true(fixture_key(f, "idevid-1").certified);
		assert_int_equal(fixture_key(f, "idevid-1").n_stored, 1);
		assert_int_equal(fixture_key(f, "idevid").alg, KEY_ALG_P256);
		assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
		fixture_restart(f);
		assert_string_equal(fixture_warnings, "");
	}
	assert_string_equal(fixture_key(f, "idevid-1").place, "0x81020010");
	certs_done(&first);
	certs_done(&second);
}

/* Its maker asserts nothing of it.
 * covers: OWN-facts-minimum */
static void tpm_below_the_minimum_is_not_provisioned(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	size_t made;

	fixture_stop(f);
	f->minimum.cc_eal = 4;
	fixture_start(f, false);
	made = swtpm_count(&f->tpm, 0x131); /* CreatePrimary */
	assert_rc(module_create(f->m, "idevid", KEY_ALG_P256, false, &err),
		DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, "minimum_certification");
	assert_int_equal(swtpm_count(&f->tpm, 0x131), made);
	assert_false(fixture_has_key(f, "idevid"));
	fixture_stop(f);
	f->minimum.cc_eal = 0;
	fixture_start(f, false);
	fixture_create(f, KEY_ALG_P256);
	/* What is there already stays, and is used. */
	fixture_stop(f);
	f->minimum.cc_eal = 4;
	fixture_start(f, false);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
}

/* The same template gives the same key: a second name for one, which would
 * sign when the other is disabled.
 * covers: OWN-several-idevids */
static void second_identity_of_one_type_exists(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(module_create(f->m, "idevid-2", KEY_ALG_P384, false, NULL),
		DEVID_OK);
	assert_rc(module_create(f->m, "idevid-1", KEY_ALG_P384, false, &err),
		DEVID_ERR_KEY_EXISTS);
	assert_cause(&err, "of each type there is one, and the p384 key is "
			   "idevid-2");
	assert_false(fixture_has_key(f, "idevid-1"));
	assert_false(fixture_has_key(f, "iak-1"));
	assert_rc(module_create(f->m, "idevid-2", KEY_ALG_P384, false, NULL),
		DEVID_OK);
	assert_rc(module_create(f->m, "idevid-1", KEY_ALG_P256, false, NULL),
		DEVID_OK);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(second_identity_beside_the_first),
		CASE(tpm_below_the_minimum_is_not_provisioned),
		CASE(second_identity_of_one_type_exists),
	};

	return cmocka_run_group_tests_name("module-pairs", tests, NULL, NULL);
}
