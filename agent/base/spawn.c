/* SPDX-License-Identifier: Apache-2.0 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "files.h"
#include "log.h"

#define RECORD_MAX    64 /* bytes of a pid file */
#define LEFTOVER_WAIT 2000

/* Everything from here to exec runs in the child: nothing is allocated. */

static int set_capabilities(unsigned cap)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (cap == SPAWN_NO_CAPABILITY)
		return (int)syscall(SYS_capset, &head, data);
	data[cap / 32].permitted = 1u << (cap % 32);
	data[cap / 32].effective = 1u << (cap % 32);
	data[cap / 32].inheritable = 1u << (cap % 32);
	if (syscall(SYS_capset, &head, data) < 0)
		return -1;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

static int drop_bounding(unsigned keep)
{
	for (unsigned cap = 0; cap < 64; cap++) {
		if (cap == keep || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -1;
	}
	return 0;
}

static int become_user(const struct spawn *what)
{
	if (drop_bounding(what->capability) < 0 || setgroups(0, NULL) < 0 ||
		setresgid(what->gid, what->gid, what->gid) < 0 ||
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
		setresuid(what->uid, what->uid, what->uid) < 0)
		return -1;
	return set_capabilities(what->capability);
}

static int confine(const struct spawn *what, pid_t parent)
{
	const struct rlimit no_core = { 0, 0 };

	if ((what->own_group && setpgid(0, 0) < 0) ||
		(what->as_user &&
			(become_user(what) < 0 ||
				prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)) ||
		setrlimit(RLIMIT_CORE, &no_core) < 0)
		return -1;
	/* Last: a change of credentials forgets it (prctl(2)). The parent may
	 * have died before it was set. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -1;
	if (getppid() != parent) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

static int redirect(int output)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(output, STDOUT_FILENO) < 0 ||
		dup2(output, STDERR_FILENO) < 0)
		return -1;
	/* Only these three: whatever else is open is not its business. */
	return (int)syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
}

/* Reports why it failed through @report, which exec closes. */
static _Noreturn void child(const struct spawn *what, pid_t parent, int report)
{
	sigset_t none;
	int saved;

	sigemptyset(&none);
	if (redirect(what->output) == 0 && confine(what, parent) == 0 &&
		signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
		sigprocmask(SIG_SETMASK, &none, NULL) == 0)
		execve(what->path, (char *const *)what->argv,
			(char *const *)what->envp);
	saved = errno;
	if (write(report, &saved, sizeof(saved)) < 0)
		_exit(126);
	_exit(127);
}

enum devid_err spawn_confined(
	const struct spawn *what, pid_t *ret_pid, struct devid_error *err)
{
	CLEANUP(cleanup_close) int in = -1;
	CLEANUP(cleanup_close) int out = -1;
	pid_t parent = getpid();
	int fds[2];
	int cause = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "spawn: pipe: %s", strerror(errno));
	in = fds[0];
	out = fds[1];
	pid = fork();
	if (pid < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "spawn: fork: %s", strerror(errno));
	if (pid == 0)
		child(what, parent, out);
	(void)close(steal_fd(&out)); /* so that the read below can end */
	if (read(in, &cause, sizeof(cause)) == (ssize_t)sizeof(cause)) {
		(void)waitpid(pid, NULL, 0); /* it has said why */
		return devid_fail(err, DEVID_ERR_IO, "spawn: %s: %s",
			what->path, strerror(cause));
	}
	*ret_pid = pid;
	return DEVID_OK;
}

/* Field 22 of /proc/PID/stat, or 0. The name in field 2 may hold anything
 * but ends at the last ')'. */
static unsigned long long start_time(pid_t pid)
{
	CLEANUP(cleanup_fclose) FILE *f = NULL;
	char path[64], line[1024];
	char *p;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		return 0;
	p = strrchr(line, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p, NULL, 10) : 0;
}

enum devid_err spawn_record(
	const char *path, pid_t pid, struct devid_error *err)
{
	char text[RECORD_MAX];
	int n = snprintf(
		text, sizeof(text), "%d %llu\n", (int)pid, start_time(pid));

	return files_write_atomic(path, text, (size_t)n, 0644, err);
}

static bool runs(pid_t pid, const char *program)
{
	struct stat exe, file;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return stat(path, &exe) == 0 && stat(program, &file) == 0 &&
	       exe.st_dev == file.st_dev && exe.st_ino == file.st_ino;
}

static bool kill_if_same(
	pid_t pid, unsigned long long started, const char *program)
{
	/* The pid cannot go to another process while this is open and the
	 * checks below hold. */
	CLEANUP(cleanup_close) int fd = pidfd_open(pid, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	if (fd < 0 || started == 0 || start_time(pid) != started ||
		!runs(pid, program))
		return false;
	if (pidfd_send_signal(fd, SIGKILL, NULL, 0) < 0)
		return false;
	if (poll(&pfd, 1, LEFTOVER_WAIT) != 1)
		log_warn("wpa_supplicant: %d: does not die", (int)pid);
	return true;
}

bool spawn_kill_leftover(const char *path, const char *program)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	unsigned long long started;
	bool killed = false;
	char *end;
	size_t len;
	long pid;

	if (files_read(path, RECORD_MAX, &text, &len, NULL) != DEVID_OK)
		return false;
	pid = strtol((const char *)text, &end, 10);
	started = strtoull(end, NULL, 10);
	if (pid > 1 && pid <= INT_MAX)
		killed = kill_if_same((pid_t)pid, started, program);
	(void)unlink(path); /* its process is gone one way or the other */
	return killed;
}
