/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills and power cuts: loaded before a program's libraries (LD_PRELOAD), it
 * stands between the program and the calls that change files or sync them:
 * write, writev, pwrite, ftruncate, fsync, fdatasync, rename, link, unlink,
 * and what of them takes a folder's descriptor.
 * The environment is read at each call:
 *
 *   FILE_FAULT_DIR     absolute, without links; what lies directly in this
 *                      folder is watched, and syncs of the folder itself
 *   FILE_FAULT_KILL    N: SIGKILL instead of the N-th call on what is watched
 *   FILE_FAULT_SHADOW  folder that gets what a power cut would have left
 *   FILE_FAULT_LOSE    SUFFIX: a sync of a watched name that ends so says that
 *                      it succeeded, and does nothing; a file that has no
 *                      name yet is "#INODE (deleted)"
 *   FILE_FAULT_NAMED   no file without a name can be opened (O_TMPFILE)
 *
 * The shadow is a disk that loses all that POSIX lets it lose: the content of
 * a file is that of its last sync, or empty without any; which names there are
 * and what they name is that of the folder's last sync. It begins empty, as
 * FILE_FAULT_DIR must, and keeps the content of inode I in the file "#I", to
 * which the names are hard links. It does not show writes that were not synced
 * but reached the disk all the same, nor some of them without others.
 *
 * One thread may work on what is watched.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static unsigned long calls; /* on what is watched, since FILE_FAULT_KILL */

/* The name of @path in the watched folder, "" for the folder itself, or NULL.
 * Borrowed from @path. */
static const char *watched(const char *path)
{
	const char *dir = getenv("FILE_FAULT_DIR");
	size_t len = dir ? strlen(dir) : 0;

	if (len == 0 || strncmp(path, dir, len) != 0)
		return NULL;
	if (path[len] == '\0')
		return "";
	if (path[len] != '/' || strchr(path + len + 1, '/'))
		return NULL;
	return path + len + 1;
}

static const char *watched_fd(int fd, char path[PATH_MAX])
{
	char link_path[64];
	ssize_t n;

	(void)snprintf(link_path, sizeof(link_path), "/proc/self/fd/%d", fd);
	n = readlink(link_path, path, PATH_MAX - 1);
	if (n < 0)
		return NULL;
	path[n] = '\0';
	return watched(path);
}

static void count(void)
{
	const char *at = getenv("FILE_FAULT_KILL");

	if (at && ++calls == strtoul(at, NULL, 10))
		(void)kill(getpid(), SIGKILL);
}

static void count_fd(int fd)
{
	int saved = errno;
	char path[PATH_MAX];
	const char *name = watched_fd(fd, path);

	if (name)
		count();
	errno = saved;
}

/* ---- the shadow ---- */

static void shadow_path(char ret[PATH_MAX], const char *name)
{
	if (snprintf(ret, PATH_MAX, "%s/%s", getenv("FILE_FAULT_SHADOW"),
		    name) >= PATH_MAX)
		abort();
}

static void inode_path(char ret[PATH_MAX], const struct stat *st)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "#%ju", (uintmax_t)st->st_ino);
	shadow_path(ret, name);
}

static int open_inode(const struct stat *st, int flags)
{
	char path[PATH_MAX];
	int fd;

	inode_path(path, st);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		abort();
	return fd;
}

/* To read what @fd writes. Only if need be by another descriptor: closing that
 * drops this process's locks on the file (POSIX, fcntl()). */
static int open_again(int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* An open file without a name: of O_TMPFILE, not one that lost its own. */
static bool may_get_name(int fd)
{
	return (fcntl(fd, F_GETFL) & O_TMPFILE) == O_TMPFILE;
}

static void keep_content(int fd)
{
	bool readable = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
	int from = readable ? fd : open_again(fd), to;
	char buf[65536];
	struct stat st;
	off_t at = 0;
	ssize_t n;

	if (from < 0 || fstat(fd, &st) < 0)
		abort();
	if (st.st_nlink > 0 || may_get_name(fd)) {
		to = open_inode(&st, O_TRUNC);
		while ((n = pread(from, buf, sizeof(buf), at)) > 0) {
			if (write(to, buf, (size_t)n) != n)
				abort();
			at += n;
		}
		if (n < 0 || close(to) < 0)
			abort();
	}
	if (!readable)
		(void)close(from); /* was read only */
}

static void drop_names(void)
{
	DIR *d = opendir(getenv("FILE_FAULT_SHADOW"));
	const struct dirent *e;
	char path[PATH_MAX];

	if (!d)
		abort();
	while ((e = readdir(d))) {
		if (e->d_name[0] == '#' || e->d_name[0] == '.')
			continue;
		shadow_path(path, e->d_name);
		if (unlink(path) < 0)
			abort();
	}
	(void)closedir(d);
}

static void keep_names(void)
{
	DIR *d = opendir(getenv("FILE_FAULT_DIR"));
	char inode[PATH_MAX], name[PATH_MAX];
	const struct dirent *e;
	struct stat st;

	drop_names();
	if (!d)
		abort();
	while ((e = readdir(d))) {
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			abort();
		if (!S_ISREG(st.st_mode))
			continue;
		(void)close(open_inode(&st, 0)); /* empty without a sync */
		inode_path(inode, &st);
		shadow_path(name, e->d_name);
		if (link(inode, name) < 0)
			abort();
	}
	(void)closedir(d);
}

/* The last name of this inode goes: its number may come again. */
static void forget(const struct stat *st)
{
	char path[PATH_MAX];

	inode_path(path, st);
	(void)unlink(path); /* there is none when it was never synced */
}

static bool is_lost(const char *name)
{
	const char *suffix = getenv("FILE_FAULT_LOSE");
	size_t len = suffix ? strlen(suffix) : 0, name_len = strlen(name);

	return suffix && len <= name_len &&
	       strcmp(name + name_len - len, suffix) == 0;
}

static int sync_fd(long call, int fd)
{
	char path[PATH_MAX];
	const char *name;
	int saved = errno;

	name = watched_fd(fd, path);
	if (name)
		count();
	if (name && is_lost(name)) {
		errno = saved;
		return 0;
	}
	if (!name || !getenv("FILE_FAULT_SHADOW")) {
		errno = saved;
		return (int)syscall(call, fd);
	}
	/* The shadow is the disk: nobody waits for the other. */
	if (name[0] == '\0')
		keep_names();
	else
		keep_content(fd);
	errno = saved;
	return 0;
}

/* ---- calls about descriptors ---- */

EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	count_fd(fd);
	return syscall(SYS_write, fd, buf, n);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	count_fd(fd);
	return syscall(SYS_writev, fd, iov, n);
}

