/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-task.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "fail.h"
#include "log.h"
#include "spawn.h"

#define LINE_MAX_SHOWN 256  /* bytes of a line; the rest begins another */
#define OUTPUT_MAX     8192 /* bytes of one program that are shown */

/* What a program prints, on its way to the journal. */
struct output_pipe {
	int fd;                  /* owned, or -1 */
	sd_event_source *source; /* owned */
	char name[64];           /* of the program */
	char line[LINE_MAX_SHOWN];
	size_t len;  /* of line */
	size_t told; /* bytes in all */
};

struct onboard_task {
	sd_event *event; /* borrowed */
	struct output_pipe output;
	struct onboard_task_options options;
	pid_t pid;               /* 0: none runs */
	bool too_long;           /* it was killed for that */
	sd_event_source *on_end; /* owned */
	sd_event_source *timer;  /* owned */
};

/* The program leads a process group of its own. */
static void kill_group(pid_t pid)
{
	if (kill(-pid, SIGKILL) < 0 && errno != ESRCH)
		log_error("onboarding: kill: %s", strerror(errno));
	(void)kill(pid, SIGKILL); /* before it had that group */
}

/* ---- what it prints ---- */

static void show_line(struct output_pipe *out)
{
	if (out->len > 0 && out->told <= OUTPUT_MAX)
		log_info("%s: %.*s", out->name, (int)out->len, out->line);
	out->len = 0;
}

static void take_byte(struct output_pipe *out, char byte)
{
	if (out->told > OUTPUT_MAX)
		return;
	if (++out->told > OUTPUT_MAX) {
		log_warn("%s: prints more than %d bytes: the rest is not shown",
			out->name, OUTPUT_MAX);
		return;
	}
	if (byte != '\n')
		out->line[out->len++] = byte;
	if (byte == '\n' || out->len == sizeof(out->line))
		show_line(out);
}

/* False: there is no more. Of one that prints without end a piece at a time,
 * so that everything else has its turn. */
static bool take_output(struct output_pipe *out)
{
	char buf[4096];
	ssize_t n = read(out->fd, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++)
		take_byte(out, buf[i]);
	return n > 0;
}

static int on_output(sd_event_source *s, int fd, uint32_t events, void *user)
{
	struct output_pipe *out = user;

	(void)fd; /* the one in out */
	(void)events;
	/* All who could write have gone; the source is freed with the rest. */
	if (!take_output(out) && errno != EAGAIN && errno != EINTR)
		(void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
	return 0;
}

/* What is left in it is shown; nobody writes to it any more. */
static void close_output(struct output_pipe *out)
{
	out->source = sd_event_source_disable_unref(out->source);
	if (out->fd < 0)
		return;
	while (out->told <= OUTPUT_MAX && take_output(out))
		;
	show_line(out);
	(void)close(out->fd);
	out->fd = -1;
}

/* Opens it; *@ret_write is for the program, and the caller's. */
static enum devid_err open_output(struct onboard_task *task, const char *path,
	int *ret_write, struct devid_error *err)
{
	struct output_pipe *out = &task->output;
	const char *slash = strrchr(path, '/');
	int fds[2];
	int r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "pipe: %s", strerror(errno));
	out->fd = fds[0];
	out->len = 0;
	out->told = 0;
	(void)snprintf(out->name, sizeof(out->name), "%.60s",
		slash ? slash + 1 : path);
	*ret_write = fds[1];
	/* The program's end stays as programs know it. */
	r = fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (r >= 0)
		r = sd_event_add_io(task->event, &out->source, fds[0], EPOLLIN,
			on_output, out);
	return r >= 0 ? DEVID_OK
		      : devid_fail(err, DEVID_ERR_IO, "pipe: %s", strerror(-r));
}

/* ---- its life ---- */

static int on_timer(sd_event_source *s, uint64_t now, void *user)
{
	struct onboard_task *task = user;

	(void)s;
	(void)now;
	if (task->pid == 0)
		return 0;
	task->too_long = true;
	kill_group(task->pid);
	return 0;
}

