/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "domain.h"

#define LABEL63                                                                \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void refused(const char *name, enum devid_err rc, const char *cause)
{
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(domain_check(name, &err), rc);
	assert_cause(&err, cause);
}

static void check_a_domain_is_taken(void **state)
{
	static const char *const names[] = { "site.example", "a.b",
		"Site.Example", "1st.example", "a-b.c-d.example",
		"xn--bcher-kva.example", LABEL63 ".example", "local.example",
		"localhost.example", "1.2.3.x4" };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++)
		assert_rc(domain_check(names[i], &err), DEVID_OK);
}

static void check_what_is_no_name_is_refused(void **state)
{
	static const char *const names[] = { "", ".", "a.", ".a", "a..b",
		"a.b.", "-a.example", "a-.example", "a_b.example",
		"a b.example", "a.example b.example", "a.example\n",
		"a.example;x", "$(touch x).example", "`x`.example",
		"../a.example", "a/b.example", "\xc3\xa4.example",
		"a.exam\x01ple", "a" LABEL63 ".example" };

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++)
		refused(names[i], DEVID_ERR_INVALID, "not a DNS name");
}

static void check_one_label_is_refused(void **state)
{
	(void)state;
	refused("bad", DEVID_ERR_INVALID, "one label"); /* udhcpc's */
	refused("localhost", DEVID_ERR_INVALID, "one label");
}

static void check_an_address_is_refused(void **state)
{
	(void)state;
	refused("10.10.20.1", DEVID_ERR_INVALID, "a number");
}

static void check_names_of_this_link_are_refused(void **state)
{
	(void)state;
	refused("site.local", DEVID_ERR_INVALID, "no name server");
	refused("site.LocalHost", DEVID_ERR_INVALID, "no name server");
}

static void check_room_is_left_for_the_host(void **state)
{
	char name[DOMAIN_MAX + 2];
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	for (size_t i = 0; i < DOMAIN_MAX; i++)
		name[i] = i % 2 ? '.' : 'a';
	name[DOMAIN_MAX] = '\0';
	assert_rc(domain_check(name, &err), DEVID_OK);
	name[DOMAIN_MAX - 1] = 'b';
	name[DOMAIN_MAX] = 'b';
	name[DOMAIN_MAX + 1] = '\0';
	refused(name, DEVID_ERR_TOO_LARGE, "longer than 237");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_a_domain_is_taken),
		cmocka_unit_test(check_what_is_no_name_is_refused),
		cmocka_unit_test(check_one_label_is_refused),
		cmocka_unit_test(check_an_address_is_refused),
		cmocka_unit_test(check_names_of_this_link_are_refused),
		cmocka_unit_test(check_room_is_left_for_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
