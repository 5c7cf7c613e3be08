/* SPDX-License-Identifier: Apache-2.0 */
/* What a module says of itself, and what its EK certificate asserts. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "ek-fixture.h"
#include "keystore-about.h"
#include "keystore-fixture.h"

/* The certificate of an EK whose attributes are @sda; NULL: good ones. */
static struct certs_node make_ek(const char *sda)
{
	struct certs_spec spec = ek_fixture_spec();

	if (sda)
		certs_set_ext(&spec, EK_OID_SDA, "", sda);
	return certs_sign(&spec, certs_key("P-384"), NULL);
}

static struct wire_about about_of(const char *sda)
{
	struct wire_about about;
	struct certs_node ek = make_ek(sda);

	memset(&about, 0xff, sizeof(about));
	(void)strcpy(about.maker, "X");
	keystore_about_ek((struct view) { ek.der.data, ek.der.len }, &about);
	assert_string_equal(about.maker, "X"); /* another's to say */
	certs_done(&ek);
	return about;
}

/* covers: OWN-facts-asserted */
static void ek_asserts_levels_told(void **state)
{
	struct wire_about about = about_of(NULL);

	(void)state;
	assert_int_equal(about.cc_eal, 4);
	assert_int_equal(about.cc_plus, 1);
	assert_int_equal(about.fips_level, 2);
	assert_string_equal(about.fips_version, "140-2");
}

static void assert_nothing(const char *sda)
{
	struct wire_about about = about_of(sda);

	assert_int_equal(about.cc_eal, 0);
	assert_int_equal(about.cc_plus, 0);
	assert_int_equal(about.fips_level, 0);
	assert_string_equal(about.fips_version, "");
}

static void ek_asserts_nothing_or_malformed_is_nothing(void **state)
{
	(void)state;
	assert_nothing(ek_fixture_sda(""));
	assert_nothing("3000");
	assert_nothing("3000 00");
	/* one half of it */
	assert_nothing(ek_fixture_sda(
		"a30e 1603332e31 0a0104 0a0102 0101ff a406 160131 0a0105"));
}

/* 0 designed to meet, 1 in evaluation */
static void evaluation_not_completed_is_no_level(void **state)
{
	(void)state;
	assert_nothing(ek_fixture_sda("a30e 1603332e31 0a0104 0a0100 0101ff"));
	assert_nothing(ek_fixture_sda("a30e 1603332e31 0a0104 0a0101 0101ff"));
	assert_int_equal(
		about_of(ek_fixture_sda("a30b 1603332e31 0a0107 0a0102"))
			.cc_eal,
		7);
}

static void fips_version_too_long_is_none(void **state)
{
	struct wire_about about;

	(void)state;
	/* 15 characters, and 16 */
	about = about_of(ek_fixture_sda(
		"a414 160f 313233343536373839303132333435 0a0103"));
	assert_string_equal(about.fips_version, "123456789012345");
	about = about_of(ek_fixture_sda(
		"a415 1610 31323334353637383930313233343536 0a0103"));
	assert_string_equal(about.fips_version, "");
	assert_int_equal(about.fips_level, 3);
}

static void bytes_that_are_no_certificate_assert_nothing(void **state)
{
	struct wire_about about = { .cc_eal = 7, .fips_level = 4 };

	(void)state;
	keystore_about_ek((struct view) { (const uint8_t *)"0", 1 }, &about);
	assert_int_equal(about.cc_eal, 0);
	assert_int_equal(about.fips_level, 0);
}

/* ---- a TPM ---- */

/* covers: OWN-facts-asserted */
static void tpm_with_ek_certificate_in_nv_tells_it(void **state)
{
	struct keystore_fixture *f = *state;
	struct certs_node ek = make_ek(NULL);
	struct wire_about about;

	memset(&about, 0, sizeof(about));
	assert_rc(f->ks->ops->about(f->ks, &about, NULL), DEVID_OK);
	assert_string_equal(about.maker, "IBM");
	assert_int_equal(about.fips_level, 0); /* it has no certificate */
	keystore_fixture_close(f);
	swtpm_nv_write(&f->tpm, EK_P384_INDEX, ek.der.data, ek.der.len);
	keystore_fixture_open(f, false);
	assert_rc(f->ks->ops->about(f->ks, &about, NULL), DEVID_OK);
	assert_int_equal(about.cc_eal, 4);
	assert_int_equal(about.cc_plus, 1);
	assert_int_equal(about.fips_level, 2);
	assert_string_equal(about.fips_version, "140-2");
	certs_done(&ek);
}

static void tpm_that_has_gone_is_absent(void **state)
{
	struct keystore_fixture *f = *state;
	struct wire_about about;

	swtpm_stop(&f->tpm);
	assert_rc(f->ks->ops->about(f->ks, &about, NULL), DEVID_ERR_TPM_ABSENT);
	swtpm_start(&f->tpm);
	assert_rc(f->ks->ops->about(f->ks, &about, NULL), DEVID_OK);
}

int main(void)
{
#define TPM(t)                                                                 \
	cmocka_unit_test_setup_teardown(                                       \
		t, keystore_fixture_setup, keystore_fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ek_asserts_levels_told),
		cmocka_unit_test(ek_asserts_nothing_or_malformed_is_nothing),
		cmocka_unit_test(evaluation_not_completed_is_no_level),
		cmocka_unit_test(fips_version_too_long_is_none),
		cmocka_unit_test(bytes_that_are_no_certificate_assert_nothing),
		TPM(tpm_with_ek_certificate_in_nv_tells_it),
		TPM(tpm_that_has_gone_is_absent),
	};

	return cmocka_run_group_tests_name("keystore-about", tests, NULL, NULL);
}
