/* SPDX-License-Identifier: Apache-2.0 */
#include "hooks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"

#define QUEUE_MAX 32 /* ports with an event waiting; a limit of ours */

struct hooks {
	sd_event *event;    /* borrowed */
	char *dir;          /* owned */
	const char *config; /* borrowed */
	void (*idle)(void *user);
	void *user; /* borrowed */
	struct hooks_event queue[QUEUE_MAX];
	size_t n_queue;
	struct hooks_event now; /* the event that is told */
	struct dirent **names;  /* owned: hooks of this event */
	int n_names;
	int next;                 /* of names */
	pid_t pid;                /* 0: none runs */
	sd_event_source *on_end;  /* owned */
	sd_event_source *timer;   /* owned */
	sd_event_source *starter; /* owned: begins the next event */
};

bool hooks_may_run(const char *dir, const char *name)
{
	CLEANUP(cleanup_close) int fd = open(dir, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || name[0] == '.' ||
		fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR) &&
	       (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Who may write to the folder may put programs into it. */
const char *hooks_dir_fault(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return errno == ENOENT ? "" : strerror(errno);
	if (!S_ISDIR(st.st_mode))
		return "it is no folder";
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
		st.st_mode & (S_IWGRP | S_IWOTH))
		return "others than root can change it";
	return NULL;
}

static void free_names(struct hooks *h)
{
	for (int i = 0; i < h->n_names; i++)
		free(h->names[i]);
	free(STEAL(h->names));
	h->n_names = 0;
	h->next = 0;
}

static int spawn_hook(struct hooks *h, char *const argv[], char *const envp[])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_init(&attr);
	if (r != 0)
		return r;
	r = posix_spawn_file_actions_init(&actions);
	if (r != 0) {
		(void)posix_spawnattr_destroy(&attr); /* r tells */
		return r;
	}
	/* A process group of its own, to be killed with what it started. */
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
						      POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	r = posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(
			&actions, STDERR_FILENO, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn(&h->pid, argv[0], &actions, &attr, argv, envp);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attr);
	return r;
}

static int on_end(sd_event_source *s, const siginfo_t *si, void *user);

