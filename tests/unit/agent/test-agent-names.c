/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdio.h>

#include "names.h"

static struct names list(const char *const *names, size_t n)
{
	struct devid_error err = { DEVID_OK, "" };
	struct names l = { 0 };

	for (size_t i = 0; i < n; i++)
		assert_rc(names_add(&l, names[i], &err), DEVID_OK);
	return l;
}

static struct names one(const char *name)
{
	return list(&name, 1);
}

static void add_what_is_no_name_is_refused(void **state)
{
	static const char label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char *const names[] = { "", ".", "a.", ".a", "a..b", "-a",
		"a-", "a b", "a;b", "a,b", "*", "*.", "**.a.b", "a.*.b", "*a.b",
		"\xc3\xa4.example", label };
	struct devid_error err;
	struct names l = { 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++) {
		err = (struct devid_error) { DEVID_OK, "" };
		assert_rc(names_add(&l, names[i], &err), DEVID_ERR_INVALID);
		assert_cause(&err, "neither a DNS name nor *.domain");
	}
	assert_int_equal(l.n, 0);
}

/* A dNSName never is one, so it would admit nobody. */
static void add_an_address_is_refused(void **state)
{
	static const char *const names[] = { "10.0.0.1", "*.0.0.1", "1",
		"radius.1" };
	struct names l = { 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++) {
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(names_add(&l, names[i], &err), DEVID_ERR_INVALID);
		assert_cause(&err, "is no DNS name: a number is its last part");
	}
	l = one("10.0.0.1a");
	assert_int_equal(l.n, 1);
}

/* It would admit every host of a whole registry. */
static void add_wildcard_of_one_label_is_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct names l = { 0 };

	(void)state;
	assert_rc(names_add(&l, "*.example", &err), DEVID_ERR_INVALID);
	assert_cause(&err, "too wide");
	assert_int_equal(l.n, 0);
}

static void add_too_many_or_too_long_is_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	char name[NAMES_LEN + 1];
	struct names l = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(name) - 1; i++)
		name[i] = i % 10 == 5 ? '.' : 'a';
	name[NAMES_LEN] = '\0';
	assert_rc(names_add(&l, name, &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "longer than 127");
	name[NAMES_LEN - 1] = '\0';
	for (int i = 0; i < NAMES_MAX; i++)
		assert_rc(names_add(&l, name, &err), DEVID_OK);
	err = (struct devid_error) { DEVID_OK, "" };
	assert_rc(names_add(&l, "a", &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "more than 10");
}

static void admit_whole_names_and_hosts_below_a_domain(void **state)
{
	static const char *const admitted[] = { "radius.example",
		"*.site.example" };
	static const struct {
		const char *name;
		bool ok;
	} cases[] = {
		{ "radius.example", true },
		{ "RADIUS.Example", true },
		{ "a.radius.example", false },
		{ "xradius.example", false },
		{ "r1.site.example", true },
		{ "r1.Site.example", true },
		{ "r1.rack.site.example", true },
		{ "site.example", false },
		{ "evilsite.example", false },
		{ "r1.site.example.org", false },
	};
	struct names l = list(admitted, N_OF(admitted));

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct names server = one(cases[i].name);

		assert_int_equal(names_admit(&l, &server), cases[i].ok);
	}
	assert_true(names_wild(&l));
}

static void admit_any_name_of_the_server_but_not_none(void **state)
{
	static const char *const names[] = { "other.example",
		"radius.example" };
	struct names l = one("radius.example"), none = { 0 };
	struct names server = list(names, N_OF(names));

	(void)state;
	assert_true(names_admit(&l, &server));
	assert_false(names_admit(&l, &none));
	assert_false(names_admit(&none, &server));
	assert_false(names_wild(&l));
}

static void siblings_need_a_domain_of_two_labels(void **state)
{
	char domain[NAMES_LEN] = "-";

	(void)state;
	assert_false(names_siblings("radius", domain));
	assert_false(names_siblings("radius.example", domain));
	assert_false(names_siblings("*.a.example", domain));
	assert_string_equal(domain, "-");
	assert_true(names_siblings("r1.site.example", domain));
	assert_string_equal(domain, "*.site.example");
}

static void join_writes_a_list(void **state)
{
	static const char *const names[] = { "a.b", "*.c.d" };
	struct names l = list(names, 2), none = { 0 };
	char text[32];

	(void)state;
	names_join(&l, ";", true, text, sizeof(text));
	assert_string_equal(text, "a.b;c.d");
	names_join(&l, ", ", false, text, sizeof(text));
	assert_string_equal(text, "a.b, *.c.d");
	names_join(&l, ", ", false, text, 6);
	assert_string_equal(text, "a.b, ");
	names_join(&none, ";", true, text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_what_is_no_name_is_refused),
		cmocka_unit_test(add_an_address_is_refused),
		cmocka_unit_test(add_wildcard_of_one_label_is_refused),
		cmocka_unit_test(add_too_many_or_too_long_is_refused),
		cmocka_unit_test(admit_whole_names_and_hosts_below_a_domain),
		cmocka_unit_test(admit_any_name_of_the_server_but_not_none),
		cmocka_unit_test(siblings_need_a_domain_of_two_labels),
		cmocka_unit_test(join_writes_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
