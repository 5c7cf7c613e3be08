/* SPDX-License-Identifier: Apache-2.0 */
#include "ctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <wpa_ctrl.h>

#include "cleanup.h"
#include "event.h"
#include "fail.h"
#include "log.h"

struct command {
	struct command *next; /* owned */
	ctrl_reply_fn reply;
	void *user; /* borrowed */
	char text[];
};

struct ctrl {
	struct ctrl_ops ops;
	struct wpa_ctrl *commands; /* owned */
	struct wpa_ctrl *events;   /* owned */
	sd_event_source *on_reply; /* owned, as all sources here */
	sd_event_source *on_event;
	sd_event_source *timer;
	struct command *head; /* owned; the first one was sent */
	struct command *tail; /* borrowed */
	size_t n_queued;
	const char *failure; /* static text, or NULL */
	char buf[EVENT_LINE_MAX];
};

static void arm(struct ctrl *c, uint64_t ms)
{
	if (sd_event_source_set_time_relative(c->timer, ms * 1000) < 0 ||
		sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT) < 0)
		log_error("control socket: timer failed");
}

/* Reported by the timer, so that no caller is surprised in mid-work. */
static void fail_later(struct ctrl *c, const char *why)
{
	if (!c->failure)
		c->failure = why;
	arm(c, 0);
}

