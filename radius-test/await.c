/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits for events, for shell scripts: usage() says which. A script that waits
 * for a condition reads the lines of `await changes` and looks again at each
 * (wait_on in lib/wait.sh), instead of looking again after a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define THINGS_MAX      32
#define SECONDS_DEFAULT 30
#define SECONDS_MAX     3600

#define EXIT_LATE  1 /* also: what cannot be waited for */
#define EXIT_WRONG 2

/* What epoll tells, as its data. */
enum source {
	FILES,
	PROCESS,
	TERMINAL,
	CLOCK,
	READER
};

struct watch {
	int wd;
	char name[NAME_MAX + 1]; /* "": all that is in the folder */
};

static int epoll_fd, inotify_fd;
static struct watch watches[THINGS_MAX];
static unsigned n_watches;
static int64_t deadline; /* milliseconds of the monotonic clock */

static void usage(FILE *to)
{
	(void)fputs(
		"usage: await exit [--seconds N] PID...\n"
		"       await time [--seconds N] EPOCH\n"
		"       await changes [--seconds N] [--reads] PID|PATH...\n"
		"\n"
		"exit     until all these processes have ended\n"
		"time     until the clock shows EPOCH (seconds since 1970) or later\n"
		"changes  prints `watching`, and from then on `change` when one of the\n"
		"         things has changed, until nobody reads that any more. A number\n"
		"         is a process, that ends; a folder changes with all that is\n"
		"         directly in it; a terminal with its settings; any other PATH\n"
		"         when that file comes, goes or is written. It may be missing,\n"
		"         its folder may not.\n"
		"--reads  also when a file was read to its end and closed\n"
		"\n"
		"At most N seconds, 30 by default. Exit status: 0 it has happened or\n"
		"nobody reads any more, 1 not in time or cannot be told, 2 wrong call.\n",
		to);
}

__attribute__((noreturn)) static void fail(
	int code, const char *subject, const char *cause)
{
	(void)fprintf(stderr, "await: %s: %s\n", subject, cause);
	exit(code);
}

__attribute__((noreturn)) static void fail_errno(const char *subject)
{
	fail(EXIT_LATE, subject, strerror(errno));
}

/* A number of digits alone from 1 to @max, else -1. */
static long number(const char *text, long max)
{
	char *end;
	long n;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' && n >= 1 && n <= max ? n : -1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what is waited for ---- */

static bool add(int fd, enum source source, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u32 = source };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0;
}

/* False when it is gone already. */
static bool add_process(pid_t pid, const char *text)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0 && errno == ESRCH)
		return false;
	/* Once is enough: it stays readable. */
	if (fd < 0 || !add(fd, PROCESS, EPOLLIN | EPOLLONESHOT))
		fail_errno(text);
	return true;
}

/* New settings wake who waits at a terminal, whether it can be read or not. */
static bool add_terminal(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && isatty(fd) &&
	       add(fd, TERMINAL, EPOLLIN | EPOLLOUT | EPOLLET);
}

/* The name of an entry is looked for in its folder's events: it may come, and
 * be replaced. */
static void add_path(const char *path, uint32_t mask)
{
	struct watch *w = &watches[n_watches++];
	char copy[PATH_MAX], folder[PATH_MAX];
	struct stat st;
	bool is_there = stat(path, &st) == 0;

	if (is_there && S_ISCHR(st.st_mode)) {
		if (!add_terminal(path))
			fail(EXIT_LATE, path, "no terminal to watch");
		n_watches--;
		return;
	}
	if (strlen(path) >= sizeof(copy))
		fail(EXIT_LATE, path, strerror(ENAMETOOLONG));
	(void)snprintf(folder, sizeof(folder), "%s", path);
	w->name[0] = '\0';
	if (!is_there || !S_ISDIR(st.st_mode)) {
		(void)snprintf(copy, sizeof(copy), "%s", path);
		(void)snprintf(w->name, sizeof(w->name), "%s", basename(copy));
		(void)snprintf(copy, sizeof(copy), "%s", path);
		(void)snprintf(folder, sizeof(folder), "%s", dirname(copy));
	}
	w->wd = inotify_add_watch(inotify_fd, folder, mask);
	if (w->wd < 0)
		fail_errno(folder);
}

static bool concerns(const struct inotify_event *e)
{
	/* Events were lost, or the folder goes: whatever it was. */
	if (e->wd < 0 || (e->mask & (IN_IGNORED | IN_UNMOUNT)))
		return true;
	for (unsigned i = 0; i < n_watches; i++) {
		if (watches[i].wd == e->wd &&
			(watches[i].name[0] == '\0' ||
				(e->len > 0 &&
					strcmp(watches[i].name, e->name) == 0)))
			return true;
	}
	return false;
}

