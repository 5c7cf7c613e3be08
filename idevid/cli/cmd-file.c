/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fail.h"

/* Reads @fd to its end, which must come before that of @out. */
static enum devid_err read_all(
	int fd, const char *path, struct room *out, struct devid_error *err)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, out->data + len, out->size - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return devid_fail(err, DEVID_ERR_IO, "%s: %s", path,
				strerror(errno));
		len += (size_t)n;
		if (len == out->size)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"%s: larger than %zu bytes", path,
				out->size - 1);
	}
	out->len = len;
	return DEVID_OK;
}

enum devid_err cmd_file_read(
	const char *path, size_t max, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(max + 1);
	struct room room = { buf, max + 1, 0 };
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = STDIN_FILENO;
	enum devid_err rc;

	if (!buf)
		return fail_no_memory(err);
	if (!is_stdin)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return devid_fail(err,
			errno == ENOENT ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
			"%s: %s", path, strerror(errno));
	rc = read_all(fd, is_stdin ? "standard input" : path, &room, err);
	if (!is_stdin)
		(void)close(fd); /* only read from */
	if (rc == DEVID_OK)
		*ret = (struct blob) { STEAL(buf), room.len };
	return rc;
}

enum devid_err cmd_file_out(const char *path, mode_t mode, struct output **ret,
	struct devid_error *err)
{
	(void)fflush(stdout); /* looked at when the command ends */
	return output_open(path, mode, OUTPUT_STREAMS, ret, err);
}

enum devid_err cmd_file_flush(struct devid_error *err)
{
	int before = errno; /* of an earlier part, which is flushed by itself */

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return DEVID_OK;
	if (errno == 0)
		errno = before;
	return devid_fail(err, DEVID_ERR_IO, "standard output: %s",
		errno ? strerror(errno) : "a part of it was not written");
}
