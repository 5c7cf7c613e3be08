/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cleanup.h"
#include "fail.h"
#include "log.h"

#define IN_FOLDER                                                              \
	(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |     \
		IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF)
/* Farther up only the next folder on the way is of interest. */
#define IN_ANCESTOR (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

struct target {
	char *path;         /* owned */
	char *watched;      /* owned: the folder that is watched now */
	int wd;             /* -1: none */
	const char *wanted; /* borrowed: name that is awaited in it */
	size_t wanted_len;
	bool near; /* the folder holds the path itself */
};

struct watch {
	int fd;                  /* owned */
	sd_event_source *source; /* owned */
	void (*changed)(void *user, size_t index);
	void *user; /* borrowed */
	struct target targets[WATCH_MAX];
	size_t n_targets;
};

static void release(struct watch *w, struct target *t)
{
	int wd = t->wd;

	t->wd = -1;
	free(STEAL(t->watched));
	for (size_t i = 0; i < w->n_targets; i++) {
		if (w->targets[i].wd == wd)
			return;
	}
	if (wd >= 0)
		(void)inotify_rm_watch(w->fd, wd); /* may be gone already */
}

/* Watches the folder @len bytes into the path; false when there is none. */
static bool watch_at(struct watch *w, struct target *t, size_t len)
{
	char *folder = len == 0 ? strdup("/") : strndup(t->path, len);
	const char *name = t->path + len + 1;
	bool near = !strchr(name, '/');
	int wd;

	if (!folder)
		return false;
	/* MASK_ADD: another path may be awaited in the same folder */
	wd = inotify_add_watch(w->fd, folder,
		(near ? IN_FOLDER : IN_ANCESTOR) | IN_MASK_ADD | IN_ONLYDIR);
	if (wd < 0) {
		free(folder);
		return false;
	}
	t->wd = wd;
	t->watched = folder;
	t->wanted = name;
	t->wanted_len = strcspn(name, "/");
	t->near = near;
	return true;
}

/* Watches the nearest folder above the path that exists. */
static void arm(struct watch *w, struct target *t)
{
	size_t len = strlen(t->path);

	release(w, t);
	do {
		while (len > 0 && t->path[len - 1] != '/')
			len--;
		if (len > 0)
			len--;
	} while (!watch_at(w, t, len) && len > 0);
	if (t->wd < 0)
		log_warn("watch: %s: %s", t->path, strerror(errno));
}

static void handle(struct watch *w, size_t i, const struct inotify_event *ev)
{
	struct target *t = &w->targets[i];
	const char *name = ev->len > 0 ? ev->name : "";
	bool self = ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF);

	if (ev->mask & IN_IGNORED)
		return; /* the end of a watch that is no longer wanted */
	if (!self && (strlen(name) != t->wanted_len ||
			     memcmp(name, t->wanted, t->wanted_len) != 0))
		return;
	if (self || !t->near)
		arm(w, t);
	w->changed(w->user, i);
}

static int on_readable(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	char buf[4096] __attribute__((aligned(8)));
	struct watch *w = user;
	ssize_t n;

	(void)s; /* all that is needed is in the watch */
	(void)revents;
	n = read(fd, buf, sizeof(buf));
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *ev = (const void *)(buf + at);
		int wd = ev->wd;

		at += (ssize_t)(sizeof(*ev) + ev->len);
		for (size_t i = 0; i < w->n_targets; i++) {
			if (w->targets[i].wd == wd || wd < 0)
				handle(w, i, ev);
		}
	}
	return 0;
}

static enum devid_err add_target(
	struct watch *w, const char *path, struct devid_error *err)
{
	struct target *t = &w->targets[w->n_targets];

	t->wd = -1;
	t->path = strdup(path);
	if (!t->path)
		return fail_no_memory(err);
	w->n_targets++;
	arm(w, t);
	return DEVID_OK;
}

enum devid_err watch_new(sd_event *event, const struct watch_options *options,
	struct watch **ret_watch, struct devid_error *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	enum devid_err rc = DEVID_OK;
	int r = 0;

	if (!w)
		return fail_no_memory(err);
	w->changed = options->changed;
	w->user = options->user;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		r = -errno;
	if (r >= 0)
		r = sd_event_add_io(
			event, &w->source, w->fd, EPOLLIN, on_readable, w);
	if (r < 0)
		rc = devid_fail(err, DEVID_ERR_IO, "inotify: %s", strerror(-r));
	for (size_t i = 0; i < options->n_paths && rc == DEVID_OK; i++)
		rc = add_target(w, options->paths[i], err);
	if (rc != DEVID_OK) {
		watch_free(w);
		return rc;
	}
	*ret_watch = w;
	return DEVID_OK;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	sd_event_source_disable_unref(w->source);
	if (w->fd >= 0)
		(void)close(w->fd); /* was only read */
	for (size_t i = 0; i < w->n_targets; i++) {
		free(w->targets[i].path);
		free(w->targets[i].watched);
	}
	free(w);
}
