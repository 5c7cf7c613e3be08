/* SPDX-License-Identifier: Apache-2.0 */
#include "supplicant.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backoff.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "log.h"
#include "spawn.h"

#define STEADY_US    (30 * 1000000ull) /* a run this long was a good one */
#define OPEN_WAIT_MS 5000 /* until its control socket must be there */
#define STOP_WAIT_MS 2000
#define OUTPUT_MAX   512 /* bytes of one line of its output */

struct supplicant {
	sd_event *event;             /* borrowed */
	const struct config *config; /* borrowed */
	struct supplicant_ops ops;
	struct ctrl *ctrl; /* owned */
	pid_t pid;         /* 0: none */
	uint64_t started_us;
	struct backoff backoff;
	bool died_before;
	bool stopping;
	bool told_socket; /* why its socket is refused, since it started */
	int output;       /* owned: read end */
	int watch;        /* owned: inotify on the folder of its socket */
	sd_event_source *on_exit; /* owned, as all sources here */
	sd_event_source *on_output;
	sd_event_source *on_socket;
	sd_event_source *timer;
	char dir[PATH_MAX];        /* its own: control socket */
	char client_dir[PATH_MAX]; /* ours: client sockets */
	char socket[PATH_MAX];
	char interface_file[PATH_MAX];
	char openssl_file[PATH_MAX];
	char pid_file[PATH_MAX];
	char line[OUTPUT_MAX];
	size_t line_len;
};

static void start(struct supplicant *s);

static uint64_t now_us(const struct supplicant *s)
{
	uint64_t now = 0;

	(void)sd_event_now(s->event, CLOCK_MONOTONIC, &now); /* 0 at worst */
	return now;
}

