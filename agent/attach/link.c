/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "fail.h"
#include "log.h"

#define BUFFER_LEN 32768 /* the largest message the kernel makes for a dump */

struct link_monitor {
	struct mnl_socket *nl;      /* owned */
	sd_event_source *source;    /* owned */
	const struct link_ops *ops; /* borrowed */
	void *user;                 /* borrowed */
	uint32_t seq;
	uint32_t dump_seq; /* 0: no dump runs */
	bool dump_again;
	char buf[BUFFER_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
};

struct attrs {
	const char *name;
	const uint8_t *address; /* of six bytes, or NULL */
	uint32_t mtu;
	bool has_losses;
	uint32_t losses;
};

static int note_attr(const struct nlattr *attr, void *data)
{
	struct attrs *a = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0 ||
			mnl_attr_get_payload_len(attr) > IFNAMSIZ)
			return MNL_CB_ERROR;
		a->name = mnl_attr_get_str(attr);
		break;
	case IFLA_MTU:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return MNL_CB_ERROR;
		a->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == ETH_ALEN)
			a->address = mnl_attr_get_payload(attr);
		break;
	case IFLA_CARRIER_DOWN_COUNT:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			return MNL_CB_ERROR;
		a->losses = mnl_attr_get_u32(attr);
		a->has_losses = true;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

enum devid_err link_parse(
	const struct nlmsghdr *nlh, struct link_info *ret_info)
{
	struct link_info info = { 0 };
	struct attrs attrs = { 0 };
	const struct ifinfomsg *ifi;

	if (nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK)
		return DEVID_ERR_SYNTAX;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return DEVID_ERR_SYNTAX;
	ifi = mnl_nlmsg_get_payload(nlh);
	if (mnl_attr_parse(nlh, sizeof(*ifi), note_attr, &attrs) < 0)
		return DEVID_ERR_SYNTAX;
	if (ifi->ifi_index <= 0 || !attrs.name || !attrs.name[0])
		return DEVID_ERR_SYNTAX;
	info.ifindex = ifi->ifi_index;
	(void)snprintf(info.name, sizeof(info.name), "%s", attrs.name);
	info.ethernet = ifi->ifi_type == ARPHRD_ETHER &&
			!(ifi->ifi_flags & IFF_LOOPBACK);
	info.up = ifi->ifi_flags & IFF_UP;
	/* IFF_LOWER_UP is the carrier; IFF_RUNNING follows it later. */
	info.carrier = info.up && (ifi->ifi_flags & IFF_LOWER_UP);
	info.mtu = attrs.mtu;
	info.has_address = attrs.address != NULL;
	if (attrs.address)
		memcpy(info.address, attrs.address, sizeof(info.address));
	info.has_losses = attrs.has_losses;
	info.losses = attrs.losses;
	*ret_info = info;
	return DEVID_OK;
}

static enum devid_err send_message(struct link_monitor *m, struct nlmsghdr *nlh,
	const char *what, struct devid_error *err)
{
	nlh->nlmsg_seq = ++m->seq;
	if (mnl_socket_sendto(m->nl, nlh, nlh->nlmsg_len) < 0)
		return devid_fail(err, DEVID_ERR_IO, "netlink: %s: %s", what,
			strerror(errno));
	return DEVID_OK;
}

enum devid_err link_monitor_dump(
	struct link_monitor *m, struct devid_error *err)
{
	char buf[NLMSG_ALIGN(sizeof(struct nlmsghdr)) +
		 NLMSG_ALIGN(sizeof(struct ifinfomsg))]
		__attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi;
	enum devid_err rc;

	if (m->dump_seq) {
		m->dump_again = true;
		return DEVID_OK;
	}
	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	m->dump_again = false;
	rc = send_message(m, nlh, "list of interfaces", err);
	if (rc != DEVID_OK)
		return rc;
	m->dump_seq = m->seq;
	m->ops->begin(m->user);
	return DEVID_OK;
}

enum devid_err link_monitor_set_up(
	struct link_monitor *m, int ifindex, struct devid_error *err)
{
	char buf[NLMSG_ALIGN(sizeof(struct nlmsghdr)) +
		 NLMSG_ALIGN(sizeof(struct ifinfomsg))]
		__attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = ifindex;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	return send_message(m, nlh, "set interface up", err);
}

