/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

bool trace_me(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 &&
	       raise(SIGSTOP) == 0;
}

/* Waits until it has stopped: false when it has ended, as *@ret_status says. */
static bool has_stopped(pid_t pid, int *ret_status)
{
	return waitpid(pid, ret_status, 0) == pid && WIFSTOPPED(*ret_status);
}

/* To its next stop of that kind. A signal for it is passed on. */
static bool run_on(pid_t pid, enum __ptrace_request how, int *status)
{
	int sig = WSTOPSIG(*status);

	if (sig == SIGTRAP || sig == (SIGTRAP | 0x80) || sig == SIGSTOP)
		sig = 0; /* ours */
	return ptrace(how, pid, NULL, (long)sig) == 0 &&
	       has_stopped(pid, status);
}

static bool run_for(
	pid_t pid, enum __ptrace_request how, unsigned n, int *status)
{
	for (; n > 0; n--) {
		if (!run_on(pid, how, status))
			return false;
	}
	return true;
}

bool trace_kill(pid_t pid, unsigned calls, unsigned steps, int *ret_status)
{
	if (!has_stopped(pid, ret_status) ||
		!run_for(pid, PTRACE_SYSCALL, calls, ret_status) ||
		!run_for(pid, PTRACE_SINGLESTEP, steps, ret_status))
		return false;
	return kill(pid, SIGKILL) == 0 && waitpid(pid, ret_status, 0) == pid &&
	       WIFSIGNALED(*ret_status) && WTERMSIG(*ret_status) == SIGKILL;
}

static bool is_at_read(pid_t pid)
{
	struct __ptrace_syscall_info info = { 0 };

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY &&
	       info.entry.nr == SYS_read;
}

bool trace_to_read(pid_t pid, bool (*is_it)(void *arg), void *arg)
{
	int status;

	if (!has_stopped(pid, &status) ||
		ptrace(PTRACE_SETOPTIONS, pid, NULL,
			(long)PTRACE_O_TRACESYSGOOD) < 0)
		return false;
	do {
		if (!run_on(pid, PTRACE_SYSCALL, &status))
			return false;
	} while (!is_at_read(pid) || !is_it(arg));
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0;
}