static void set_timer(struct supplicant *s, uint64_t ms)
{
	int r = ms ? sd_event_source_set_time_relative(s->timer, ms * 1000) : 0;

	if (r >= 0)
		r = sd_event_source_set_enabled(
			s->timer, ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (r < 0)
		log_error("wpa_supplicant: timer: %s", strerror(-r));
}

static void drop_ctrl(struct supplicant *s)
{
	struct ctrl *ctrl = STEAL(s->ctrl);

	if (!ctrl)
		return;
	ctrl_close(ctrl);
	s->ops.lost(s->ops.user);
}

static void stop_watching(struct supplicant *s)
{
	s->on_socket = sd_event_source_disable_unref(s->on_socket);
	if (s->watch >= 0)
		(void)close(steal_fd(&s->watch)); /* was only read */
}

static void kill_it(struct supplicant *s)
{
	if (s->pid > 0 && kill(s->pid, SIGKILL) < 0)
		log_error("wpa_supplicant: kill: %s", strerror(errno));
}

static void on_event(void *user, const char *line, size_t len)
{
	struct supplicant *s = user;

	s->ops.event(s->ops.user, line, len);
}

/* One that does not answer is as bad as a dead one. */
static void on_broken(void *user, const char *why)
{
	struct supplicant *s = user;

	if (!s->stopping)
		log_warn("wpa_supplicant: control socket: %s", why);
	drop_ctrl(s);
	kill_it(s);
}

static bool try_open(struct supplicant *s)
{
	const struct ctrl_options options = {
		.server = s->socket,
		.client_dir = s->client_dir,
		.uid = s->config->supplicant_uid,
		.gid = s->config->supplicant_gid,
		.ops = { on_event, on_broken, s },
	};
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	rc = ctrl_open(s->event, &options, &s->ctrl, &err);
	if (rc == DEVID_ERR_UNREACHABLE)
		return false;
	if (rc != DEVID_OK) {
		/* It can try as often as it likes, and would fill the log. */
		if (!s->told_socket)
			log_error("%s", devid_error_text(&err));
		s->told_socket = true;
		return false;
	}
	stop_watching(s);
	set_timer(s, 0);
	s->ops.ready(s->ops.user);
	return true;
}

/* The socket appears with bind(), which comes before its chmod(): any change
 * in the folder is worth a try. */
static int on_socket(sd_event_source *src, int fd, uint32_t revents, void *user)
{
	struct supplicant *s = user;
	char buf[sizeof(struct inotify_event) + NAME_MAX + 1];

	(void)src; /* only one is watched */
	(void)revents;
	while (read(fd, buf, sizeof(buf)) > 0) {
	}
	if (!s->ctrl)
		(void)try_open(s); /* the timer ends a vain wait */
	return 0;
}

static int watch_socket(struct supplicant *s)
{
	s->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (s->watch < 0)
		return -errno;
	if (inotify_add_watch(s->watch, s->dir,
		    IN_CREATE | IN_ATTRIB | IN_MOVED_TO | IN_ONLYDIR |
			    IN_DONT_FOLLOW) < 0)
		return -errno;
	return sd_event_add_io(
		s->event, &s->on_socket, s->watch, EPOLLIN, on_socket, s);
}

/* Its output is told line by line; log escapes what it holds. */
static void tell_output(struct supplicant *s, const char *p, size_t len)
{
	for (; len > 0; p++, len--) {
		bool end = *p == '\n';

		if (!end)
			s->line[s->line_len++] = *p;
		if (!end && s->line_len < sizeof(s->line) - 1)
			continue;
		s->line[s->line_len] = '\0';
		log_debug("wpa_supplicant: %s", s->line);
		s->line_len = 0;
	}
}

static int on_output(sd_event_source *src, int fd, uint32_t revents, void *user)
{
	struct supplicant *s = user;
	char buf[512];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)revents;
	if (n > 0)
		tell_output(s, buf, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		(void)sd_event_source_set_enabled(src, SD_EVENT_OFF);
	return 0;
}

static void close_output(struct supplicant *s)
{
	s->on_output = sd_event_source_disable_unref(s->on_output);
	if (s->output >= 0)
		(void)close(steal_fd(&s->output)); /* was only read */
	s->line_len = 0;
}

/* At once the first time, then with back-off. */
static void start_later(struct supplicant *s)
{
	uint32_t random = 0;

	if (now_us(s) - s->started_us > STEADY_US) {
		backoff_reset(&s->backoff);
		s->died_before = false;
	}
	if (!s->died_before) {
		s->died_before = true;
		start(s);
		return;
	}
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)now_us(s);
	set_timer(s, backoff_next(&s->backoff, random));
}

static void tell_end(const struct supplicant *s, const siginfo_t *si)
{
	if (s->stopping)
		log_debug("wpa_supplicant: %d: ended", (int)s->pid);
	else if (si->si_code == CLD_EXITED)
		log_warn("wpa_supplicant: %d: exited with %d: %s", (int)s->pid,
			si->si_status, s->line[0] ? s->line : "restarting");
	else
		log_warn("wpa_supplicant: %d: killed by signal %d: restarting",
			(int)s->pid, si->si_status);
}

static int on_exit_of(sd_event_source *src, const siginfo_t *si, void *user)
{
	struct supplicant *s = user;

	(void)src;
	if (s->output >= 0)
		(void)on_output(s->on_output, s->output, 0, s); /* last words */
	tell_end(s, si);
	s->pid = 0;
	s->ops.changed(s->ops.user);
	s->on_exit = sd_event_source_disable_unref(s->on_exit);
	close_output(s);
	stop_watching(s);
	set_timer(s, 0);
	(void)unlink(s->pid_file); /* names nobody now */
	drop_ctrl(s);
	if (s->stopping)
		s->ops.stopped(s->ops.user);
	else
		start_later(s);
	return 0;
}

static int on_timer(sd_event_source *src, uint64_t now, void *user)
{
	struct supplicant *s = user;

	(void)src;
	(void)now;
	if (s->pid == 0) {
		start(s);
	} else if (s->stopping || !s->ctrl) {
		log_warn("wpa_supplicant: %d: %s: killing it", (int)s->pid,
			s->stopping ? "does not end" : "no control socket");
		kill_it(s);
	}
	return 0;
}