static void end_dump(struct link_monitor *m)
{
	struct devid_error err = { DEVID_OK, "" };

	m->dump_seq = 0;
	if (!m->dump_again) {
		m->ops->end(m->user);
		return;
	}
	if (link_monitor_dump(m, &err) != DEVID_OK)
		log_error("%s", devid_error_text(&err));
}

static void handle_error(struct link_monitor *m, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e) || e->error == 0)
		return;
	log_error(
		"netlink: request %u: %s", nlh->nlmsg_seq, strerror(-e->error));
	if (nlh->nlmsg_seq == m->dump_seq)
		end_dump(m);
}

static void handle_message(struct link_monitor *m, const struct nlmsghdr *nlh)
{
	struct link_info info;

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		m->dump_again = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_DONE:
		if (nlh->nlmsg_seq == m->dump_seq)
			end_dump(m);
		return;
	case NLMSG_ERROR:
		handle_error(m, nlh);
		return;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		break;
	default:
		return;
	}
	if (link_parse(nlh, &info) != DEVID_OK)
		return;
	if (nlh->nlmsg_type == RTM_DELLINK)
		m->ops->gone(m->user, info.ifindex);
	else
		m->ops->seen(m->user, &info);
}

/* One datagram; false when there is none. */
static bool receive(struct link_monitor *m)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	struct iovec iov = { m->buf, sizeof(m->buf) };
	struct msghdr msg = { .msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1 };
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)m->buf;
	ssize_t n = recvmsg(mnl_socket_get_fd(m->nl), &msg, MSG_DONTWAIT);
	struct devid_error err = { DEVID_OK, "" };
	int len;

	if (n < 0 && errno == EINTR)
		return true;
	if ((n < 0 && errno == ENOBUFS) ||
		(n >= 0 && msg.msg_flags & MSG_TRUNC)) {
		log_warn("netlink: messages lost: listing interfaces again");
		m->dump_seq = 0; /* its end may be among the lost */
		if (link_monitor_dump(m, &err) != DEVID_OK)
			log_error("%s", devid_error_text(&err));
		return true;
	}
	if (n < 0)
		return false;
	if (msg.msg_namelen != sizeof(from) || from.nl_pid != 0)
		return true; /* any process may write to us */
	for (len = (int)n; mnl_nlmsg_ok(nlh, len);
		nlh = mnl_nlmsg_next(nlh, &len))
		handle_message(m, nlh);
	return true;
}

static int on_readable(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	(void)s; /* all that is needed is in the monitor */
	(void)fd;
	(void)revents;
	while (receive(user)) {
	}
	return 0;
}

static enum devid_err open_socket(
	struct link_monitor *m, sd_event *event, struct devid_error *err)
{
	int r;

	m->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!m->nl || mnl_socket_bind(m->nl, RTMGRP_LINK, MNL_SOCKET_AUTOPID))
		return devid_fail(err, DEVID_ERR_IO, "netlink: socket: %s",
			strerror(errno));
	r = sd_event_add_io(event, &m->source, mnl_socket_get_fd(m->nl),
		EPOLLIN, on_readable, m);
	if (r < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "netlink: event: %s", strerror(-r));
	return DEVID_OK;
}

enum devid_err link_monitor_new(sd_event *event, const struct link_ops *ops,
	void *user, struct link_monitor **ret_monitor, struct devid_error *err)
{
	struct link_monitor *m = calloc(1, sizeof(*m));
	enum devid_err rc;

	if (!m)
		return fail_no_memory(err);
	m->ops = ops;
	m->user = user;
	rc = open_socket(m, event, err);
	if (rc == DEVID_OK)
		rc = link_monitor_dump(m, err);
	if (rc != DEVID_OK) {
		link_monitor_free(m);
		return rc;
	}
	*ret_monitor = m;
	return DEVID_OK;
}

void link_monitor_free(struct link_monitor *m)
{
	if (!m)
		return;
	sd_event_source_disable_unref(m->source);
	if (m->nl)
		(void)mnl_socket_close(m->nl); /* nothing is left to tell */
	free(m);
}
