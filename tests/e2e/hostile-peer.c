/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile-peer HOW [ADDRESS [PORT]]: a peer that keeps whoever asks it. Listens
 * on ADDRESS (127.0.0.1), prints the port, and treats each connection in a
 * process of its own as HOW says. "mute" is a UDP socket that never answers.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECORDS 1000 /* in one write of a flood */

static const struct {
	const char *how;
	const char *bytes; /* sent again and again; "": nothing ever */
	size_t len;
	int pause; /* ms between two */
} ways[] = {
	{ "silent", "", 0, 0 },
	{ "slow", "\x16\x03\x03\x40\x00\x02", 1, 1000 },
	/* HelloRequest, which a client passes over (RFC 5246 7.4.1.1) */
	{ "hello-request", "\x16\x03\x03\x00\x04\x00\x00\x00\x00", 9, 0 },
	{ "hello-request-drip", "\x16\x03\x03\x00\x04\x00\x00\x00\x00", 9, 20 },
	{ "warning", "\x15\x03\x03\x00\x02\x01\x5a", 7, 0 },
	{ "empty", "\x16\x03\x03\x00\x00", 5, 0 },
	{ "change-cipher", "\x14\x03\x03\x00\x01\x01", 6, 0 },
	{ "data", "\x17\x03\x03\x00\x01x", 6, 0 },
	{ "garbage", "HTTP/1.1 200 OK\r\n", 17, 0 },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

static bool put(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Until the client goes. */
static void treat(int fd, size_t way)
{
	static char flood[RECORDS * 32];
	size_t len = ways[way].len;
	char byte;

	for (size_t i = 0; i < RECORDS; i++)
		memcpy(flood + i * len, ways[way].bytes, len);
	if (ways[way].pause == 0) {
		while (len > 0 && put(fd, flood, RECORDS * len))
			;
		while (read(fd, &byte, 1) > 0)
			;
		return;
	}
	/* a byte a second begins a record that never ends */
	for (size_t i = 0; put(fd,
		     len > 1 || i < 6 ? ways[way].bytes + (len > 1 ? 0 : i)
				      : "x",
		     len);
		i++)
		(void)poll(NULL, 0, ways[way].pause); /* it is what it does */
}

static int bind_to(int type, const char *address, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1 ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
		(type == SOCK_STREAM && listen(fd, 64) != 0) ||
		getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
		perror("hostile-peer");
		exit(1);
	}
	(void)printf("%d\n", ntohs(at.sin_port));
	(void)fflush(stdout); /* who reads it waits for it */
	return fd;
}

static void serve(int fd, size_t way)
{
	int client;

	(void)signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
	while ((client = accept(fd, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			treat(client, way);
			_exit(0);
		}
		(void)close(client); /* the child has it */
	}
}

int main(int argc, char **argv)
{
	const char *address = argc > 2 ? argv[2] : "127.0.0.1";
	uint16_t port = argc > 3 ? (uint16_t)atoi(argv[3]) : 0;
	size_t way = 0;

	if (argc > 1 && strcmp(argv[1], "mute") == 0) {
		(void)bind_to(SOCK_DGRAM, address, port);
		for (;;)
			(void)pause();
	}
	while (argc > 1 && way < N_WAYS && strcmp(argv[1], ways[way].how) != 0)
		way++;
	if (argc < 2 || way == N_WAYS) {
		(void)fprintf(stderr, "usage: hostile-peer HOW [ADDRESS]\n");
		return 2;
	}
	serve(bind_to(SOCK_STREAM, address, port), way);
	return 1;
}
