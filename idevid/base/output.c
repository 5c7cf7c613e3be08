/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"

/* ".", the name as far as it fits, ".", 16 hex digits, ".new" */
#define TEMP_NAME_PART (NAME_MAX - 22)

struct output {
	char *path;       /* owned; as messages name it */
	const char *name; /* in @path, behind its folder */
	int dir;          /* its folder; -1: written through */
	int fd;
	bool named; /* @temp is in the folder, and ours */
	char temp[NAME_MAX + 1];
	mode_t mode;
	unsigned flags;
};

static enum devid_err refuse(
	const struct output *o, const char *why, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_DENIED, "write: %s: %s", o->path, why);
}

static enum devid_err failed(const struct output *o, struct devid_error *err)
{
	return devid_fail(
		err, DEVID_ERR_IO, "write: %s: %s", o->path, strerror(errno));
}

/* ---- what is there ---- */

/* The descriptor that @path stands for, or -1. */
static int inherited_fd(const char *path)
{
	static const char prefix[] = "/dev/fd/";
	unsigned long fd;
	char *end;

	if (!path || strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
		return -1;
	path += sizeof(prefix) - 1;
	fd = strtoul(path, &end, 10);
	return *path >= '0' && *path <= '9' && !*end && fd <= INT_MAX ? (int)fd
								      : -1;
}

static bool is_stream(mode_t mode)
{
	return S_ISFIFO(mode) || S_ISCHR(mode) || S_ISBLK(mode);
}

bool output_is_stream(const char *path)
{
	struct stat st;

	return inherited_fd(path) >= 0 ||
	       (lstat(path, &st) == 0 && is_stream(st.st_mode));
}

static enum devid_err refuse_link(
	const struct output *o, struct devid_error *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(o->dir, o->name, target, sizeof(target) - 1);

	if (n < 0)
		return failed(o, err);
	target[n] = '\0';
	return devid_fail(err, DEVID_ERR_DENIED,
		"write: %s: is a link to %s, which is not followed", o->path,
		target);
}

/* What has the name: OK for nothing (*@ret: mode 0), a regular file, and a
 * stream where those are taken. */
static enum devid_err look(
	const struct output *o, struct stat *ret, struct devid_error *err)
{
	ret->st_mode = 0;
	if (fstatat(o->dir, o->name, ret, AT_SYMLINK_NOFOLLOW) < 0) {
		ret->st_mode = 0;
		return errno == ENOENT && *o->name ? DEVID_OK : failed(o, err);
	}
	if (S_ISLNK(ret->st_mode))
		return refuse_link(o, err);
	if (S_ISDIR(ret->st_mode))
		return refuse(o, "is a folder", err);
	if (S_ISREG(ret->st_mode) && o->flags & OUTPUT_ONLY_NEW)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"write: %s: is there already", o->path);
	if (S_ISREG(ret->st_mode) ||
		(is_stream(ret->st_mode) && o->flags & OUTPUT_STREAMS))
		return DEVID_OK;
	return refuse(o, "is no regular file, so it is not replaced", err);
}

/* ---- opening ---- */

int output_open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (len >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, path, len);
	if (len == 0) /* of the root, or none is named */
		dir[len++] = slash ? '/' : '.';
	dir[len] = '\0';
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The same that was looked at: another could have come in its place. */
static enum devid_err open_stream(
	struct output *o, const struct stat *seen, struct devid_error *err)
{
	struct stat st;

