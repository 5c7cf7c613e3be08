/* SPDX-License-Identifier: Apache-2.0 */
/* Where an output goes: what is replaced, written through, left alone. */
#include "cmocka-all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "files.h"
#include "output.h"
#include "tempdir.h"

static enum devid_err put(
	const char *path, unsigned flags, struct devid_error *err)
{
	struct output *out = NULL;
	enum devid_err rc = output_open(path, 0644, flags, &out, err);

	if (rc == DEVID_OK)
		rc = output_put(out, "new", 3, err);
	else
		assert_null(out);
	output_free(out);
	return rc;
}

static void assert_content(const char *path, const char *want)
{
	uint8_t *data;
	size_t len;

	assert_rc(files_read(path, 100, &data, &len, NULL), DEVID_OK);
	assert_string_equal((char *)data, want);
	free(data);
}

static void nothing_there_becomes_a_file_at_commit(void **state)
{
	const char *path = tempdir_file(*state, "f");
	struct output *out;
	struct stat st;

	assert_rc(
		output_open(path, 0640, OUTPUT_STREAMS, &out, NULL), DEVID_OK);
	assert_rc(output_write(out, "new", 3, NULL), DEVID_OK);
	assert_int_equal(lstat(path, &st), -1);
	assert_rc(output_commit(out, NULL), DEVID_OK);
	output_free(out);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_content(path, "new");
	assert_int_equal(tempdir_count(*state), 1);
}

static void file_is_replaced_and_its_other_name_keeps_it(void **state)
{
	const char *path = tempdir_file(*state, "f");
	const char *other = tempdir_file(*state, "other");

	tempdir_write(*state, "f", "old", 3, 0600);
	assert_int_equal(link(path, other), 0);
	assert_rc(put(path, OUTPUT_STREAMS, NULL), DEVID_OK);
	assert_content(path, "new");
	assert_content(other, "old");
	assert_int_equal(tempdir_count(*state), 2);
}

static void not_committed_changes_nothing(void **state)
{
	const char *path = tempdir_file(*state, "f");
	struct output *out;

	tempdir_write(*state, "f", "old", 3, 0600);
	assert_rc(output_open(path, 0644, 0, &out, NULL), DEVID_OK);
	assert_rc(output_write(out, "new", 3, NULL), DEVID_OK);
	output_free(out);
	assert_content(path, "old");
	assert_int_equal(tempdir_count(*state), 1);
}

/* What writing wrote to once. */
static void file_of_a_user_with_new_in_its_name_stays(void **state)
{
	tempdir_write(*state, "f.new", "mine", 4, 0600);
	tempdir_write(*state, "f", "old", 3, 0600);
	assert_rc(put(tempdir_file(*state, "f"), 0, NULL), DEVID_OK);
	assert_content(tempdir_file(*state, "f.new"), "mine");
	assert_int_equal(tempdir_count(*state), 2);
}

static void link_is_refused_with_its_target(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	const char *path = tempdir_file(*state, "l");
	struct stat st;

	tempdir_write(*state, "target", "old", 3, 0644);
	assert_int_equal(symlink("target", path), 0);
	for (unsigned flags = 0; flags <= OUTPUT_STREAMS; flags++) {
		devid_error_clear(&err);
		assert_rc(put(path, flags, &err), DEVID_ERR_DENIED);
		assert_cause(&err, "/l: is a link to target, which");
	}
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content(tempdir_file(*state, "target"), "old");
	assert_int_equal(tempdir_count(*state), 2);
}

static void link_to_nothing_is_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	const char *path = tempdir_file(*state, "l");

	assert_int_equal(symlink("/no/such", path), 0);
	assert_rc(put(path, OUTPUT_STREAMS, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "is a link to /no/such");
}

