/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   kill-at CALLS COMMAND...
 *
 * Runs COMMAND and kills it (SIGKILL) at its CALLS-th stop, of which each
 * system call of its main thread has two. Exit status: 137 when it was killed,
 * else that of COMMAND; 126 when it cannot be run, 2 after a wrong call.
 */
#include "trace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED 137

int main(int argc, char **argv)
{
	unsigned calls = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	int status = 0;
	pid_t pid;

	if (calls == 0) {
		(void)fputs("usage: kill-at CALLS COMMAND...\n", stderr);
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (trace_me())
			(void)execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(126);
	}
	if (pid < 0) {
		perror("fork");
		return 126;
	}
	if (trace_kill(pid, calls, 0, &status))
		return KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
