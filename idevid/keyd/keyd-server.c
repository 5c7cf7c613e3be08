/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-server.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"

struct connection {
	struct server *server; /* borrowed; NULL while the slot is free */
	sd_event_source *io;   /* owned; closes the descriptor */
	int fd;                /* borrowed from @io */
	struct peer peer;
	uint64_t heard; /* server's count when last heard of */
};

struct server {
	sd_event *event;            /* borrowed */
	sd_event_source *listen_io; /* owned; closes the descriptor */
	struct requests *requests;  /* borrowed */
	uint64_t clock;             /* counts records and connections */
	unsigned max;
	struct connection *slots; /* owned: @max of them */
};

/* One record at a time, so one buffer each serves all connections. */
static uint8_t record_in[WIRE_REQUEST_MAX];
static uint8_t record_out[WIRE_ANSWER_MAX];

static void drop(struct connection *c)
{
	sd_event_source_disable_unref(c->io);
	memset(c, 0, sizeof(*c));
}

static int on_record(
	sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct connection *c = userdata;
	struct room out = { record_out, sizeof(record_out), 0 };
	ssize_t n;
	bool keep;

	(void)source;  /* is c->io */
	(void)revents; /* an error shows in recv() */
	n = recv(fd, record_in, sizeof(record_in), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		drop(c);
		return 0;
	}
	c->heard = ++c->server->clock;
	if ((size_t)n > sizeof(record_in)) {
		char what[48];

		(void)snprintf(what, sizeof(what), "record of %zd bytes", n);
		requests_refuse(c->server->requests, &c->peer, what);
		drop(c);
		return 0;
	}
	keep = requests_answer(c->server->requests, &c->peer,
		(struct view) { record_in, (size_t)n }, &out);
	/* A peer that does not read its answers is not waited for. */
	if (out.len > 0 &&
		send(fd, out.data, out.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		keep = false;
	if (!keep)
		drop(c);
	return 0;
}

/* Whether a request waits to be read: such a connection is never dropped to
 * make room. */
static bool has_request(const struct connection *c)
{
	uint8_t byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* The connection that has been silent longest, of @peer's user only if
 * @same_user; NULL when all of them wait for an answer. */
static struct connection *find_idle(
	struct server *s, const struct peer *peer, bool same_user)
{
	struct connection *oldest = NULL;

	for (unsigned i = 0; i < s->max; i++) {
		struct connection *c = &s->slots[i];

		if (!c->server || (same_user && c->peer.uid != peer->uid))
			continue;
		if ((!oldest || c->heard < oldest->heard) && !has_request(c))
			oldest = c;
	}
	return oldest;
}

static unsigned count_of(const struct server *s, uid_t uid)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->max; i++)
		n += s->slots[i].server && s->slots[i].peer.uid == uid;
	return n;
}

static struct connection *find_free(struct server *s)
{
	for (unsigned i = 0; i < s->max; i++) {
		if (!s->slots[i].server)
			return &s->slots[i];
	}
	return NULL;
}

/*
 * A slot for @peer. A user other than root has a quarter of them; who has
 * used his up, and everybody when the table is full, takes the place of a
 * silent one. NULL when all of those wait for an answer.
 */
static struct connection *find_slot(struct server *s, const struct peer *peer)
{
	bool own = peer->uid != 0 && count_of(s, peer->uid) >= (s->max + 3) / 4;
	struct connection *c = own ? NULL : find_free(s);

	if (c)
		return c;
	c = find_idle(s, peer, own);
	if (c)
		drop(c);
	return c;
}

static int on_connect(
	sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct server *s = userdata;
	CLEANUP(cleanup_close)
	int peer_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct devid_error err = { DEVID_OK, "" };
	struct connection *c;
	struct peer peer;
	int r;

	(void)source;  /* is s->listen_io */
	(void)revents; /* an error shows in accept4() */
	if (peer_fd < 0)
		return 0; /* gone again, or out of descriptors for now */
	if (policy_get_peer(peer_fd, &peer, &err) != DEVID_OK) {
		log_warn("%s", devid_error_text(&err));
		return 0;
	}
	c = find_slot(s, &peer);
	if (!c) {
		requests_refuse(s->requests, &peer,
			"connection: too many wait for their answer");
		return 0;
	}
	r = sd_event_add_io(s->event, &c->io, peer_fd, EPOLLIN, on_record, c);
	if (r < 0) {
		log_error("key socket: %s", strerror(-r));
		return 0;
	}
	(void)sd_event_source_set_io_fd_own(c->io, 1); /* cannot fail */
	c->fd = steal_fd(&peer_fd);
	c->server = s;
	c->peer = peer;
	c->heard = ++s->clock;
	return 0;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	for (unsigned i = 0; s->slots && i < s->max; i++) {
		if (s->slots[i].server)
			drop(&s->slots[i]);
	}
	sd_event_source_disable_unref(s->listen_io);
	free(s->slots);
	free(s);
}

enum devid_err server_new(sd_event *event, const struct server_options *options,
	struct server **ret, struct devid_error *err)
{
	CLEANUP(cleanup_close) int fd = options->listen_fd;
	struct server *s = calloc(1, sizeof(*s));
	int r = -ENOMEM;

	if (s)
		s->slots = calloc(options->connections_max, sizeof(*s->slots));
	if (s && s->slots) {
		s->event = event;
		s->requests = options->requests;
		s->max = options->connections_max;
		r = sd_event_add_io(
			event, &s->listen_io, fd, EPOLLIN, on_connect, s);
	}
	if (r < 0) {
		server_free(s);
		return devid_fail(
			err, DEVID_ERR_IO, "key socket: %s", strerror(-r));
	}
	(void)sd_event_source_set_io_fd_own(s->listen_io, 1);
	(void)steal_fd(&fd); /* the source closes it from now on */
	*ret = s;
	return DEVID_OK;
}

/* Removes a socket file whose owner is gone. */
static enum devid_err clear_stale(
	const struct sockaddr_un *addr, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (lstat(addr->sun_path, &st) < 0)
		return DEVID_OK; /* bind() will tell what is wrong */
	if (!S_ISSOCK(st.st_mode))
		return devid_fail(err, DEVID_ERR_EXISTS,
			"key socket: %s: exists and is no socket",
			addr->sun_path);
	/* Anything but "nobody listens" is somebody: a full queue, or a
	 * service of another kind. */
	if (fd < 0 ||
		connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ==
			0 ||
		errno != ECONNREFUSED)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"key socket: %s: another devid-keyd listens there",
			addr->sun_path);
	if (unlink(addr->sun_path) < 0)
		return devid_fail(err, DEVID_ERR_IO, "key socket: %s: %s",
			addr->sun_path, strerror(errno));
	return DEVID_OK;
}

enum devid_err server_listen(
	const char *path, int *ret_fd, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	enum devid_err rc;

	if (len >= sizeof(addr.sun_path))
		return devid_fail(err, DEVID_ERR_INVALID,
			"key socket: %s: path too long", path);
	memcpy(addr.sun_path, path, len + 1);
	rc = clear_stale(&addr, err);
	if (rc != DEVID_OK)
		return rc;
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
		chmod(path, 0666) < 0 || listen(fd, SOMAXCONN) < 0)
		return devid_fail(err, DEVID_ERR_IO, "key socket: %s: %s", path,
			strerror(errno));
	*ret_fd = steal_fd(&fd);
	return DEVID_OK;
}
