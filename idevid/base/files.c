/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "output.h"
#include "view.h"

/* What is asked of a file besides. */
struct limits {
	size_t max;
	mode_t denied; /* bits of the mode */
	bool foreign;  /* anybody may own and write it */
};

static enum devid_err check_stat(const char *path, const struct stat *st,
	const struct limits *limits, struct devid_error *err)
{
	if (!S_ISREG(st->st_mode))
		return devid_fail(err, DEVID_ERR_DENIED,
			"read: %s: not a regular file", path);
	if (!limits->foreign && st->st_uid != 0 && st->st_uid != geteuid())
		return devid_fail(err, DEVID_ERR_DENIED,
			"read: %s: owned by uid %u, not by root or this user",
			path, (unsigned)st->st_uid);
	if (!limits->foreign && st->st_mode & (S_IWGRP | S_IWOTH))
		return devid_fail(err, DEVID_ERR_DENIED,
			"read: %s: group or others can write it (mode %04o)",
			path, (unsigned)(st->st_mode & 07777));
	if (st->st_mode & limits->denied)
		return devid_fail(err, DEVID_ERR_DENIED,
			"read: %s: it is secret, and mode %04o lets others "
			"read it",
			path, (unsigned)(st->st_mode & 07777));
	if (st->st_size < 0 || (uintmax_t)st->st_size > limits->max)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"read: %s: larger than %zu bytes", path, limits->max);
	return DEVID_OK;
}

/* Reads until end of file or @len bytes; -1 with errno on failure. */
static ssize_t read_full(int fd, uint8_t *buf, size_t len)
{
	size_t n = 0;

	while (n < len) {
		ssize_t r = read(fd, buf + n, len - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		n += (size_t)r;
	}
	return (ssize_t)n;
}

/* The file that was opened is the one that is judged: what its path names may
 * be another one by then. */
static enum devid_err read_file(const char *path, const struct limits *limits,
	struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	struct stat st;
	enum devid_err rc;
	ssize_t n;

	if (fd < 0)
		return devid_fail(err,
			errno == ENOENT ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
			"read: %s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0)
		return devid_fail(err, DEVID_ERR_IO, "read: %s: %s", path,
			strerror(errno));
	rc = check_stat(path, &st, limits, err);
	if (rc != DEVID_OK)
		return rc;
	buf = malloc((size_t)st.st_size + 1);
	if (!buf)
		return devid_fail(
			err, DEVID_ERR_NOMEM, "read: %s: no memory", path);
	n = read_full(fd, buf, (size_t)st.st_size);
	if (n < 0)
		return devid_fail(err, DEVID_ERR_IO, "read: %s: %s", path,
			strerror(errno));
	buf[n] = 0;
	*ret = (struct blob) { STEAL(buf), (size_t)n };
	return DEVID_OK;
}

enum devid_err files_read(const char *path, size_t max, uint8_t **ret_data,
	size_t *ret_len, struct devid_error *err)
{
	const struct limits limits = { .max = max };
	struct blob read = { NULL, 0 };
	enum devid_err rc = read_file(path, &limits, &read, err);

	if (rc != DEVID_OK)
		return rc;
	*ret_len = read.len;
	*ret_data = read.data;
	return DEVID_OK;
}

enum devid_err files_read_secret(const char *path, size_t max, mode_t denied,
	struct blob *ret, struct devid_error *err)
{
	const struct limits limits = { .max = max, .denied = denied };

	return read_file(path, &limits, ret, err);
}

enum devid_err files_read_foreign(
	const char *path, size_t max, struct blob *ret, struct devid_error *err)
{
	const struct limits limits = { .max = max, .foreign = true };

	return read_file(path, &limits, ret, err);
}

static enum devid_err write_whole(const char *path, struct view data,
	mode_t mode, unsigned flags, struct devid_error *err)
{
	CLEANUP(cleanup_output) struct output *out = NULL;
	enum devid_err rc = output_open(path, mode, flags, &out, err);

	return rc == DEVID_OK ? output_put(out, data.data, data.len, err) : rc;
}

enum devid_err files_write_atomic(const char *path, const void *data,
	size_t len, mode_t mode, struct devid_error *err)
{
	return write_whole(path, (struct view) { data, len }, mode, 0, err);
}

enum devid_err files_write_unsynced(const char *path, const void *data,
	size_t len, mode_t mode, struct devid_error *err)
{
	return write_whole(
		path, (struct view) { data, len }, mode, OUTPUT_UNSYNCED, err);
}

enum devid_err files_create(const char *path, const void *data, size_t len,
	mode_t mode, struct devid_error *err)
{
	return write_whole(
		path, (struct view) { data, len }, mode, OUTPUT_ONLY_NEW, err);
}

enum devid_err files_remove(const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_close) int dir = -1;

	if (unlink(path) < 0) {
		int cause = errno;

		/* A read-only file system says so of what it has not, too. */
		return cause == ENOENT || !files_exists(path)
			       ? DEVID_OK
			       : devid_fail(err, DEVID_ERR_IO, "remove: %s: %s",
					 path, strerror(cause));
	}
	dir = output_open_folder(path);
	if (dir < 0 || fsync(dir) < 0)
		return devid_fail(err, DEVID_ERR_IO, "remove: %s: %s", path,
			strerror(errno));
	return DEVID_OK;
}

enum devid_err files_rename(
	const char *from, const char *to, struct devid_error *err)
{
	CLEANUP(cleanup_close) int dir = -1;

	if (rename(from, to) < 0)
		return devid_fail(err,
			errno == ENOENT ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
			"rename: %s: %s", from, strerror(errno));
	dir = output_open_folder(to);
	if (dir < 0 || fsync(dir) < 0)
		return devid_fail(err, DEVID_ERR_IO, "rename: %s: %s", to,
			strerror(errno));
	return DEVID_OK;
}

bool files_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

enum devid_err files_allow_open(
	const char *what, unsigned n, struct devid_error *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= n)
		return DEVID_OK;
	limit.rlim_cur = n;
	if (limit.rlim_max >= n && setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_INVALID,
		"%s: at most %llu files may be open", what,
		(unsigned long long)limit.rlim_max);
}
