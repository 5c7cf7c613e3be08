/* SPDX-License-Identifier: Apache-2.0 */
#include "overview-run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define PROGRAM "devid-report"

/* Where it lies: in the folder of this program, else in ../bin. */
static enum devid_err find(char *ret, size_t size, struct devid_error *err)
{
	static const char *const places[] = { "", "../bin/" };
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	int n;

	if (len < 0)
		return devid_fail(err, DEVID_ERR_IO, "/proc/self/exe: %s",
			strerror(errno));
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		n = snprintf(ret, size, "%s%s" PROGRAM, self, places[i]);
		if (n > 0 && (size_t)n < size && access(ret, X_OK) == 0)
			return DEVID_OK;
	}
	return devid_fail(err, DEVID_ERR_NOT_FOUND,
		PROGRAM ": not in %s, nor in ../bin from there", self);
}

static int spawn(const char *path, int in,
	const struct overview_targets *targets, pid_t *ret)
{
	const char *argv[8] = { PROGRAM, "site" };
	posix_spawn_file_actions_t actions;
	size_t n = 2;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return r;
	if (targets->csv) {
		argv[n++] = "--csv";
		argv[n++] = targets->csv;
	}
	if (targets->out) {
		argv[n++] = "--out";
		argv[n++] = targets->out;
	}
	r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn(ret, path, &actions, NULL, (char *const *)argv,
			environ);
	(void)posix_spawn_file_actions_destroy(&actions); /* r tells */
	return r;
}

enum devid_err overview_run(const struct overview_targets *targets,
	struct overview_child *ret, struct devid_error *err)
{
	char path[PATH_MAX + 32];
	int fds[2], r;
	enum devid_err rc = find(path, sizeof(path), err);

	if (rc != DEVID_OK)
		return rc;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "pipe: %s", strerror(errno));
	r = spawn(path, fds[0], targets, &ret->pid);
	(void)close(fds[0]); /* the child's now */
	ret->in = r == 0 ? fdopen(fds[1], "w") : NULL;
	if (ret->in) {
		(void)signal(SIGPIPE, SIG_IGN); /* cannot fail */
		return DEVID_OK;
	}
	(void)close(fds[1]); /* what there was to lose is told */
	if (r == 0) {
		(void)kill(ret->pid, SIGTERM);
		(void)waitpid(ret->pid, NULL, 0);
	}
	return devid_fail(
		err, DEVID_ERR_IO, "%s: %s", path, strerror(r ? r : errno));
}

int overview_wait(struct overview_child *child, bool good)
{
	int status;

	if (!good)
		(void)kill(child->pid, SIGTERM); /* it may have ended */
	(void)fclose(child->in);                 /* what counts was flushed */
	child->in = NULL;
	while (waitpid(child->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
