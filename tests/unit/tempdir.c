/* SPDX-License-Identifier: Apache-2.0 */
#include "tempdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tempdir tempdir_new(void)
{
	struct tempdir dir;
	const char *base = getenv("TMPDIR");

	/* Short: socket names have 108 bytes. */
	if (!base || strlen(base) > sizeof(dir.path) - 20)
		base = "/tmp";
	(void)snprintf(dir.path, sizeof(dir.path), "%s/devid.XXXXXX", base);
	if (!mkdtemp(dir.path))
		abort();
	return dir;
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
