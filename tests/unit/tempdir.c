/* SPDX-License-Identifier: Apache-2.0 */
#include "tempdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MEMORY     "/dev/shm"
#define MEMORY_MIN (1ull << 30) /* several clusters of PostgreSQL at once */

/* What TMPDIR says, when it is short: socket names have 108 bytes. */
static const char *wanted(void)
{
	const char *base = getenv("TMPDIR");

	if (!base || !base[0] || strlen(base) > sizeof(struct tempdir) - 20)
		return NULL;
	return base;
}

static struct tempdir new_in(const char *base)
{
	struct tempdir dir;

	(void)snprintf(dir.path, sizeof(dir.path), "%s/devid.XXXXXX", base);
	if (!mkdtemp(dir.path))
		abort();
	return dir;
}

/* Whether there is a file system in memory to write to and run programs from,
 * that is no container's with its 64 MB. */
static bool has_memory(void)
{
	struct statvfs room;
	struct statfs kind;

	return statfs(MEMORY, &kind) == 0 && kind.f_type == TMPFS_MAGIC &&
	       statvfs(MEMORY, &room) == 0 &&
	       !(room.f_flag & (ST_RDONLY | ST_NOEXEC)) &&
	       room.f_bavail >= MEMORY_MIN / room.f_bsize &&
	       access(MEMORY, W_OK | X_OK) == 0;
}

struct tempdir tempdir_new(void)
{
	const char *base = wanted();

	if (!base)
		base = has_memory() ? MEMORY : "/tmp";
	return new_in(base);
}

struct tempdir tempdir_new_on_disk(void)
{
	const char *base = wanted();

	return new_in(base ? base : "/var/tmp"); /* /tmp may be memory */
}

static int is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void remove_tree(const char *path, int depth)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char sub[PATH_MAX];

		if (is_dot(e->d_name))
			continue;
		(void)snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
		if (unlink(sub) < 0 && depth > 0)
			remove_tree(sub, depth - 1);
	}
	if (d)
		(void)closedir(d);
	(void)rmdir(path); /* a folder left behind is seen by the caller */
}

void tempdir_remove(const struct tempdir *dir)
{
	remove_tree(dir->path, 1);
}

const char *tempdir_file(const struct tempdir *dir, const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, PATH_MAX, "%s/%s", dir->path, name);
	return path;
}

void tempdir_write(const struct tempdir *dir, const char *name,
	const void *data, size_t len, unsigned mode)
{
	const char *path = tempdir_file(dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len ||
		fchmod(fd, mode) < 0 || close(fd) < 0)
		abort();
}

size_t tempdir_count(const struct tempdir *dir)
{
	DIR *d = opendir(dir->path);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)))
		n += !is_dot(e->d_name);
	if (d)
		(void)closedir(d);
	return n;
}