static void forget(struct onboard_task *task)
{
	task->on_end = sd_event_source_disable_unref(task->on_end);
	(void)sd_event_source_set_enabled(task->timer, SD_EVENT_OFF);
	close_output(&task->output);
	task->pid = 0;
	task->too_long = false;
}

static int on_end(sd_event_source *s, const siginfo_t *si, void *user)
{
	struct onboard_task *task = user;
	int status =
		si->si_code == CLD_EXITED ? si->si_status : ONBOARD_TASK_KILLED;

	(void)s; /* the one in task */
	if (task->too_long)
		status = ONBOARD_TASK_TOO_LONG;
	/* What it left behind ends with it. */
	(void)kill(-task->pid, SIGKILL);
	forget(task);
	task->options.ended(task->options.user, status);
	return 0;
}

enum devid_err onboard_task_new(sd_event *event,
	const struct onboard_task_options *options, struct onboard_task **ret,
	struct devid_error *err)
{
	struct onboard_task *task = calloc(1, sizeof(*task));
	int r;

	if (!task)
		return fail_no_memory(err);
	task->event = event;
	task->options = *options;
	task->output.fd = -1;
	r = sd_event_add_time_relative(event, &task->timer, CLOCK_MONOTONIC, 0,
		1000000, on_timer, task);
	if (r >= 0)
		r = sd_event_source_set_enabled(task->timer, SD_EVENT_OFF);
	if (r < 0) {
		onboard_task_free(task);
		return devid_fail(
			err, DEVID_ERR_IO, "onboarding: %s", strerror(-r));
	}
	*ret = task;
	return DEVID_OK;
}

void onboard_task_stop(struct onboard_task *task)
{
	if (task->pid == 0)
		return;
	task->on_end = sd_event_source_disable_unref(task->on_end);
	kill_group(task->pid);
	while (waitpid(task->pid, NULL, 0) < 0 && errno == EINTR)
		;
	forget(task);
}

void onboard_task_free(struct onboard_task *task)
{
	if (!task)
		return;
	if (task->timer)
		onboard_task_stop(task);
	sd_event_source_disable_unref(task->timer);
	free(task);
}

static enum devid_err start_program(struct onboard_task *task,
	const struct onboard_program *program, struct devid_error *err)
{
	CLEANUP(cleanup_close) int output = -1;
	struct spawn what = {
		.path = program->path,
		.argv = program->argv,
		.envp = program->envp,
		.as_user = program->as_user,
		.uid = program->uid,
		.gid = program->gid,
		.own_group = true,
		.capability = SPAWN_NO_CAPABILITY,
	};
	enum devid_err rc = open_output(task, program->path, &output, err);

	what.output = output;
	if (rc == DEVID_OK)
		rc = spawn_confined(&what, &task->pid, err);
	if (rc != DEVID_OK)
		close_output(&task->output);
	return rc;
}

enum devid_err onboard_task_start(struct onboard_task *task,
	const struct onboard_program *program, struct devid_error *err)
{
	enum devid_err rc;
	int r;

	if (task->pid)
		return devid_fail(err, DEVID_ERR_STATE,
			"%s: another program still runs", program->path);
	rc = start_program(task, program, err);
	if (rc != DEVID_OK) {
		task->pid = 0;
		return rc;
	}
	r = sd_event_add_child(
		task->event, &task->on_end, task->pid, WEXITED, on_end, task);
	if (r >= 0)
		r = sd_event_source_set_time_relative(
			task->timer, program->seconds * 1000000ull);
	if (r >= 0)
		r = sd_event_source_set_enabled(task->timer, SD_EVENT_ONESHOT);
	if (r >= 0)
		return DEVID_OK;
	onboard_task_stop(task);
	return devid_fail(err, DEVID_ERR_IO, "%s: not watched: %s",
		program->path, strerror(-r));
}

bool onboard_task_runs(const struct onboard_task *task)
{
	return task->pid != 0;
}
