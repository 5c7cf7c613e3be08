/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <libmnl/libmnl.h>
#include <net/if.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdbool.h>

#include "link.h"

static char buf[1024] __attribute__((aligned(NLMSG_ALIGNTO)));

static struct nlmsghdr *begin(uint16_t type, unsigned flags, int index)
{
	struct nlmsghdr *nlh;
	struct ifinfomsg *ifi;

	memset(buf, 0, sizeof(buf));
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_type = ARPHRD_ETHER;
	ifi->ifi_index = index;
	ifi->ifi_flags = flags;
	return nlh;
}

static void parse_ethernet_link_is_read(void **state)
{
	struct nlmsghdr *nlh = begin(RTM_NEWLINK, IFF_UP | IFF_LOWER_UP, 7);
	struct link_info info;

	(void)state;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(nlh, IFLA_CARRIER_DOWN_COUNT, 3);
	mnl_attr_put_u32(nlh, IFLA_MTU, 1400);
	mnl_attr_put(nlh, IFLA_ADDRESS, 6, "\2\0\0\0\0\7");
	mnl_attr_put_u32(nlh, 0x7f0, 1); /* unknown: no matter */
	assert_rc(link_parse(nlh, &info), DEVID_OK);
	assert_int_equal(info.ifindex, 7);
	assert_string_equal(info.name, "eth0");
	assert_true(info.ethernet);
	assert_true(info.up);
	assert_true(info.carrier);
	assert_true(info.has_losses);
	assert_int_equal(info.losses, 3);
	assert_int_equal(info.mtu, 1400);
	assert_true(info.has_address);
	assert_memory_equal(info.address, "\2\0\0\0\0\7", 6);
}

static void parse_address_of_another_length_is_none(void **state)
{
	struct nlmsghdr *nlh = begin(RTM_NEWLINK, IFF_UP, 7);
	struct link_info info;

	(void)state;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "ib0");
	mnl_attr_put(nlh, IFLA_ADDRESS, 20, "01234567890123456789");
	assert_rc(link_parse(nlh, &info), DEVID_OK);
	assert_false(info.has_address);
	assert_int_equal(info.mtu, 0);
}

static void parse_carrier_needs_up_and_lower_up(void **state)
{
	static const struct {
		unsigned flags;
		bool up, carrier;
	} cases[] = {
		{ 0, false, false },
		{ IFF_UP, true, false },
		{ IFF_LOWER_UP, false, false },
		{ IFF_UP | IFF_RUNNING, true, false },
		{ IFF_UP | IFF_LOWER_UP, true, true },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct nlmsghdr *nlh = begin(RTM_NEWLINK, cases[i].flags, 1);
		struct link_info info;

		mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
		assert_rc(link_parse(nlh, &info), DEVID_OK);
		assert_int_equal(info.up, cases[i].up);
		assert_int_equal(info.carrier, cases[i].carrier);
		assert_false(info.has_losses);
	}
}

static void parse_other_kinds_are_not_ethernet(void **state)
{
	struct nlmsghdr *nlh = begin(RTM_NEWLINK, IFF_LOOPBACK, 1);
	struct link_info info;
	struct ifinfomsg *ifi;

	(void)state;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "lo");
	assert_rc(link_parse(nlh, &info), DEVID_OK);
	assert_false(info.ethernet);
	nlh = begin(RTM_NEWLINK, IFF_UP, 1);
	ifi = mnl_nlmsg_get_payload(nlh);
	ifi->ifi_type = ARPHRD_PPP;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
	assert_rc(link_parse(nlh, &info), DEVID_OK);
	assert_false(info.ethernet);
}

static void parse_del_link_is_read(void **state)
{
	struct nlmsghdr *nlh = begin(RTM_DELLINK, 0, 9);
	struct link_info info;

	(void)state;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
	assert_rc(link_parse(nlh, &info), DEVID_OK);
	assert_int_equal(info.ifindex, 9);
}

static void parse_broken_message_is_refused(void **state)
{
	struct link_info info;
	struct nlmsghdr *nlh;

	(void)state;
	/* another type */
	nlh = begin(RTM_NEWADDR, 0, 1);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
	assert_rc(link_parse(nlh, &info), DEVID_ERR_SYNTAX);
	/* no name */
	nlh = begin(RTM_NEWLINK, 0, 1);
	assert_rc(link_parse(nlh, &info), DEVID_ERR_SYNTAX);
	/* empty name */
	nlh = begin(RTM_NEWLINK, 0, 1);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "");
	assert_rc(link_parse(nlh, &info), DEVID_ERR_SYNTAX);
	/* no index */
	nlh = begin(RTM_NEWLINK, 0, 0);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
	assert_rc(link_parse(nlh, &info), DEVID_ERR_SYNTAX);
	/* a name that does not end, and one that is too long */
	nlh = begin(RTM_NEWLINK, 0, 1);
	mnl_attr_put(nlh, IFLA_IFNAME, 4, "eth0");
	assert_rc(link_parse(nlh, &info), DEVID_ERR_SYNTAX);
	nlh = begin(RTM_NEWLINK, 0, 1);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "sixteencharacter");
	assert_rc(link_parse(nlh, &info), DEVID_ERR_SYNTAX);
	/* a counter of two bytes */
	nlh = begin(RTM_NEWLINK, 0, 1);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
	mnl_attr_put_u16(nlh, IFLA_CARRIER_DOWN_COUNT, 1);
	assert_rc(link_parse(nlh, &info), DEVID_ERR_SYNTAX);
	/* shorter than its fixed part */
	nlh = begin(RTM_NEWLINK, 0, 1);
	nlh->nlmsg_len = MNL_NLMSG_HDRLEN + 4;
	assert_rc(link_parse(nlh, &info), DEVID_ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_ethernet_link_is_read),
		cmocka_unit_test(parse_address_of_another_length_is_none),
		cmocka_unit_test(parse_carrier_needs_up_and_lower_up),
		cmocka_unit_test(parse_other_kinds_are_not_ethernet),
		cmocka_unit_test(parse_del_link_is_read),
		cmocka_unit_test(parse_broken_message_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