static void send_head(struct ctrl *c)
{
	size_t len;

	if (!c->head || c->failure)
		return;
	len = strlen(c->head->text);
	if (send(wpa_ctrl_get_fd(c->commands), c->head->text, len,
		    MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len) {
		fail_later(c, "send failed");
		return;
	}
	arm(c, CTRL_WAIT_MS);
}

void ctrl_send(
	struct ctrl *c, ctrl_reply_fn reply, void *user, const char *text)
{
	size_t len = strlen(text);
	struct command *cmd;

	if (c->failure || c->n_queued >= CTRL_QUEUE_MAX ||
		len >= CTRL_COMMAND_MAX) {
		fail_later(c, "command queue overrun");
		return;
	}
	cmd = malloc(sizeof(*cmd) + len + 1);
	if (!cmd) {
		fail_later(c, "no memory");
		return;
	}
	cmd->next = NULL;
	cmd->reply = reply;
	cmd->user = user;
	memcpy(cmd->text, text, len + 1);
	if (c->tail)
		c->tail->next = cmd;
	else
		c->head = cmd;
	c->tail = cmd;
	c->n_queued++;
	if (c->head == cmd)
		send_head(c);
}

/* Takes the command that was answered off the queue. */
static struct command *take_head(struct ctrl *c)
{
	struct command *cmd = c->head;

	if (!cmd)
		return NULL;
	c->head = cmd->next;
	if (!c->head)
		c->tail = NULL;
	c->n_queued--;
	return cmd;
}

/* -1: nothing there; otherwise the bytes in c->buf. */
static ssize_t receive(struct ctrl *c, struct wpa_ctrl *from)
{
	ssize_t n = recv(wpa_ctrl_get_fd(from), c->buf, sizeof(c->buf),
		MSG_DONTWAIT | MSG_TRUNC);

	if (n >= 0)
		return n;
	if (errno != EAGAIN && errno != EINTR)
		fail_later(c, "receive failed");
	return -1;
}

static int on_reply(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct ctrl *c = user;
	struct command *cmd;
	ssize_t n;

	(void)s; /* the connection knows its descriptor */
	(void)fd;
	(void)revents;
	n = receive(c, c->commands);
	if (n < 0)
		return 0;
	cmd = take_head(c);
	if (!cmd)
		return 0; /* an answer that came after its time */
	(void)sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
	if ((size_t)n > sizeof(c->buf))
		n = 0; /* cut: as good as none */
	send_head(c);
	if (cmd->reply)
		cmd->reply(cmd->user, cmd->text, c->buf, (size_t)n);
	free(cmd);
	return 0;
}

static int on_event(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct ctrl *c = user;
	ssize_t n;

	(void)s;
	(void)fd;
	(void)revents;
	n = receive(c, c->events);
	if (n < 0)
		return 0;
	if ((size_t)n > sizeof(c->buf))
		log_debug("control socket: event of %zd bytes dropped", n);
	else if (n > 0 && (c->buf[0] == '<' || c->buf[0] == 'I'))
		c->ops.event(c->ops.user, c->buf, (size_t)n);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t now, void *user)
{
	struct ctrl *c = user;

	(void)s;
	(void)now;
	c->ops.broken(c->ops.user, c->failure ? c->failure : "no answer");
	return 0;
}

/* wpa_supplicant writes to the client's socket file: it must be its own. */
static enum devid_err give_socket(
	struct wpa_ctrl *w, uid_t uid, gid_t gid, struct devid_error *err)
{
	struct sockaddr_un addr = { 0 };
	socklen_t len = sizeof(addr);
	int fd = wpa_ctrl_get_fd(w);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0 ||
		fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return devid_fail(err, DEVID_ERR_IO, "control socket: %s",
			strerror(errno));
	if (lchown(addr.sun_path, uid, gid) < 0)
		return devid_fail(err, DEVID_ERR_IO, "chown: %s: %s",
			addr.sun_path, strerror(errno));
	return DEVID_OK;
}

/*
 * The socket at @path, in a folder where its owner may put what he likes: a
 * link there, or a socket of somebody else, would have the agent speak with its
 * rights to whom it points at. What is opened cannot be exchanged any more.
 */
static enum devid_err open_socket(
	const char *path, uid_t uid, int *ret_fd, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return devid_fail(err, DEVID_ERR_UNREACHABLE,
			"control socket: %s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return devid_fail(err, DEVID_ERR_DENIED,
			"control socket: %s: %s, not a socket", path,
			S_ISLNK(st.st_mode) ? "a link" : "something else");
	if (st.st_uid != uid)
		return devid_fail(err, DEVID_ERR_DENIED,
			"control socket: %s: belongs to user %u, not to %u",
			path, (unsigned)st.st_uid, (unsigned)uid);
	*ret_fd = steal_fd(&fd);
	return DEVID_OK;
}

static enum devid_err connect_both(struct ctrl *c,
	const struct ctrl_options *options, struct devid_error *err)
{
	CLEANUP(cleanup_close) int fd = -1;
	enum devid_err rc =
		open_socket(options->server, options->uid, &fd, err);
	char path[64];

	if (rc != DEVID_OK)
		return rc;
	/* proc(5): this is the socket itself, wherever its name goes. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	c->commands = wpa_ctrl_open2(path, options->client_dir);
	if (c->commands)
		c->events = wpa_ctrl_open2(path, options->client_dir);
	if (!c->events)
		return devid_fail(err, DEVID_ERR_UNREACHABLE,
			"control socket: %s: %s", options->server,
			strerror(errno));
	return DEVID_OK;
}

static enum devid_err add_sources(
	struct ctrl *c, sd_event *event, struct devid_error *err)
{
	int r = sd_event_add_io(event, &c->on_reply,
		wpa_ctrl_get_fd(c->commands), EPOLLIN, on_reply, c);

	if (r >= 0)
		r = sd_event_add_io(event, &c->on_event,
			wpa_ctrl_get_fd(c->events), EPOLLIN, on_event, c);
	/* What happened comes before what was asked about it. */
	if (r >= 0)
		r = sd_event_source_set_priority(
			c->on_event, SD_EVENT_PRIORITY_NORMAL - 1);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &c->timer,
			CLOCK_MONOTONIC, 0, 1000, on_timer, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
	if (r < 0)
		return devid_fail(err, DEVID_ERR_IO,
			"control socket: event: %s", strerror(-r));
	return DEVID_OK;
}

enum devid_err ctrl_open(sd_event *event, const struct ctrl_options *options,
	struct ctrl **ret_ctrl, struct devid_error *err)
{
	struct ctrl *c = calloc(1, sizeof(*c));
	enum devid_err rc;

	if (!c)
		return fail_no_memory(err);
	c->ops = options->ops;
	rc = connect_both(c, options, err);
	if (rc == DEVID_OK)
		rc = give_socket(c->commands, options->uid, options->gid, err);
	if (rc == DEVID_OK)
		rc = give_socket(c->events, options->uid, options->gid, err);
	if (rc == DEVID_OK)
		rc = add_sources(c, event, err);
	if (rc == DEVID_OK && send(wpa_ctrl_get_fd(c->events), "ATTACH", 6,
				      MSG_DONTWAIT | MSG_NOSIGNAL) != 6)
		rc = devid_fail(err, DEVID_ERR_IO, "control socket: %s",
			strerror(errno));
	if (rc != DEVID_OK) {
		ctrl_close(c);
		return rc;
	}
	*ret_ctrl = c;
	return DEVID_OK;
}

void ctrl_close(struct ctrl *c)
{
	struct command *cmd;

	if (!c)
		return;
	c->failure = "closed";
	while ((cmd = take_head(c))) {
		if (cmd->reply)
			cmd->reply(cmd->user, cmd->text, NULL, 0);
		free(cmd);
	}
	sd_event_source_disable_unref(c->on_reply);
	sd_event_source_disable_unref(c->on_event);
	sd_event_source_disable_unref(c->timer);
	wpa_ctrl_close(c->commands); /* accepts NULL */
	wpa_ctrl_close(c->events);
	free(c);
}
