/* SPDX-License-Identifier: Apache-2.0 */
/* What the CA's policy says about EK certificates. */
#include <stdio.h>

#include "cmocka-all.h"
#include "ek-cert.h"
#include "ek-policy.h"

static struct ek_cert good(void)
{
	return (struct ek_cert) {
		.manufacturer = "id:53544D20",
		.vendor = "STM ",
		.model = "ST33HTPHAHD8",
		.version = "id:00010102",
		.tpm.has_assertions = true,
		.tpm.eal = 4,
		.tpm.eal_status = 2,
		.tpm.fips_level = 2,
	};
}

/* @policy refuses @cert with @cause; "": it does not. */
static void check(const struct ek_policy *policy, const struct ek_cert *cert,
	const char *cause)
{
	struct devid_error err = { 0 };
	enum devid_err rc = ek_policy_check(policy, cert, &err);

	assert_rc(rc, cause[0] ? DEVID_ERR_DENIED : DEVID_OK);
	assert_cause(&err, cause);
}

static void check_no_demand_permits(void **state)
{
	const struct ek_policy policy = { 0 };
	const struct ek_policy empty = { .manufacturers = (char *)"",
		.models = (char *)"",
		.firmware_min = (char *)"" };
	struct ek_cert cert = good(), bare = { .tpm.eal = 0 };

	(void)state;
	check(&policy, &cert, "");
	check(&policy, &bare, "");
	check(&empty, &cert, "");
}

/* covers: EK-3-policy */
static void check_manufacturer_list_obeyed(void **state)
{
	static const struct {
		const char *list, *cause;
	} cases[] = {
		{ "STM", "" },
		{ "IFX,STM", "" },
		{ " IFX , STM ", "" },
		{ "53544d20", "" },
		{ "stm", "" },
		{ "IFX", "TPM manufacturer: id:53544D20" },
		{ "ST", "TPM manufacturer" },
		{ "STMX", "TPM manufacturer" },
		{ ",", "TPM manufacturer" },
	};
	struct ek_cert cert = good();

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		const struct ek_policy policy = {
			.manufacturers = (char *)cases[i].list
		};

		check(&policy, &cert, cases[i].cause);
	}
}

/* A manufacturer that is no text is on no list but by its digits. */
static void check_manufacturer_without_text_by_digits(void **state)
{
	struct ek_policy policy = { .manufacturers = (char *)"IBM,," };
	struct ek_cert cert = good();

	(void)state;
	cert.vendor[0] = '\0';
	memcpy(cert.manufacturer, "id:00001014", 12);
	check(&policy, &cert, "TPM manufacturer");
	policy.manufacturers = (char *)"00001014";
	check(&policy, &cert, "");
	/* another form than id: and digits matches nothing */
	memcpy(cert.manufacturer, "xx:00001014", 12);
	check(&policy, &cert, "TPM manufacturer");
}

/* covers: EK-3-policy */
static void check_model_list_obeyed(void **state)
{
	struct ek_policy policy = { .models = (char *)"SLB 9672,ST33HTPHAHD8" };
	struct ek_cert cert = good();

	(void)state;
	check(&policy, &cert, "");
	policy.models = (char *)"ST33";
	check(&policy, &cert, "TPM model: ST33HTPHAHD8");
	policy.models = (char *)"st33htphahd8";
	check(&policy, &cert, "TPM model");
}

/* covers: EK-3-policy */
static void check_firmware_minimum_obeyed(void **state)
{
	static const struct {
		const char *list, *cause;
	} cases[] = {
		{ "STM=10102", "" },
		{ "STM=00010101", "" },
		{ "STM=00010103", "below STM=00010103" },
		{ "STM=20000", "TPM firmware" },
		{ "IFX=ffffffff", "" },
		{ "IFX=ffffffff, STM=10103", "TPM firmware" },
		{ "53544D20=10103", "TPM firmware" },
		{ "STM", "malformed" },
		{ "STM=", "malformed" },
		{ "STM=1g", "malformed" },
		{ "STM=11111111111111111", "malformed" },
	};
	struct ek_cert cert = good();

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		const struct ek_policy policy = {
			.firmware_min = (char *)cases[i].list
		};

		check(&policy, &cert, cases[i].cause);
	}
}

