/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdio.h>
#include <sys/stat.h>

#include "address.h"
#include "files.h"
#include "tempdir.h"

static struct tempdir dir;

static int setup(void **state)
{
	(void)state;
	dir = tempdir_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

static enum devid_err note(const char *port, const char *domain)
{
	struct devid_error err = { DEVID_OK, "" };

	return address_note(dir.path, port, domain, &err);
}

static void assert_noted(const char *port, const char *domain)
{
	char got[DOMAIN_MAX + 1] = "?";
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(address_read(dir.path, port, got, &err), DEVID_OK);
	assert_string_equal(got, domain);
}

static void assert_unread(const char *port, enum devid_err rc)
{
	char got[DOMAIN_MAX + 1] = "?";
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(address_read(dir.path, port, got, &err), rc);
	assert_string_equal(got, "?");
}

/* What somebody else than address_note() wrote. */
static void put(const char *port, const char *text, size_t len, mode_t mode)
{
	char path[PATH_MAX];
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(address_path(dir.path, port, path, &err), DEVID_OK);
	assert_rc(files_write_unsynced(path, text, len, mode, &err), DEVID_OK);
	assert_int_equal(chmod(path, mode), 0);
}

static void note_a_domain_is_read_again(void **state)
{
	(void)state;
	assert_unread("eth0", DEVID_ERR_NOT_FOUND);
	assert_rc(note("eth0", "site.example"), DEVID_OK);
	assert_noted("eth0", "site.example");
	assert_rc(note("eth0", "other.example"), DEVID_OK);
	assert_noted("eth0", "other.example");
	assert_unread("eth1", DEVID_ERR_NOT_FOUND);
}

static void note_without_a_domain_is_an_address(void **state)
{
	(void)state;
	assert_rc(note("eth0", NULL), DEVID_OK);
	assert_noted("eth0", "");
	assert_rc(note("eth0.20", ""), DEVID_OK);
	assert_noted("eth0.20", "");
}

static void note_a_refused_domain_leaves_the_address(void **state)
{
	(void)state;
	assert_rc(note("eth0", "site.example"), DEVID_OK);
	assert_rc(note("eth0", "$(touch x).example"), DEVID_ERR_INVALID);
	assert_noted("eth0", "");
}

static void note_no_interface_is_refused(void **state)
{
	static const char *const ports[] = { "", ".", "..", "../x", "a/b",
		"a b", "a:1", "a\n", "sixteencharacter" };

	(void)state;
	for (size_t i = 0; i < N_OF(ports); i++)
		assert_rc(note(ports[i], "site.example"), DEVID_ERR_INVALID);
}

static void read_what_somebody_else_wrote_is_refused(void **state)
{
	static const char nul[] = "a.b\0.example";
	static const char line[] = "site.example\n";

	(void)state;
	put("eth0", nul, sizeof(nul) - 1, 0644);
	assert_unread("eth0", DEVID_ERR_INVALID);
	put("eth0", line, sizeof(line) - 1, 0644);
	assert_unread("eth0", DEVID_ERR_INVALID);
	put("eth0", "site.example", 12, 0666);
	assert_unread("eth0", DEVID_ERR_DENIED);
}

static void forget_takes_the_address_away(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(note("eth0", "site.example"), DEVID_OK);
	assert_rc(address_forget(dir.path, "eth0", &err), DEVID_OK);
	assert_unread("eth0", DEVID_ERR_NOT_FOUND);
	assert_rc(address_forget(dir.path, "eth0", &err), DEVID_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(note_a_domain_is_read_again),
		TEST(note_without_a_domain_is_an_address),
		TEST(note_a_refused_domain_leaves_the_address),
		TEST(note_no_interface_is_refused),
		TEST(read_what_somebody_else_wrote_is_refused),
		TEST(forget_takes_the_address_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
