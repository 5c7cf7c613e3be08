/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "fail.h"

#define AD(what) ((uint32_t)(SKF_AD_OFF + (what)))

static enum devid_err set_filter(int fd, struct devid_error *err)
{
	/* Outgoing, EAPOL, and of that an EAP packet (802.1X-2020 11.3). */
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AD(SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, AD(SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_PAE, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, FLIGHT_FRAME_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]),
		code };
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		    sizeof(program)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "tap: filter: %s", strerror(errno));
	return DEVID_OK;
}

enum devid_err tap_open(int ifindex, int *ret_fd, struct devid_error *err)
{
	/* Only a socket for all protocols is shown what goes out. */
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex };
	/* Without a protocol it hears nothing until bind(). */
	CLEANUP(cleanup_close)
	int fd =
		socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	enum devid_err rc;

	if (fd < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "tap: socket: %s", strerror(errno));
	rc = set_filter(fd, err);
	if (rc != DEVID_OK)
		return rc;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return devid_fail(err, DEVID_ERR_IO, "tap: interface %d: %s",
			ifindex, strerror(errno));
	*ret_fd = steal_fd(&fd);
	return DEVID_OK;
}

void tap_read(int fd, struct flight *flight)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);
	uint8_t frame[FLIGHT_FRAME_MAX];
	ssize_t n;

	while ((n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 0 ||
		errno == EINTR) {
		if (n > 0)
			flight_note(flight, frame, (size_t)n);
	}
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0 ||
		stats.tp_drops > 0)
		flight_begin(flight);
}
