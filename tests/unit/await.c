/* SPDX-License-Identifier: Apache-2.0 */
#include "await.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cmocka-all.h"

#define FDS_MAX 4

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int await_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	assert_true(fd >= 0);
	return fd;
}

static int await_any_until(const int *fds, unsigned n, int64_t deadline)
{
	struct pollfd p[FDS_MAX];
	int ready;

	assert_true(n <= FDS_MAX);
	for (unsigned i = 0; i < n; i++)
		p[i] = (struct pollfd) { .fd = fds[i], .events = POLLIN };
	do {
		int64_t left = deadline - now_ms();

		ready = poll(p, n, left > 0 ? (int)left : 0);
	} while (ready < 0 && errno == EINTR);
	for (unsigned i = 0; ready > 0 && i < n; i++) {
		if (p[i].revents != 0)
			return (int)i;
	}
	return -1;
}

int await_any(const int *fds, unsigned n)
{
	return await_any_until(fds, n, now_ms() + AWAIT_SECONDS * 1000);
}

int await_notify_open(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int n = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);

	assert_true(fd >= 0);
	assert_true(n > 0 && (size_t)n < sizeof(addr.sun_path));
	(void)unlink(path); /* of an earlier start */
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(chmod(path, 0666), 0);
	return fd;
}

/* Whether a line of this message is READY=1. */
static bool take_message(int fd)
{
	char text[512] = "\n";
	ssize_t n = recv(fd, text + 1, sizeof(text) - 2, 0);

	if (n < 0)
		return false;
	text[n + 1] = '\0';
	return strstr(text, "\nREADY=1") != NULL;
}

bool await_notify_ready(int fd, pid_t pid)
{
	const int fds[] = { fd, await_pidfd(pid) };
	int64_t deadline = now_ms() + AWAIT_SECONDS * 1000;
	bool ready = false;

	/* The message first: who says that it is ready and ends was ready. */
	while (!ready && await_any_until(fds, 2, deadline) == 0)
		ready = take_message(fd);
	(void)close(fds[1]);
	return ready;
}

int await_watch_open(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	assert_true(fd >= 0);
	assert_true(inotify_add_watch(fd, path, IN_MODIFY) >= 0);
	return fd;
}

void await_watch_clear(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}
