/* SPDX-License-Identifier: Apache-2.0 */
#include "station-run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "fail.h"

extern char **environ;

struct running {
	const char *name; /* borrowed: first word, for messages */
	pid_t pid;
	int in, out;       /* owned; -1: closed */
	struct view input; /* what is left of it */
	uint8_t *output;   /* owned */
	size_t len;
	unsigned seconds;
	int64_t end; /* milliseconds */
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

/*
 * Starts @argv with its ends of the two pipes, in a session of its own: what it
 * starts in turn ends with it, and what asks at a terminal fails, not hangs.
 */
static int spawn(char *const *argv, int in, int out, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t pipe_signal;
	int r;

	if (!argv[0])
		return EINVAL;
	(void)sigemptyset(&pipe_signal);
	(void)sigaddset(&pipe_signal, SIGPIPE);
	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return r;
	}
	r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(
			&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attr, &pipe_signal);
	if (r == 0)
		r = posix_spawnattr_setflags(
			&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	if (r == 0)
		r = posix_spawnp(ret, argv[0], &actions, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static enum devid_err start(
	char *const *argv, struct running *p, struct devid_error *err)
{
	CLEANUP(cleanup_close) int child_in = -1;
	CLEANUP(cleanup_close) int child_out = -1;
	int in[2], out[2], r;

	if (pipe2(in, O_CLOEXEC) < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", argv[0], strerror(errno));
	child_in = in[0];
	p->in = in[1];
	if (pipe2(out, O_CLOEXEC) < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", argv[0], strerror(errno));
	child_out = out[1];
	p->out = out[0];
	if (fcntl(p->in, F_SETFL, O_NONBLOCK) < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", argv[0], strerror(errno));
	r = spawn(argv, child_in, child_out, &p->pid);
	if (r != 0)
		return devid_fail(err,
			r == ENOENT ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
			"%s: %s", argv[0], strerror(r));
	return DEVID_OK;
}

/* Who does not read what he is given has read enough. */
static void feed(struct running *p)
{
	ssize_t n = 0;

	if (p->input.len > 0)
		n = write(p->in, p->input.data, p->input.len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		p->input.data += n;
		p->input.len -= (size_t)n;
	}
	if (n < 0 || p->input.len == 0)
		close_fd(&p->in);
}

static enum devid_err drain(struct running *p, struct devid_error *err)
{
	ssize_t n = read(
		p->out, p->output + p->len, STATION_OUTPUT_MAX + 1 - p->len);

	if (n < 0 && errno != EINTR)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", p->name, strerror(errno));
	if (n == 0)
		close_fd(&p->out);
	if (n > 0)
		p->len += (size_t)n;
	if (p->len > STATION_OUTPUT_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: prints more than %d bytes", p->name,
			STATION_OUTPUT_MAX);
	return DEVID_OK;
}

static enum devid_err too_slow(const struct running *p, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_TIMEOUT,
		"%s: not done after %u seconds", p->name, p->seconds);
}

/* Until it has closed its output. */
static enum devid_err talk(struct running *p, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	while (rc == DEVID_OK && p->out >= 0) {
		struct pollfd fds[2] = { { p->out, POLLIN, 0 },
			{ p->in, POLLOUT, 0 } }; /* -1 is passed over */
		int64_t left = p->end - now_ms();
		int n = left > 0 ? poll(fds, 2, (int)left) : 0;

		if (n == 0)
			return too_slow(p, err);
		if (n < 0 && errno != EINTR)
			return devid_fail(err, DEVID_ERR_IO, "%s: %s", p->name,
				strerror(errno));
		if (n > 0 && fds[1].revents)
			feed(p);
		if (n > 0 && fds[0].revents)
			rc = drain(p, err);
	}
	return rc;
}

/* Until it has ended: with its output closed it may stay. */
static enum devid_err await_end(
	const struct running *p, struct devid_error *err)
{
	CLEANUP(cleanup_close) int fd = pidfd_open(p->pid, 0);
	struct pollfd ended = { fd, POLLIN, 0 };
	int n = -1;

	while (fd >= 0 && n < 0) {
		int64_t left = p->end - now_ms();

		n = poll(&ended, 1, left > 0 ? (int)left : 0);
		if (n < 0 && errno != EINTR)
			break;
	}
	if (n < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", p->name, strerror(errno));
	return n == 0 ? too_slow(p, err) : DEVID_OK;
}

static enum devid_err reap(struct running *p, const char *step, bool kill_it,
	struct devid_error *err)
{
	int status = 0;

	if (kill_it)
		(void)kill(-p->pid, SIGKILL); /* ours: not waited for yet */
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return DEVID_OK;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"%s: no such program, here or on the device", p->name);
	if (WIFEXITED(status))
		return devid_fail(err, DEVID_ERR_STATE,
			"%s: provision %s: failed on the device (exit %d)",
			p->name, step, WEXITSTATUS(status));
	return devid_fail(err, DEVID_ERR_STATE,
		"%s: provision %s: ended by signal %d", p->name, step,
		WTERMSIG(status));
}

/* The words of the command in @argv of STATION_ARGS_MAX + 1. */
static enum devid_err gather(
	const struct station_run *what, char **argv, struct devid_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < what->n_prefix && n < STATION_ARGS_MAX; i++)
		argv[n++] = what->prefix[i];
	for (size_t i = 0; what->args[i] && n < STATION_ARGS_MAX; i++)
		argv[n++] = (char *)what->args[i]; /* exec wants it so */
	if (n == 0)
		return devid_fail(err, DEVID_ERR_INVALID, "no command");
	if (n == STATION_ARGS_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"the command has more than %d words",
			STATION_ARGS_MAX - 1);
	argv[n] = NULL;
	return DEVID_OK;
}

enum devid_err station_run(const struct station_run *what, struct blob *ret,
	struct devid_error *err)
{
	char *argv[STATION_ARGS_MAX + 1] = { NULL };
	struct running p = { .in = -1, .out = -1 };
	enum devid_err rc = gather(what, argv, err);
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

	if (rc != DEVID_OK)
		return rc;
	p.name = argv[0];
	p.input = what->input;
	p.seconds = what->seconds ? what->seconds : STATION_RUN_SECONDS;
	p.end = now_ms() + (int64_t)p.seconds * 1000;
	p.output = malloc(STATION_OUTPUT_MAX + 2);
	if (!p.output)
		return fail_no_memory(err);
	(void)sigaction(SIGPIPE, &ignore, &before); /* fixed arguments */
	rc = start(argv, &p, err);
	if (rc == DEVID_OK) {
		rc = talk(&p, err);
		close_fd(&p.in);
		if (rc == DEVID_OK)
			rc = await_end(&p, err);
		if (rc == DEVID_OK)
			rc = reap(&p, what->args[1], false, err);
		else
			(void)reap(&p, what->args[1], true, NULL);
	}
	(void)sigaction(SIGPIPE, &before, NULL);
	close_fd(&p.in);
	close_fd(&p.out);
	if (rc != DEVID_OK) {
		free(p.output);
		return rc;
	}
	p.output[p.len] = '\0';
	*ret = (struct blob) { p.output, p.len };
	return DEVID_OK;
}
