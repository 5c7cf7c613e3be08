/* SPDX-License-Identifier: Apache-2.0 */
#include "crash-fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka-all.h"

void crash_told_done(struct crash_told *t)
{
	for (unsigned i = 0; i < t->n; i++)
		free(t->text[i]);
	t->n = 0;
}

bool crash_tell(int fd, const char *text)
{
	unsigned len = (unsigned)strlen(text);

	return write(fd, &len, sizeof(len)) == sizeof(len) &&
	       write(fd, text, len) == (ssize_t)len;
}

static void hear(int fd, struct crash_told *t)
{
	unsigned len;

	for (t->n = 0; read(fd, &len, sizeof(len)) == sizeof(len); t->n++) {
		assert_true(t->n < CRASH_TOLD_MAX);
		t->text[t->n] = calloc(1, len + 1);
		assert_non_null(t->text[t->n]);
		assert_int_equal(read(fd, t->text[t->n], len), (ssize_t)len);
	}
}

static void set_faults(
	const struct crash_run *r, const char *dir, const char *shadow)
{
	char at[16], trace[16];

	(void)snprintf(at, sizeof(at), "%u", r->kill_at);
	(void)snprintf(trace, sizeof(trace), "%d", r->trace);
	/* A failed assertion is this process's end, not the next test's. */
	if (setenv("CMOCKA_TEST_ABORT", "1", 1) != 0 ||
		setenv("FILE_FAULT_DIR", dir, 1) != 0 ||
		setenv("FILE_FAULT_KILL", at, 1) != 0 ||
		(shadow && setenv("FILE_FAULT_SHADOW", shadow, 1) != 0) ||
		(r->trace && setenv("FILE_FAULT_TRACE", trace, 1) != 0) ||
		(r->lose && setenv("FILE_FAULT_LOSE", r->lose, 1) != 0))
		_exit(2);
}

bool crash_run(const struct crash_run *r, const char *dir, const char *shadow,
	struct crash_told *ret)
{
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		set_faults(r, dir, shadow);
		_exit(r->work(r->arg, dir, fds[1]) ? 0 : 1);
	}
	(void)close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	hear(fds[0], ret);
	(void)close(fds[0]);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	assert_int_equal(status, 0);
	return false;
}

void crash_disks_done(struct crash_disks *d)
{
	if (!d->real)
		return;
	free(d->real);
	free(d->shadow);
	d->real = d->shadow = NULL;
	tempdir_remove(&d->dir);
}

void crash_disks_new(struct crash_disks *d)
{
	crash_disks_done(d);
	d->dir = tempdir_new_on_disk();
	d->real = strdup(tempdir_file(&d->dir, "real"));
	d->shadow = strdup(tempdir_file(&d->dir, "shadow"));
	assert_non_null(d->real);
	assert_non_null(d->shadow);
	assert_int_equal(mkdir(d->real, 0700), 0);
	assert_int_equal(mkdir(d->shadow, 0700), 0);
}

/* ---- which calls ---- */

static void choose(struct crash_places *p, unsigned at)
{
	if (p->n > 0 && p->at[p->n - 1] == at)
		return;
	if (p->n == p->size) {
		p->size = p->size ? 2 * p->size : 64;
		p->at = realloc(p->at, p->size * sizeof(*p->at));
		assert_non_null(p->at);
	}
	p->at[p->n++] = at;
}

static void choose_of(FILE *trace, struct crash_places *ret)
{
	const char *every = getenv("DEVID_LONG");
	char line[PATH_MAX], last[PATH_MAX] = "";
	unsigned at = 0, same = 0;

	while (fgets(line, sizeof(line), trace)) {
		same = strcmp(line, last) == 0 ? same + 1 : 1;
		if (same == 1 && at > 0)
			choose(ret, at); /* the last of those before */
		at++;
		if (same <= 2 || (every && every[0]))
			choose(ret, at);
		memcpy(last, line, sizeof(last));
	}
	assert_true(at > 0);
	choose(ret, at);
}

void crash_places_find(const struct crash_run *r, const char *dir,
	const char *shadow, struct crash_places *ret)
{
	struct crash_run whole = *r;
	struct crash_told told;
	FILE *trace = tmpfile();

	assert_non_null(trace);
	whole.kill_at = 0;
	whole.trace = fileno(trace);
	assert_false(crash_run(&whole, dir, shadow, &told));
	crash_told_done(&told);
	rewind(trace);
	memset(ret, 0, sizeof(*ret));
	choose_of(trace, ret);
	(void)fclose(trace);
}

void crash_places_done(struct crash_places *p)
{
	free(p->at);
	memset(p, 0, sizeof(*p));
}

unsigned crash_places_next(const struct crash_places *p, unsigned kill_at)
{
	for (unsigned i = 0; i < p->n; i++) {
		if (p->at[i] > kill_at)
			return p->at[i];
	}
	return kill_at + 1;
}

void crash_lose_syncs(const char *dir)
{
	if (dir) {
		assert_int_equal(setenv("FILE_FAULT_DIR", dir, 1), 0);
		assert_int_equal(setenv("FILE_FAULT_LOSE", "", 1), 0);
	} else {
		assert_int_equal(unsetenv("FILE_FAULT_DIR"), 0);
		assert_int_equal(unsetenv("FILE_FAULT_LOSE"), 0);
	}
}

void crash_load_faults(char **argv)
{
	char self[PATH_MAX], preload[PATH_MAX + 16];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (getenv("LD_PRELOAD"))
		return;
	if (n < 0)
		abort();
	self[n] = '\0';
	for (int up = 0; up < 3; up++) /* build/tests/unit/test-x */
		*strrchr(self, '/') = '\0';
	(void)snprintf(preload, sizeof(preload), "%s/file-fault.so", self);
	if (setenv("LD_PRELOAD", preload, 1) == 0)
		(void)execv("/proc/self/exe", argv);
	abort();
}
