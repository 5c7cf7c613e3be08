/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open-port INTERFACE: a port that lets everybody in without asking, as a
 * switch has it for critical devices while its RADIUS server is dead. It
 * answers each EAPOL-Start with EAP-Success, for nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define EAPOL_START 1

static int open_socket(int ifindex)
{
	static const uint8_t group[ETH_ALEN] = { 1, 0x80, 0xc2, 0, 0, 3 };
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_PAE),
		.sll_ifindex = ifindex };
	struct packet_mreq join = { .mr_ifindex = ifindex,
		.mr_type = PACKET_MR_MULTICAST,
		.mr_alen = ETH_ALEN };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_PAE));

	memcpy(join.mr_address, group, sizeof(group));
	if (fd < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &join,
			sizeof(join)) < 0)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	/* IEEE 802.1X-2020 11.3, RFC 3748 4.2: Success with identifier 0 */
	static const uint8_t success[] = { 2, 0, 0, 4, 3, 0, 0, 4 };
	struct sockaddr_ll from = { .sll_family = AF_PACKET };
	socklen_t len;
	uint8_t frame[64];
	ssize_t n;
	int fd = argc == 2 ? open_socket((int)if_nametoindex(argv[1])) : -1;

	if (fd < 0) {
		perror("open-port");
		return 1;
	}
	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, frame, sizeof(frame), 0,
			(struct sockaddr *)&from, &len);
		if (n < 0 && errno == ENETDOWN)
			continue; /* told once: no cable */
		if (n < 0)
			break;
		if (n >= 4 && from.sll_pkttype != PACKET_OUTGOING &&
			frame[1] == EAPOL_START &&
			sendto(fd, success, sizeof(success), 0,
				(struct sockaddr *)&from, len) < 0)
			break;
	}
	perror("open-port");
	return 1;
}
