/* SPDX-License-Identifier: Apache-2.0 */
/* Files that decide something: what is refused, and what a kill leaves. */
#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd-file.h"
#include "files.h"
#include "tempdir.h"
#include "trace.h"

#define MAX 100000

#define SWAPPED_READS 40000

#define KILL_CALLS 64  /* stops at system calls: more than two writes have */
#define KILL_STEPS 997 /* instructions behind such a stop */

static enum devid_err try_read(const char *path, size_t max)
{
	uint8_t *data = NULL;
	size_t len = 0;
	enum devid_err rc = files_read(path, max, &data, &len, NULL);

	if (rc != DEVID_OK)
		assert_null(data);
	free(data);
	return rc;
}

static void read_whole_file_terminated(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	uint8_t *data;
	size_t len;

	tempdir_write(*state, "f", "abc", 3, 0644);
	assert_rc(files_read(tempdir_file(*state, "f"), 3, &data, &len, &err),
		DEVID_OK);
	assert_int_equal(len, 3);
	assert_memory_equal(data, "abc", 4);
	free(data);
}

static void read_empty_file_gives_nothing(void **state)
{
	uint8_t *data;
	size_t len;

	tempdir_write(*state, "f", "", 0, 0600);
	assert_rc(files_read(tempdir_file(*state, "f"), MAX, &data, &len, NULL),
		DEVID_OK);
	assert_int_equal(len, 0);
	free(data);
}

static void read_absent_not_found(void **state)
{
	assert_rc(
		try_read(tempdir_file(*state, "f"), MAX), DEVID_ERR_NOT_FOUND);
}

static void read_one_byte_too_large_refused(void **state)
{
	tempdir_write(*state, "f", "abcd", 4, 0644);
	assert_rc(try_read(tempdir_file(*state, "f"), 3), DEVID_ERR_TOO_LARGE);
	assert_rc(try_read(tempdir_file(*state, "f"), 4), DEVID_OK);
}

static void read_writable_by_others_refused(void **state)
{
	static const unsigned modes[] = { 0664, 0646, 0666, 0602, 0620 };

	for (size_t i = 0; i < N_OF(modes); i++) {
		tempdir_write(*state, "f", "a", 1, modes[i]);
		assert_rc(try_read(tempdir_file(*state, "f"), MAX),
			DEVID_ERR_DENIED);
	}
}

/* A group that is let read is one that the caller takes for his own. */
static void read_secret_that_others_can_read_refused(void **state)
{
	static const struct {
		unsigned mode, denied;
		enum devid_err rc;
	} cases[] = {
		{ 0600, S_IRWXG | S_IRWXO, DEVID_OK },
		{ 0640, S_IRWXO, DEVID_OK },
		{ 0640, S_IRWXG | S_IRWXO, DEVID_ERR_DENIED },
		{ 0604, S_IRWXO, DEVID_ERR_DENIED },
		{ 0601, S_IRWXO, DEVID_ERR_DENIED },
		{ 0620, S_IRWXO, DEVID_ERR_DENIED },
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct blob got = { NULL, 0 };

		tempdir_write(*state, "f", "a", 1, cases[i].mode);
		assert_rc(files_read_secret(tempdir_file(*state, "f"), MAX,
				  cases[i].denied, &got, &err),
			cases[i].rc);
		assert_int_equal(got.len, cases[i].rc == DEVID_OK);
		blob_done(&got);
	}
}

/* Two files under one name in turn, one of them secret, until it is killed. */
static void swap_for_ever(const char *a, const char *b)
{
	while (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0)
		;
	_exit(1);
}

static enum devid_err read_secret(
	const char *path, struct blob *ret, struct devid_error *err)
{
	return files_read_secret(path, MAX, S_IRWXO, ret, err);
}

static enum devid_err read_key(
	const char *path, struct blob *ret, struct devid_error *err)
{
	return cmd_file_read_key(path, MAX, ret, err);
}

/* What is given out is of the file whose mode was looked at, however often
 * another one takes its name. */
static void read_secret_judges_the_file_that_it_reads(void **state)
{
	enum devid_err (*const reads[])(const char *path, struct blob *ret,
		struct devid_error *err) = { read_secret, read_key };
	char secret[PATH_MAX], other[PATH_MAX];
	int status;
	pid_t pid;

	tempdir_write(*state, "secret", "s", 1, 0600);
	tempdir_write(*state, "other", "o", 1, 0644);
	(void)strcpy(secret, tempdir_file(*state, "secret"));
	(void)strcpy(other, tempdir_file(*state, "other"));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		swap_for_ever(secret, other);
	for (int i = 0; i < SWAPPED_READS; i++) {
		struct blob got = { NULL, 0 };

		if (reads[i % 2](secret, &got, NULL) == DEVID_OK)
			assert_int_equal(got.data[0], 's');
		blob_done(&got);
	}
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0); /* it swaps yet */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void read_owned_by_another_refused(void **state)
{
	const char *path = tempdir_file(*state, "f");

	if (geteuid() != 0) {
		print_message("skipped: only root can give a file away\n");
		skip();
	}
	tempdir_write(*state, "f", "a", 1, 0644);
	assert_int_equal(chown(path, 61234, 0), 0);
	assert_rc(try_read(path, MAX), DEVID_ERR_DENIED);
}