/* Starts one hook; false when it does not run. */
static bool run_hook(struct hooks *h, const char *name)
{
	char path[PATH_MAX], port[64], event[64], state[64], key[64];
	char reason[HOOKS_REASON_MAX + 32], passed[HOOKS_PASSED_MAX + 32];
	char config[PATH_MAX + 32];
	char *const argv[] = { path, h->now.port, h->now.event, NULL };
	char *const envp[] = { port, event, state, reason, key, passed, config,
		(char[]) { "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, NULL };
	int r;

	(void)snprintf(path, sizeof(path), "%s/%s", h->dir, name);
	(void)snprintf(port, sizeof(port), "DEVID_PORT=%s", h->now.port);
	(void)snprintf(event, sizeof(event), "DEVID_EVENT=%s", h->now.event);
	(void)snprintf(state, sizeof(state), "DEVID_STATE=%s", h->now.state);
	(void)snprintf(
		reason, sizeof(reason), "DEVID_REASON=%s", h->now.reason);
	(void)snprintf(key, sizeof(key), "DEVID_KEY=%s", h->now.key);
	(void)snprintf(
		passed, sizeof(passed), "DEVID_PASSED=%s", h->now.passed);
	(void)snprintf(config, sizeof(config), "DEVID_CONFIG=%s", h->config);
	h->pid = 0;
	r = spawn_hook(h, argv, envp);
	if (r != 0) {
		h->pid = 0;
		log_warn("hook: %s: %s", path, strerror(r));
		return false;
	}
	r = sd_event_add_child(
		h->event, &h->on_end, h->pid, WEXITED, on_end, h);
	if (r < 0 ||
		sd_event_source_set_time_relative(
			h->timer, HOOKS_WAIT_MS * 1000ull) < 0 ||
		sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT) < 0)
		log_error("hook: %s: not watched", path);
	return true;
}

static void begin_later(struct hooks *h)
{
	if (sd_event_source_set_enabled(h->starter, SD_EVENT_ONESHOT) < 0)
		log_error("hook: event failed");
}

static void next_hook(struct hooks *h)
{
	while (h->names && h->next < h->n_names) {
		const char *name = h->names[h->next++]->d_name;

		if (!hooks_may_run(h->dir, name)) {
			if (name[0] != '.')
				log_warn("hook: %s/%s: not run: not an "
					 "executable that only root can change",
					h->dir, name);
			continue;
		}
		if (run_hook(h, name))
			return;
	}
	free_names(h);
	if (h->n_queue > 0)
		begin_later(h);
	else if (h->idle)
		h->idle(h->user);
}

static int on_end(sd_event_source *s, const siginfo_t *si, void *user)
{
	struct hooks *h = user;
	const char *name = h->names ? h->names[h->next - 1]->d_name : "";

	(void)s; /* the one in h */
	if (si->si_code != CLD_EXITED)
		log_warn("hook: %s %s %s: killed by signal %d", name,
			h->now.port, h->now.event, si->si_status);
	else if (si->si_status != 0)
		log_warn("hook: %s %s %s: exited with %d", name, h->now.port,
			h->now.event, si->si_status);
	h->pid = 0;
	h->on_end = sd_event_source_disable_unref(h->on_end);
	(void)sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
	next_hook(h);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t now, void *user)
{
	struct hooks *h = user;

	(void)s;
	(void)now;
	log_warn("hook: %s %s: longer than %d s: killed", h->now.port,
		h->now.event, HOOKS_WAIT_MS / 1000);
	if (h->pid > 0 && kill(-h->pid, SIGKILL) < 0)
		log_error("hook: kill: %s", strerror(errno));
	return 0;
}

/* Takes the oldest event and reads the folder anew for it. */
static int on_start(sd_event_source *s, void *user)
{
	struct hooks *h = user;
	const char *fault;

	(void)s;
	if (h->names || h->pid > 0 || h->n_queue == 0)
		return 0;
	h->now = h->queue[0];
	h->n_queue--;
	memmove(h->queue, h->queue + 1, h->n_queue * sizeof(h->queue[0]));
	fault = hooks_dir_fault(h->dir);
	if (!fault)
		h->n_names = scandir(h->dir, &h->names, NULL, alphasort);
	else if (*fault)
		log_warn("hook: %s: not used: %s", h->dir, fault);
	if (h->n_names < 0)
		h->n_names = 0;
	next_hook(h);
	return 0;
}

void hooks_run(struct hooks *h, const struct hooks_event *ev)
{
	for (size_t i = 0; i < h->n_queue; i++) {
		if (strcmp(h->queue[i].port, ev->port) == 0) {
			h->queue[i] = *ev;
			return;
		}
	}
	if (h->n_queue == QUEUE_MAX) {
		log_warn("hook: %s %s: too many events wait: dropped", ev->port,
			ev->event);
		return;
	}
	h->queue[h->n_queue++] = *ev;
	if (!h->names && h->pid == 0)
		begin_later(h);
}

bool hooks_idle(const struct hooks *h)
{
	return h->n_queue == 0 && !h->names && h->pid == 0;
}

enum devid_err hooks_new(sd_event *event, const struct hooks_options *options,
	struct hooks **ret_hooks, struct devid_error *err)
{
	struct hooks *h = calloc(1, sizeof(*h));
	int r = -ENOMEM;

	if (h && (h->dir = strdup(options->dir)))
		r = sd_event_add_time_relative(event, &h->timer,
			CLOCK_MONOTONIC, 0, 1000, on_timer, h);
	if (r >= 0)
		r = sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &h->starter, on_start, h);
	if (r >= 0)
		r = sd_event_source_set_enabled(h->starter, SD_EVENT_OFF);
	/* After what keeps the port alive. */
	if (r >= 0)
		r = sd_event_source_set_priority(
			h->starter, SD_EVENT_PRIORITY_IDLE);
	if (r < 0) {
		hooks_free(h);
		return devid_fail(err, DEVID_ERR_IO, "hooks: %s", strerror(-r));
	}
	h->event = event;
	h->idle = options->idle;
	h->user = options->user;
	h->config = options->config;
	*ret_hooks = h;
	return DEVID_OK;
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	h->on_end = sd_event_source_disable_unref(h->on_end);
	if (h->pid > 0) {
		(void)kill(-h->pid, SIGKILL); /* may have ended by itself */
		(void)waitpid(h->pid, NULL, 0);
	}
	sd_event_source_disable_unref(h->timer);
	sd_event_source_disable_unref(h->starter);
	free_names(h);
	free(h->dir);
	free(h);
}