static void fifo_is_written_through(void **state)
{
	const char *path = tempdir_file(*state, "p");
	struct stat st;
	char buf[8];
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(output_is_stream(path));
	assert_rc(put(path, OUTPUT_STREAMS, NULL), DEVID_OK);
	assert_int_equal(read(fd, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "new", 3);
	assert_int_equal(close(fd), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

static void device_is_written_through(void **state)
{
	const char *path = tempdir_file(*state, "null");
	struct stat st;

	if (mknod(path, S_IFCHR | 0666, makedev(1, 3)) < 0)
		path = "/dev/null"; /* no right to make one: a real one */
	assert_true(output_is_stream(path));
	assert_rc(put(path, OUTPUT_STREAMS, NULL), DEVID_OK);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_rdev, makedev(1, 3));
}

static void fifo_where_a_file_must_be_is_refused_without_waiting(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	const char *path = tempdir_file(*state, "p");

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_rc(put(path, 0, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "is no regular file");
	assert_int_equal(tempdir_count(*state), 1);
}

static void socket_is_refused(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s",
		tempdir_file(*state, "s"));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_rc(put(addr.sun_path, OUTPUT_STREAMS, NULL), DEVID_ERR_DENIED);
	assert_int_equal(close(fd), 0);
}

static void folder_is_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[128];

	assert_rc(put(((struct tempdir *)*state)->path, OUTPUT_STREAMS, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "is a folder");
	(void)snprintf(
		path, sizeof(path), "%s/", ((struct tempdir *)*state)->path);
	assert_rc(put(path, OUTPUT_STREAMS, NULL), DEVID_ERR_IO);
}

static void descriptors_are_written_through(void **state)
{
	char path[32], buf[8];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fds[1]);
	assert_true(output_is_stream(path));
	assert_rc(put(path, OUTPUT_STREAMS, NULL), DEVID_OK);
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 3);
	assert_int_equal(close(fds[0]) | close(fds[1]), 0);
	assert_true(output_is_stream("-"));
	assert_true(output_is_stream("/dev/stdout"));
	assert_false(output_is_stream("/dev/fd/"));
	assert_false(output_is_stream("/dev/fd/1x"));
}

static void only_new_leaves_what_is_there(void **state)
{
	const char *path = tempdir_file(*state, "f");

	assert_rc(files_create(path, "one", 3, 0600, NULL), DEVID_OK);
	assert_rc(files_create(path, "two", 3, 0600, NULL), DEVID_ERR_EXISTS);
	assert_content(path, "one");
	assert_int_equal(tempdir_count(*state), 1);
}

/* Between the look and the commit: whoever may write the folder can do it. */
static void came_meanwhile(void **state, void (*come)(const char *path),
	unsigned flags, enum devid_err want)
{
	const char *path = tempdir_file(*state, "f");
	struct output *out;

	assert_rc(output_open(path, 0644, flags, &out, NULL), DEVID_OK);
	come(path);
	assert_rc(output_put(out, "new", 3, NULL), want);
	output_free(out);
	assert_int_equal(tempdir_count(*state), 1);
}

static void come_link(const char *path)
{
	assert_int_equal(symlink("/etc/passwd", path), 0);
}

static void come_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void come_file(const char *path)
{
	assert_rc(files_create(path, "old", 3, 0600, NULL), DEVID_OK);
}

static void link_that_came_meanwhile_stays(void **state)
{
	came_meanwhile(state, come_link, OUTPUT_STREAMS, DEVID_ERR_DENIED);
}

static void fifo_that_came_meanwhile_stays(void **state)
{
	came_meanwhile(state, come_fifo, OUTPUT_STREAMS, DEVID_ERR_DENIED);
}

static void file_that_came_meanwhile_stays_where_only_new(void **state)
{
	came_meanwhile(state, come_file, OUTPUT_ONLY_NEW, DEVID_ERR_EXISTS);
	assert_content(tempdir_file(*state, "f"), "old");
}

static void file_that_came_meanwhile_is_replaced(void **state)
{
	came_meanwhile(state, come_file, 0, DEVID_OK);
	assert_content(tempdir_file(*state, "f"), "new");
}

static void name_of_full_length_is_written(void **state)
{
	char name[256];
	const char *path;

	memset(name, 'n', sizeof(name) - 1);
	name[255] = '\0';
	path = tempdir_file(*state, name);
	assert_rc(put(path, 0, NULL), DEVID_OK);
	assert_rc(put(path, 0, NULL), DEVID_OK);
	assert_content(path, "new");
}

static void full_device_is_an_error(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(put("/dev/full", OUTPUT_STREAMS, &err), DEVID_ERR_IO);
	assert_cause(&err, "/dev/full: No space");
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_there_becomes_a_file_at_commit),
		CASE(file_is_replaced_and_its_other_name_keeps_it),
		CASE(not_committed_changes_nothing),
		CASE(file_of_a_user_with_new_in_its_name_stays),
		CASE(link_is_refused_with_its_target),
		CASE(link_to_nothing_is_refused),
		CASE(fifo_is_written_through),
		CASE(device_is_written_through),
		CASE(fifo_where_a_file_must_be_is_refused_without_waiting),
		CASE(socket_is_refused),
		CASE(folder_is_refused),
		CASE(descriptors_are_written_through),
		CASE(only_new_leaves_what_is_there),
		CASE(link_that_came_meanwhile_stays),
		CASE(fifo_that_came_meanwhile_stays),
		CASE(file_that_came_meanwhile_stays_where_only_new),
		CASE(file_that_came_meanwhile_is_replaced),
		CASE(name_of_full_length_is_written),
		CASE(full_device_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
