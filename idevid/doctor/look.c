/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fail.h"

static enum look of_errno(int cause)
{
	switch (cause) {
	case ENOENT:
	case ENOTDIR:
		return LOOK_MISSING;
	case EACCES:
	case EPERM:
		return LOOK_UNSEEN;
	default:
		return LOOK_WRONG;
	}
}

static enum look tell(const char *path, int cause, struct devid_error *err)
{
	enum look look = of_errno(cause);

	(void)devid_fail(err,
		look == LOOK_MISSING ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
		"%s: %s", path, strerror(cause));
	return look;
}

static enum look read_all(
	int fd, const char *path, struct room *out, struct devid_error *err)
{
	ssize_t n;

	while ((n = read(fd, out->data + out->len, out->size - out->len)) !=
		0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tell(path, errno, err);
		out->len += (size_t)n;
		if (out->len < out->size)
			continue;
		(void)devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: larger than %zu bytes", path, out->size - 1);
		return LOOK_WRONG;
	}
	out->data[out->len] = '\0';
	return LOOK_SEEN;
}

enum look look_file(
	const char *path, size_t max, struct blob *ret, struct devid_error *err)
{
	/* Neither a fifo nor a device may hold this up. */
	CLEANUP(cleanup_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	CLEANUP(cleanup_free) uint8_t *buf = malloc(max + 1);
	struct room room = { buf, max + 1, 0 };
	struct stat st;
	enum look look;

	if (fd < 0 || fstat(fd, &st) < 0)
		return tell(path, errno, err);
	if (!S_ISREG(st.st_mode)) {
		(void)devid_fail(
			err, DEVID_ERR_INVALID, "%s: no regular file", path);
		return LOOK_WRONG;
	}
	if (!buf) {
		(void)fail_no_memory_for(err, path);
		return LOOK_WRONG;
	}
	look = read_all(fd, path, &room, err);
	if (look == LOOK_SEEN)
		*ret = (struct blob) { STEAL(buf), room.len };
	return look;
}

static char type_letter(mode_t mode)
{
	if (S_ISCHR(mode))
		return 'c';
	if (S_ISSOCK(mode))
		return 's';
	return S_ISDIR(mode) ? 'd' : '-';
}

enum look look_node(const char *path, char ret[LOOK_TEXT_MAX])
{
	static const char letters[] = "rwxrwxrwx";
	const struct passwd *user;
	const struct group *group;
	char mode[11], number[2][16];
	struct stat st;

	if (stat(path, &st) < 0) {
		(void)snprintf(ret, LOOK_TEXT_MAX, "%s", strerror(errno));
		return of_errno(errno);
	}
	mode[0] = type_letter(st.st_mode);
	for (int i = 0; i < 9; i++)
		mode[i + 1] = st.st_mode & (0400u >> i) ? letters[i] : '-';
	mode[10] = '\0';
	(void)snprintf(number[0], sizeof(number[0]), "%u", st.st_uid);
	(void)snprintf(number[1], sizeof(number[1]), "%u", st.st_gid);
	user = getpwuid(st.st_uid);
	group = getgrgid(st.st_gid);
	(void)snprintf(ret, LOOK_TEXT_MAX, "%s %s %s", mode,
		user ? user->pw_name : number[0],
		group ? group->gr_name : number[1]); /* cut at worst */
	return LOOK_SEEN;
}

const char *look_name(enum look look)
{
	static const char *const names[] = {
		[LOOK_SEEN] = "ok",
		[LOOK_MISSING] = "missing",
		[LOOK_UNSEEN] = "unseen",
		[LOOK_WRONG] = "damaged",
	};

	return names[look];
}
