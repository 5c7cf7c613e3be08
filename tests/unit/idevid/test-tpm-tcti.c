/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to a TPM that are none. */
#include "cmocka-all.h"
#include "tpm-tcti.h"

static void good_names_taken(void **state)
{
	static const char *const good[] = { "device:/dev/tpmrm0",
		"device:/dev/not-there-yet", "swtpm:path=/x/tpm.sock",
		"swtpm:host=127.0.0.1,port=2321", "swtpm", "cmd:/bin/true",
		"auto" };

	(void)state;
	for (size_t i = 0; i < N_OF(good); i++) {
		struct devid_error err = { 0 };

		if (tpm_tcti_check(good[i], &err) != DEVID_OK)
			fail_msg("%s: %s", good[i], err.text);
	}
}

static void wrong_names_refused_with_their_cause(void **state)
{
	static const struct {
		const char *tcti, *cause;
	} bad[] = {
		{ "foo:bar", "no module 'foo' is on this machine "
			     "(libtss2-tcti-foo.so.0)" },
		{ ":x", "':x' does not begin with a module's name" },
		{ "/dev/tpmrm0",
			"'/dev/tpmrm0' is a device: write device:/dev/tpmrm0" },
		{ "device", "'device' names no device: write auto, or device: "
			    "and its path" },
		{ "device:", "'device' names no device: write auto" },
		{ "device:dev/tpm0",
			"'dev/tpm0' is not an absolute path of a device" },
		{ "swtpm:/x/tpm.sock",
			"'/x/tpm.sock' is not host=, port= or path= of swtpm" },
		{ "swtpm:path=", "'path=' is not host=, port= or path=" },
		{ "swtpm:path=/x,sock=1", "'sock=1' is not host=" },
		{ "swtpm:port=0", "'port=0' is not port= with 1 to 65535" },
		{ "swtpm:port=123456789", "is not port= with 1 to 65535" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct devid_error err = { 0 };

		assert_rc(tpm_tcti_check(bad[i].tcti, &err), DEVID_ERR_INVALID);
		assert_cause(&err, bad[i].cause);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_names_taken),
		cmocka_unit_test(wrong_names_refused_with_their_cause),
	};

	return cmocka_run_group_tests_name("tpm-tcti", tests, NULL, NULL);
}