static enum devid_err spawn_it(struct supplicant *s, struct devid_error *err)
{
	const struct config *c = s->config;
	CLEANUP(cleanup_close) int out = -1;
	char openssl[PATH_MAX + 16], keyd[PATH_MAX + 32];
	/* -q -q: events come by socket; only errors are worth its output */
	const char *const argv[] = { "wpa_supplicant", "-q", "-q", "-g",
		s->socket, NULL };
	const char *const envp[] = { openssl, keyd, "LANG=C", NULL };
	struct spawn what = {
		.path = c->supplicant,
		.argv = argv,
		.envp = envp,
		.as_user = true,
		.uid = c->supplicant_uid,
		.gid = c->supplicant_gid,
		.capability = CAP_NET_RAW,
		.output = -1,
	};
	int fds[2];

	(void)snprintf(
		openssl, sizeof(openssl), "OPENSSL_CONF=%s", s->openssl_file);
	(void)snprintf(
		keyd, sizeof(keyd), "DEVID_KEYD_SOCKET=%s", c->keyd_socket);
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "spawn: pipe: %s", strerror(errno));
	s->output = fds[0];
	out = fds[1];
	what.output = out;
	return spawn_confined(&what, &s->pid, err);
}

static int add_process(struct supplicant *s)
{
	int r = sd_event_add_child(
		s->event, &s->on_exit, s->pid, WEXITED, on_exit_of, s);

	if (r >= 0)
		r = sd_event_add_io(s->event, &s->on_output, s->output, EPOLLIN,
			on_output, s);
	return r;
}

static void start(struct supplicant *s)
{
	struct devid_error err = { DEVID_OK, "" };
	int r;

	s->started_us = now_us(s);
	s->told_socket = false;
	s->line[0] = '\0';
	(void)unlink(s->socket); /* of one that was killed */
	r = watch_socket(s);
	if (r < 0 || spawn_it(s, &err) != DEVID_OK) {
		log_error("wpa_supplicant: %s",
			r < 0 ? strerror(-r) : devid_error_text(&err));
		stop_watching(s);
		close_output(s);
		s->died_before = true;
		start_later(s);
		return;
	}
	s->ops.changed(s->ops.user);
	r = add_process(s);
	if (r < 0)
		log_error("wpa_supplicant: event: %s", strerror(-r));
	if (spawn_record(s->pid_file, s->pid, &err) != DEVID_OK)
		log_warn("%s", devid_error_text(&err));
	set_timer(s, OPEN_WAIT_MS);
}

/* Takes @fd, a folder. */
static void clean_dir(int fd)
{
	CLEANUP(cleanup_closedir) DIR *dir = fdopendir(fd);
	const struct dirent *e;

	if (!dir)
		(void)close(fd); /* was only read */
	while (dir && (e = readdir(dir))) {
		/* Only sockets are ever made here, by us or by it. */
		if (e->d_type == DT_SOCK)
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	}
}

