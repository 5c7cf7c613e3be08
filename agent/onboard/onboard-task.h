/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ONBOARD_TASK_H
#define DEVID_ONBOARD_TASK_H

/*
 * One program at a time, without a shell, with an end: how it ended is told,
 * and one that takes too long is killed with all that it started. What it
 * prints becomes messages of the agent, a line each, up to 8 KiB.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

/* How a program ended, beside its exit status from 0. */
#define ONBOARD_TASK_KILLED   (-1) /* by a signal */
#define ONBOARD_TASK_TOO_LONG (-2)

struct onboard_task;

struct onboard_task_options {
	/* @status: the exit status, or one of the above. Another program may
	 * be started from here. */
	void (*ended)(void *user, int status);
	void *user; /* borrowed: for @ended */
};

struct onboard_program {
	const char *path;        /* borrowed, as all here */
	const char *const *argv; /* ends with NULL */
	const char *const *envp; /* ends with NULL */
	bool as_user;            /* with that user's rights and no capability */
	uid_t uid;
	gid_t gid;
	unsigned seconds; /* that it may take */
};

/* *@ret is the caller's: onboard_task_free(). Errors: IO, NOMEM. */
DEVID_MUST_CHECK enum devid_err onboard_task_new(sd_event *event,
	const struct onboard_task_options *options, struct onboard_task **ret,
	struct devid_error *err);

/* Kills what runs. */
void onboard_task_free(struct onboard_task *task);

/* None may run. Errors: STATE (one does), IO (also when it cannot be
 * executed). */
DEVID_MUST_CHECK enum devid_err onboard_task_start(struct onboard_task *task,
	const struct onboard_program *program, struct devid_error *err);

/* Kills what runs; its end is not told. */
void onboard_task_stop(struct onboard_task *task);

bool onboard_task_runs(const struct onboard_task *task);

#endif
