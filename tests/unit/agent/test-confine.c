/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process can do no more, each tried in one of its own. */
#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "files.h"
#include "tempdir.h"

static struct tempdir inside, outside;

static int setup(void **state)
{
	(void)state;
	inside = tempdir_new_on_disk();
	outside = tempdir_new_on_disk();
	tempdir_write(&outside, "file", "x", 1, 0644);
	tempdir_write(&outside, "readable", "x", 1, 0644);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tempdir_remove(&inside);
	tempdir_remove(&outside);
	return 0;
}

typedef bool try_fn(bool files);

/* @try in a process that is confined; whether it is as it should be. */
static void confined(try_fn *try)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		const char *const readable[] = {
			tempdir_file(&outside, "readable"), NULL
		};
		bool files;

		if (confine(inside.path, readable, &files, NULL) != DEVID_OK)
			_exit(2);
		_exit(try(files) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool denied(long rc)
{
	return rc < 0 && (errno == EACCES || errno == EPERM);
}

static bool writes_inside(bool files)
{
	const char *path = tempdir_file(&inside, "new");

	(void)files;
	return files_write_atomic(path, "a", 1, 0600, NULL) == DEVID_OK &&
	       files_write_atomic(path, "b", 1, 0600, NULL) == DEVID_OK &&
	       files_remove(path, NULL) == DEVID_OK;
}

static bool writes_nothing_outside(bool files)
{
	const char *path = tempdir_file(&outside, "file");

	return !files ||
	       (denied(open(path, O_WRONLY)) && denied(open(path, O_RDONLY)) &&
		       denied(unlink(path)) &&
		       denied(mkdir(tempdir_file(&outside, "d"), 0700)) &&
		       denied(open("/etc/passwd", O_RDONLY)));
}

static bool reads_what_it_may(bool files)
{
	(void)files;
	return open(tempdir_file(&outside, "readable"), O_RDONLY) >= 0 &&
	       denied(open(tempdir_file(&outside, "readable"), O_WRONLY)) ==
		       files;
}

static bool starts_no_program(bool files)
{
	char *const argv[] = { (char *)(uintptr_t) "true", NULL };

	(void)files;
	return denied(execve("/bin/true", argv, NULL));
}

static bool makes_no_process(bool files)
{
	(void)files;
	return denied(fork()) && denied(vfork());
}

static void *nothing(void *arg)
{
	return arg;
}

static bool makes_threads(bool files)
{
	pthread_t thread;

	(void)files;
	return pthread_create(&thread, NULL, nothing, NULL) == 0 &&
	       pthread_join(thread, NULL) == 0;
}

static bool resolves_names(bool files)
{
	struct addrinfo *list = NULL;
	bool ok = getaddrinfo("localhost", "443", NULL, &list) == 0;

	(void)files;
	if (ok)
		freeaddrinfo(list);
	return ok;
}

#define TEST(name)                                                             \
	static void test_##name(void **state)                                  \
	{                                                                      \
		(void)state;                                                   \
		confined(name);                                                \
	}

TEST(writes_inside)
TEST(writes_nothing_outside)
TEST(reads_what_it_may)
TEST(starts_no_program)
TEST(makes_no_process)
TEST(makes_threads)
TEST(resolves_names)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes_inside),
		cmocka_unit_test(test_writes_nothing_outside),
		cmocka_unit_test(test_reads_what_it_may),
		cmocka_unit_test(test_starts_no_program),
		cmocka_unit_test(test_makes_no_process),
		cmocka_unit_test(test_makes_threads),
		cmocka_unit_test(test_resolves_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
