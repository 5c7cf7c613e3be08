/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http-storm SOURCE ADDRESS PORT N [FILE]: a client that takes all that one
 * address gets. It keeps N connections from SOURCE to the service, each opened
 * again whenever it is closed; from an IPv6 network each has a host part of its
 * own. Without FILE they are idle; with it each posts the OCSP request FILE
 * again and again, its last eight bytes, which are its nonce's, always others.
 * Says "storm" when as many as N were opened, and ends when it is told to.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_MAX    4096
#define POST_MAX 2048

static struct pollfd fds[N_MAX];
static struct addrinfo *to;
static struct sockaddr_storage from;
static socklen_t from_len;
static uint8_t post[POST_MAX + 256];
static size_t post_len;
static uint64_t counter;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct addrinfo *address(const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *list;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		die(host);
	return list;
}

static void read_post(const char *path)
{
	uint8_t der[POST_MAX];
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(der, 1, sizeof(der), file) : 0;
	int head;

	if (!file || len < 8 || fclose(file) != 0)
		die(path);
	head = snprintf((char *)post, 256,
		"POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n"
		"Content-Type: application/ocsp-request\r\n\r\n",
		len);
	memcpy(post + head, der, len);
	post_len = (size_t)head + len;
}

static void send_post(int fd)
{
	counter++;
	memcpy(post + post_len - sizeof(counter), &counter, sizeof(counter));
	/* Where it fails, poll() says so. */
	if (send(fd, post, post_len, MSG_NOSIGNAL) < 0)
		return;
}

static void open_one(struct pollfd *pfd)
{
	static const int one = 1;
	static uint32_t host;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&from;

	if (pfd->fd >= 0)
		(void)close(pfd->fd);
	pfd->events = POLLIN;
	pfd->fd = socket(to->ai_family, SOCK_STREAM, 0);
	if (pfd->fd < 0)
		die("socket");
	if (from.ss_family == AF_INET6) {
		host++;
		memcpy(in6->sin6_addr.s6_addr + 12, &host, sizeof(host));
	}
	if (setsockopt(pfd->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		    sizeof(one)) < 0 ||
		(from.ss_family == AF_INET6 &&
			setsockopt(pfd->fd, IPPROTO_IPV6, IPV6_FREEBIND, &one,
				sizeof(one)) < 0) ||
		bind(pfd->fd, (struct sockaddr *)&from, from_len) < 0)
		die("bind");
	if (connect(pfd->fd, to->ai_addr, to->ai_addrlen) < 0) {
		if (errno != ECONNREFUSED && errno != ECONNRESET)
			die("connect");
		exit(0); /* the service has ended */
	}
	if (post_len > 0)
		send_post(pfd->fd);
}

static void look(struct pollfd *pfd)
{
	uint8_t answer[8192];

	if (!pfd->revents)
		return;
	if (recv(pfd->fd, answer, sizeof(answer), MSG_DONTWAIT) <= 0)
		open_one(pfd);
	else if (post_len > 0)
		send_post(pfd->fd);
}

int main(int argc, char **argv)
{
	const struct rlimit limit = { N_MAX + 64, N_MAX + 64 };
	struct addrinfo *source;
	int n = argc > 4 ? atoi(argv[4]) : 0;

	if (n < 1 || n > N_MAX || argc > 6) {
		(void)fputs(
			"http-storm SOURCE ADDRESS PORT N [FILE]\n", stderr);
		return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("setrlimit");
	source = address(argv[1], NULL);
	from_len = source->ai_addrlen;
	memcpy(&from, source->ai_addr, from_len);
	freeaddrinfo(source);
	to = address(argv[2], argv[3]);
	if (argc > 5)
		read_post(argv[5]);
	for (int i = 0; i < n; i++) {
		fds[i].fd = -1;
		open_one(&fds[i]);
	}
	(void)puts("storm");
	(void)fflush(stdout);
	for (;;) {
		if (poll(fds, (nfds_t)n, -1) < 0)
			die("poll");
		for (int i = 0; i < n; i++)
			look(&fds[i]);
	}
}
