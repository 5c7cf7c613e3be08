/* SPDX-License-Identifier: Apache-2.0 */
/* What TPMs say of themselves: of swtpm, and of answers as others give them. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"
#include "swtpm.h"
#include "tpm-about.h"

static struct swtpm tpm;

static int setup(void **state)
{
	struct tpm *conn = NULL;

	(void)setenv("TSS2_LOG", "all+none", 0);
	swtpm_new(&tpm);
	assert_rc(tpm_open(tpm.faulty_tcti, &conn, NULL), DEVID_OK);
	*state = conn;
	return 0;
}

static int teardown(void **state)
{
	tpm_close(*state);
	swtpm_free(&tpm);
	return 0;
}

struct property {
	uint32_t property, value;
};

/* The next answer to TPM2_GetCapability has these @n. */
static void answer(const struct property *p, size_t n)
{
	uint8_t buf[256];
	struct bytes_out out = bytes_out_init(buf, sizeof(buf));
	char line[2 * sizeof(buf) + 32];
	int at = snprintf(line, sizeof(line), "once 17a reply ");

	bytes_out_uint(&out, 2, TPM2_ST_NO_SESSIONS);
	bytes_out_uint(&out, 4, 10 + 1 + 4 + 4 + 8 * n);
	bytes_out_uint(&out, 4, 0);
	bytes_out_uint(&out, 1, 0);
	bytes_out_uint(&out, 4, TPM2_CAP_TPM_PROPERTIES);
	bytes_out_uint(&out, 4, n);
	for (size_t i = 0; i < n; i++) {
		bytes_out_uint(&out, 4, p[i].property);
		bytes_out_uint(&out, 4, p[i].value);
	}
	assert_false(out.bad);
	for (size_t i = 0; i < out.room.len; i++)
		at += snprintf(
			line + at, sizeof(line) - (size_t)at, "%02x", buf[i]);
	swtpm_set_fault(&tpm, line);
}

static struct wire_about ask(struct tpm *conn)
{
	struct wire_about about;

	memset(&about, 0xff, sizeof(about));
	about.cc_eal = 4;
	assert_rc(tpm_about(conn, &about, NULL), DEVID_OK);
	assert_int_equal(about.cc_eal, 4); /* not its to say */
	return about;
}

static void swtpm_says_what_it_is(void **state)
{
	struct wire_about about = ask(*state);
	char identity[TPM_IDENTITY_MAX];
	unsigned maker, high, low;
	char want[64];

	assert_rc(tpm_identity(*state, identity, NULL), DEVID_OK);
	assert_int_equal(sscanf(identity, "%x-%x.%x", &maker, &high, &low), 3);
	(void)snprintf(want, sizeof(want), "%u.%u.%u.%u", high >> 16,
		high & 0xffff, low >> 16, low & 0xffff);
	assert_string_equal(about.firmware, want);
	assert_string_equal(about.maker, "IBM");
	assert_string_equal(about.model, "SW   TPM");
	assert_int_not_equal(about.fips_mode, WIRE_UNKNOWN);
}

/* 7.85.4555.0 is how Infineon itself writes this version of the SLB 9670. */
static void infineon_firmware_in_its_own_form(void **state)
{
	static const struct property p[] = {
		{ TPM2_PT_MANUFACTURER, 0x49465800 },
		{ TPM2_PT_VENDOR_STRING_1, 0x534c4239 },
		{ TPM2_PT_VENDOR_STRING_2, 0x36373000 },
		{ TPM2_PT_VENDOR_STRING_3, 0 },
		{ TPM2_PT_VENDOR_STRING_4, 0 },
		{ TPM2_PT_FIRMWARE_VERSION_1, 0x00070055 },
		{ TPM2_PT_FIRMWARE_VERSION_2, 0x0011cb00 },
		{ TPM2_PT_MODES, 1 },
	};
	struct wire_about about;

	answer(p, N_OF(p));
	about = ask(*state);
	assert_string_equal(about.maker, "IFX");
	assert_string_equal(about.model, "SLB9670");
	assert_string_equal(about.firmware, "7.85.4555.0");
	assert_int_equal(about.fips_mode, WIRE_YES);
}

/* A property that it does not know is left out, or the next one comes. */
static void property_not_known_told_as_unknown(void **state)
{
	static const struct property p[] = {
		{ TPM2_PT_MANUFACTURER, 0x53544d20 }, /* "STM " */
		{ TPM2_PT_MODES + 1, 1 },
	};
	struct wire_about about;

	answer(p, N_OF(p));
	about = ask(*state);
	assert_string_equal(about.maker, "STM");
	assert_string_equal(about.model, "");
	assert_string_equal(about.firmware, "");
	assert_int_equal(about.fips_mode, WIRE_UNKNOWN);
}

static void fips_mode_off_told(void **state)
{
	static const struct property p[] = { { TPM2_PT_MODES, 0xfffffffe } };

	answer(p, N_OF(p));
	assert_int_equal(ask(*state).fips_mode, WIRE_NO);
}

/* Whatever a maker writes stays one line and in its place. */
static void text_of_anything_stays_visible(void **state)
{
	static const struct property p[] = {
		{ TPM2_PT_MANUFACTURER, 0x0a1b4142 },
		{ TPM2_PT_VENDOR_STRING_1, 0x20204100 },
		{ TPM2_PT_VENDOR_STRING_2, 0x0a422020 },
	};
	struct wire_about about;

	answer(p, N_OF(p));
	about = ask(*state);
	assert_string_equal(about.maker, "AB");
	assert_string_equal(about.model, "AB");
}

static void resets_counts_starts(void **state)
{
	struct tpm *conn = *state;
	uint32_t before = 0, after = 0;

	assert_rc(tpm_resets(conn, &before, NULL), DEVID_OK);
	tpm_close(conn);
	swtpm_stop(&tpm);
	swtpm_start(&tpm);
	assert_rc(tpm_open(tpm.faulty_tcti, &conn, NULL), DEVID_OK);
	*state = conn;
	assert_rc(tpm_resets(conn, &after, NULL), DEVID_OK);
	assert_int_equal(after, before + 1);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(swtpm_says_what_it_is),
		CASE(infineon_firmware_in_its_own_form),
		CASE(property_not_known_told_as_unknown),
		CASE(fips_mode_off_told),
		CASE(text_of_anything_stays_visible),
		CASE(resets_counts_starts),
	};

	return cmocka_run_group_tests_name("tpm-about", tests, NULL, NULL);
}
