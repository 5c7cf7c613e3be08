/* SPDX-License-Identifier: Apache-2.0 */
#include "port-link.h"

#include "cleanup.h"

#include <errno.h>
/* before linux/if.h, which then leaves out what it has */
#include <net/if.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define MESSAGE_MAX 8192 /* bytes; a link message is about 1500 */

struct port_link {
	struct mnl_socket *request; /* owned */
	struct mnl_socket *monitor; /* owned */
	unsigned index;
	unsigned park_index;
	unsigned sequence;
	bool gone;
	bool up;
	bool lost;
	uint32_t n_down; /* the kernel's count of carrier losses */
	bool n_down_known;
};

static void cleanup_link(struct port_link **link)
{
	port_link_free(*link);
}

void port_link_free(struct port_link *link)
{
	if (!link)
		return;
	if (link->request)
		(void)mnl_socket_close(link->request);
	if (link->monitor)
		(void)mnl_socket_close(link->monitor);
	free(link);
}

static struct mnl_socket *socket_open(unsigned groups, int flags)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, flags);

	if (nl && mnl_socket_bind(nl, groups, MNL_SOCKET_AUTOPID) < 0) {
		(void)mnl_socket_close(nl);
		nl = NULL;
	}
	return nl;
}

static int link_attribute(const struct nlattr *attr, void *data)
{
	struct port_link *link = data;
	uint32_t n_down;

	if (mnl_attr_get_type(attr) != IFLA_CARRIER_DOWN_COUNT ||
		mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return MNL_CB_OK;
	n_down = mnl_attr_get_u32(attr);
	if (link->n_down_known && n_down != link->n_down)
		link->lost = true;
	link->n_down = n_down;
	link->n_down_known = true;
	return MNL_CB_OK;
}

/* One message of the monitor, or the answer to a question for the port. */
static int link_message(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct port_link *link = data;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return MNL_CB_OK;
	/* Messages of the bridge family speak of membership, not of links. */
	if (ifi->ifi_family != AF_UNSPEC ||
		(unsigned)ifi->ifi_index != link->index)
		return MNL_CB_OK;
	if (nlh->nlmsg_type == RTM_DELLINK) {
		link->gone = true;
		return MNL_CB_OK;
	}
	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	(void)mnl_attr_parse(nlh, sizeof(*ifi), link_attribute, link);
	link->up = (ifi->ifi_flags & IFF_UP) && (ifi->ifi_flags & IFF_LOWER_UP);
	return MNL_CB_OK;
}

/*
 * Sends @nlh and waits for the kernel's verdict, 0 or an errno. Answers other
 * than the verdict go to link_message().
 */
static int request(struct port_link *link, struct nlmsghdr *nlh)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_MAX];
	unsigned port_id = mnl_socket_get_portid(link->request);
	ssize_t n;

	nlh->nlmsg_seq = ++link->sequence;
	if (mnl_socket_sendto(link->request, nlh, nlh->nlmsg_len) < 0)
		return errno;
	for (;;) {
		n = mnl_socket_recvfrom(link->request, buffer, sizeof(buffer));
		if (n < 0)
			return errno;
		n = mnl_cb_run(buffer, (size_t)n, link->sequence, port_id,
			link_message, link);
		if (n < 0)
			return errno;
		if (n == MNL_CB_STOP)
			return 0;
	}
}

static struct nlmsghdr *message_new(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return nlh;
}

static struct nlmsghdr *link_message_new(
	char *buffer, uint16_t type, uint8_t family, unsigned index)
{
	struct nlmsghdr *nlh = message_new(buffer, type, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	ifi->ifi_family = family;
	ifi->ifi_index = (int)index;
	return nlh;
}

static int link_query(struct port_link *link)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_MAX];

	return request(link,
		link_message_new(buffer, RTM_GETLINK, AF_UNSPEC, link->index));
}

static int master_set(struct port_link *link, unsigned bridge)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_MAX];
	struct nlmsghdr *nlh =
		link_message_new(buffer, RTM_NEWLINK, AF_UNSPEC, link->index);

	mnl_attr_put_u32(nlh, IFLA_MASTER, bridge);
	return request(link, nlh);
}

/* Locks the port; @egress: whether broadcasts may leave through it. */
static int flags_set(struct port_link *link, bool egress)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_MAX];
	struct nlmsghdr *nlh =
		link_message_new(buffer, RTM_SETLINK, AF_BRIDGE, link->index);
	struct nlattr *nest =
		mnl_attr_nest_start(nlh, IFLA_PROTINFO | NLA_F_NESTED);

	mnl_attr_put_u8(nlh, IFLA_BRPORT_LOCKED, 1);
	mnl_attr_put_u8(nlh, IFLA_BRPORT_LEARNING, 0);
	mnl_attr_put_u8(nlh, IFLA_BRPORT_UNICAST_FLOOD, 0);
	mnl_attr_put_u8(nlh, IFLA_BRPORT_MCAST_FLOOD, egress);
	mnl_attr_put_u8(nlh, IFLA_BRPORT_BCAST_FLOOD, egress);
	/* forgets what was learned between the move and the lock */
	mnl_attr_put(nlh, IFLA_BRPORT_FLUSH, 0, NULL);
	mnl_attr_nest_end(nlh, nest);
	return request(link, nlh);
}

