/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "cleanup.h"
#include "conns.h"
#include "log.h"

#define HOST_MAX 256
#define BACKLOG  1024

CLEANUP_DEFINE(addrinfo, struct addrinfo *, freeaddrinfo)

void http_listen_close(struct http_listen *listen)
{
	while (listen->n > 0)
		(void)close(listen->fds[--listen->n]);
}

static bool add(struct http_listen *l, int fd)
{
	if (l->n == HTTP_LISTEN_MAX)
		return false;
	l->fds[l->n++] = fd;
	return true;
}

static void free_names(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

struct passed {
	int fd;
	const char *name; /* borrowed */
};

static enum devid_err inherit_one(const struct passed *passed,
	const struct http_place places[2], struct http_listen ret[2],
	struct devid_error *err)
{
	const char *name = passed->name;
	int fd = passed->fd, flags = fcntl(fd, F_GETFL);
	enum http_side side;

	if (strcmp(name, places[HTTP_STATIONS].name) == 0)
		side = HTTP_STATIONS;
	else if (strcmp(name, places[HTTP_PUBLIC].name) == 0)
		side = HTTP_PUBLIC;
	else
		return devid_fail(err, DEVID_ERR_INVALID,
			"serve: socket %s: its name is neither %s nor %s", name,
			places[HTTP_STATIONS].name, places[HTTP_PUBLIC].name);
	if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0 || flags < 0 ||
		fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
		!add(&ret[side], fd))
		return devid_fail(err, DEVID_ERR_INVALID,
			"serve: socket %s: not a listening TCP socket, or one "
			"too many",
			name);
	return DEVID_OK;
}

static enum devid_err inherit(const struct http_place places[2],
	struct http_listen ret[2], struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);

	if (n < 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"serve: sockets of the service manager: %s",
			strerror(-n));
	for (int i = 0; rc == DEVID_OK && i < n; i++) {
		const struct passed passed = { SD_LISTEN_FDS_START + i,
			names[i] };

		rc = inherit_one(&passed, places, ret, err);
	}
	free_names(names);
	return rc;
}

/* Splits "host:port"; the brackets of an IPv6 address go. */
static bool split(const char *where, char host[HOST_MAX], const char **ret_port)
{
	const char *colon = strrchr(where, ':');
	size_t len;

	if (!colon || !colon[1])
		return false;
	len = (size_t)(colon - where);
	if (len >= 2 && where[0] == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	} else if (memchr(where, ':', len)) {
		return false; /* an IPv6 address without brackets */
	}
	if (len >= HOST_MAX)
		return false;
	memcpy(host, where, len);
	host[len] = '\0';
	*ret_port = colon + 1;
	return true;
}

/* Whether somebody listens there: a socket that shares with nobody then finds
 * no place. SO_REUSEADDR passes over connections that have ended. */
static bool is_taken(const struct addrinfo *ai)
{
	static const int one = 1;
	CLEANUP(cleanup_close)
	int fd = socket(
		ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);

	return fd >= 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ==
		       0 &&
	       (ai->ai_family != AF_INET6 ||
		       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
			       sizeof(one)) == 0) &&
	       bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 && errno == EADDRINUSE;
}

static int listen_on(const struct addrinfo *ai)
{
	static const int one = 1;
	CLEANUP(cleanup_close)
	int fd = socket(ai->ai_family,
		ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		ai->ai_protocol);

	if (fd < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) <
			0 ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) <
			0 ||
		(ai->ai_family == AF_INET6 &&
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
				sizeof(one)) < 0) ||
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) <
			0 ||
		bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 ||
		listen(fd, BACKLOG) < 0)
		return -1;
	return steal_fd(&fd);
}

enum devid_err http_listen_open(
	const char *where, struct http_listen *ret, struct devid_error *err)
{
	static const struct addrinfo hints = { .ai_flags = AI_PASSIVE,
		.ai_socktype = SOCK_STREAM };
	CLEANUP(cleanup_addrinfo) struct addrinfo *list = NULL;
	char host[HOST_MAX];
	const char *port;
	int r;

	if (!split(where, host, &port))
		return devid_fail(err, DEVID_ERR_INVALID,
			"serve: listen %s: not host:port", where);
	r = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
	if (r != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"serve: listen %s: %s", where, gai_strerror(r));
	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		bool taken = is_taken(ai);
		int fd = listen_on(ai);

		/* A machine without IPv6 still has ":port". */
		if (fd < 0 && errno == EAFNOSUPPORT)
			continue;
		if (fd < 0)
			return devid_fail(err, DEVID_ERR_IO,
				"serve: listen %s: %s", where, strerror(errno));
		ret->shared |= taken;
		if (!add(ret, fd)) {
			(void)close(fd);
			break;
		}
	}
	if (ret->n == 0)
		return devid_fail(err, DEVID_ERR_IO,
			"serve: listen %s: no address", where);
	return DEVID_OK;
}

/* One that takes over is wanted now and then; one that was forgotten is not. */
static enum devid_err open_place(
	const char *where, struct http_listen *ret, struct devid_error *err)
{
	enum devid_err rc;

	if (!where || !where[0])
		return DEVID_OK;
	rc = http_listen_open(where, ret, err);
	if (rc == DEVID_OK && ret->shared)
		log_warn("serve: listen %s: another process listens there "
			 "already: each gets a part of the connections until "
			 "one ends",
			where);
	return rc;
}

enum devid_err http_listen_at(const struct http_place places[2],
	struct http_listen ret[2], struct devid_error *err)
{
	enum devid_err rc = inherit(places, ret, err);

	if (rc != DEVID_OK || ret[HTTP_STATIONS].n > 0 ||
		ret[HTTP_PUBLIC].n > 0)
		return rc;
	for (int side = 0; rc == DEVID_OK && side < 2; side++)
		rc = open_place(places[side].where, &ret[side], err);
	return rc;
}
