/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-task.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"
#include "log.h"
#include "spawn.h"

struct onboard_task {
	sd_event *event; /* borrowed */
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
	const struct spawn what = {
		.path = program->path,
		.argv = program->argv,
		.envp = program->envp,
		.as_user = program->as_user,
		.uid = program->uid,
		.gid = program->gid,
		.own_group = true,
		.capability = SPAWN_NO_CAPABILITY,
		.output = STDERR_FILENO,
	};

	return spawn_confined(&what, &task->pid, err);
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