static void read_symlink_refused(void **state)
{
	tempdir_write(*state, "f", "a", 1, 0644);
	assert_int_equal(symlink("f", tempdir_file(*state, "l")), 0);
	assert_rc(try_read(tempdir_file(*state, "l"), MAX), DEVID_ERR_IO);
}

static void read_folder_and_fifo_refused_without_waiting(void **state)
{
	const char *fifo = tempdir_file(*state, "p");

	assert_rc(try_read(((struct tempdir *)*state)->path, MAX),
		DEVID_ERR_DENIED);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_rc(try_read(fifo, MAX), DEVID_ERR_DENIED);
}

static void write_new_file_has_mode_and_content(void **state)
{
	const char *path = tempdir_file(*state, "f");
	mode_t old = umask(077);
	struct stat st;

	assert_rc(files_write_atomic(path, "abc", 3, 0644, NULL), DEVID_OK);
	(void)umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(tempdir_count(*state), 1);
}

static void write_replaces_and_leaves_no_other_file(void **state)
{
	const char *path = tempdir_file(*state, "f");
	uint8_t *data;
	size_t len;

	tempdir_write(*state, "f", "a long old content", 18, 0600);
	assert_rc(files_write_atomic(path, "new", 3, 0644, NULL), DEVID_OK);
	assert_rc(files_read(path, MAX, &data, &len, NULL), DEVID_OK);
	assert_int_equal(len, 3);
	free(data);
	assert_int_equal(tempdir_count(*state), 1);
}

static void write_no_folder_fails_with_cause(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(files_write_atomic(
			  tempdir_file(*state, "no/f"), "a", 1, 0644, &err),
		DEVID_ERR_IO);
	assert_cause(&err, "No such file");
}

static void write_over_folder_fails_and_cleans_up(void **state)
{
	const char *path = tempdir_file(*state, "d");

	assert_int_equal(mkdir(path, 0700), 0);
	assert_rc(
		files_write_atomic(path, "a", 1, 0644, NULL), DEVID_ERR_DENIED);
	assert_int_equal(tempdir_count(*state), 1);
}

static void write_path_too_long_refused(void **state)
{
	char path[5000];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_rc(files_write_atomic(path, "a", 1, 0644, NULL), DEVID_ERR_IO);
}

/* Writes 'a's and 'b's in turn until it is killed, some time after the first
 * two. */
static void write_for_ever(const char *path)
{
	static char a[65536], b[40000];

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	for (int i = 0;; i++) {
		if (files_write_atomic(path, a, sizeof(a), 0644, NULL) !=
				DEVID_OK ||
			files_write_atomic(path, b, sizeof(b), 0644, NULL) !=
				DEVID_OK)
			_exit(1);
		if (i == 0 && !trace_me())
			_exit(1);
	}
}

/* SIGKILL around each system call: what is there is one content whole. */
static void write_killed_leaves_old_or_new(void **state)
{
	const char *path = tempdir_file(*state, "f");
	uint8_t *data;
	size_t len;

	for (unsigned calls = 0; calls < KILL_CALLS; calls++) {
		unsigned steps = calls * KILL_STEPS / KILL_CALLS;
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0)
			write_for_ever(path);
		assert_true(trace_kill(pid, calls, steps, &status));
		assert_rc(files_read(path, MAX, &data, &len, NULL), DEVID_OK);
		assert_int_equal(len, data[0] == 'a' ? 65536 : 40000);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(data[i], data[0]);
		free(data);
	}
}

static void allow_open_raises_soft_limit_up_to_hard_one(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct rlimit before, limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(before.rlim_max >= 100);
	limit = (struct rlimit) { 50, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(files_allow_open("setting", 100, &err), DEVID_OK);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 100);
	assert_int_equal(files_allow_open("setting", 60, &err), DEVID_OK);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 100); /* and never lowers it */
	assert_int_equal(files_allow_open("setting",
				 (unsigned)before.rlim_max + 1, &err),
		DEVID_ERR_INVALID);
	assert_non_null(strstr(err.text, "setting: at most "));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(read_whole_file_terminated),
		CASE(read_empty_file_gives_nothing),
		CASE(read_absent_not_found),
		CASE(read_one_byte_too_large_refused),
		CASE(read_writable_by_others_refused),
		CASE(read_secret_that_others_can_read_refused),
		CASE(read_secret_judges_the_file_that_it_reads),
		CASE(read_owned_by_another_refused),
		CASE(read_symlink_refused),
		CASE(read_folder_and_fifo_refused_without_waiting),
		CASE(write_new_file_has_mode_and_content),
		CASE(write_replaces_and_leaves_no_other_file),
		CASE(write_no_folder_fails_with_cause),
		CASE(write_over_folder_fails_and_cleans_up),
		CASE(write_path_too_long_refused),
		CASE(write_killed_leaves_old_or_new),
		CASE(allow_open_raises_soft_limit_up_to_hard_one),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