/* Takes all events; whether one concerns what is watched. */
static bool take_file_events(void)
{
	char buf[16384]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t n;

	while ((n = read(inotify_fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e =
				(const struct inotify_event *)(buf + at);

			changed = changed || concerns(e);
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	}
	return changed;
}

/* ---- waiting ---- */

/* The next events; ends the program when there are none in time. */
static int next(struct epoll_event *events, int max)
{
	int64_t left = deadline - now_ms();
	int n;

	do
		n = epoll_wait(epoll_fd, events, max, left > 0 ? (int)left : 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		fail_errno("epoll");
	if (n == 0 || left <= 0)
		fail(EXIT_LATE, "giving up", "not in time");
	return n;
}

static int wait_exit(char **pids)
{
	struct epoll_event event;
	unsigned left = 0;

	for (; *pids; pids++) {
		long pid = number(*pids, INT_MAX);

		if (pid < 0)
			fail(EXIT_WRONG, *pids, "not a process number");
		left += add_process((pid_t)pid, *pids);
	}
	while (left > 0)
		left -= (unsigned)next(&event, 1);
	return 0;
}

static int wait_time(const char *text)
{
	struct itimerspec at = { .it_value.tv_sec = number(text, INT_MAX) };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
	struct epoll_event event;

	if (at.it_value.tv_sec < 0)
		fail(EXIT_WRONG, text, "not a time in seconds since 1970");
	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) < 0 ||
		!add(fd, CLOCK, EPOLLIN))
		fail_errno("timer");
	(void)next(&event, 1);
	return 0;
}

static bool say(const char *line)
{
	ssize_t len = (ssize_t)strlen(line);

	return write(STDOUT_FILENO, line, (size_t)len) == len;
}

static int print_changes(void)
{
	struct epoll_event events[8];

	while (true) {
		int n = next(events, 8);
		bool changed = false;

		for (int i = 0; i < n; i++) {
			if (events[i].data.u32 == READER)
				return 0;
			changed = changed || events[i].data.u32 != FILES ||
				  take_file_events();
		}
		if (changed && !say("change\n"))
			return 0;
	}
}

static int wait_changes(char **things, bool reads)
{
	uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
			IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE;
	bool gone = false;

	inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (inotify_fd < 0 || !add(inotify_fd, FILES, EPOLLIN))
		fail_errno("inotify");
	/* A pipe without a reader. A file never is: EPERM, and no loss. */
	(void)add(STDOUT_FILENO, READER, 0);
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail */
	for (; *things; things++) {
		long pid = number(*things, INT_MAX);

		if (pid < 0)
			add_path(
				*things, mask | (reads ? IN_CLOSE_NOWRITE : 0));
		else
			gone = !add_process((pid_t)pid, *things) || gone;
	}
	if (!say("watching\n") || (gone && !say("change\n")))
		return 0;
	return print_changes();
}

/* ---- the command line ---- */

/* Takes the options off; returns the first of what is left. */
static char **options(char **arg, bool *ret_reads)
{
	long seconds = SECONDS_DEFAULT;

	for (; *arg && strncmp(*arg, "--", 2) == 0; arg++) {
		if (strcmp(*arg, "--reads") == 0) {
			*ret_reads = true;
			continue;
		}
		if (strcmp(*arg, "--seconds") != 0)
			fail(EXIT_WRONG, *arg, "not an option (see --help)");
		arg++;
		seconds = *arg ? number(*arg, SECONDS_MAX) : -1;
		if (seconds < 0)
			fail(EXIT_WRONG, "--seconds", "needs 1 to 3600");
	}
	deadline = now_ms() + seconds * 1000;
	return arg;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	bool reads = false;
	char **things;

	if (strcmp(what, "--help") == 0) {
		usage(stdout);
		return 0;
	}
	things = options(argv + (argc > 1 ? 2 : 1), &reads);
	if (!*things || argv + argc - things > THINGS_MAX)
		fail(EXIT_WRONG, "1 to 32 things to wait for", "(see --help)");
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		fail_errno("epoll");
	if (strcmp(what, "exit") == 0)
		return wait_exit(things);
	if (strcmp(what, "time") == 0 && !things[1])
		return wait_time(*things);
	if (strcmp(what, "changes") == 0)
		return wait_changes(things, reads);
	fail(EXIT_WRONG, what, "not a command (see --help)");
}
