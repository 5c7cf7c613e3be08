/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-server.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <fcntl.h>
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
#include "files.h"
#include "log.h"

/* Connections taken in one turn: as many as can be without a signature having
 * to wait for them by more than a millisecond; a limit of ours. */
#define ACCEPTS_MAX 256
/* Connections that wait to be taken, where everybody stands in one line: few,
 * and whoever finds it full waits outside until the next turn has emptied it.
 * From 1 to 16 make no difference to a signature under floods, 128 do. */
#define BACKLOG 16
/* Files that are open besides connections: the TPM, sockets, the log. */
#define FDS_BESIDES 64
/* While others wait, unlisted users get each fourth turn. */
#define LISTED_TURNS 3

/* Who holds connections: one uid, listed or not, since that may hang on the
 * groups of a process. */
struct user {
	uid_t uid;
	bool listed;
	unsigned n;      /* connections it has now */
	uint64_t served; /* server's count when it last had a turn */
};

struct connection {
	struct user *user; /* borrowed; NULL while the slot is free */
	int fd;            /* owned */
	bool ready;        /* a request waits */
	struct peer peer;
	uint64_t heard; /* server's count when last heard of */
};

struct server {
	sd_event_source *io; /* owned: wakes when one of @epoll_fd does */
	int epoll_fd;        /* owned: the listening socket, connections */
	int listen_fd;       /* owned */
	struct requests *requests; /* borrowed */
	uint64_t clock;            /* counts turns and connections */
	unsigned max;
	unsigned replaced;     /* connections dropped for others, this turn */
	unsigned n_unlisted;   /* connections of users who are on no list */
	unsigned listed_turns; /* in a row, while an unlisted user waited */
	struct connection *slots;   /* owned: @max of them */
	struct user *users;         /* owned: @max + 1, so that one is free */
	struct epoll_event *events; /* owned: @max + 1 */
};

/* One record at a time, so one buffer each serves all connections. */
static uint8_t record_in[WIRE_REQUEST_MAX];
static uint8_t record_out[WIRE_ANSWER_MAX];

static void drop(struct server *s, struct connection *c)
{
	(void)close(c->fd); /* leaves the epoll set with it */
	c->user->n--;
	s->n_unlisted -= !c->user->listed;
	memset(c, 0, sizeof(*c));
}

