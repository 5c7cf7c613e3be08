/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-eapol IF FILE: appends one line per EAPOL frame on a switch port to
 * FILE: `us=<CLOCK_MONOTONIC> dir=in|out frame=start|logoff|request|response|
 * success|failure|other`. It reads the first octets of a frame for a clock, not
 * for a decision. SIGTERM ends it.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_USAGE = 2
};

/* IEEE 802.1X-2010 11.3.2, RFC 3748 4 */
static const char *frame_name(const uint8_t *frame, size_t len)
{
	static const char *const codes[] = { "other", "request", "response",
		"success", "failure" };

	if (len < 4)
		return "other";
	if (frame[1] == 1)
		return "start";
	if (frame[1] == 2)
		return "logoff";
	if (frame[1] != 0 || len < 8 || frame[4] > 4)
		return "other";
	return codes[frame[4]];
}

static int open_port(const char *name)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL) };
	struct packet_mreq group = { .mr_type = PACKET_MR_PROMISC };
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	addr.sll_ifindex = (int)if_nametoindex(name);
	group.mr_ifindex = addr.sll_ifindex;
	if (fd < 0 || addr.sll_ifindex == 0 ||
		bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group,
			sizeof(group)) != 0) {
		perror("bench-eapol");
		if (fd >= 0)
			(void)close(fd); /* ends anyway */
		return -1;
	}
	return fd;
}

static void watch(int fd, FILE *out)
{
	struct sockaddr_ll from;
	socklen_t from_len;
	struct timespec now;
	uint8_t frame[64];
	ssize_t n;

	for (;;) {
		from_len = sizeof(from);
		n = recvfrom(fd, frame, sizeof(frame), 0,
			(struct sockaddr *)&from, &from_len);
		if (n < 0 || ntohs(from.sll_protocol) != ETH_P_PAE)
			continue; /* the link went down, or no EAPOL */
		(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
		fprintf(out, "us=%" PRIu64 " dir=%s frame=%s\n",
			(uint64_t)now.tv_sec * 1000000 +
				(uint64_t)now.tv_nsec / 1000,
			from.sll_pkttype == PACKET_OUTGOING ? "out" : "in",
			frame_name(frame, (size_t)n));
	}
}

int main(int argc, char **argv)
{
	FILE *out;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: bench-eapol IF FILE\n");
		return EXIT_USAGE;
	}
	fd = open_port(argv[1]);
	out = fopen(argv[2], "ae");
	if (fd < 0 || !out)
		return EXIT_FAILURE;
	(void)setvbuf(out, NULL, _IOLBF, 0); /* one write per line */
	watch(fd, out);
}
