/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_SPAWN_H
#define DEVID_AGENT_SPAWN_H

/*
 * Starting a program with less than we have: another user and group, no further
 * groups, one capability or none, no way to gain more, no core dump, and an end
 * when the agent ends. And recognising one that an agent before us left behind.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	const char *path;        /* borrowed, as all here */
	const char *const *argv; /* ends with NULL */
	const char *const *envp; /* ends with NULL */
	bool as_user;            /* false: with all that we have */
	uid_t uid;               /* as all down to capability, with as_user */
	gid_t gid;
	unsigned capability; /* the only one; or SPAWN_NO_CAPABILITY */
	bool own_group;      /* it leads a process group of its own */
	int output;          /* becomes its standard output and error */
};

#define SPAWN_NO_CAPABILITY 64u /* more than there can be */

/* Starts the program; the kernel kills it when the calling thread's process
 * ends. Errors: IO (also when it cannot be executed). */
DEVID_MUST_CHECK enum devid_err spawn_confined(
	const struct spawn *what, pid_t *ret_pid, struct devid_error *err);

/* Records @pid in @path so that spawn_kill_leftover() can find it. */
DEVID_MUST_CHECK enum devid_err spawn_record(
	const char *path, pid_t pid, struct devid_error *err);

/*
 * Kills the process recorded in @path if it still is the very one: same pid,
 * same start time, running @program. Waits for its end, at most two seconds,
 * and removes @path. Returns whether one was killed.
 */
bool spawn_kill_leftover(const char *path, const char *program);

#endif
