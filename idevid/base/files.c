/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

static enum devid_err check_stat(const char *path, const struct stat *st,
	size_t max, struct devid_error *err)
{
	if (!S_ISREG(st->st_mode))
		return devid_fail(err, DEVID_ERR_DENIED,
			"read: %s: not a regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return devid_fail(err, DEVID_ERR_DENIED,
			"read: %s: owned by uid %u, not by root or this user",
			path, (unsigned)st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return devid_fail(err, DEVID_ERR_DENIED,
			"read: %s: group or others can write it (mode %04o)",
			path, (unsigned)(st->st_mode & 07777));
	if (st->st_size < 0 || (uintmax_t)st->st_size > max)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"read: %s: larger than %zu bytes", path, max);
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

enum devid_err files_read(const char *path, size_t max, uint8_t **ret_data,
	size_t *ret_len, struct devid_error *err)
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
	rc = check_stat(path, &st, max, err);
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
	*ret_len = (size_t)n;
	*ret_data = STEAL(buf);
	return DEVID_OK;
}

static int write_full(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The folder of @path, opened; -1 with errno on failure. */
static int open_parent(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if ((size_t)(slash - path) >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	return open(
		slash == path ? "/" : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Writes, syncs and renames; the caller unlinks @tmp on failure. */
static int replace(
	int fd, const char *tmp, const char *path, const void *data, size_t len)
{
	CLEANUP(cleanup_close) int dir = -1;

	if (write_full(fd, data, len) < 0 || fsync(fd) < 0)
		return -1;
	dir = open_parent(path);
	if (dir < 0 || rename(tmp, path) < 0)
		return -1;
	return fsync(dir);
}

enum devid_err files_write_atomic(const char *path, const void *data,
	size_t len, mode_t mode, struct devid_error *err)
{
	CLEANUP(cleanup_close) int fd = -1;
	char tmp[PATH_MAX];
	int saved;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return devid_fail(err, DEVID_ERR_IO,
			"write: %.80s...: path too long", path);
	/* One name, so that what a power cut left behind is not there for
	 * ever: its successor removes it. */
	(void)unlink(tmp); /* that it exists shows in open() */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0600);
	if (fd < 0)
		return devid_fail(err, DEVID_ERR_IO, "write: %s: %s", path,
			strerror(errno));
	if (fchmod(fd, mode) == 0 && replace(fd, tmp, path, data, len) == 0)
		return DEVID_OK;
	saved = errno;
	(void)unlink(tmp); /* the write's own error is the one to tell */
	return devid_fail(
		err, DEVID_ERR_IO, "write: %s: %s", path, strerror(saved));
}

enum devid_err files_remove(const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_close) int dir = -1;

	if (unlink(path) < 0)
		return errno == ENOENT
			       ? DEVID_OK
			       : devid_fail(err, DEVID_ERR_IO, "remove: %s: %s",
					 path, strerror(errno));
	dir = open_parent(path);
	if (dir < 0 || fsync(dir) < 0)
		return devid_fail(err, DEVID_ERR_IO, "remove: %s: %s", path,
			strerror(errno));
	return DEVID_OK;
}