/* A folder that belongs to @uid:@gid with @mode; a link is not followed. */
static enum devid_err make_dir(const char *path, uid_t uid, gid_t gid,
	mode_t mode, struct devid_error *err)
{
	CLEANUP(cleanup_close) int fd = -1;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return devid_fail(err, DEVID_ERR_IO, "mkdir: %s: %s", path,
			strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", path, strerror(errno));
	clean_dir(steal_fd(&fd));
	return DEVID_OK;
}

static enum devid_err write_files(struct supplicant *s, struct devid_error *err)
{
	const char *conf = wpaconf_interface_file();
	const char *named = s->config->provider_dir;
	const char *dir = named ? named : DEVID_MODULESDIR;
	char module[PATH_MAX], text[WPACONF_FILE_MAX];
	enum devid_err rc;
	bool present;

	(void)snprintf(module, sizeof(module), "%s/devid.so", dir);
	present = access(module, R_OK) == 0;
	if (!present)
		log_warn("provider: %s: %s: only software keys will work",
			module, strerror(errno));
	/* A folder that was named is believed: its file may come later. */
	rc = wpaconf_openssl_file(named || present ? dir : NULL, text, err);
	if (rc == DEVID_OK)
		rc = files_write_atomic(
			s->openssl_file, text, strlen(text), 0644, err);
	if (rc == DEVID_OK)
		rc = files_write_atomic(
			s->interface_file, conf, strlen(conf), 0644, err);
	return rc;
}

static enum devid_err prepare(struct supplicant *s, struct devid_error *err)
{
	const struct config *c = s->config;
	const char *run = c->run_dir;
	enum devid_err rc;

	(void)snprintf(s->dir, sizeof(s->dir), "%s/eap", run);
	(void)snprintf(
		s->client_dir, sizeof(s->client_dir), "%s/eap-agent", run);
	(void)snprintf(s->socket, sizeof(s->socket), "%s/eap/g", run);
	(void)snprintf(s->interface_file, sizeof(s->interface_file),
		"%s/eap-port.conf", run);
	(void)snprintf(s->openssl_file, sizeof(s->openssl_file),
		"%s/eap-openssl.cnf", run);
	(void)snprintf(s->pid_file, sizeof(s->pid_file), "%s/eap.pid", run);
	if (spawn_kill_leftover(s->pid_file, c->supplicant))
		log_warn("wpa_supplicant: one that was left over is killed");
	rc = make_dir(s->dir, c->supplicant_uid, c->supplicant_gid, 0700, err);
	if (rc == DEVID_OK)
		rc = make_dir(
			s->client_dir, geteuid(), c->supplicant_gid, 0710, err);
	if (rc == DEVID_OK)
		rc = write_files(s, err);
	return rc;
}

enum devid_err supplicant_new(sd_event *event, const struct config *config,
	const struct supplicant_ops *ops, struct supplicant **ret_supplicant,
	struct devid_error *err)
{
	struct supplicant *s = calloc(1, sizeof(*s));
	enum devid_err rc;
	int r;

	if (!s)
		return fail_no_memory(err);
	s->event = event;
	s->config = config;
	s->ops = *ops;
	s->output = -1;
	s->watch = -1;
	r = sd_event_add_time_relative(
		event, &s->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	rc = r < 0 ? devid_fail(err, DEVID_ERR_IO, "event: %s", strerror(-r))
		   : prepare(s, err);
	if (rc != DEVID_OK) {
		supplicant_free(s);
		return rc;
	}
	*ret_supplicant = s;
	start(s);
	return DEVID_OK;
}

void supplicant_free(struct supplicant *s)
{
	if (!s)
		return;
	ctrl_close(STEAL(s->ctrl));
	s->on_exit = sd_event_source_disable_unref(s->on_exit);
	if (s->pid > 0) {
		kill_it(s);
		(void)waitpid(s->pid, NULL, 0); /* killed: it ends */
		(void)unlink(s->pid_file);
	}
	close_output(s);
	stop_watching(s);
	sd_event_source_disable_unref(s->timer);
	if (s->socket[0]) {
		(void)unlink(s->socket); /* may have removed it itself */
		(void)rmdir(s->dir);
		(void)rmdir(s->client_dir);
		(void)unlink(s->interface_file);
		(void)unlink(s->openssl_file);
	}
	free(s);
}

struct ctrl *supplicant_ctrl(const struct supplicant *s)
{
	return s->ctrl;
}

const char *supplicant_interface_file(const struct supplicant *s)
{
	return s->interface_file;
}

pid_t supplicant_pid(const struct supplicant *s)
{
	return s->pid;
}

void supplicant_stop(struct supplicant *s)
{
	s->stopping = true;
	if (s->pid == 0) {
		s->ops.stopped(s->ops.user);
		return;
	}
	set_timer(s, STOP_WAIT_MS);
	if (s->ctrl)
		ctrl_send(s->ctrl, NULL, NULL, "TERMINATE");
	else
		kill_it(s);
}
