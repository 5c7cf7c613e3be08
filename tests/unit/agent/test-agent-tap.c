/* SPDX-License-Identifier: Apache-2.0 */
/* On the loopback interface, where every frame goes out and comes in. */
#include "cmocka-all.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

#define ETHERTYPE_EAPOL 0x888e

static int tap = -1;
static int sender = -1;
static int lo;

static int setup(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	lo = (int)if_nametoindex("lo");
	sender = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(sender >= 0);
	assert_rc(tap_open(lo, &tap, &err), DEVID_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)close(tap);
	(void)close(sender);
	return 0;
}

static void send_frame(uint16_t protocol, const uint8_t *frame, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = lo,
		.sll_halen = 6 };

	assert_int_equal(sendto(sender, frame, len, 0,
				 (const struct sockaddr *)&to, sizeof(to)),
		len);
}

static const uint8_t hello[64] = { 2, 0, 0, 60, 2, 7, 0, 60, 13, 0, 22, 3, 1, 0,
	49, 1, 0, 0, 45 };

static void sent_frame_is_seen(void **state)
{
	struct flight f;

	(void)state;
	flight_begin(&f);
	send_frame(ETHERTYPE_EAPOL, hello, sizeof(hello));
	tap_read(tap, &f);
	assert_int_equal(f.stage, FLIGHT_HELLO);
	assert_int_equal(f.last, 7);
}

/* The loopback interface brings each frame back. */
static void frame_that_comes_in_stays_in_the_kernel(void **state)
{
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	uint8_t byte;

	(void)state;
	send_frame(ETHERTYPE_EAPOL, hello, sizeof(hello));
	assert_int_equal(recvfrom(tap, &byte, 1, MSG_DONTWAIT,
				 (struct sockaddr *)&from, &len),
		1);
	assert_int_equal(from.sll_pkttype, PACKET_OUTGOING);
	assert_int_equal(recv(tap, &byte, 1, MSG_DONTWAIT), -1);
}

static void filter_cannot_be_taken_off(void **state)
{
	int on = 1;

	(void)state;
	assert_int_equal(
		setsockopt(tap, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof(on)),
		-1);
}

static void other_frames_stay_in_the_kernel(void **state)
{
	uint8_t start[64] = { 2, 1, 0, 0 };
	uint8_t byte;

	(void)state;
	send_frame(0x0800, hello, sizeof(hello));
	send_frame(ETHERTYPE_EAPOL, start, sizeof(start));
	assert_int_equal(recv(tap, &byte, 1, MSG_DONTWAIT), -1);
}

static void frames_that_were_dropped_leave_nothing_known(void **state)
{
	int small = 1; /* the kernel makes its minimum of it */
	struct flight f;

	(void)state;
	assert_int_equal(
		setsockopt(tap, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)),
		0);
	flight_begin(&f);
	for (int i = 0; i < 64; i++)
		send_frame(ETHERTYPE_EAPOL, hello, sizeof(hello));
	tap_read(tap, &f);
	assert_int_equal(f.stage, FLIGHT_UNSEEN);
}

static void open_without_interface_is_an_error(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	int fd = -1;

	(void)state;
	assert_rc(tap_open(0x7ffffff0, &fd, &err), DEVID_ERR_IO);
	assert_cause(&err, "tap: interface");
	assert_int_equal(fd, -1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(sent_frame_is_seen),
		TEST(frame_that_comes_in_stays_in_the_kernel),
		TEST(filter_cannot_be_taken_off),
		TEST(other_frames_stay_in_the_kernel),
		TEST(frames_that_were_dropped_leave_nothing_known),
		cmocka_unit_test(open_without_interface_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