/* One record of @c: read, answered. */
static void serve(struct server *s, struct connection *c)
{
	struct room out = { record_out, sizeof(record_out), 0 };
	ssize_t n = recv(
		c->fd, record_in, sizeof(record_in), MSG_DONTWAIT | MSG_TRUNC);
	bool keep;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Also when it has gone: who connects and leaves has had his turn. */
	c->heard = c->user->served = ++s->clock;
	if (n <= 0) {
		drop(s, c);
		return;
	}
	if ((size_t)n > sizeof(record_in)) {
		char what[48];

		OPENSSL_cleanse(record_in, sizeof(record_in));
		(void)snprintf(what, sizeof(what), "record of %zd bytes", n);
		requests_refuse(s->requests, &c->peer, what);
		drop(s, c);
		return;
	}
	keep = requests_answer(s->requests, &c->peer,
		(struct view) { record_in, (size_t)n }, &out);
	/* It may be a private key, or what a version of tomorrow has of one. */
	OPENSSL_cleanse(record_in, (size_t)n);
	/* A peer that does not read its answers is not waited for. */
	if (out.len > 0 &&
		send(c->fd, out.data, out.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		keep = false;
	OPENSSL_cleanse(record_out, out.len); /* the secret of a credential */
	if (!keep)
		drop(s, c);
}

/* The entry of @uid; a new one takes the place of whoever has no connection
 * and had no turn for the longest time. */
static struct user *find_user(struct server *s, uid_t uid, bool listed)
{
	struct user *oldest = &s->users[0];

	for (unsigned i = 0; i <= s->max; i++) {
		struct user *u = &s->users[i];

		if (u->uid == uid && u->listed == listed)
			return u;
		if (u->n == 0 && (oldest->n > 0 || u->served < oldest->served))
			oldest = u;
	}
	*oldest = (struct user) { .uid = uid, .listed = listed };
	return oldest;
}

/* Those who are on no list count as one. */
static unsigned held_by(const struct server *s, const struct user *u)
{
	return u->listed ? u->n : s->n_unlisted;
}

/* Whether a request waits that this turn has not seen yet. */
static bool has_request(struct connection *c)
{
	uint8_t byte;

	if (!c->ready)
		c->ready = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
	return c->ready;
}

/* Who is looked for when a place is needed for @user: with @own somebody
 * within the quarter that @user has used up, else anybody. */
struct search {
	const struct user *user;
	bool own;
};

/* What the owner of @c holds, as it counts in this search; 0: not meant. */
static unsigned weight(const struct server *s, const struct search *what,
	const struct connection *c)
{
	if (!c->user)
		return 0;
	if (!what->own)
		return held_by(s, c->user);
	if (what->user->listed ? c->user != what->user : c->user->listed)
		return 0;
	return c->user->n;
}

/* Of whoever holds most, and no less than @user does, the connection without a
 * request that has been silent longest. */
static struct connection *find_silent(
	struct server *s, const struct search *what)
{
	unsigned least = what->own ? 0 : held_by(s, what->user);
	struct connection *best;

	do {
		unsigned most = 0;

		best = NULL;
		for (unsigned i = 0; i < s->max; i++) {
			struct connection *c = &s->slots[i];
			unsigned w = weight(s, what, c);

			if (w == 0 || w < least || w < most || c->ready ||
				(w == most && best && best->heard <= c->heard))
				continue;
			best = c;
			most = w;
		}
	} while (best && has_request(best));
	return best;
}

/* Of whoever holds most, and more than @user will, the newest connection. */
static struct connection *find_waiting(
	struct server *s, const struct search *what)
{
	unsigned most =
		(what->own ? what->user->n : held_by(s, what->user)) + 1;
	struct connection *best = NULL;

	for (unsigned i = 0; i < s->max; i++) {
		struct connection *c = &s->slots[i];
		unsigned w = weight(s, what, c);

		if (w > most || (w == most && best && c->heard > best->heard)) {
			best = c;
			most = w;
		}
	}
	return best;
}

static struct connection *find_free(struct server *s)
{
	for (unsigned i = 0; i < s->max; i++) {
		if (!s->slots[i].user)
			return &s->slots[i];
	}
	return NULL;
}

/*
 * A slot for @user. A listed user other than root has a quarter of them, all
 * those on no list together have one. Who has used that up, and everybody
 * when the table is full, takes the place of whoever holds most. NULL when
 * nobody holds more than he would and all wait for answers.
 */
static struct connection *find_slot(struct server *s, const struct user *user)
{
	struct search what = { user, false };
	struct connection *c = NULL;

	what.own = !(user->listed && user->uid == 0) &&
		   held_by(s, user) >= (s->max + 3) / 4;
	if (!what.own)
		c = find_free(s);
	if (c)
		return c;
	/* What this turn took in is not to go in the same turn again. */
	if (!user->listed && s->replaced >= s->max / 4)
		return NULL;
	c = find_silent(s, &what);
	if (!c)
		c = find_waiting(s, &what);
	if (!c)
		return NULL;
	s->replaced++;
	drop(s, c);
	return c;
}

/* Takes one connection; false when none waits. */
static bool accept_one(struct server *s)
{
	CLEANUP(cleanup_close)
	int fd =
		accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN };
	struct devid_error err = { DEVID_OK, "" };
	struct connection *c;
	struct user *user;
	struct peer peer;

	if (fd < 0)
		return false; /* or out of descriptors for now */
	if (policy_get_peer(fd, &peer, &err) != DEVID_OK) {
		log_warn("%s", devid_error_text(&err));
		return true;
	}
	/* Root has its place whatever the lists give it. */
	user = find_user(s, peer.uid,
		peer.uid == 0 || policy_is_listed(s->requests->policy, &peer));
	c = find_slot(s, user);
	if (!c) {
		requests_refuse(s->requests, &peer,
			"connection: too many wait for their answer");
		return true;
	}
	event.data.ptr = c;
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		log_error("key socket: %s", strerror(errno));
		return true;
	}
	c->fd = steal_fd(&fd);
	c->user = user;
	c->peer = peer;
	c->heard = ++s->clock;
	user->n++;
	s->n_unlisted += !user->listed;
	return true;
}