static void check_firmware_without_number_refused(void **state)
{
	static const char *const versions[] = { "00010102", "id:", "id:1.2",
		"id:00000000000000001" };
	const struct ek_policy policy = { .firmware_min = (char *)"STM=0" };
	struct ek_cert cert = good();

	(void)state;
	check(&policy, &cert, "");
	for (size_t i = 0; i < N_OF(versions); i++) {
		(void)snprintf(
			cert.version, sizeof(cert.version), "%s", versions[i]);
		check(&policy, &cert, "can be compared");
	}
}

/* covers: EK-3-policy */
static void check_levels_obeyed(void **state)
{
	struct ek_policy policy = { .eal_min = 4, .fips_min = 2 };
	struct ek_cert cert = good();

	(void)state;
	check(&policy, &cert, "");
	cert.tpm.eal = 3;
	check(&policy, &cert, "Common Criteria: EAL 3, 4 wanted");
	cert.tpm.eal = 5;
	cert.tpm.eal_status = 1;
	check(&policy, &cert, "EAL 5 not yet evaluated");
	cert.tpm.eal_status = 2;
	cert.tpm.fips_level = 1;
	check(&policy, &cert, "FIPS 140: level 1, 2 wanted");
}

/* covers: EK-3-policy */
static void check_missing_levels_as_policy_says(void **state)
{
	struct ek_policy policy = { .eal_min = 4 };
	struct ek_cert cert = good();

	(void)state;
	cert.tpm.eal = cert.tpm.fips_level = 0;
	check(&policy, &cert, "");
	policy.assertions = true;
	check(&policy, &cert, "Common Criteria: the EK certificate states no");
	policy.eal_min = 0;
	check(&policy, &cert, "");
	policy.fips_min = 1;
	check(&policy, &cert, "FIPS 140: the EK certificate states no");
}

static void validate_bad_policy_refused(void **state)
{
	const struct ek_policy good_one = {
		.firmware_min = (char *)"STM=1", .eal_min = 7, .fips_min = 4
	};
	const struct ek_policy bad[] = {
		{ .firmware_min = (char *)"STM" },
		{ .firmware_min = (char *)"=1" },
		{ .firmware_min = (char *)"STM=1,x" },
		{ .eal_min = 8 },
		{ .fips_min = 5 },
	};

	(void)state;
	assert_rc(ek_policy_validate(&good_one, NULL), DEVID_OK);
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct devid_error err = { 0 };

		assert_rc(ek_policy_validate(&bad[i], &err), DEVID_ERR_INVALID);
		assert_true(err.text[0] != '\0');
	}
}

static void quirks_names_read_and_written(void **state)
{
	struct devid_error err = { 0 };
	unsigned quirks = 77;
	char text[96];

	(void)state;
	assert_rc(ek_quirks_parse("padding, no-eku", &quirks, NULL), DEVID_OK);
	assert_int_equal(quirks, EK_QUIRK_PADDING | EK_QUIRK_NO_EKU);
	ek_quirks_text(quirks, text, sizeof(text));
	assert_string_equal(text, "padding, no-eku");
	assert_rc(ek_quirks_parse("nv-header,san-not-critical,key-usage,"
				  "explicit-tags",
			  &quirks, NULL),
		DEVID_OK);
	assert_int_equal(
		quirks, EK_QUIRK_NV_HEADER | EK_QUIRK_SAN_NOT_CRITICAL |
				EK_QUIRK_KEY_USAGE | EK_QUIRK_EXPLICIT_TAGS);
	assert_rc(ek_quirks_parse("", &quirks, NULL), DEVID_OK);
	assert_int_equal(quirks, 0);
	assert_rc(ek_quirks_parse("padding,all", &quirks, &err),
		DEVID_ERR_INVALID);
	assert_cause(&err, "all: no such quirk");
	ek_quirks_text(0x1f, text, 10);
	assert_int_equal(strlen(text), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_no_demand_permits),
		cmocka_unit_test(check_manufacturer_list_obeyed),
		cmocka_unit_test(check_manufacturer_without_text_by_digits),
		cmocka_unit_test(check_model_list_obeyed),
		cmocka_unit_test(check_firmware_minimum_obeyed),
		cmocka_unit_test(check_firmware_without_number_refused),
		cmocka_unit_test(check_levels_obeyed),
		cmocka_unit_test(check_missing_levels_as_policy_says),
		cmocka_unit_test(validate_bad_policy_refused),
		cmocka_unit_test(quirks_names_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
