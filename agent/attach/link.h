/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_LINK_H
#define DEVID_AGENT_LINK_H

/*
 * Network interfaces and their carrier through rtnetlink. Only messages of
 * the kernel itself (port id 0) are believed. When the socket overran, or a
 * dump was interrupted, everything is asked for again. Addresses, routes and
 * anything above the link are not looked at.
 */

#include <devid/error.h>

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct link_info {
	int ifindex;
	char name[IFNAMSIZ];
	bool ethernet; /* and not the loopback */
	bool up;       /* IFF_UP */
	bool carrier;
	uint32_t mtu; /* 0: not told */
	bool has_address;
	uint8_t address[6]; /* Ethernet */
	bool has_losses;
	uint32_t losses; /* IFLA_CARRIER_DOWN_COUNT: finds a short unplug */
};

struct link_ops {
	/* An interface is there, or has changed. */
	void (*seen)(void *user, const struct link_info *info);
	/* The interface has gone; @ifindex only. */
	void (*gone)(void *user, int ifindex);
	/* A complete list was delivered through seen(): whatever was not in
	 * it since begin() is gone. */
	void (*begin)(void *user);
	void (*end)(void *user);
};

struct link_monitor;

/* Opens the socket, asks for the list and delivers through @ops. */
DEVID_MUST_CHECK enum devid_err link_monitor_new(sd_event *event,
	const struct link_ops *ops, void *user,
	struct link_monitor **ret_monitor, struct devid_error *err);

void link_monitor_free(struct link_monitor *monitor);

/* Asks for the whole list again. Error: IO. */
DEVID_MUST_CHECK enum devid_err link_monitor_dump(
	struct link_monitor *monitor, struct devid_error *err);

/* Asks the kernel to set interface @ifindex up. Error: IO. */
DEVID_MUST_CHECK enum devid_err link_monitor_set_up(
	struct link_monitor *monitor, int ifindex, struct devid_error *err);

/* Parses one RTM_NEWLINK or RTM_DELLINK message. Error: SYNTAX. */
DEVID_MUST_CHECK enum devid_err link_parse(
	const struct nlmsghdr *nlh, struct link_info *ret_info);

#endif
