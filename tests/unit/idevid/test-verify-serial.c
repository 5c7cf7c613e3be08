/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of a serial number that vendors write. */
#include "cmocka-all.h"
#include "verify-judge.h"

static void serial_forms_only_when_asked(void **state)
{
	static const struct {
		const char *actual, *expected;
		unsigned forms; /* that make it match; 0: none does */
	} cases[] = {
		{ "PID:DCS-7050 SN:HSH1", "HSH1", DEVID_SERIAL_PID_SN },
		{ "PID:DCS-7050 SN:HSH1", "HSH", 0 },
		{ "PID:DCS-7050 SN:HSH1", "SH1", 0 },
		{ "PID:X SN:", "", 0 },
		{ "XPID:X SN:1", "1", 0 },
		{ "PID:X SN:A SN:B", "B", 0 }, /* the first SN: counts */
		{ "SGH1, BaseMAC 0A1B2C-3d4e5f", "SGH1", DEVID_SERIAL_BASEMAC },
		{ "SGH1, BaseMAC 0A1B2C-3D4E5", "SGH1", 0 },
		{ "SGH1, BaseMAC 0A1B2C-3D4E5F0", "SGH1", 0 },
		{ "SGH1, BaseMAC 0A1B2C:3D4E5F", "SGH1", 0 },
		{ "SGH1, BaseMAC 0A1B2G-3D4E5F", "SGH1", 0 },
		{ "SGH1, BaseMAC 0A1B2C-3D4E5F", "SGH", 0 },
		{ "SGH1, BaseMAC 0A1B2C-3D4E5F", "0A1B2C-3D4E5F", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned forms = 0; forms < 4; forms++)
			assert_int_equal(verify_serial_matches(cases[i].actual,
						 cases[i].expected, forms),
				(forms & cases[i].forms) != 0);
		assert_true(verify_serial_matches(
			cases[i].actual, cases[i].actual, 0));
	}
	assert_false(verify_serial_matches("", "", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serial_forms_only_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