EXPORT ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	count_fd(fd);
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

EXPORT ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	count_fd(fd);
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

EXPORT int ftruncate(int fd, off_t len)
{
	count_fd(fd);
	return (int)syscall(SYS_ftruncate, fd, len);
}

EXPORT int ftruncate64(int fd, off64_t len)
{
	count_fd(fd);
	return (int)syscall(SYS_ftruncate, fd, len);
}

EXPORT int fsync(int fd)
{
	return sync_fd(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd)
{
	return sync_fd(SYS_fdatasync, fd);
}

/* ---- calls about names ---- */

/* Whether @path is watched and the last name of an inode; then *@ret. */
static bool is_last_name(const char *path, struct stat *ret)
{
	return watched(path) && getenv("FILE_FAULT_SHADOW") &&
	       lstat(path, ret) == 0 && ret->st_nlink == 1;
}

EXPORT int unlink(const char *path)
{
	int saved = errno, rc;
	struct stat st;
	bool last;

	if (watched(path))
		count();
	last = is_last_name(path, &st);
	errno = saved;
	rc = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	saved = errno;
	if (rc == 0 && last)
		forget(&st);
	errno = saved;
	return rc;
}

static void count_names(const char *from, const char *to)
{
	if (watched(to) || watched(from))
		count();
}

static int rename_watched(const char *from, const char *to, unsigned flags)
{
	int saved = errno, rc;
	struct stat st;
	bool last;

	count_names(from, to);
	last = is_last_name(to, &st);
	errno = saved;
	rc = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
	saved = errno;
	if (rc == 0 && last)
		forget(&st);
	errno = saved;
	return rc;
}

EXPORT int rename(const char *from, const char *to)
{
	return rename_watched(from, to, 0);
}

EXPORT int link(const char *from, const char *to)
{
	count_names(from, to);
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* ---- calls about names in an open folder ---- */

/* @name in @dir as a path; @ret has room for it. */
static const char *path_at(int dir, const char *name, char ret[2 * PATH_MAX])
{
	char link_path[64], folder[PATH_MAX];
	ssize_t n;

	if (dir == AT_FDCWD || name[0] == '/')
		return name;
	(void)snprintf(link_path, sizeof(link_path), "/proc/self/fd/%d", dir);
	n = readlink(link_path, folder, sizeof(folder) - 1);
	if (n < 0)
		abort();
	(void)snprintf(ret, 2 * PATH_MAX, "%.*s/%s", (int)n, folder, name);
	return ret;
}

EXPORT int renameat2(
	int from_dir, const char *from, int to_dir, const char *to, unsigned n)
{
	char a[2 * PATH_MAX], b[2 * PATH_MAX];

	return rename_watched(
		path_at(from_dir, from, a), path_at(to_dir, to, b), n);
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat2(from_dir, from, to_dir, to, 0);
}

EXPORT int linkat(
	int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	char a[2 * PATH_MAX], b[2 * PATH_MAX];

	count_names(path_at(from_dir, from, a), path_at(to_dir, to, b));
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

EXPORT int unlinkat(int dir, const char *name, int flags)
{
	char path[2 * PATH_MAX];

	return flags ? (int)syscall(SYS_unlinkat, dir, name, flags)
		     : unlink(path_at(dir, name, path));
}

static int open_at(int dir, const char *name, int flags, va_list ap)
{
	mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;

	if ((flags & O_TMPFILE) == O_TMPFILE && getenv("FILE_FAULT_NAMED")) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, dir, name, flags, mode);
}

EXPORT int openat(int dir, const char *name, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_at(dir, name, flags, ap);
	va_end(ap);
	return fd;
}

EXPORT int openat64(int dir, const char *name, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_at(dir, name, flags | O_LARGEFILE, ap);
	va_end(ap);
	return fd;
}