	o->fd = openat(
		o->dir, o->name, O_WRONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (o->fd < 0 || fstat(o->fd, &st) < 0)
		return failed(o, err);
	if (st.st_dev != seen->st_dev || st.st_ino != seen->st_ino)
		return refuse(o, "was changed while it was opened", err);
	(void)close(o->dir); /* not needed: nothing is named in it */
	o->dir = -1;
	return DEVID_OK;
}

static bool choose_temp(struct output *o)
{
	uint64_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return false;
	(void)snprintf(o->temp, sizeof(o->temp), ".%.*s.%016jx.new",
		TEMP_NAME_PART, o->name, (uintmax_t)n); /* fits */
	return true;
}

/* A file without a name, which a kill takes along. Without /proc it could not
 * get one (open(2)). */
static int open_nameless(int dir)
{
	if (access("/proc/self/fd", X_OK) < 0) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

/* Where the file system has no nameless files, under a name of its own. */
static enum devid_err open_file(struct output *o, struct devid_error *err)
{
	o->fd = open_nameless(o->dir);
	if (o->fd >= 0)
		return DEVID_OK;
	if (errno != EOPNOTSUPP && errno != EISDIR)
		return failed(o, err);
	if (!choose_temp(o))
		return failed(o, err);
	o->fd = openat(o->dir, o->temp,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (o->fd < 0)
		return failed(o, err);
	o->named = true;
	return DEVID_OK;
}

static enum devid_err open_name(struct output *o, struct devid_error *err)
{
	const char *slash = strrchr(o->path, '/');
	enum devid_err rc;
	struct stat st;

	o->name = slash ? slash + 1 : o->path;
	o->dir = output_open_folder(o->path);
	if (o->dir < 0)
		return failed(o, err);
	rc = look(o, &st, err);
	if (rc != DEVID_OK)
		return rc;
	return is_stream(st.st_mode) ? open_stream(o, &st, err)
				     : open_file(o, err);
}

enum devid_err output_open(const char *path, mode_t mode, unsigned flags,
	struct output **ret, struct devid_error *err)
{
	CLEANUP(cleanup_output) struct output *o = calloc(1, sizeof(*o));
	int fd = flags & OUTPUT_STREAMS ? inherited_fd(path) : -1;
	enum devid_err rc = DEVID_OK;

	if (!o)
		return fail_no_memory_for(err, "write");
	o->dir = o->fd = -1;
	o->mode = mode;
	o->flags = flags;
	o->path = strdup(fd == STDOUT_FILENO ? "standard output" : path);
	if (!o->path)
		return fail_no_memory_for(err, "write");
	if (fd >= 0) {
		o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		rc = o->fd < 0 ? failed(o, err) : DEVID_OK;
	} else {
		rc = open_name(o, err);
	}
	if (rc == DEVID_OK)
		*ret = STEAL(o);
	return rc;
}

/* ---- writing ---- */

int output_fd(const struct output *out)
{
	return out->fd;
}

enum devid_err output_write(struct output *out, const void *data, size_t len,
	struct devid_error *err)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write(out->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(out, err);
		p += n;
		len -= (size_t)n;
	}
	return DEVID_OK;
}

/* ---- the name ---- */

/* Gives the file @name, which nothing has. */
static int name_new(struct output *o, const char *name)
{
	char fd[32];

	if (!o->named) {
		(void)snprintf(fd, sizeof(fd), "/proc/self/fd/%d", o->fd);
		return linkat(AT_FDCWD, fd, o->dir, name, AT_SYMLINK_FOLLOW);
	}
	/* What can do neither is no file system for this: NFS has the second
	 * only, FAT the first. */
	if (renameat2(o->dir, o->temp, o->dir, name, RENAME_NOREPLACE) == 0) {
		o->named = false;
		return 0;
	}
	return errno == EINVAL || errno == ENOSYS
		       ? linkat(o->dir, o->temp, o->dir, name, 0)
		       : -1;
}

/* Gives it the name of a regular file, which loses it. */
static int name_over(struct output *o)
{
	if (!o->named) {
		if (!choose_temp(o) || name_new(o, o->temp) < 0)
			return -1;
		o->named = true;
	}
	if (renameat(o->dir, o->temp, o->dir, o->name) < 0)
		return -1;
	o->named = false;
	return 0;
}

/* Whether anything came under the name meanwhile is looked at once more. */
static enum devid_err give_name(struct output *o, struct devid_error *err)
{
	struct stat st;
	enum devid_err rc = look(o, &st, err);

	if (rc != DEVID_OK)
		return rc;
	if (st.st_mode == 0) {
		if (name_new(o, o->name) == 0)
			return DEVID_OK;
		if (errno != EEXIST)
			return failed(o, err);
		rc = look(o, &st, err);
		if (rc != DEVID_OK)
			return rc;
	}
	if (!S_ISREG(st.st_mode))
		return refuse(o, "was changed while it was written", err);
	return name_over(o) < 0 ? failed(o, err) : DEVID_OK;
}

static void drop_temp(struct output *o)
{
	if (o->named)
		(void)unlinkat(o->dir, o->temp, 0); /* made by us alone */
	o->named = false;
}

/* What was written through has no name to get; fifos and terminals know no
 * sync. */
static enum devid_err finish_stream(
	const struct output *o, struct devid_error *err)
{
	if (fsync(o->fd) < 0 && errno != EINVAL && errno != EROFS &&
		errno != ENOTSUP)
		return failed(o, err);
	return DEVID_OK;
}

enum devid_err output_commit(struct output *out, struct devid_error *err)
{
	bool sync = !(out->flags & OUTPUT_UNSYNCED);
	enum devid_err rc;

	if (out->dir < 0)
		return finish_stream(out, err);
	if (fchmod(out->fd, out->mode) < 0 || (sync && fsync(out->fd) < 0))
		return failed(out, err);
	rc = give_name(out, err);
	drop_temp(out); /* there still after a failure, and after linkat() */
	if (rc == DEVID_OK && sync && fsync(out->dir) < 0)
		return failed(out, err);
	return rc;
}

enum devid_err output_put(struct output *out, const void *data, size_t len,
	struct devid_error *err)
{
	enum devid_err rc = output_write(out, data, len, err);

	return rc == DEVID_OK ? output_commit(out, err) : rc;
}

void output_free(struct output *out)
{
	if (!out)
		return;
	if (out->dir >= 0) {
		drop_temp(out);
		(void)close(out->dir); /* was read only */
	}
	if (out->fd >= 0)
		(void)close(out->fd); /* synced, or not wanted */
	free(out->path);
	free(out);
}
