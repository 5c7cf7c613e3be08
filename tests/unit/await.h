/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_AWAIT_H
#define TEST_AWAIT_H

/*
 * Waiting for events: a started program tells that it is ready, a file
 * changes, a process ends. Nothing is looked at again after a while. The
 * deadline is one for all and only bounds a test that fails.
 */

#include <stdbool.h>
#include <sys/types.h>

#define AWAIT_SECONDS 60

/* A descriptor by which the child @pid is seen to end; the caller closes it,
 * and still waits for the child. Asserts. */
int await_pidfd(pid_t pid);

/* Waits until one of @fds can be read or has no writer any more: the index of
 * the first such one, or -1 when the time is over. */
int await_any(const int *fds, unsigned n);

/* Makes the socket @path, to be NOTIFY_SOCKET of a program that tells by
 * sd_notify(3) that it is ready; any user may write to it. The caller closes
 * it and removes the file. Asserts. */
int await_notify_open(const char *path);

/* Waits until READY=1 comes to that socket. False when @pid has ended before,
 * or the time is over. */
bool await_notify_ready(int fd, pid_t pid);

/* A descriptor that can be read after a write to the file @path, or, of a
 * folder, when a file in it is written. To be opened before one looks at what
 * is to change. Asserts. */
int await_watch_open(const char *path);

/* Takes the changes so far from it: what comes from here on wakes again. */
void await_watch_clear(int fd);

#endif