static int address_add(struct port_link *link, const struct port_mac *mac)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_MAX];
	struct nlmsghdr *nlh =
		message_new(buffer, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));

	ndm->ndm_family = AF_BRIDGE;
	ndm->ndm_ifindex = (int)link->index;
	ndm->ndm_state = NUD_NOARP; /* `static`: never ages */
	ndm->ndm_flags = NTF_MASTER;
	mnl_attr_put(nlh, NDA_LLADDR, MAC_LEN, mac->addr);
	return request(link, nlh);
}

enum devid_err port_link_new(const char *name, const char *park,
	struct port_link **ret_link, struct devid_error *err)
{
	CLEANUP(cleanup_link) struct port_link *link = calloc(1, sizeof(*link));
	int rc;

	if (!link)
		return devid_fail(err, DEVID_ERR_NOMEM, "out of memory");
	link->index = if_nametoindex(name);
	if (link->index == 0)
		return devid_fail(
			err, DEVID_ERR_NOT_FOUND, "%s: no such port", name);
	link->park_index = if_nametoindex(park);
	if (link->park_index == 0)
		return devid_fail(
			err, DEVID_ERR_NOT_FOUND, "%s: no such bridge", park);
	link->request = socket_open(0, SOCK_CLOEXEC);
	link->monitor = socket_open(RTMGRP_LINK, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!link->request || !link->monitor)
		return devid_fail(
			err, DEVID_ERR_IO, "rtnetlink: %s", strerror(errno));
	link->sequence = (unsigned)time(NULL);
	rc = link_query(link);
	if (rc != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", name, strerror(rc));
	link->lost = false;
	if (port_link_park(link, err) != DEVID_OK)
		return DEVID_ERR_IO;
	*ret_link = STEAL(link);
	return DEVID_OK;
}

int port_link_get_fd(const struct port_link *link)
{
	return mnl_socket_get_fd(link->monitor);
}

/* Reads one buffer of the monitor; errno, or 0. */
static int monitor_read(struct port_link *link)
{
	_Alignas(struct nlmsghdr) char buffer[MESSAGE_MAX];
	ssize_t n = mnl_socket_recvfrom(link->monitor, buffer, sizeof(buffer));

	if (n < 0)
		return errno;
	if (mnl_cb_run(buffer, (size_t)n, 0, 0, link_message, link) < 0)
		return errno;
	return 0;
}

enum devid_err port_link_read(struct port_link *link,
	struct port_carrier *ret_carrier, struct devid_error *err)
{
	bool was_up = link->up;
	int rc;

	do {
		rc = monitor_read(link);
		/* Messages were lost: ask for the state instead. */
		if (rc == ENOBUFS)
			rc = link_query(link);
	} while (rc == 0 && !link->gone);
	if (link->gone)
		return devid_fail(err, DEVID_ERR_NOT_FOUND, "port removed");
	if (rc != EAGAIN && rc != EINTR)
		return devid_fail(
			err, DEVID_ERR_IO, "rtnetlink: %s", strerror(rc));
	ret_carrier->lost = was_up && (link->lost || !link->up);
	ret_carrier->gained = link->up && (!was_up || ret_carrier->lost);
	link->lost = false;
	return DEVID_OK;
}

/* errno, or 0 */
static int park(struct port_link *link)
{
	int rc = master_set(link, link->park_index);

	return rc != 0 ? rc : flags_set(link, false);
}

enum devid_err port_link_park(struct port_link *link, struct devid_error *err)
{
	int rc = park(link);

	if (rc != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "not parked: %s", strerror(rc));
	return DEVID_OK;
}

enum devid_err port_link_open(struct port_link *link, const char *bridge,
	const struct port_mac *mac, struct devid_error *err)
{
	unsigned index = if_nametoindex(bridge);
	int rc;

	if (index == 0)
		return devid_fail(
			err, DEVID_ERR_NOT_FOUND, "%s: no such bridge", bridge);
	rc = master_set(link, index);
	if (rc == 0)
		rc = flags_set(link, true);
	if (rc == 0)
		rc = address_add(link, mac);
	if (rc == 0)
		return DEVID_OK;
	(void)park(link); /* the first cause is the one told */
	return devid_fail(
		err, DEVID_ERR_IO, "%s: not opened: %s", bridge, strerror(rc));
}
