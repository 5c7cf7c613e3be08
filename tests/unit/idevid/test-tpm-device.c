/* SPDX-License-Identifier: Apache-2.0 */
/* Which device a TPM is, and why it is not there. */
#include "cmocka-all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tempdir.h"
#include "tpm-device.h"
#include "tpm.h"

#define NOBODY 65534

static struct tempdir dir;

static int setup(void **state)
{
	(void)state;
	(void)setenv("TSS2_LOG", "all+none", 0);
	dir = tempdir_new();
	return chmod(dir.path, 0755);
}

static int teardown(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

static void make(const char *name)
{
	tempdir_write(&dir, name, "", 0, 0660);
}

/* "device:" and the path of @name. */
static const char *device(const char *name)
{
	static char tcti[TPM_DEVICE_MAX];

	(void)snprintf(tcti, sizeof(tcti), "device:%s/%s", dir.path, name);
	return tcti;
}

static void find_nothing_there_none(void **state)
{
	char tcti[TPM_DEVICE_MAX];
	unsigned n = 0;

	(void)state;
	make("tpm0"); /* one process can hold it */
	make("tpmrm");
	make("tpmrmx");
	make("tpmrm1x");
	make("tpmrm-1");
	make("xtpmrm1");
	assert_false(tpm_device_find(dir.path, &n, tcti));
	assert_false(tpm_device_find("/nonexistent", &n, tcti));
}

static void find_by_number_not_by_name(void **state)
{
	static const unsigned want[] = { 1, 2, 10 };
	char tcti[TPM_DEVICE_MAX], name[16];
	unsigned n = 0;

	(void)state;
	make("tpmrm10");
	make("tpmrm2");
	make("tpmrm1");
	for (size_t i = 0; i < N_OF(want); i++, n++) {
		assert_true(tpm_device_find(dir.path, &n, tcti));
		assert_int_equal(n, want[i]);
		(void)snprintf(name, sizeof(name), "tpmrm%u", want[i]);
		assert_string_equal(tcti, device(name));
	}
	assert_false(tpm_device_find(dir.path, &n, tcti));
}

static void assert_trouble(const char *tcti, const char *want)
{
	char why[400] = "";

	assert_true(tpm_device_trouble(tcti, why, sizeof(why)));
	if (!strstr(why, want))
		fail_msg("%s: %s", tcti, why);
}

static void trouble_no_such_file(void **state)
{
	(void)state;
	assert_trouble(device("tpmrm0"), "/tpmrm0: no such file");
	assert_true(tpm_device_gone(device("tpmrm0")));
}

static void trouble_not_permitted_says_whose_it_is(void **state)
{
	(void)state;
	tempdir_write(&dir, "tpmrm0", "", 0, 0600);
	assert_false(tpm_device_gone(device("tpmrm0")));
	assert_int_equal(seteuid(NOBODY), 0);
	assert_trouble(device("tpmrm0"), "not permitted: ");
	assert_trouble(device("tpmrm0"), "tpmrm0 is group root's, mode 0600");
	assert_int_equal(seteuid(0), 0);
}

static void trouble_none_when_it_opens(void **state)
{
	char why[400];

	(void)state;
	make("tpmrm0");
	assert_false(tpm_device_trouble(device("tpmrm0"), why, sizeof(why)));
	/* Nor of what names no file. */
	assert_false(tpm_device_trouble("tabrmd", why, sizeof(why)));
	assert_false(tpm_device_trouble("swtpm:port=1", why, sizeof(why)));
	assert_false(tpm_device_gone("tabrmd"));
}

static void trouble_socket_without_a_listener(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char tcti[128], why[400];

	(void)state;
	(void)snprintf(tcti, sizeof(tcti), "swtpm:path=%s/s,x", dir.path);
	assert_trouble(tcti, "/s: no such file");
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", dir.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_trouble(tcti, "/s: Connection refused");
	assert_int_equal(listen(fd, 1), 0);
	assert_false(tpm_device_trouble(tcti, why, sizeof(why)));
	(void)close(fd);
}

static void open_tells_the_trouble(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tpm *tpm;

	(void)state;
	assert_rc(tpm_open(device("tpmrm0"), &tpm, &err), DEVID_ERR_TPM_ABSENT);
	assert_cause(&err, "/tpmrm0: absent: ");
	assert_cause(&err, "/tpmrm0: no such file");
}

/* While a connection is open, its device may go. */
static void result_names_a_device_that_has_gone(void **state)
{
	char name[TPM_DEVICE_MAX];
	struct tpm tpm = { .name = name };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	(void)snprintf(name, sizeof(name), "%s", device("tpmrm3"));
	assert_rc(tpm_result(&tpm, TSS2_TCTI_RC_IO_ERROR, "sign", &err),
		DEVID_ERR_TPM_ABSENT);
	assert_cause(&err, "tpm: sign: absent: device:");
	assert_cause(&err, "/tpmrm3 has gone");
	make("tpmrm3");
	devid_error_clear(&err);
	assert_rc(tpm_result(&tpm, TSS2_TCTI_RC_IO_ERROR, "sign", &err),
		DEVID_ERR_TPM_ABSENT);
	assert_null(strstr(err.text, "has gone"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(find_nothing_there_none),
		CASE(find_by_number_not_by_name),
		CASE(trouble_no_such_file),
		CASE(trouble_not_permitted_says_whose_it_is),
		CASE(trouble_none_when_it_opens),
		CASE(trouble_socket_without_a_listener),
		CASE(open_tells_the_trouble),
		CASE(result_names_a_device_that_has_gone),
	};

	return cmocka_run_group_tests_name("tpm-device", tests, NULL, NULL);
}
