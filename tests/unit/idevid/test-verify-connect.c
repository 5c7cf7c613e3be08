/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a host's addresses, and look-ups that ask nobody. */
#include <sys/socket.h>

#include "cmocka-all.h"
#include "verify-connect.h"
#include "verify-lookup.h"

/* Addresses of these families ('4', '6') come in the order @want, each by its
 * place in @have: 'a' is the first. */
static void assert_order(const char *have, const char *want)
{
	const struct addrinfo *order[CONNECT_ADDRESSES_MAX];
	struct addrinfo list[32] = { 0 };
	size_t n = strlen(have);

	for (size_t i = 0; i < n; i++) {
		list[i].ai_family = have[i] == '4' ? AF_INET : AF_INET6;
		list[i].ai_next = i + 1 < n ? &list[i + 1] : NULL;
	}
	assert_int_equal(connect_order(n ? list : NULL, order), strlen(want));
	for (size_t i = 0; want[i]; i++)
		assert_int_equal(order[i] - list, want[i] - 'a');
}

/* covers: RFC8305-addresses */
static void connect_order_families_take_turns(void **state)
{
	(void)state;
	assert_order("", "");
	assert_order("4", "a");
	assert_order("66644", "adbec");
	assert_order("446", "acb");
	assert_order("6666", "abcd");
	assert_order("646464", "abcdef");
	assert_order("66666666666666666666", "abcdefghijklmnop");
}

static void lookup_address_asks_nobody(void **state)
{
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1" };
	struct addrinfo *list;

	(void)state;
	for (size_t i = 0; i < N_OF(addresses); i++) {
		/* no time at all is enough */
		assert_int_equal(
			lookup_within(addresses[i], "443", 0, &list), 0);
		assert_null(list->ai_next);
		freeaddrinfo(list);
	}
}

static void lookup_without_time_is_late(void **state)
{
	struct addrinfo *list = NULL;

	(void)state;
	assert_int_equal(
		lookup_within("devid.invalid", "443", 0, &list), LOOKUP_LATE);
	assert_null(list);
}

static void connect_nobody_listens_cause_told(void **state)
{
	char cause[64] = "";

	(void)state;
	assert_int_equal(connect_within("127.0.0.1", "1",
				 lookup_now_ms() + 10000, cause, sizeof(cause)),
		-1);
	assert_string_equal(cause, "Connection refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connect_order_families_take_turns),
		cmocka_unit_test(lookup_address_asks_nobody),
		cmocka_unit_test(lookup_without_time_is_late),
		cmocka_unit_test(connect_nobody_listens_cause_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
