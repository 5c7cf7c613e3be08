/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_TRACE_H
#define TEST_TRACE_H

/*
 * A child at a chosen point instead of at a chosen time, by ptrace(2): killed
 * after so many system calls and instructions, or seen to begin a read. Threads
 * that the child starts are not held, but die with it.
 */

#include <stdbool.h>
#include <sys/types.h>

/* In the child, which must not be traced yet: points count from here on, and
 * it waits for the parent to call one of those below. False: not possible. */
bool trace_me(void);

/*
 * In the parent: lets the child @pid run past @calls stops (each system call
 * has two, before and after it) and then @steps instructions, kills it and
 * waits for it. False when it ended by itself before; then *@ret_status is how,
 * as of waitpid(2).
 */
bool trace_kill(pid_t pid, unsigned calls, unsigned steps, int *ret_status);

/*
 * In the parent: lets the child @pid run until it is about to read(2) while
 * @is_it says so, and on from there untraced. What comes then, also a signal,
 * finds it reading. False when it ended before; it has been waited for then.
 */
bool trace_to_read(pid_t pid, bool (*is_it)(void *arg), void *arg);

#endif