/* Notes who has a request; true when somebody wants to connect. */
static bool look(struct server *s)
{
	bool connects = false;
	int n = epoll_wait(s->epoll_fd, s->events, (int)s->max + 1, 0);

	for (unsigned i = 0; i < s->max; i++)
		s->slots[i].ready = false;
	for (int i = 0; i < n; i++) {
		struct connection *c = s->events[i].data.ptr;

		if (c)
			c->ready = true;
		else
			connects = true;
	}
	return connects;
}

/* Of those who wait and are @listed or not: whose user had no turn for the
 * longest time, and of that user's the one that was silent longest. */
static struct connection *find_next(struct server *s, bool listed)
{
	struct connection *best = NULL;

	for (unsigned i = 0; i < s->max; i++) {
		struct connection *c = &s->slots[i];

		if (!c->ready || c->user->listed != listed)
			continue;
		if (!best || c->user->served < best->user->served ||
			(c->user == best->user && c->heard < best->heard))
			best = c;
	}
	return best;
}

/* One turn: everybody who wants to connect is in the table before it is
 * decided who is served, so that no queue hides a user who is due. */
static int on_turn(
	sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct server *s = userdata;
	struct connection *listed, *other;

	(void)source;  /* is s->io */
	(void)fd;      /* is s->epoll_fd */
	(void)revents; /* epoll_wait() tells */
	s->replaced = 0;
	if (look(s)) {
		for (int i = 0; i < ACCEPTS_MAX && accept_one(s); i++)
			;
		(void)look(s);
	}
	listed = find_next(s, true);
	other = find_next(s, false);
	if (listed && (!other || s->listed_turns < LISTED_TURNS)) {
		s->listed_turns += other != NULL;
		serve(s, listed);
	} else if (other) {
		s->listed_turns = 0;
		serve(s, other);
	}
	return 0;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	for (unsigned i = 0; s->slots && i < s->max; i++) {
		if (s->slots[i].user)
			drop(s, &s->slots[i]);
	}
	sd_event_source_disable_unref(s->io);
	if (s->epoll_fd >= 0)
		(void)close(s->epoll_fd);
	if (s->listen_fd >= 0)
		(void)close(s->listen_fd);
	free(s->slots);
	free(s->users);
	free(s->events);
	free(s);
}

/* What can fail of server_new(), as errno says it. */
static int open_server(sd_event *event, struct server *s)
{
	struct epoll_event listening = { .events = EPOLLIN };

	s->slots = calloc(s->max, sizeof(*s->slots));
	s->users = calloc(s->max + 1, sizeof(*s->users));
	s->events = calloc(s->max + 1, sizeof(*s->events));
	if (!s->slots || !s->users || !s->events)
		return ENOMEM;
	/* An entry that nobody has must not pass for root's. */
	for (unsigned i = 0; i <= s->max; i++)
		s->users[i].uid = (uid_t)-1;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	/* A turn accepts until there is nobody left. */
	if (s->epoll_fd < 0 || listen(s->listen_fd, BACKLOG) < 0 ||
		fcntl(s->listen_fd, F_SETFL,
			fcntl(s->listen_fd, F_GETFL) | O_NONBLOCK) < 0 ||
		epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->listen_fd,
			&listening) < 0)
		return errno;
	return -sd_event_add_io(
		event, &s->io, s->epoll_fd, EPOLLIN, on_turn, s);
}

enum devid_err server_new(sd_event *event, const struct server_options *options,
	struct server **ret, struct devid_error *err)
{
	CLEANUP(cleanup_close) int fd = options->listen_fd;
	struct server *s;
	enum devid_err rc = files_allow_open("key socket: connections_max",
		options->connections_max + FDS_BESIDES, err);
	int cause = ENOMEM;

	if (rc != DEVID_OK)
		return rc;
	s = calloc(1, sizeof(*s));
	if (s) {
		s->epoll_fd = -1;
		s->listen_fd = steal_fd(&fd);
		s->requests = options->requests;
		s->max = options->connections_max;
		cause = open_server(event, s);
	}
	if (cause > 0) {
		server_free(s);
		return devid_fail(
			err, DEVID_ERR_IO, "key socket: %s", strerror(cause));
	}
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
		chmod(path, 0666) < 0 || listen(fd, BACKLOG) < 0)
		return devid_fail(err, DEVID_ERR_IO, "key socket: %s: %s", path,
			strerror(errno));
	*ret_fd = steal_fd(&fd);
	return DEVID_OK;
}
