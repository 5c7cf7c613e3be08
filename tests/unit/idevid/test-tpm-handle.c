/* SPDX-License-Identifier: Apache-2.0 */
/* The list of persistent objects, as TPMs give it in parts. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"
#include "swtpm.h"
#include "tpm-handle.h"

static struct swtpm tpm;

static int setup(void **state)
{
	struct tpm *conn = NULL;

	(void)setenv("TSS2_LOG", "all+none", 0);
	swtpm_new(&tpm);
	(void)swtpm_provision(&tpm, KEY_IDEVID, KEY_ALG_P256, UNIQUE_X_AND_Y);
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

/* The next answer to TPM2_GetCapability has @n handles from @first on. */
static void answer(TPM2_HANDLE first, unsigned n, bool more)
{
	static uint8_t buf[1024];
	static char line[2 * sizeof(buf) + 32];
	struct bytes_out out = bytes_out_init(buf, sizeof(buf));
	int at = snprintf(line, sizeof(line), "once 17a reply ");

	bytes_out_uint(&out, 2, TPM2_ST_NO_SESSIONS);
	bytes_out_uint(&out, 4, 10 + 1 + 4 + 4 + 4 * n);
	bytes_out_uint(&out, 4, 0);
	bytes_out_uint(&out, 1, more);
	bytes_out_uint(&out, 4, TPM2_CAP_HANDLES);
	bytes_out_uint(&out, 4, n);
	for (unsigned i = 0; i < n; i++)
		bytes_out_uint(&out, 4, first + i);
	assert_false(out.bad);
	for (size_t i = 0; i < out.room.len; i++)
		at += snprintf(
			line + at, sizeof(line) - (size_t)at, "%02x", buf[i]);
	swtpm_set_fault(&tpm, line);
}

static void list_of_one_part(void **state)
{
	struct tpm_handles list;
	size_t before = swtpm_count(&tpm, 0);

	assert_rc(tpm_handles_list(*state, &list, NULL), DEVID_OK);
	assert_int_equal(list.n, 1);
	assert_true(tpm_handles_have(&list, TPM_HANDLE_IDEVID));
	assert_false(tpm_handles_have(&list, TPM_HANDLE_IAK));
	assert_int_equal(swtpm_count(&tpm, 0), before + 1);
}

static void list_in_parts_put_together(void **state)
{
	struct tpm_handles list;

	answer(0x81000001, 2, true);
	assert_rc(tpm_handles_list(*state, &list, NULL), DEVID_OK);
	assert_int_equal(list.n, 3);
	assert_true(tpm_handles_have(&list, 0x81000001));
	assert_true(tpm_handles_have(&list, 0x81000002));
	assert_true(tpm_handles_have(&list, TPM_HANDLE_IDEVID));
}

/* It says that there is more and gives nothing: the end all the same. */
static void list_of_nothing_that_goes_on_ends(void **state)
{
	struct tpm_handles list;

	answer(0, 0, true);
	assert_rc(tpm_handles_list(*state, &list, NULL), DEVID_OK);
	assert_int_equal(list.n, 0);
}

static void list_longer_than_any_too_large(void **state)
{
	struct tpm_handles list;

	answer(0x81000000, TPM_HANDLES_MAX, false);
	assert_rc(tpm_handles_list(*state, &list, NULL), DEVID_OK);
	assert_int_equal(list.n, TPM_HANDLES_MAX);
	answer(0x81000000, TPM_HANDLES_MAX + 1, false);
	assert_rc(tpm_handles_list(*state, &list, NULL), DEVID_ERR_TOO_LARGE);
	answer(0x81000000, TPM_HANDLES_MAX, true); /* and the one that is */
	assert_rc(tpm_handles_list(*state, &list, NULL), DEVID_ERR_TOO_LARGE);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(list_of_one_part),
		CASE(list_in_parts_put_together),
		CASE(list_of_nothing_that_goes_on_ends),
		CASE(list_longer_than_any_too_large),
	};

	return cmocka_run_group_tests_name("tpm-handle", tests, NULL, NULL);
}
